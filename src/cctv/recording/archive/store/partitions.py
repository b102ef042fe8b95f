"""The owner's functions that make and drop a day's partition."""

from collections.abc import Sequence
from datetime import date

from cctv.infra.database import ReadTx, WriteTx
from cctv.recording.archive.store.wire import fetch


async def make(tx: WriteTx, days: Sequence[date]) -> list[date]:
    """Those of ``days`` that had no partition and have one now."""
    rows = await fetch(
        tx, "SELECT day FROM unnest(%s::date[]) AS day WHERE ensure_segment_partition(day)", (sorted(days),)
    )
    return [day for (day,) in rows]


async def names(tx: ReadTx) -> list[str]:
    """The partitions there are, ``video_segments_YYYYMMDD``, oldest first."""
    rows = await fetch(
        tx,
        "SELECT c.relname::text FROM pg_inherits AS i JOIN pg_class AS c ON c.oid = i.inhrelid"
        " WHERE i.inhparent = 'video_segments'::regclass ORDER BY c.relname",
    )
    return [name for (name,) in rows]


async def drop_empty(tx: WriteTx, days: Sequence[date]) -> list[date]:
    """Those of ``days`` whose partition was empty and is gone."""
    rows = await fetch(
        tx, "SELECT day FROM unnest(%s::date[]) AS day WHERE drop_empty_segment_partition(day)", (sorted(days),)
    )
    return [day for (day,) in rows]
