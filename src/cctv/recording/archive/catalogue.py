"""Puts what recorders say into the catalogue: idempotent, in any order, in bulk."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import replace
from uuid import UUID

from cctv.base.span import Span
from cctv.infra.database import WriteTx
from cctv.recording.archive.errors import ImpossibleSegment
from cctv.recording.archive.model import LONGEST_SEGMENT, SHOWN, Batch, Recorded, Run, Segment, SegmentState
from cctv.recording.archive.spans import Layer, covered, with_recorded
from cctv.recording.archive.store import spans as span_store
from cctv.recording.archive.store import writing


async def record(tx: WriteTx, batch: Batch, *, objects_seen: bool = False) -> Recorded:
    """Runs, segments, gaps and epochs into the catalogue; spans grow, open gaps close at the first segment after.

    Idempotent: a segment is known by (run, seq, start), a run, gap or epoch by its id; telling the end of a run or
    gap later closes it, telling its beginning again does not open it. Days without a partition get one.

    A segment that was recorded and freed since is not recorded again (a journal replayed late), unless the caller
    has its object before its eyes (``objects_seen``). One that was begun after a later holder of the lease had
    begun to record is a `duplicate`. :class:`ImpossibleSegment` when a segment's run is neither in the batch nor
    known, or when it is longer than any can be.
    """
    if batch.epochs:
        await writing.put_epochs(tx, batch.epochs)
    if batch.runs:
        await writing.put_runs(tx, batch.runs)
    done = Recorded(segments=0, bytes=0)
    if batch.segments:
        done = await _record_segments(tx, batch.segments, batch.runs, objects_seen=objects_seen)
    if batch.gaps:
        await writing.put_gaps(tx, batch.gaps)
    starts = [(s.camera_id, s.start) for s in batch.segments if s.state in SHOWN]
    if starts:
        await writing.close_gaps(tx, starts)
    return done


async def _record_segments(
    tx: WriteTx, segments: Sequence[Segment], runs: Iterable[Run], *, objects_seen: bool
) -> Recorded:
    layers = await _layers(tx, segments, runs)
    await writing.make_days(tx, segments)
    await span_store.lock_cameras(tx, (segment.camera_id for segment in segments))
    segments = await _overtaken_as_duplicates(tx, segments)
    if not objects_seen:
        segments = await _without_freed(tx, segments, layers)
    if not segments:
        return Recorded(segments=0, bytes=0)
    new_keys = await writing.put_segments(tx, segments)
    new = [s for s in _distinct(segments) if (s.run_id, s.seq, s.start) in new_keys]
    arrived = [s for s in segments if s.state is SegmentState.STORED]
    if len(new) < len(segments) and arrived:
        await writing.unspool(tx, arrived)
    pieces = _pieces((s for s in new if s.state in SHOWN), layers)
    if pieces:
        await span_store.apply(tx, pieces, with_recorded)
    return Recorded(segments=len(new), bytes=sum(segment.size_bytes for segment in new))


async def _layers(tx: WriteTx, segments: Sequence[Segment], runs: Iterable[Run]) -> dict[UUID, Layer]:
    known: dict[UUID, tuple[int, UUID]] = {run.id: (run.fence, run.epoch) for run in runs}
    unknown = {segment.run_id for segment in segments} - known.keys()
    if unknown:
        known |= await writing.ranks(tx, unknown)
    layers: dict[UUID, Layer] = {}
    for segment in segments:
        if segment.run_id not in known:
            raise ImpossibleSegment(f"nobody told of run {segment.run_id}", object=segment.object_name)
        if not segment.start < segment.end <= segment.start + LONGEST_SEGMENT:
            raise ImpossibleSegment(
                f"a segment from {segment.start} to {segment.end} cannot be", object=segment.object_name
            )
        layers[segment.run_id] = Layer(segment.camera_id, *known[segment.run_id])
    return layers


async def _overtaken_as_duplicates(tx: WriteTx, segments: Sequence[Segment]) -> Sequence[Segment]:
    since = await writing.overtaken(tx, (segment.run_id for segment in segments))
    if not since:
        return segments
    return [
        replace(s, state=SegmentState.DUPLICATE) if s.run_id in since and s.start >= since[s.run_id] else s
        for s in segments
    ]


async def _without_freed(tx: WriteTx, segments: Sequence[Segment], layers: dict[UUID, Layer]) -> Sequence[Segment]:
    near = await span_store.near(tx, _pieces(segments, layers))
    if not any(spans.freed for spans in near.values()):
        return segments
    return [s for s in segments if not covered(s.span, near[layers[s.run_id]].freed)]


def _pieces(segments: Iterable[Segment], layers: dict[UUID, Layer]) -> dict[Layer, list[Span]]:
    pieces: dict[Layer, list[Span]] = defaultdict(list)
    for segment in segments:
        pieces[layers[segment.run_id]].append(segment.span)
    return pieces


def _distinct(segments: Iterable[Segment]) -> list[Segment]:
    return list({(s.run_id, s.seq, s.start): s for s in segments}.values())
