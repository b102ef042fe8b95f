"""The check finds each kind of damage, names it, and stays silent about what is only on its way."""

import asyncio
import shutil
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import text

from cctv.base.clock import ManualClock, to_us
from cctv.base.faults import Cause
from cctv.base.ids import CameraId
from cctv.base.span import Span
from cctv.infra.database import Database, ReadTx
from cctv.infra.disks import Volume
from cctv.recording import archive
from cctv.recording.archive import Batch, Depth, Gap, Kind, SegmentState, new_epoch

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
S = timedelta(seconds=1)
QUICK = Depth(settle_s=0.05)


class Plan:
    """What is planned, said by hand."""

    def __init__(self, **_: Any) -> None:
        self.spans: dict[CameraId, list[Span]] = {}

    async def __call__(self, tx: ReadTx, span: Span, *, now: datetime) -> dict[CameraId, list[Span]]:
        cut = {camera: [one.intersect(span) for one in spans] for camera, spans in self.spans.items()}
        return {camera: [one for one in spans if one is not None] for camera, spans in cut.items()}


async def record(database: Database, *batches: Batch) -> None:
    async with database.write() as tx:
        for batch in batches:
            await archive.record(tx, batch)


async def sql(database: Database, statement: str, **values: Any) -> None:
    async with database.write() as tx:
        await tx.execute(text(statement), values)


async def checked(
    database: Database, volume: Volume, plan: Plan | None = None, depth: Depth = QUICK, now: datetime | None = None
) -> archive.Report:
    clock = ManualClock(to_us(now or NOON + timedelta(hours=1)))
    return await archive.check(database, [volume], planned=plan or Plan(), depth=depth, clock=clock)


def kinds(report: archive.Report) -> list[Kind]:
    return [finding.kind for finding in report.findings]


async def test_an_empty_and_a_healthy_archive_have_nothing_to_say(
    database: Database, volume: Volume, film: Any, other_film: Any
) -> None:
    assert (await checked(database, volume)).healthy
    midnight = datetime(2026, 3, 1, 23, 59, 50, tzinfo=UTC)
    await record(database, film.shoot(files=3), other_film.shoot(midnight, files=5))
    report = await checked(database, volume, depth=Depth(hashes=True, settle_s=0.05))
    assert report.findings == []
    assert (report.seen.segments, report.seen.objects, report.seen.hashed) == (8, 8, 8)
    assert report.seen.camera_days == 3
    assert report.to_dict()["invariants"] == {"1": True, "2": True, "3": True, "4": True}


Damage = Callable[[Any, Batch], None]


def remove(film: Any, batch: Batch) -> None:
    film.volume.archive_path(batch.segments[1].object_name).unlink()


def remove_folder(film: Any, batch: Batch) -> None:
    shutil.rmtree(film.volume.root / "archive" / film.agency)


def lengthen(film: Any, batch: Batch) -> None:
    with film.volume.archive_path(batch.segments[1].object_name).open("ab") as file:
        file.write(b"more")


def flip_a_bit(film: Any, batch: Batch) -> None:
    path = film.volume.archive_path(batch.segments[1].object_name)
    content = bytearray(path.read_bytes())
    content[-1] ^= 1
    path.write_bytes(content)


def add_unknown(film: Any, batch: Batch) -> None:
    film.shoot(NOON + timedelta(minutes=10))


def add_stranger(film: Any, batch: Batch) -> None:
    (film.volume.archive_path(batch.segments[0].object_name).parent / "notes.txt").write_text("?")


def add_strange_folder(film: Any, batch: Batch) -> None:
    (film.volume.root / "archive" / "OTHER" / "not-a-camera" / "2026" / "03" / "01").mkdir(parents=True)


def add_file_at_the_top(film: Any, batch: Batch) -> None:
    (film.volume.root / "archive" / "README").write_text("?")


def spool_rubbish(film: Any, batch: Batch) -> None:
    path = film.volume.spool_path(batch.segments[0].object_name)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"rubbish" * 100)


@pytest.mark.parametrize(
    ("damage", "expected"),
    [
        (remove, [Kind.OBJECT_MISSING]),
        (remove_folder, [Kind.OBJECT_MISSING] * 3),
        (lengthen, [Kind.OBJECT_SIZE, Kind.OBJECT_HASH]),
        (flip_a_bit, [Kind.OBJECT_HASH]),
        (add_unknown, [Kind.OBJECT_UNKNOWN]),
        (add_stranger, [Kind.STRANGER]),
        (add_strange_folder, [Kind.STRANGER]),
        (add_file_at_the_top, [Kind.STRANGER]),
        (spool_rubbish, [Kind.SPOOL_UNREADABLE]),
    ],
)
async def test_damage_to_the_store_is_found_and_named(
    database: Database, volume: Volume, film: Any, damage: Damage, expected: list[Kind]
) -> None:
    batch = film.shoot(files=3)
    await record(database, batch)
    damage(film, batch)
    report = await checked(database, volume, depth=Depth(hashes=True, settle_s=0.05))
    assert kinds(report) == expected
    if damage in (remove, lengthen, flip_a_bit):
        assert report.findings[0].object_name == batch.segments[1].object_name
        told = report.to_dict()
        assert not told["invariants"]["1"]
        assert told["findings"][0]["object"] == batch.segments[1].object_name


