"""Rows on their way from a spool volume into an object store."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import NamedTuple
from uuid import UUID

from cctv.base.ids import ObjectName, RunId
from cctv.infra.database import ReadTx, WriteTx
from cctv.recording.archive.store.wire import fetch_as


class Parcel(NamedTuple):
    """What an upload needs of a row."""

    run_id: RunId
    seq: int
    start: datetime
    object_name: str
    size_bytes: int
    sha256: bytes
    state: str


class Waiting(NamedTuple):
    """How much waits on a spool; `oldest` is ``None`` when nothing does."""

    files: int
    size_bytes: int
    oldest: datetime | None


async def waiting(tx: ReadTx, volume: str, limit: int, passed_over: Sequence[str]) -> list[Parcel]:
    """The oldest that waits on a volume, without the objects to be ``passed_over``."""
    return await fetch_as(
        tx,
        Parcel,
        """
        SELECT run_id, seq, start_time, object_name, bytes, sha256, state FROM video_segments
        WHERE volume = %s AND state IN ('spooled', 'stored') AND object_name <> ALL(%s)
        ORDER BY start_time LIMIT %s
        """,
        (volume, list(passed_over), limit),
    )


async def queue(tx: ReadTx, volume: str) -> Waiting:
    """How much waits on a volume."""
    (found,) = await fetch_as(
        tx,
        Waiting,
        """
        SELECT count(*), coalesce(sum(bytes), 0)::bigint, min(start_time) FROM video_segments
        WHERE volume = %s AND state IN ('spooled', 'stored')
        """,
        (volume,),
    )
    return found


async def claim(tx: WriteTx, volume: str, store: str, parcels: Sequence[Parcel]) -> list[Parcel]:
    """These belong to the store, which does not have them yet. Those that were deleted are left out."""
    return await _moved(tx, parcels, (volume, ["spooled", "stored"]), (store, "spooled"))


async def arrived(tx: WriteTx, store: str, parcels: Sequence[Parcel]) -> list[Parcel]:
    """The store has these."""
    return await _moved(tx, parcels, (store, ["spooled"]), (store, "stored"))


async def by_names(tx: ReadTx, store: str, names: Sequence[ObjectName]) -> list[Parcel]:
    """Rows of the store for these objects, in whatever state, each by primary key in its day's partition."""
    days = [datetime.strptime(name.day, "%Y/%m/%d").replace(tzinfo=UTC) for name in names]
    return await fetch_as(
        tx,
        Parcel,
        """
        SELECT s.run_id, s.seq, s.start_time, s.object_name, s.bytes, s.sha256, s.state
        FROM unnest(%s::uuid[], %s::int[], %s::timestamptz[]) AS n (run_id, seq, day)
        JOIN video_segments AS s ON s.run_id = n.run_id AND s.seq = n.seq
         AND s.start_time >= n.day AND s.start_time < n.day + %s
        WHERE s.volume = %s
        """,
        ([name.run for name in names], [name.seq for name in names], days, timedelta(days=1), store),
    )


async def _moved(
    tx: WriteTx, parcels: Sequence[Parcel], before: tuple[str, list[str]], after: tuple[str, str]
) -> list[Parcel]:
    """Give rows in ``before`` (volume, states) the volume and state ``after``; those that were changed."""
    keys: tuple[list[UUID], list[int], list[datetime]] = (
        [one.run_id for one in parcels],
        [one.seq for one in parcels],
        [one.start for one in parcels],
    )
    names = await fetch_as(
        tx,
        str,
        """
        UPDATE video_segments AS s SET volume = %s, state = %s
        FROM unnest(%s::uuid[], %s::int[], %s::timestamptz[]) AS k (run_id, seq, start_time)
        WHERE s.run_id = k.run_id AND s.seq = k.seq AND s.start_time = k.start_time
          AND s.volume = %s AND s.state = ANY(%s)
        RETURNING s.object_name
        """,
        (*after, *keys, *before),
    )
    changed = set(names)
    return [one for one in parcels if one.object_name in changed]


async def used_bytes(tx: ReadTx, volume: str) -> int:
    """What all rows of a volume say that it holds."""
    (found,) = await fetch_as(
        tx,
        int,
        "SELECT coalesce(sum(bytes), 0)::bigint FROM video_segments WHERE volume = %s AND state <> 'missing'",
        (volume,),
    )
    return found
