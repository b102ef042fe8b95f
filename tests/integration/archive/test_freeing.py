"""The one deleter on real files: oldest first, locks honoured at every moment, restartable at every step."""

import asyncio
import errno
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from cctv.base.errors import InvalidInput
from cctv.base.span import Span
from cctv.infra.database import Database
from cctv.infra.disks import OsFiles, Volume, VolumeFault
from cctv.recording import archive
from cctv.recording.archive import NoSuchLock, freeing

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
WINDOW = Span(NOON - timedelta(hours=1), NOON + timedelta(hours=1))
S = timedelta(seconds=1)


async def record(database: Database, *batches: archive.Batch) -> None:
    async with database.write() as tx:
        for batch in batches:
            await archive.record(tx, batch)


async def left(database: Database, film: Any) -> list[datetime]:
    """Starts of what is shown; rows, files and spans must agree on it."""
    async with database.read() as tx:
        rows = await archive.segments(tx, film.camera, WINDOW)
        line = (await archive.timeline(tx, [film.camera], WINDOW))[film.camera]
    for row in rows:
        assert film.volume.archive_path(row.object_name).is_file()
    covered = {one for row in rows for one in _seconds(Span(row.start, row.end))}
    assert covered == {one for span in line.spans for one in _seconds(span)}
    return [row.start for row in rows]


def _seconds(span: Span) -> list[datetime]:
    return [span.start + n * S for n in range(int(span.seconds))]


async def lock(database: Database, film: Any, span: Span, **more: Any) -> archive.Lock:
    async with database.write() as tx:
        return await archive.lock(tx, film.camera, span, case_ref="case 7", by="tester", **more)


async def states(database: Database) -> dict[str, int]:
    async with database.read() as tx:
        rows = await tx.execute(text("SELECT state, count(*) FROM video_segments GROUP BY state"))
        return {row[0]: row[1] for row in rows}


async def test_the_oldest_of_all_cameras_goes_first(
    database: Database, volume: Volume, film: Any, other_film: Any
) -> None:
    mine, theirs = film.shoot(files=4), other_film.shoot(NOON + 2 * S, files=4)
    await record(database, mine, theirs)
    one = mine.segments[0].size_bytes
    freed = await archive.free(database, volume, 2 * one + 1)
    assert (freed.segments, freed.short) == (3, False)  # as many as it takes
    assert await left(database, film) == [NOON + n * S for n in (8, 12)]
    assert await left(database, other_film) == [NOON + n * S for n in (6, 10, 14)]
    assert await states(database) == {"stored": 5}


async def test_retention_by_age_takes_only_what_ended_before(
    database: Database, volume: Volume, film: Any
) -> None:
    await record(database, film.shoot(files=4))
    freed = await archive.free(database, volume, None, before=NOON + 9 * S)
    assert (freed.segments, freed.short) == (2, False)
    assert await left(database, film) == [NOON + 8 * S, NOON + 12 * S]


async def test_another_volumes_footage_stays(
    database: Database, volume: Volume, film: Any, tmp_path: Path
) -> None:
    await record(database, film.shoot())
    freed = await archive.free(database, Volume("other", tmp_path / "other"), 1)
    assert (freed.segments, freed.short) == (0, True)
    assert await left(database, film) == [NOON]


async def test_locked_footage_is_passed_over_until_released(database: Database, volume: Volume, film: Any) -> None:
    await record(database, film.shoot(files=4))
    held = await lock(database, film, Span(NOON + 5 * S, NOON + 6 * S))
    expired = await lock(database, film, Span(NOON, NOON + S), until=datetime.now(UTC) - timedelta(hours=1))
    freed = await archive.free(database, volume, 1 << 40)
    assert (freed.segments, freed.short) == (3, True)
    assert await left(database, film) == [NOON + 4 * S]
    async with database.read() as tx:
        assert [one.id for one in await archive.locks(tx, film.camera)] == [held.id]
        assert expired not in await archive.locks(tx)
    async with database.write() as tx:
        released = await archive.unlock(tx, held.id, by="judge")
        assert released.released_by == "judge"
    async with database.write() as tx:
        with pytest.raises(NoSuchLock):
            await archive.unlock(tx, held.id, by="judge")
    assert (await archive.free(database, volume, 1 << 40)).segments == 1
    assert await left(database, film) == []


async def test_a_lock_says_for_whom_and_for_how_long(database: Database, film: Any) -> None:
    for span, case in ((Span(NOON, NOON), "x"), (Span(NOON, NOON + S), " ")):
        async with database.write() as tx:
            with pytest.raises(InvalidInput):
                await archive.lock(tx, film.camera, span, case_ref=case, by="tester")


async def test_a_lock_set_while_the_deleter_marks_waits_or_wins(
    database: Database, volume: Volume, film: Any
) -> None:
    """An uncommitted lock must hold the deleter up, which sees it then."""
    await record(database, film.shoot(files=3))
    async with database.write() as tx:
        await archive.lock(tx, film.camera, Span(NOON, NOON + S), case_ref="c", by="t")
        deleting = asyncio.create_task(archive.free(database, volume, 1 << 40))
        done, _ = await asyncio.wait({deleting}, timeout=0.5)
        assert not done, "it deleted past a lock that is being set"
    assert (await deleting).segments == 2
    assert await left(database, film) == [NOON]


