"""The catalogue made anew from the files alone, compared row for row with the one that was lost."""

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import text

from cctv.base.clock import ManualClock, to_us
from cctv.base.faults import Cause
from cctv.base.span import Span
from cctv.infra.database import Database, ReadTx
from cctv.infra.disks import Volume
from cctv.recording import archive
from cctv.recording.archive import Batch, new_epoch

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
S = timedelta(seconds=1)
WINDOW = Span(NOON - timedelta(days=1), NOON + timedelta(days=1))

# Every column of what the store can tell. A run's end is that of its last file; why it ended is in no file.
_TABLES = {
    "segments": "SELECT * FROM video_segments ORDER BY run_id, seq",
    "runs": "SELECT id, camera_id, fence, epoch, codec, codecs, width, height, rate, init, started_at"
    " FROM recording_runs ORDER BY id",
    "spans": "SELECT * FROM recording_spans ORDER BY camera_id, start_time, fence, epoch",
    "epochs": "SELECT * FROM clock_epochs ORDER BY id",
}


async def record(database: Database, *batches: Batch) -> None:
    async with database.write() as tx:
        for batch in batches:
            await archive.record(tx, batch)


async def contents(database: Database) -> dict[str, list[tuple[Any, ...]]]:
    async with database.read() as tx:
        return {name: [tuple(row) for row in await tx.execute(text(query))] for name, query in _TABLES.items()}


async def lose_the_catalogue(database: Database) -> None:
    """As a new database has it: no rows, and not the partitions that were made since."""
    async with database.write() as tx:
        for table in [
            "video_segments",
            "recording_runs",
            "recording_spans",
            "recording_gaps",
            "clock_epochs",
            "evidence_locks",
        ]:
            await tx.execute(text(f"TRUNCATE {table}"))
        days = await tx.execute(
            text("SELECT inhrelid::regclass::text FROM pg_inherits WHERE inhparent = 'video_segments'::regclass")
        )
        for (name,) in days.all():
            await tx.execute(text(f"DROP TABLE {name}"))


async def shoot_everything(database: Database, film: Any, other_film: Any) -> None:
    """Two cameras, a midnight, a restart, a clock set back, a fenced recorder, a change of agency."""
    await record(database, film.shoot(files=3))
    await record(database, film.shoot(NOON + 20 * S, files=2, fence=2))
    back = new_epoch(node="n1", at=NOON + 2 * S, step=-30 * S, after=film.epoch)
    await record(database, film.shoot(NOON + 3 * S, files=2, fence=2, epoch=back))
    film.agency = "METRO"
    await record(database, film.shoot(NOON + 60 * S, files=1, fence=3))
    midnight = datetime(2026, 3, 1, 23, 59, 50, tzinfo=UTC)
    await record(database, other_film.shoot(midnight, files=5, fence=9))
    new = other_film.shoot(NOON + 6 * S, files=2, fence=5)
    old = other_film.shoot(NOON, files=3, fence=4)  # its last file began after the other had taken over
    await record(database, new, old)


async def test_the_same_rows_come_back(database: Database, volume: Volume, film: Any, other_film: Any) -> None:
    await shoot_everything(database, film, other_film)
    before = await contents(database)
    assert {row[10] for row in before["segments"]} == {"stored", "duplicate"}
    await lose_the_catalogue(database)
    told: list[tuple[int, int, int]] = []
    done = await archive.rebuild(database, [volume], progress=lambda *numbers: told.append(numbers))
    assert done.segments == len(before["segments"])
    assert done.unreadable == []
    after = await contents(database)
    assert after == before
    assert told[-1][0] == told[-1][1]
    # Again: nothing is missing, nothing is added.
    again = await archive.rebuild(database, [volume])
    assert (again.segments, again.gaps) == (0, 0)
    assert await contents(database) == after


async def nothing_planned(tx: ReadTx, span: Span, *, now: datetime) -> dict[Any, list[Span]]:
    return {}


async def test_what_comes_out_is_healthy_and_plays(
    database: Database, volume: Volume, film: Any, other_film: Any
) -> None:
    await shoot_everything(database, film, other_film)
    async with database.read() as tx:
        before = await archive.segments(tx, film.camera, WINDOW), await archive.cut(tx, film.camera, WINDOW)
    await lose_the_catalogue(database)
    await archive.rebuild(database, [volume])
    async with database.read() as tx:
        after = await archive.segments(tx, film.camera, WINDOW), await archive.cut(tx, film.camera, WINDOW)
    assert after == before
    clock = ManualClock(to_us(WINDOW.end))
    depth = archive.Depth(hashes=True, settle_s=0.05)
    report = await archive.check(database, [volume], planned=nothing_planned, depth=depth, clock=clock)
    assert report.findings == []


