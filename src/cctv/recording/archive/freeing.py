"""The one deleter. Order of each deletion: the row becomes `to_delete`, the file goes, the row goes.

Each step is a transaction of its own and starts where the one before ended, so a death at any point is repaired by
calling again. Locked footage is passed over in the statement that marks; a lock set after that is seen before the
file is unlinked, and the row then stays.

A clock that is set forward makes all footage old and all locks expired at once. Recorders tell each step as an
epoch; for a day after one of an hour or more the time is in doubt, unless the clock was set back since.
"""

import asyncio
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog

from cctv.base.clock import from_us
from cctv.base.errors import Unavailable
from cctv.base.span import Span
from cctv.infra.database import Database, ReadTx, WriteTx
from cctv.infra.disks import Volume
from cctv.infra.places import Place
from cctv.recording.archive.model import SHOWN, SegmentState
from cctv.recording.archive.spans import Layer, with_freed, with_recorded
from cctv.recording.archive.store import clocks as clock_store
from cctv.recording.archive.store import deleting as store
from cctv.recording.archive.store import locking as lock_store
from cctv.recording.archive.store import spans as span_store
from cctv.recording.archive.store.deleting import Doomed
from cctv.recording.archive.store.writing import overtaken, ranks

log = structlog.get_logger()

LEAP = timedelta(hours=1)
DOUBTED = timedelta(days=1)
_AT_ONCE = 200
"""Files a transaction: nobody can set a lock meanwhile, so it is to be over in well under a second."""
_DELETABLE = (SegmentState.STORED, SegmentState.DUPLICATE, SegmentState.CORRUPT, SegmentState.MISSING)


@dataclass(frozen=True, slots=True)
class Freed:
    """What this call deleted; what it marked, another may have deleted.

    `short` says that there was nothing more to take: the rest is locked, or there is no rest.
    """

    segments: int
    bytes: int
    short: bool


async def believed(tx: ReadTx, now: datetime) -> datetime | None:
    """The earlier of ``now`` and PostgreSQL's clock; ``None`` while any node's clock is in doubt."""
    database_now, ahead = await clock_store.ahead(tx, LEAP, DOUBTED)
    return None if ahead else min(now, database_now)


async def free(
    database: Database, volume: Place, wanted_bytes: int | None, *, before: datetime | None = None
) -> Freed:
    """Delete the oldest unlocked footage of a volume until ``wanted_bytes`` of it are gone (``None``: no limit)

    and only what ended before ``before``, when that is given: retention by age. What an earlier call left half
    done is finished first and counts. What waits in a spool for its store may go, too: on a full disk that is the
    oldest there is; what is on its way into a store stays until it has arrived. What this call marked counts
    also when another deleter was the one to carry it out: several at once take no more than each of them wants.
    """
    segments, gone_bytes = await finish_deletions(database, volume)
    rest_bytes = None if wanted_bytes is None else wanted_bytes - gone_bytes
    while rest_bytes is None or rest_bytes > 0:
        async with database.write() as tx:
            marked = await _mark(tx, volume, rest_bytes, before)
        if not marked:
            return Freed(segments, gone_bytes, short=wanted_bytes is not None)
        more, more_bytes = await finish_deletions(database, volume)
        segments, gone_bytes = segments + more, gone_bytes + more_bytes
        if rest_bytes is not None:
            async with database.read() as tx:
                saved = await store.saved(tx, marked)
            freeing = (one for one in marked if one.key not in saved and one.state != SegmentState.MISSING)
            rest_bytes -= sum(one.bytes for one in freeing)
    return Freed(segments, gone_bytes, short=False)


async def finish_deletions(database: Database, volume: Place) -> tuple[int, int]:
    """Carry out what is marked: (segments, bytes) that went. What was locked since is shown again instead."""
    segments = gone_bytes = 0
    while True:
        fault: Unavailable | None = None
        async with database.write() as tx:
            await lock_store.hold_still(tx)
            doomed = await store.doomed(tx, volume.id, await _locks_until(tx), _AT_ONCE)
            if not doomed:
                return segments, gone_bytes
            saved = await asyncio.to_thread(_still_there, volume, [one for one in doomed if one.locked])
            await _show_again(tx, saved)
            going = [one for one in doomed if one not in saved]
            done = await asyncio.to_thread(volume.delete_many, [one.object_name for one in going])
            gone, fault = going[: done.count], done.fault
            await store.forget(tx, gone)
        segments, gone_bytes = segments + len(gone), gone_bytes + sum(one.bytes for one in gone)
        log.info("footage_deleted", volume=volume.id, segments=len(gone), locked_meanwhile=len(saved))
        if fault is not None:
            raise fault


async def _mark(tx: WriteTx, volume: Place, wanted_bytes: int | None, before: datetime | None) -> Sequence[Doomed]:
    await lock_store.hold_still(tx)
    states = (*_DELETABLE, SegmentState.SPOOLED) if isinstance(volume, Volume) else _DELETABLE
    marked = await store.mark(tx, (volume.id, states), wanted_bytes, (before, await _locks_until(tx)), _AT_ONCE)
    pieces = await _pieces(tx, (one for one in marked if one.state in SHOWN))
    if pieces:
        await span_store.lock_cameras(tx, (layer.camera_id for layer in pieces))
        await span_store.apply(tx, pieces, with_freed)
    return marked


async def _show_again(tx: WriteTx, saved: Sequence[Doomed]) -> None:
    if not saved:
        return
    since = await overtaken(tx, (one.run_id for one in saved))
    shown = [one for one in saved if one.run_id not in since or one.start < since[one.run_id]]
    await store.restore(tx, shown, "stored")
    await store.restore(tx, [one for one in saved if one not in shown], "duplicate")
    pieces = await _pieces(tx, shown)
    if pieces:
        await span_store.lock_cameras(tx, (layer.camera_id for layer in pieces))
        await span_store.apply(tx, pieces, with_recorded)


async def _pieces(tx: WriteTx, rows: Iterable[Doomed]) -> dict[Layer, list[Span]]:
    found = list(rows)
    layers = await ranks(tx, (one.run_id for one in found)) if found else {}
    pieces: dict[Layer, list[Span]] = defaultdict(list)
    for one in found:
        if one.run_id in layers:
            pieces[Layer(one.camera_id, *layers[one.run_id])].append(Span(one.start, one.end))
    return pieces


def _still_there(volume: Place, doomed: Sequence[Doomed]) -> list[Doomed]:
    return [one for one in doomed if volume.size_of(one.object_name) is not None]


async def _locks_until(tx: ReadTx) -> datetime:
    """Locks that end after this hold: PostgreSQL's clock, without what a leap added to it."""
    database_now, ahead = await clock_store.ahead(tx, LEAP, DOUBTED)
    try:
        return database_now - ahead
    except OverflowError:
        return from_us(0)
