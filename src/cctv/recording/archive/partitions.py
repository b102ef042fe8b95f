"""Days of the segment table. Rows of any day can be written; the days ahead are made before they come."""

from datetime import date, datetime, timedelta

from cctv.infra.database import WriteTx
from cctv.recording.archive.store import partitions as store

_DAY = timedelta(days=1)


async def ensure_partitions(tx: WriteTx, today: date, *, ahead_days: int = 3) -> list[date]:
    """Make the partitions of ``today`` (UTC) and the days after; those that were made now. Hourly and at start."""
    return await store.make(tx, [today + n * _DAY for n in range(ahead_days + 1)])


async def drop_empty_partitions(tx: WriteTx, before: date) -> list[date]:
    """Drop the partitions of days before ``before`` that hold nothing any more, because retention emptied them.

    A day that somebody is reading stays for another time.
    """
    names = await store.names(tx)
    past = [day for day in map(day_of, names) if day < before]
    return await store.drop_empty(tx, past)


def day_of(name: str) -> date:
    """The day of a partition's name."""
    return datetime.strptime(name.rsplit("_", 1)[1] + "+0000", "%Y%m%d%z").date()
