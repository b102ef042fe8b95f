"""Appends to the plan when "is to be recorded" changes, and tells what was planned when."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime

from cctv.base.ids import CameraId
from cctv.base.span import Span, merge_spans
from cctv.cameras.registry import Camera
from cctv.infra.database import ReadTx, WriteTx
from cctv.recording.schedule import store

CONTINUOUS = "continuous"


async def sync(tx: WriteTx, cameras: Iterable[Camera]) -> list[CameraId]:
    """Make the plan say what these cameras say; those for which something changed.

    A recording is planned from the moment at which the camera was switched to it, and up to the moment at which it
    was switched off or removed. Saying the same again changes nothing, and two recorders may say it at once.
    """
    wanted = {camera.id: camera for camera in cameras}
    begin = [(c.id, c.mode_since) for c in wanted.values() if c.recorded]
    end = [(c.id, c.mode_since) for c in wanted.values() if not c.recorded]
    changed = await store.begin(tx, begin, CONTINUOUS) if begin else []
    return [*changed, *(await store.end(tx, end) if end else [])]


async def planned(tx: ReadTx, camera: CameraId, span: Span, *, now: datetime) -> list[Span]:
    """When inside ``span`` the camera was to be recorded; what is planned without end is planned until ``now``."""
    return (await all_planned(tx, span, now=now, cameras=[camera])).get(camera, [])


async def all_planned(
    tx: ReadTx, span: Span, *, now: datetime, cameras: Iterable[CameraId] | None = None
) -> dict[CameraId, list[Span]]:
    """The same for many cameras, or for all that have a plan in ``span``; sorted and disjoint."""
    found: dict[CameraId, list[Span]] = defaultdict(list)
    rows = await store.rows(tx, span, None if cameras is None else list(cameras))
    for camera, start, end in rows:
        whole = Span(start, max(start, now if end is None else end))
        part = whole.intersect(span)
        if part is not None:
            found[camera].append(part)
    return {camera: merge_spans(spans) for camera, spans in found.items()}
