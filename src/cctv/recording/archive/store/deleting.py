"""Choosing what goes, and letting the rows go after the files."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from cctv.base.ids import CameraId
from cctv.infra.database import ReadTx, WriteTx
from cctv.recording.archive.store.wire import change, fetch_as


class Doomed(NamedTuple):
    """A row on its way out. `state` is the one it had before, `locked` says that a lock holds it now."""

    run_id: UUID
    seq: int
    start: datetime
    end: datetime
    camera_id: CameraId
    object_name: str
    bytes: int
    state: str
    locked: bool

    @property
    def key(self) -> tuple[UUID, int]:
        return self.run_id, self.seq


async def mark(
    tx: WriteTx,
    where: tuple[str, Sequence[str]],
    wanted_bytes: int | None,
    times: tuple[datetime | None, datetime],
    limit: int,
) -> list[Doomed]:
    """Make the oldest rows without a lock `to_delete` until they add up to ``wanted_bytes``; ``limit`` at most.

    ``where`` is the volume, and the states in which a row may go; ``times`` before when it must have ended, if
    that matters, and until when a lock must last to hold.
    """
    volume, states = where
    before, now = times
    return await fetch_as(
        tx,
        Doomed,
        """
        WITH oldest AS MATERIALIZED (
            SELECT s.run_id, s.seq, s.start_time, s.bytes, s.state FROM video_segments AS s
            WHERE s.volume = %(volume)s AND s.state = ANY(%(states)s)
              AND (%(before)s::timestamptz IS NULL OR s.start_time < %(before)s AND s.end_time <= %(before)s)
              AND NOT EXISTS (
                  SELECT FROM evidence_locks AS l
                  WHERE l.camera_id = s.camera_id AND l.released_at IS NULL
                    AND (l.until IS NULL OR l.until > %(now)s)
                    AND l.from_time < s.end_time AND l.to_time > s.start_time
              )
            ORDER BY s.start_time LIMIT %(limit)s FOR UPDATE OF s SKIP LOCKED
        ), chosen AS (
            SELECT *, sum(CASE state WHEN 'missing' THEN 0 ELSE bytes END)
                      OVER (ORDER BY start_time, run_id, seq) - bytes AS sooner FROM oldest
        )
        UPDATE video_segments AS s SET state = 'to_delete' FROM chosen AS c
        WHERE s.run_id = c.run_id AND s.seq = c.seq AND s.start_time = c.start_time
          AND (%(wanted)s::bigint IS NULL OR c.sooner < %(wanted)s)
        RETURNING s.run_id, s.seq, s.start_time, s.end_time, s.camera_id, s.object_name, s.bytes, c.state, false
        """,
        {
            "volume": volume,
            "states": list(states),
            "wanted": wanted_bytes,
            "before": before,
            "now": now,
            "limit": limit,
        },
    )


async def doomed(tx: WriteTx, volume: str, now: datetime, limit: int) -> list[Doomed]:
    """Marked rows, oldest first, held by this transaction; those that another deleter holds are left out.

    A lock holds that lasts beyond ``now``.
    """
    return await fetch_as(
        tx,
        Doomed,
        """
        SELECT s.run_id, s.seq, s.start_time, s.end_time, s.camera_id, s.object_name, s.bytes, s.state,
               EXISTS (
                   SELECT FROM evidence_locks AS l
                   WHERE l.camera_id = s.camera_id AND l.released_at IS NULL
                     AND (l.until IS NULL OR l.until > %s)
                     AND l.from_time < s.end_time AND l.to_time > s.start_time
               )
        FROM video_segments AS s WHERE s.volume = %s AND s.state = 'to_delete'
        ORDER BY s.start_time LIMIT %s FOR UPDATE OF s SKIP LOCKED
        """,
        (now, volume, limit),
    )


async def restore(tx: WriteTx, rows: Sequence[Doomed], state: str) -> None:
    """These stay after all."""
    await change(
        tx,
        """
        UPDATE video_segments AS s SET state = %s
        FROM unnest(%s::uuid[], %s::int[], %s::timestamptz[]) AS k (run_id, seq, start_time)
        WHERE s.run_id = k.run_id AND s.seq = k.seq AND s.start_time = k.start_time
        """,
        (state, *_keys(rows)),
    )


async def saved(tx: ReadTx, rows: Sequence[Doomed]) -> set[tuple[UUID, int]]:
    """Keys of those that somebody restored since they were marked."""
    return set(
        await fetch_as(
            tx,
            lambda run_id, seq: (run_id, seq),
            """
            SELECT s.run_id, s.seq FROM video_segments AS s
            JOIN unnest(%s::uuid[], %s::int[], %s::timestamptz[]) AS k (run_id, seq, start_time)
              ON s.run_id = k.run_id AND s.seq = k.seq AND s.start_time = k.start_time
            WHERE s.state <> 'to_delete'
            """,
            _keys(rows),
        )
    )


async def forget(tx: WriteTx, rows: Sequence[Doomed]) -> None:
    """Their objects are gone; so go the rows, and runs that ended over a day ago and have no other segment."""
    await change(
        tx,
        """
        DELETE FROM video_segments AS s
        USING unnest(%s::uuid[], %s::int[], %s::timestamptz[]) AS k (run_id, seq, start_time)
        WHERE s.run_id = k.run_id AND s.seq = k.seq AND s.start_time = k.start_time
        """,
        _keys(rows),
    )
    await change(
        tx,
        """
        DELETE FROM recording_runs AS r
        WHERE r.id = ANY(%s) AND r.ended_at < now() - interval '1 day'
          AND NOT EXISTS (SELECT FROM video_segments AS s WHERE s.run_id = r.id)
        """,
        (list({row.run_id for row in rows}),),
    )


async def marked_objects(tx: ReadTx, volume: str) -> set[str]:
    """The list of things to delete: names of objects whose rows are marked."""
    rows = await fetch_as(
        tx,
        str,
        "SELECT object_name FROM video_segments WHERE volume = %s AND state = 'to_delete'",
        (volume,),
    )
    return set(rows)


def _keys(rows: Sequence[Doomed]) -> tuple[list[UUID], list[int], list[datetime]]:
    return [row.run_id for row in rows], [row.seq for row in rows], [row.start for row in rows]
