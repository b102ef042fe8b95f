"""Retention on a real database and real files; the disk is only said to be full."""

import hashlib
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import uuid4

import pytest
from sqlalchemy import text

from cctv.base.clock import ManualClock, to_us
from cctv.base.ids import CameraId, RunId, new_run_id, object_name
from cctv.base.span import Span
from cctv.infra.database import Database
from cctv.infra.disks import Usage, Volume
from cctv.recording import archive
from cctv.recording.archive import Batch, Epoch, Run, Segment, VolumeRow, new_epoch
from cctv.recording.retention import Cleaner, RetentionSettings, metrics

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
DAY = timedelta(days=1)
GIGABYTE = 1_000_000_000


class Said(Volume):
    """A volume whose file system is as full as it says."""

    said = Usage(total_bytes=1000 * GIGABYTE, free_bytes=500 * GIGABYTE)

    def usage(self) -> Usage:
        return self.said


@pytest.fixture
def volume(tmp_path: Path) -> Said:
    return Said("default", tmp_path / "default")


@pytest.fixture
def cleaner(database: Database, volume: Said) -> Cleaner:
    return Cleaner(
        database=database,
        volumes={"default": volume},
        settings=RetentionSettings(keep_days=30),
        clock=ManualClock(to_us(NOW)),
    )


async def put(database: Database, volume: Volume, start: datetime) -> Segment:
    """A recorded minute: its rows and its file."""
    camera, epoch = CameraId(uuid4()), new_epoch(node="n1", at=start)
    run = Run(
        id=new_run_id(started_us=to_us(start), fence=1),
        camera_id=camera,
        fence=1,
        epoch=epoch.id,
        codec="h264",
        codecs="avc1.640028",
        width=640,
        height=272,
        rate=25.0,
        init=b"init",
        started_at=start,
    )
    segment = Segment(
        camera_id=camera,
        run_id=run.id,
        seq=0,
        start=start,
        end=start + MINUTE,
        size_bytes=1000,
        sha256=hashlib.sha256(run.id.bytes).digest(),
        volume=volume.id,
        object_name=object_name(agency="OTHER", camera=camera, run=RunId(run.id), seq=0, started=start),
        fragments=b"\x01index",
    )
    path = volume.archive_path(segment.object_name)
    path.parent.mkdir(parents=True)
    path.write_bytes(b"x" * 1000)
    async with database.write() as tx:
        await archive.record(tx, Batch((run,), (segment,), (), (epoch,)))
    return segment


def there(volume: Volume, segment: Segment) -> bool:
    return volume.archive_path(segment.object_name).exists()


async def test_days_are_made_ahead_and_the_volume_is_announced_once(database: Database, cleaner: Cleaner) -> None:
    await cleaner.prepare(NOW)
    async with database.write() as tx:
        (announced,) = await archive.volumes(tx)
        await archive.save_volume(tx, replace(announced, keep_days=7))
        days = (await tx.execute(text("SELECT count(*) FROM pg_inherits"))).scalar_one()
    assert announced == VolumeRow(id="default", address=str(cleaner.volumes["default"].root))
    assert days >= 4
    await cleaner.prepare(NOW)
    async with database.read() as tx:
        assert (await archive.volumes(tx))[0].keep_days == 7, "what an operator has set stays"


async def test_what_is_too_old_goes_and_the_rest_stays(database: Database, volume: Said, cleaner: Cleaner) -> None:
    old, new = await put(database, volume, NOW - 31 * 24 * 60 * MINUTE), await put(database, volume, NOW - MINUTE)
    await cleaner.delete_by_age(NOW)
    assert (there(volume, old), there(volume, new)) == (False, True)


async def test_the_policy_of_a_volume_comes_before_the_setting(
    database: Database, volume: Said, cleaner: Cleaner
) -> None:
    await cleaner.prepare(NOW)
    week_old = await put(database, volume, NOW - 7 * 24 * 60 * MINUTE)
    await cleaner.delete_by_age(NOW)
    assert there(volume, week_old)
    async with database.write() as tx:
        await archive.save_volume(tx, VolumeRow(id="default", address=str(volume.root), keep_days=5))
    await cleaner.delete_by_age(NOW)
    assert not there(volume, week_old)


