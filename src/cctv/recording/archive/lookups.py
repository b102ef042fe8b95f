"""What a viewer asks beside timelines: one segment by its name, lists with hashes, the nearest footage."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from cctv.base.ids import CameraId, ObjectName, RunId
from cctv.base.span import Span
from cctv.infra.database import ReadTx
from cctv.recording.archive.model import Segment, SegmentState
from cctv.recording.archive.store import lookups as store

_DAY = timedelta(days=1)


async def bounds(tx: ReadTx, cameras: Sequence[CameraId]) -> dict[CameraId, Span]:
    """From each camera's first recording that is still there to the end of its last, where there is one."""
    found = await store.bounds(tx, cameras)
    return {CameraId(camera): Span(start, max(start, end)) for camera, start, end in found}


async def segment_span(tx: ReadTx, name: ObjectName) -> Span | None:
    """The time of the shown segment with this name, by primary key in one day's partition; ``None``: no such."""
    day = datetime.strptime(name.day, "%Y/%m/%d").replace(tzinfo=UTC)
    row = await store.times(tx, name.run, name.seq, Span(day, day + _DAY))
    return None if row is None else Span(row.start_time, row.end_time)


class Placed(NamedTuple):
    """Where a shown segment is, and what it must be."""

    volume: str
    size_bytes: int
    sha256: bytes


async def placed(tx: ReadTx, name: ObjectName) -> Placed | None:
    """Where the shown segment with this name is, by primary key; ``None``: there is none."""
    day = datetime.strptime(name.day, "%Y/%m/%d").replace(tzinfo=UTC)
    row = await store.place(tx, name.run, name.seq, Span(day, day + _DAY))
    return None if row is None else Placed(*row)


async def segment_list(
    tx: ReadTx, camera: CameraId, span: Span, *, limit: int, after: tuple[datetime, RunId, int] | None = None
) -> list[Segment]:
    """The first ``limit`` segments that overlap ``span``, in whatever state, by (start, run, sequence).

    ``after`` is the place in this order of the last one that is known already.
    """
    rows = await store.listing(tx, camera, span, limit, after)
    return [
        Segment(
            camera_id=camera,
            run_id=RunId(row.run_id),
            seq=row.seq,
            start=row.start_time,
            end=row.end_time,
            size_bytes=row.bytes,
            sha256=row.sha256,
            prev_sha256=row.prev_sha256,
            volume=row.volume,
            object_name=row.object_name,
            state=SegmentState(row.state),
            fragments=row.fragments,
        )
        for row in rows
    ]


async def around(tx: ReadTx, camera: CameraId, moment: datetime) -> tuple[datetime | None, datetime | None]:
    """Where the footage before ``moment`` ends and where the next begins, each ``None`` when there is none."""
    return await store.last_before(tx, camera, moment), await store.first_after(tx, camera, moment)
