"""What a rebuild asks: which objects are known, and how a camera's recordings follow one another."""

from datetime import UTC, date, datetime, time, timedelta
from typing import NamedTuple
from uuid import UUID

from cctv.base.ids import CameraId
from cctv.base.span import Span
from cctv.infra.database import ReadTx
from cctv.recording.archive.store.wire import fetch, fetch_as


class LayerSpan(NamedTuple):
    """A recorded span with whose it is; `node` is empty when no epoch row tells."""

    span: Span
    fence: int
    epoch: UUID
    node: str


async def known_objects(tx: ReadTx, camera: CameraId, day: date) -> set[str]:
    """Names that the catalogue has for one camera's UTC day, in whatever state."""
    start = datetime.combine(day, time(), UTC)
    rows = await fetch(
        tx,
        "SELECT object_name FROM video_segments WHERE camera_id = %s AND start_time >= %s AND start_time < %s",
        (camera, start, start + timedelta(days=1)),
    )
    return {name for (name,) in rows}


async def layer_spans(tx: ReadTx, camera: CameraId) -> list[LayerSpan]:
    """All recorded spans of a camera by start."""
    return await fetch_as(
        tx,
        lambda start, end, fence, epoch, node: LayerSpan(Span(start, end), fence, epoch, node),
        """
        SELECT s.start_time, s.end_time, s.fence, s.epoch, coalesce(e.node, '')
        FROM recording_spans AS s LEFT JOIN clock_epochs AS e ON e.id = s.epoch
        WHERE s.camera_id = %s AND NOT s.freed ORDER BY s.start_time, s.end_time
        """,
        (camera,),
    )