async def test_room_is_made_from_the_oldest_and_only_when_it_is_needed(
    database: Database, volume: Said, cleaner: Cleaner
) -> None:
    old, new = await put(database, volume, NOW - 2 * MINUTE), await put(database, volume, NOW - MINUTE)
    await cleaner.make_room()
    assert there(volume, old)
    volume.said = Usage(total_bytes=1000 * GIGABYTE, free_bytes=cleaner.settings.reserve - 500)
    await cleaner.make_room()
    assert (there(volume, old), there(volume, new)) == (False, True)


async def test_locked_footage_stays_and_that_is_said(database: Database, volume: Said, cleaner: Cleaner) -> None:
    kept = await put(database, volume, NOW - MINUTE)
    async with database.write() as tx:
        await archive.lock(tx, kept.camera_id, Span(kept.start, kept.end), case_ref="case 7", by="tester")
    volume.said = Usage(total_bytes=1000 * GIGABYTE, free_bytes=0)
    await cleaner.make_room()
    assert there(volume, kept)
    assert metrics.short.labels("default")._value.get() == 1


async def tell(database: Database, *epochs: Epoch) -> None:
    async with database.write() as tx:
        await archive.record(tx, Batch(epochs=epochs))


async def test_a_clock_set_forward_deletes_nothing_by_age_for_a_day_and_room_is_made(
    database: Database, volume: Said, cleaner: Cleaner
) -> None:
    async with database.read() as tx:
        now: datetime = (await tx.execute(text("SELECT now()"))).scalar_one()
    old = await put(database, volume, now - 31 * DAY)
    first = new_epoch(node="n1", at=now - 2 * DAY)
    leap = new_epoch(node="n1", at=now - 2 * MINUTE, step=365 * DAY, after=first)
    later = new_epoch(node="n1", at=now - MINUTE, step=timedelta(seconds=3), after=leap)
    await tell(database, first, leap, later)
    await cleaner.delete_by_age(now)
    assert (there(volume, old), metrics.paused._value.get()) == (True, 1)
    volume.said = Usage(total_bytes=1000 * GIGABYTE, free_bytes=cleaner.settings.reserve - 500)
    await cleaner.make_room()
    assert not there(volume, old)


async def test_the_pause_ends_when_the_clock_is_set_back_or_after_a_day(
    database: Database, volume: Said, cleaner: Cleaner
) -> None:
    async with database.read() as tx:
        now: datetime = (await tx.execute(text("SELECT now()"))).scalar_one()
    one = await put(database, volume, now - 31 * DAY)
    long_ago = new_epoch(node="n2", at=now - 25 * 60 * MINUTE, step=365 * DAY)
    leap = new_epoch(node="n1", at=now + 365 * DAY, step=365 * DAY)
    await tell(database, long_ago, leap)
    await cleaner.delete_by_age(now)
    assert there(volume, one)
    await tell(database, new_epoch(node="n1", at=now, step=-365 * DAY, after=leap))
    await cleaner.delete_by_age(now)
    assert (there(volume, one), metrics.paused._value.get()) == (False, 0)


async def test_of_two_clocks_the_earlier_one_says_what_is_old(
    database: Database, volume: Said, cleaner: Cleaner
) -> None:
    async with database.read() as tx:
        now: datetime = (await tx.execute(text("SELECT now()"))).scalar_one()
    kept = await put(database, volume, now - 29 * DAY)
    await cleaner.delete_by_age(now + 300 * DAY)
    assert there(volume, kept)
    await cleaner.delete_by_age(now, in_doubt=True)
    assert there(volume, kept)


async def test_a_lock_with_an_end_outlasts_a_clock_set_forward(
    database: Database, volume: Said, cleaner: Cleaner
) -> None:
    async with database.read() as tx:
        now: datetime = (await tx.execute(text("SELECT now()"))).scalar_one()
    kept = await put(database, volume, now - 31 * DAY)
    span = Span(kept.start, kept.end)
    async with database.write() as tx:
        await archive.lock(tx, kept.camera_id, span, case_ref="case 7", by="tester", until=now - DAY)
    await tell(database, new_epoch(node="n1", at=now - MINUTE, step=2 * DAY))
    volume.said = Usage(total_bytes=1000 * GIGABYTE, free_bytes=0)
    await cleaner.make_room()
    assert there(volume, kept)