async def test_a_lock_set_after_marking_saves_the_footage(
    database: Database, volume: Volume, film: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    await record(database, film.shoot(files=3))
    with dying_volume(monkeypatch, Volume, "delete", at=0), pytest.raises(Death):
        await archive.free(database, volume, 1 << 40)
    assert await states(database) == {"to_delete": 3}
    assert await left(database, film) == []
    await lock(database, film, Span(NOON + 4 * S, NOON + 5 * S))
    await archive.finish_deletions(database, volume)
    assert await left(database, film) == [NOON + 4 * S]
    assert await states(database) == {"stored": 1}


class Death(BaseException):
    """The process ends here."""


@contextmanager
def dying_volume(monkeypatch: pytest.MonkeyPatch, owner: Any, name: str, *, at: int) -> Iterator[None]:
    """The ``at``-th call of a method does not happen: the process dies before it."""
    real, calls = getattr(owner, name), iter(range(10_000))

    def dying(*args: Any, **named: Any) -> Any:
        if next(calls) == at:
            raise Death
        return real(*args, **named)

    with monkeypatch.context() as patch:
        patch.setattr(owner, name, dying)
        yield


@pytest.mark.parametrize(("call", "at"), [("delete", 0), ("delete", 1), ("delete", 2), ("delete", 4)])
async def test_dying_at_any_unlink_is_repaired_by_calling_again(
    database: Database, volume: Volume, film: Any, monkeypatch: pytest.MonkeyPatch, call: str, at: int
) -> None:
    batch = film.shoot(files=6)
    await record(database, batch)
    wanted = sum(one.size_bytes for one in batch.segments[:5])
    with dying_volume(monkeypatch, Volume, call, at=at), pytest.raises(Death):
        await archive.free(database, volume, wanted)
    # Rows whose files are gone are still in the list of things to delete.
    for one in batch.segments:
        gone = not volume.archive_path(one.object_name).exists()
        assert not gone or one.start not in await left(database, film)
    assert (await archive.free(database, volume, wanted)).segments == 5
    assert await left(database, film) == [batch.segments[5].start]
    assert await states(database) == {"stored": 1}


@pytest.mark.parametrize("step", ["mark", "doomed", "restore", "forget"])
async def test_dying_in_any_transaction_is_repaired_by_calling_again(
    database: Database, volume: Volume, film: Any, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    from cctv.recording.archive.store import deleting

    await record(database, film.shoot(files=3))
    real = getattr(deleting, step)

    async def dies_after(*args: Any) -> Any:
        await real(*args)
        raise Death

    with monkeypatch.context() as patch:
        patch.setattr(deleting, step, dies_after)
        try:
            await archive.free(database, volume, 1 << 40)
        except Death:
            pass
        else:
            assert step == "restore"  # nothing was saved from deletion, so nothing died
    await archive.free(database, volume, 1 << 40)
    assert await left(database, film) == []
    assert await states(database) == {}
    assert list(volume.stored()) == []


class _Stubborn(OsFiles):
    """A disk that lets nothing go any more after some files."""

    def __init__(self, allowed: int) -> None:
        self.allowed = allowed

    def unlink(self, path: Path) -> None:
        if not self.allowed:
            raise OSError(errno.EIO, "Input/output error")
        self.allowed -= 1
        super().unlink(path)


async def test_a_disk_that_refuses_keeps_rows_and_files_in_step(database: Database, film: Any) -> None:
    film.volume = Volume("default", film.volume.root, files=_Stubborn(2))
    await record(database, film.shoot(files=4))
    with pytest.raises(VolumeFault):
        await archive.free(database, film.volume, 1 << 40)
    assert await states(database) == {"to_delete": 2}
    assert len(list(film.volume.stored())) == 2


async def test_two_deleters_do_not_take_more_than_each_wants(
    database: Database, volume: Volume, film: Any
) -> None:
    batch = film.shoot(files=8)
    await record(database, batch)
    wanted = batch.segments[0].size_bytes
    await asyncio.gather(*(archive.free(database, volume, wanted) for _ in range(3)))
    assert 5 <= len(await left(database, film)) <= 7
    assert set(await states(database)) == {"stored"}


async def test_what_another_deleter_carries_out_counts_for_who_marked_it(
    database: Database, volume: Volume, film: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    batch = film.shoot(files=8)
    await record(database, batch)
    finish = freeing.finish_deletions

    async def finish_after_another(*where: Any) -> tuple[int, int]:
        await finish(*where)
        return await finish(*where)

    monkeypatch.setattr(freeing, "finish_deletions", finish_after_another)
    freed = await archive.free(database, volume, batch.segments[0].size_bytes)
    assert (freed.segments, freed.short) == (0, False)
    assert len(await left(database, film)) == 7


async def test_what_was_freed_is_not_recorded_again_by_a_late_journal(
    database: Database, volume: Volume, film: Any
) -> None:
    batch = film.shoot(files=3)
    await record(database, batch)
    await archive.free(database, volume, 1 << 40)
    await record(database, batch)
    assert await left(database, film) == []
    assert await states(database) == {}


async def test_old_runs_go_with_their_last_segment(database: Database, volume: Volume, film: Any) -> None:
    from dataclasses import replace

    batch = film.shoot(files=2)
    ended = replace(batch.runs[0], ended_at=NOON + 8 * S)
    await record(database, batch, archive.Batch((ended,)))
    await archive.free(database, volume, 1)
    async with database.read() as tx:
        assert await archive.runs(tx, [ended.id])
    await archive.free(database, volume, 1)
    async with database.read() as tx:
        assert await archive.runs(tx, [ended.id]) == {}