async def test_holes_become_gaps_with_what_their_neighbours_tell(
    database: Database, volume: Volume, film: Any
) -> None:
    film.shoot(files=1)
    film.shoot(NOON + 10 * S, files=1)  # the same holder: the stream stopped
    film.shoot(NOON + 20 * S, files=1, fence=2)  # another holder on the node
    forward = new_epoch(node="n1", at=NOON + 30 * S, step=6 * S, after=film.epoch)
    film.shoot(NOON + 30 * S, files=1, fence=2, epoch=forward)
    elsewhere = new_epoch(node="n2", at=NOON - 5 * S)
    film.shoot(NOON + 40 * S, files=1, fence=3, epoch=elsewhere)
    done = await archive.rebuild(database, [volume])
    assert (done.segments, done.gaps) == (5, 4)
    async with database.read() as tx:
        gaps = (await archive.timeline(tx, [film.camera], WINDOW))[film.camera].gaps
    assert [(gap.start, gap.end, gap.cause) for gap in gaps] == [
        (NOON + 4 * S, NOON + 10 * S, Cause.CAMERA),
        (NOON + 14 * S, NOON + 20 * S, Cause.RESTART),
        (NOON + 24 * S, NOON + 30 * S, Cause.CLOCK),
        (NOON + 34 * S, NOON + 40 * S, Cause.NODE),
    ]
    assert {gap.detail["derived"] for gap in gaps} == {"rebuild"}


async def test_it_adds_what_is_missing_and_keeps_what_is_known(
    database: Database, volume: Volume, film: Any
) -> None:
    batch = film.shoot(files=6)
    await record(database, replace(batch, segments=batch.segments[::2]))
    await archive.free(database, volume, 1)
    done = await archive.rebuild(database, [volume])
    assert done.segments == 3
    async with database.read() as tx:
        assert [row.seq for row in await archive.segments(tx, film.camera, WINDOW)] == [1, 2, 3, 4, 5]


async def test_orphans_of_the_spool_are_saved_too_and_open_files_left(
    database: Database, volume: Volume, film: Any, other_film: Any
) -> None:
    for file, _ in film.spool(files=2):
        file.close()
    (open_file, _), *_ = other_film.spool()
    done = await archive.rebuild(database, [volume])
    assert (done.salvaged, done.segments) == (2, 0)
    async with database.read() as tx:
        assert len(await archive.segments(tx, film.camera, WINDOW)) == 2
    assert open_file.path.exists()
    open_file.close()


async def test_damaged_and_foreign_files_are_named_and_left(database: Database, volume: Volume, film: Any) -> None:
    batch = film.shoot(files=3)
    torn = volume.archive_path(batch.segments[1].object_name)
    content = torn.read_bytes()
    torn.write_bytes(content[:-3])
    (torn.parent / "notes.txt").write_text("?")
    volume.archive_path(batch.segments[2].object_name).write_bytes(b"nothing of ours" * 10)
    done = await archive.rebuild(database, [volume])
    assert done.segments == 1
    assert {name for _, name, _ in done.unreadable} == {one.object_name for one in batch.segments[1:]}
    assert torn.read_bytes() == content[:-3]


async def test_it_may_run_beside_a_recorder(database: Database, volume: Volume, film: Any) -> None:
    batch = film.shoot(files=20, seconds=2)

    async def recorder() -> None:
        for one in batch.segments:
            await record(database, replace(batch, segments=(one,)))

    await asyncio.gather(recorder(), archive.rebuild(database, [volume]))
    async with database.read() as tx:
        assert len(await archive.segments(tx, film.camera, WINDOW)) == 20
        spans = (await archive.timeline(tx, [film.camera], WINDOW))[film.camera].spans
    assert spans == [Span(NOON, NOON + 40 * S)]


async def test_a_file_ends_where_the_next_begins_though_the_clock_was_slewed(
    database: Database, volume: Volume, film: Any
) -> None:
    """The second file begins half a millisecond later than the first one's durations say."""
    late = timedelta(microseconds=500)
    (first, _), (second, _) = film.spool(files=2)
    content = bytearray(second.path.read_bytes())
    begins = to_us(NOON + 4 * S)
    at = content.index(begins.to_bytes(8, "big"))
    content[at : at + 8] = (begins + 500).to_bytes(8, "big")
    second.path.write_bytes(content)
    volume.store(first)
    volume.store(second)
    await archive.rebuild(database, [volume])
    async with database.read() as tx:
        rows = await archive.segments(tx, film.camera, WINDOW)
    assert [(row.start, row.end) for row in rows] == [
        (NOON, NOON + 4 * S + late),
        (NOON + 4 * S + late, NOON + 8 * S),
    ]
