"""What storage-service does with an object store: announces it, fills it, frees it, and says how it is."""

import asyncio
import contextlib
import hashlib
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from cctv.base.clock import ManualClock, SystemClock, to_us
from cctv.base.errors import Unavailable
from cctv.base.ids import CameraId, RunId, new_run_id, object_name
from cctv.infra.database import Database
from cctv.infra.disks import Volume
from cctv.infra.objects import ObjectStore
from cctv.recording import archive
from cctv.recording.archive import Batch, Run, Segment, Uploader, VolumeRow, new_epoch
from cctv.recording.retention import Cleaner, RetentionSettings, Uploads, metrics

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
CONTENT = b"x" * 1000


@pytest.fixture
def volume(tmp_path: Path) -> Volume:
    return Volume("default", tmp_path / "default")


def cleaner_of(database: Database, volume: Volume, store: ObjectStore | None, **given: Any) -> Cleaner:
    settings = RetentionSettings(**given)
    clock = ManualClock(to_us(NOW))
    return Cleaner(database=database, volumes={"default": volume}, settings=settings, clock=clock, store=store)


async def put(database: Database, volume: Volume, minutes: int, *, start: datetime = NOW) -> list[Segment]:
    """Recorded minutes of one camera: rows and files."""
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
    segments = []
    for seq in range(minutes):
        begins = start + seq * MINUTE
        name = object_name(agency="OTHER", camera=camera, run=RunId(run.id), seq=seq, started=begins)
        path = volume.archive_path(name)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(CONTENT)
        segments.append(
            Segment(
                camera_id=camera,
                run_id=run.id,
                seq=seq,
                start=begins,
                end=begins + MINUTE,
                size_bytes=len(CONTENT),
                sha256=hashlib.sha256(CONTENT).digest(),
                volume=volume.id,
                object_name=name,
                fragments=b"\x01index",
            )
        )
    async with database.write() as tx:
        await archive.record(tx, Batch((run,), tuple(segments), (), (epoch,)))
    return segments


async def test_the_volume_becomes_a_spool_and_is_one_no_longer_without_the_store(
    database: Database, volume: Volume, object_store: ObjectStore
) -> None:
    async def known() -> dict[str, VolumeRow]:
        async with database.read() as tx:
            return {row.id: row for row in await archive.volumes(tx)}

    await cleaner_of(database, volume, None).prepare(NOW)
    async with database.write() as tx:
        await archive.save_volume(tx, VolumeRow(id="default", address=volume.address, keep_days=7))
    await cleaner_of(database, volume, object_store).prepare(NOW)
    rows = await known()
    assert (rows["default"].uploads_to, rows["default"].keep_days) == ("store", 7)
    assert rows["store"].address == object_store.address
    await cleaner_of(database, volume, None).prepare(NOW)
    assert (await known())["default"].uploads_to is None


async def test_age_and_capacity_count_in_the_store_and_locks_hold(
    database: Database, volume: Volume, object_store: ObjectStore
) -> None:
    cleaner = cleaner_of(database, volume, object_store, keep_days=30, store_capacity=3000)
    await cleaner.prepare(NOW)
    old = await put(database, volume, 1, start=NOW - timedelta(days=31))
    new = await put(database, volume, 5, start=NOW - timedelta(hours=1))
    uploader = Uploader(database=database, spool=volume, target=object_store, at_once=1)
    for _ in range(6):
        assert (await uploader.some()).files == 1
    await cleaner.delete_by_age(NOW)
    assert object_store.size_of(old[0].object_name) is None
    async with database.write() as tx:
        await archive.lock(tx, new[0].camera_id, new[0].span, case_ref="case 7", by="tester")
    await cleaner.keep_capacity()
    left = [object_store.size_of(one.object_name) is not None for one in new]
    assert left == [True, False, False, True, True]


async def test_a_half_done_deletion_is_finished_without_a_limit_of_age(
    s3_server: Any, database: Database, volume: Volume, object_store: ObjectStore
) -> None:
    cleaner = cleaner_of(database, volume, object_store)
    await cleaner.prepare(NOW)
    (segment,) = await put(database, volume, 1)
    await Uploader(database=database, spool=volume, target=object_store).some()
    s3_server.stop()
    with pytest.raises(Unavailable):
        await archive.free(database, object_store, None)
    s3_server.start()
    await cleaner.delete_by_age(NOW)
    assert object_store.size_of(segment.object_name) is None
    async with database.read() as tx:
        assert await archive.used_bytes(tx, "store") == 0


async def test_the_loop_waits_for_the_store_and_says_so(
    s3_server: Any, database: Database, volume: Volume, object_store: ObjectStore
) -> None:
    await cleaner_of(database, volume, object_store).prepare(NOW)
    s3_server.stop()
    segments = await put(database, volume, 3)
    uploader = Uploader(database=database, spool=volume, target=object_store, at_once=2)
    uploads = Uploads([uploader], store=object_store, clock=SystemClock())
    running = asyncio.create_task(uploads.run())
    try:
        while not metrics.queue_files._value.get():
            await asyncio.sleep(0.02)
        assert metrics.queue_bytes._value.get() == 3000
        words = await uploads.health()
        assert words is not None
        assert "3 files" in words
        assert "error sending request" in words
        s3_server.start()
        while list(volume.stored()):
            await asyncio.sleep(0.02)
    finally:
        running.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await running
    assert [object_store.size_of(one.object_name) for one in segments] == [1000, 1000, 1000]


async def test_a_dead_recorders_file_is_salvaged_where_no_recorder_is(
    database: Database, volume: Volume, object_store: ObjectStore
) -> None:
    """Proved in full for ``archive.recover``; here, that storage-service calls it."""
    stray = volume.create("OTHER/8b1c2d3e-0000-4000-8000-000000000000/2026/03/01/" + "0" * 32 + "-000000.mp4")
    stray.write(b"torn")
    stray.close()
    await cleaner_of(database, volume, object_store).salvage()
    assert not list(volume.spooled())
