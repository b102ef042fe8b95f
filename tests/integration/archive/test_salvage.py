"""Spool files of a dead writer: cut, catalogued, moved; interrupted anywhere, the next pass ends the same."""

import asyncio
import errno
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from cctv.base.clock import ManualClock, to_us
from cctv.base.faults import Cause
from cctv.base.span import Span
from cctv.infra.database import Database, DatabaseUnavailable
from cctv.infra.disks import OsFiles, SpoolFile, Volume
from cctv.recording import archive

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
WINDOW = Span(NOON, NOON + timedelta(hours=1))


def torn(written: list[tuple[SpoolFile, Any]], more: bytes = b"\0\0\x10\0moof torn") -> SpoolFile:
    """The last file as a power loss leaves it: some bytes of a fragment too many, nobody holds its lock."""
    file = written[-1][0]
    file.write(more)
    file.close()
    return file


async def shown(database: Database, film: Any) -> list[tuple[int, datetime, datetime]]:
    async with database.read() as tx:
        rows = await archive.segments(tx, film.camera, WINDOW)
    return [(row.seq, row.start, row.end) for row in rows]


async def test_an_orphan_is_cut_catalogued_and_stored(database: Database, volume: Volume, film: Any) -> None:
    written = film.spool(seconds=3)
    good_bytes = written[0][0].bytes
    file = torn(written)
    assert await archive.recover(database, volume) == 1
    assert not file.path.exists()
    assert volume.archive_path(file.name).stat().st_size == good_bytes
    async with database.read() as tx:
        (segment,) = await archive.segment_list(tx, film.camera, WINDOW, limit=9)
        runs = await archive.runs(tx, [segment.run_id])
    told = written[0][1]
    assert segment == told.segments[0]
    run = runs[segment.run_id]
    assert (run.ended_at, run.end_cause) == (NOON + timedelta(seconds=3), Cause.RESTART)
    assert (run.init, run.codecs, run.started_at) == (told.runs[0].init, told.runs[0].codecs, NOON)
    assert await archive.recover(database, volume) == 0


async def test_a_file_that_is_being_written_is_left_alone(database: Database, volume: Volume, film: Any) -> None:
    (file, _), *_ = film.spool()
    assert await archive.recover(database, volume) == 0
    assert file.path.exists()
    file.close()


async def test_a_torn_file_without_a_whole_fragment_goes(database: Database, volume: Volume, film: Any) -> None:
    file, _ = film.spool()[0]
    file.truncate(900)
    file.close()
    assert await archive.recover(database, volume) == 0
    assert not file.path.exists()


async def test_a_newborn_empty_file_is_left_to_its_writer(volume: Volume, film: Any) -> None:
    file, _ = film.spool()[0]
    file.truncate(0)
    file.close()
    born_us = file.path.stat().st_mtime_ns // 1000
    assert archive.salvage(volume, file.name, clock=ManualClock(born_us + 9_000_000)) is None
    assert file.path.exists()
    assert archive.salvage(volume, file.name, clock=ManualClock(born_us + 11_000_000)) is None
    assert not file.path.exists()


async def test_a_stranger_in_the_spool_is_not_touched(database: Database, volume: Volume) -> None:
    stranger = volume.root / "spool" / "notes.txt"
    stranger.write_text("do not delete")
    assert await archive.recover(database, volume) == 0
    assert stranger.exists()


async def test_a_large_file_under_a_wrong_name_stays_for_a_person(
    database: Database, volume: Volume, film: Any
) -> None:
    file, _ = film.spool()[0]
    file.close()
    other = file.path.rename(file.path.with_name(file.path.name.replace("-000000", "-000007")))
    with other.open("ab") as more:
        more.write(bytes(100_000))
    assert await archive.recover(database, volume) == 0
    assert await shown(database, film) == []
    assert other.exists()


async def test_a_crash_between_row_and_rename_is_finished(database: Database, volume: Volume, film: Any) -> None:
    file = torn(film.spool())
    found = await asyncio.to_thread(archive.salvage, volume, file.name)
    assert found is not None
    async with database.write() as tx:
        await archive.record(tx, found.batch)
    found.file.close()  # here the process dies
    before = await shown(database, film)
    assert await archive.recover(database, volume) == 1
    assert await shown(database, film) == before == [(0, NOON, NOON + timedelta(seconds=4))]
    assert volume.archive_path(file.name).exists()


async def test_two_salvagers_share_the_orphans(database: Database, volume: Volume, film: Any) -> None:
    for file, _ in film.spool(files=6):
        file.close()
    counts = await asyncio.gather(*(archive.recover(database, volume) for _ in range(3)))
    assert sum(counts) == 6
    assert [seq for seq, _, _ in await shown(database, film)] == [0, 1, 2, 3, 4, 5]


async def test_the_database_away_leaves_the_orphan_where_it_is(volume: Volume, film: Any) -> None:
    file = torn(film.spool())
    nowhere = Database("postgresql://cctv:x@127.0.0.1:1/cctv")
    with pytest.raises(DatabaseUnavailable):
        await archive.recover(nowhere, volume)
    assert file.path.exists()
    assert archive.salvage(volume, file.name) is not None  # and its lock is free again
    await nowhere.close()


def test_what_is_noted_is_what_the_file_says(volume: Volume, film: Any) -> None:
    written = film.spool(files=2)
    for file, _ in written:
        file.close()
    found = archive.salvage(volume, written[1][0].name)
    assert found is not None
    (segment,) = found.batch.segments
    assert segment.prev_sha256 == written[0][1].segments[0].sha256
    assert segment == written[1][1].segments[0]
    (epoch,) = found.batch.epochs
    assert epoch == film.epoch
    assert to_us(found.batch.runs[0].started_at) == to_us(NOON)
    found.file.close()


async def test_a_salvage_that_fails_is_done_by_the_next_pass_and_holds_up_nobody(
    database: Database, volume: Volume, film: Any
) -> None:
    for file, _ in film.spool(files=2):
        file.close()

    class FailsOnce(OsFiles):
        failed = False

        def sync(self, descriptor: int) -> None:
            if not self.failed:
                self.failed = True
                raise OSError(errno.EIO, "Input/output error")
            super().sync(descriptor)

    volume._files = FailsOnce()
    assert await archive.recover(database, volume) == 1
    assert await archive.recover(database, volume) == 1
    assert [seq for seq, _, _ in await shown(database, film)] == [0, 1]
