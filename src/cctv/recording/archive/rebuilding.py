"""Makes the catalogue from the store alone: runs, segments, spans, epochs, and the gaps that can be known.

Each file says in its head whose it is, when it began and in which clock epoch; its boxes give the index, its bytes
the hash. What no file can say is lost with the catalogue: cameras, the plan, evidence locks, a run's nominal frame
rate and why it ended.
Holes between recordings become gaps with the best cause that two neighbours allow, marked as derived.

Only what is missing is added, so it may be run on a catalogue that is merely behind, again after a death, and
while recorders run.
"""

import asyncio
import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import NamedTuple
from uuid import uuid5

from cctv.base.clock import to_us
from cctv.base.errors import DataLoss
from cctv.base.faults import Cause
from cctv.base.ids import CameraId
from cctv.base.span import Span, merge_spans, subtract_spans
from cctv.infra.database import Database, ReadTx
from cctv.infra.disks import Volume
from cctv.infra.places import Place
from cctv.recording.archive.catalogue import record
from cctv.recording.archive.comparing import SECOND, SLEW
from cctv.recording.archive.findings import CameraDay
from cctv.recording.archive.folders import Survey, listing, survey
from cctv.recording.archive.model import Batch, Gap
from cctv.recording.archive.objects import described, scan_object, sha256_of
from cctv.recording.archive.salvage import recover
from cctv.recording.archive.store import reading
from cctv.recording.archive.store import rebuilding as store
from cctv.recording.archive.store.rebuilding import LayerSpan

Progress = Callable[[int, int, int], None]
"""Camera days done, camera days in all, segments added so far."""

_AT_ONCE = 100


@dataclass(slots=True)
class Rebuilt:
    """What was added, and objects that could not be read: (volume, object, why)."""

    segments: int = 0
    bytes: int = 0
    salvaged: int = 0
    gaps: int = 0
    unreadable: list[tuple[str, str, str]] = field(default_factory=list)


class _Task(NamedTuple):
    unit: CameraDay
    volume: Place
    folders: list[str]


async def rebuild(
    database: Database, volumes: Iterable[Place], *, progress: Progress = lambda *_: None
) -> Rebuilt:
    """Add what the catalogue lacks of these volumes; orphans in their spools are salvaged first."""
    done = Rebuilt()
    tasks: list[_Task] = []
    for volume in volumes:
        if isinstance(volume, Volume):
            done.salvaged += await recover(database, volume)
        found: Survey = await asyncio.to_thread(survey, volume)
        tasks += [_Task(unit, volume, folders) for unit, folders in found.days.items()]
    tasks.sort(key=lambda task: (task.unit, task.volume.id))
    for number, task in enumerate(tasks):
        progress(number, len(tasks), done.segments)
        await _camera_day(database, task, done)
    progress(len(tasks), len(tasks), done.segments)
    for camera in sorted({task.unit.camera for task in tasks}):
        done.gaps += await _gaps(database, camera)
    return done


async def _camera_day(database: Database, task: _Task, done: Rebuilt) -> None:
    listed, _ = await asyncio.to_thread(listing, task.volume, task.folders)
    async with database.read() as tx:
        known = await store.known_objects(tx, task.unit.camera, task.unit.day)
    missing = sorted(listed.keys() - known)
    if not missing:
        return
    batches = _meeting(await asyncio.to_thread(_read_all, task.volume, missing, done))
    # The newest holder of the lease first: what its predecessor wrote after that is then known as a duplicate.
    batches.sort(key=lambda batch: (batch.runs[0].fence, batch.segments[0].start), reverse=True)
    for part in _parts(batches):
        async with database.write() as tx:
            added = await record(tx, _joined(part), objects_seen=True)
        done.segments, done.bytes = done.segments + added.segments, done.bytes + added.bytes


def _read_all(volume: Place, names: Sequence[str], done: Rebuilt) -> list[Batch]:
    batches = []
    for name in names:
        try:
            batch = _read(volume, name)
        except FileNotFoundError:
            continue  # deleted while we read
        except (DataLoss, OSError) as fault:
            done.unreadable.append((volume.id, name, str(fault)))
        else:
            batches.append(replace(batch, runs=tuple(replace(run, end_cause=None) for run in batch.runs)))
    return batches


def _read(volume: Place, name: str) -> Batch:
    with volume.open(name) as file:
        found = scan_object(file, name)
        if found.valid_bytes < file.seek(0, os.SEEK_END):
            raise DataLoss(f"only its first {found.valid_bytes} bytes can be read")
        batch = described(found, volume=volume.id, name=name, sha256=sha256_of(file))
    if batch is None:
        raise DataLoss("it holds no footage")
    return batch


def _meeting(batches: Sequence[Batch]) -> list[Batch]:
    """Each file of a run ends where the next begins.

    A file knows its end by its last fragment's clock and duration; the recorder's clock may have been slewed by
    half a millisecond meanwhile, and the next file knows that.
    """
    starts = {(one.run_id, one.seq): one.start for batch in batches for one in batch.segments}
    met = []
    for batch in batches:
        (segment,) = batch.segments
        following = starts.get((segment.run_id, segment.seq + 1))
        if following is not None and segment.start < following and abs(following - segment.end) <= SLEW:
            batch = replace(batch, segments=(replace(segment, end=following),))
        met.append(batch)
    return met


def _joined(batches: Sequence[Batch]) -> Batch:
    return Batch(
        tuple(run for batch in batches for run in batch.runs),
        tuple(segment for batch in batches for segment in batch.segments),
        (),
        tuple({epoch.id: epoch for batch in batches for epoch in batch.epochs}.values()),
    )


def _parts(batches: Sequence[Batch]) -> Iterator[Sequence[Batch]]:
    return (batches[at : at + _AT_ONCE] for at in range(0, len(batches), _AT_ONCE))


async def _gaps(database: Database, camera: CameraId) -> int:
    async with database.write() as tx:
        gaps = await _derived(tx, camera)
        if gaps:
            await record(tx, Batch(gaps=tuple(gaps)))
    return len(gaps)


async def _derived(tx: ReadTx, camera: CameraId) -> list[Gap]:
    """Holes in what is recorded, was freed or is explained already, from the first recording to the last."""
    spans = await store.layer_spans(tx, camera)
    if not spans:
        return []
    whole = Span(spans[0].span.start, max(one.span.end for one in spans))
    holes = subtract_spans([whole], await reading.covered(tx, camera, whole))
    before_and_after = {hole: _cause(hole, spans) for hole in merge_spans(holes)}
    return [
        Gap(
            id=uuid5(camera, f"derived {to_us(hole.start)}"),
            camera_id=camera,
            start=hole.start,
            end=hole.end,
            cause=cause,
            detail={"derived": "rebuild"},
        )
        for hole, cause in before_and_after.items()
        if hole.duration > SECOND
    ]


def _cause(hole: Span, spans: Sequence[LayerSpan]) -> Cause:
    """What two neighbours tell: another clock, another node, another holder on the node, or the stream itself."""
    before = max((one for one in spans if one.span.end <= hole.start), key=lambda one: one.span.end)
    after = min((one for one in spans if one.span.start >= hole.end), key=lambda one: one.span.start)
    if before.node != after.node:
        return Cause.NODE
    if before.epoch != after.epoch:
        return Cause.CLOCK
    return Cause.RESTART if before.fence != after.fence else Cause.CAMERA