@pytest.mark.parametrize(
    ("statement", "expected"),
    [
        ("DELETE FROM video_segments WHERE seq = 1", {Kind.OBJECT_UNKNOWN, Kind.TIMELINE}),
        ("DELETE FROM recording_runs", {Kind.RUN_MISSING}),
        ("DELETE FROM recording_spans", {Kind.TIMELINE}),
        ("UPDATE recording_spans SET end_time = end_time + interval '1 min'", {Kind.TIMELINE}),
        ("UPDATE video_segments SET end_time = end_time + interval '2 s' WHERE seq = 0", {Kind.OVERLAP}),
        ("UPDATE video_segments SET seq = 7 WHERE seq = 1", {Kind.BACKWARDS}),
        ("UPDATE video_segments SET state = 'missing' WHERE seq = 1", {Kind.TIMELINE}),
    ],
)
async def test_damage_to_the_catalogue_is_found_and_named(
    database: Database, volume: Volume, film: Any, statement: str, expected: set[Kind]
) -> None:
    await record(database, film.shoot(files=3))
    await sql(database, statement)
    assert set(kinds(await checked(database, volume))) == expected


async def test_what_is_marked_to_be_deleted_may_be_there_or_not(
    database: Database, volume: Volume, film: Any
) -> None:
    batch = film.shoot(files=2)
    await record(database, batch)
    await sql(database, "UPDATE video_segments SET state = 'to_delete'")
    await sql(database, "UPDATE recording_spans SET freed = true")
    volume.delete(batch.segments[0].object_name)
    assert (await checked(database, volume)).healthy


async def test_every_second_of_the_plan_is_recorded_or_a_gap(
    database: Database, volume: Volume, film: Any
) -> None:
    plan = Plan()
    plan.spans[film.camera] = [Span(NOON - 10 * S, NOON + 60 * S)]
    gap = Gap(id=uuid4(), camera_id=film.camera, start=NOON - 10 * S, end=NOON, cause=Cause.RESTART)
    await record(database, film.shoot(files=3), Batch(gaps=(gap,)))
    now = NOON + timedelta(hours=1)
    (finding,) = (await checked(database, volume, plan, now=now)).findings
    assert (finding.kind, finding.span) == (Kind.PLAN_UNCOVERED, Span(NOON + 12 * S, NOON + 60 * S))
    rest = Gap(id=uuid4(), camera_id=film.camera, start=NOON + 12.9 * S, end=None, cause=Cause.NETWORK)
    await record(database, Batch(gaps=(rest,)))
    assert (await checked(database, volume, plan, now=now)).healthy  # less than a second is no hole
    await sql(database, "UPDATE recording_gaps SET cause = 'whatever' WHERE end_time IS NULL")
    assert kinds(await checked(database, volume, plan, now=now)) == [Kind.GAP_CAUSE]


async def test_a_hole_that_reaches_the_present_is_open_once_it_is_noticeable(
    database: Database, volume: Volume, film: Any
) -> None:
    plan = Plan()
    await record(database, film.shoot(files=3))
    for late_s, expected in ((15, []), (60, [Kind.PLAN_OPEN])):
        now = NOON + (12 + late_s) * S
        plan.spans[film.camera] = [Span(NOON, now)]
        assert kinds(await checked(database, volume, plan, now=now)) == expected


async def test_freed_footage_is_not_a_hole_in_the_plan(database: Database, volume: Volume, film: Any) -> None:
    plan = Plan()
    plan.spans[film.camera] = [Span(NOON, NOON + 12 * S)]
    await record(database, film.shoot(files=3))
    await archive.free(database, volume, None, before=NOON + 9 * S)
    assert (await checked(database, volume, plan)).healthy


async def test_the_open_file_counts_as_recorded(database: Database, volume: Volume, film: Any) -> None:
    plan = Plan()
    now = NOON + 40 * S
    plan.spans[film.camera] = [Span(NOON, now)]
    written = film.spool(files=2, seconds=20)
    volume.store(written[0][0])
    await record(database, written[0][1])
    report = await checked(database, volume, plan, now=now)
    assert report.findings == []
    assert report.spooled == 1
    written[1][0].close()
    assert (await checked(database, volume, plan, now=now)).healthy  # an orphan waits for its recovery
    await archive.recover(database, volume)
    assert (await checked(database, volume, plan, now=now)).healthy


async def test_what_is_on_its_way_is_looked_at_twice(database: Database, volume: Volume, film: Any) -> None:
    """A row that comes after its object, and an object that moves after its row."""
    batch = film.shoot(files=2)
    (file, waiting), *_ = film.spool(NOON + 30 * S)
    await record(database, waiting)

    async def arrive() -> None:
        await asyncio.sleep(0.3)
        await record(database, batch)
        volume.store(file)

    slow = Depth(settle_s=1.5)
    report, _ = await asyncio.gather(checked(database, volume, depth=slow), arrive())
    assert report.findings == []


async def test_two_epochs_may_cover_the_same_time(database: Database, volume: Volume, film: Any) -> None:
    back = new_epoch(node="n1", at=NOON + 4 * S, step=-8 * S, after=film.epoch)
    await record(database, film.shoot(files=3), film.shoot(NOON + 5 * S, files=2, epoch=back))
    assert (await checked(database, volume)).healthy


async def test_rows_of_another_machine_are_counted_not_sought(
    database: Database, volume: Volume, film: Any, tmp_path: Any
) -> None:
    await record(database, film.shoot(files=3))
    report = await checked(database, Volume("elsewhere", tmp_path / "elsewhere"))
    assert report.healthy
    assert report.seen.elsewhere == 3


async def test_duplicates_are_kept_and_not_on_the_timeline(database: Database, volume: Volume, film: Any) -> None:
    from dataclasses import replace

    batch = film.shoot(files=2)
    duplicate = replace(batch.segments[1], state=SegmentState.DUPLICATE)
    await record(database, replace(batch, segments=(batch.segments[0], duplicate)))
    assert (await checked(database, volume)).healthy
