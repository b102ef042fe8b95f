"""Asks the catalogue: what is there of a camera in a span of time."""

import asyncio
from bisect import bisect_left, bisect_right, insort
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

from cctv.base.ids import CameraId, RunId
from cctv.base.span import Span, intersect_spans, merge_spans, subtract_spans
from cctv.infra.database import ReadTx
from cctv.recording.archive.model import JOIN, Gap, Run, SegmentRow, Timeline
from cctv.recording.archive.spans import any_overlap, hidden, on_top
from cctv.recording.archive.store import reading as store
from cctv.recording.archive.store.writing import ranks

_FOR_EVER = datetime.max.replace(tzinfo=UTC)


async def segments(
    tx: ReadTx,
    camera: CameraId,
    span: Span,
    *,
    epoch: UUID | None = None,
    indexed: bool = True,
    opened: SegmentRow | None = None,
) -> list[SegmentRow]:
    """Shown segments that overlap ``span``, by start; where recordings overlap the newest is on top.

    With ``epoch`` only those of that clock epoch, whatever lies over them. Their indexes are the larger part of a
    day's rows: without ``indexed``, ``fragments`` is empty. ``opened`` is one that is still being written; it
    counts once its run is known, and unless the catalogue has it closed.
    """
    rows = await store.segments(tx, camera, span, indexed=indexed)
    if (
        opened is not None
        and all((row.run_id, row.seq) != (opened.run_id, opened.seq) for row in rows)
        and await ranks(tx, [opened.run_id])
    ):
        rows = sorted([*rows, opened], key=lambda row: row.start)
    if epoch is not None:
        known = await ranks(tx, (row.run_id for row in rows))
        rows = [row for row in rows if row.run_id in known and known[row.run_id][1] == epoch]
    if not any_overlap(rows):
        return rows
    return on_top(rows, await ranks(tx, (row.run_id for row in rows)))


async def indexes(tx: ReadTx, camera: CameraId, span: Span) -> dict[tuple[RunId, int], bytes]:
    """The fragment indexes of the segments that overlap ``span``, by run and sequence."""
    return await store.indexes(tx, camera, span)


async def runs(tx: ReadTx, ids: Iterable[RunId]) -> dict[RunId, Run]:
    """The runs with these ids, init segments included."""
    return {run.id: run for run in await store.runs(tx, ids)}


async def timeline(
    tx: ReadTx, cameras: Sequence[CameraId], span: Span, *, epoch: UUID | None = None
) -> dict[CameraId, Timeline]:
    """Spans and gaps of each camera inside ``span``; a camera without any has an empty timeline.

    An open gap stays open (``end`` is ``None``) where no footage ends it inside ``span``. With ``epoch`` only what
    was recorded in that clock epoch; gaps are of the timeline as a whole, so there are none then.
    """
    layers: dict[CameraId, list[tuple[Span, int, UUID]]] = {camera: [] for camera in cameras}
    gaps: dict[CameraId, list[Gap]] = {camera: [] for camera in cameras}
    for camera, start, end, fence, of_epoch in await store.spans(tx, cameras, span):
        if epoch is None or of_epoch == epoch:
            layers[camera].append((Span(max(start, span.start), min(end, span.end)), fence, of_epoch))
    for gap in sorted(await store.gaps(tx, cameras, span), key=_length) if epoch is None else ():
        gaps[gap.camera_id].append(_inside(gap, span))
    timelines = {}
    for camera, found in layers.items():
        timelines[camera] = replace(shown([one[0] for one in found], gaps[camera]), hidden=hidden(found))
        await asyncio.sleep(0)  # a month of many cameras: others are answered meanwhile
    return timelines


def shown(recorded: list[Span], gaps: list[Gap]) -> Timeline:
    """A timeline of these. Where gaps overlap, the first of them says why: each moment has one cause.

    They overlap when a recorder was cut off: the next one explains more than was missing, as it turns out later.
    """
    spans = merge_spans(recorded, tolerance=JOIN)
    taken, told = list(spans), []
    for gap in gaps:
        for part in _uncovered(gap, taken):
            insort(taken, Span(part.start, part.end or _FOR_EVER))
            told.append(part)
    return Timeline(spans, sorted(told, key=_start))


async def newest(tx: ReadTx, cameras: Sequence[CameraId]) -> dict[CameraId, datetime]:
    """The end of each camera's latest recording, where there is one."""
    return dict(await store.newest(tx, cameras))


async def open_gaps(tx: ReadTx, cameras: Sequence[CameraId]) -> list[Gap]:
    """The gaps that still last."""
    return await store.open_gaps(tx, cameras)


async def unexplained(tx: ReadTx, camera: CameraId, planned: Iterable[Span], span: Span) -> list[Span]:
    """What of ``planned`` inside ``span`` is not recorded, not freed since and no gap; ``JOIN`` is forgiven."""
    holes = subtract_spans(intersect_spans(planned, [span]), await store.covered(tx, camera, span))
    return [hole for hole in holes if hole.duration > JOIN]


def _length(gap: Gap) -> timedelta:
    return (gap.end or _FOR_EVER) - gap.start


def _start(one: Gap | Span) -> datetime:
    return one.start


def _inside(gap: Gap, span: Span) -> Gap:
    if gap.start >= span.start and (gap.end is None or gap.end <= span.end):
        return gap
    return replace(gap, start=max(gap.start, span.start), end=None if gap.end is None else min(gap.end, span.end))


def _uncovered(gap: Gap, taken: Sequence[Span]) -> list[Gap]:
    """What of the gap lies outside ``taken``, which is sorted and disjoint."""
    whole = Span(gap.start, gap.end or _FOR_EVER)
    near = taken[bisect_right(taken, whole.start, key=_end) : bisect_left(taken, whole.end, key=_start)]
    if not near and whole.start < whole.end:
        return [gap]
    parts = subtract_spans([whole], near)
    return [replace(gap, start=p.start, end=None if p.end == _FOR_EVER else p.end) for p in parts]


def _end(span: Span) -> datetime:
    return span.end
