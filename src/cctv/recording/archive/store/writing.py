"""Rows of epochs, runs, segments and gaps into the catalogue, whole columns at a time."""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from uuid import UUID

from psycopg.types.json import Jsonb

from cctv.base.ids import CameraId
from cctv.infra.database import ReadTx, WriteTx
from cctv.recording.archive.model import Epoch, Gap, Run, Segment
from cctv.recording.archive.store.wire import change, fetch

SegmentKey = tuple[UUID, int, datetime]
"""Run, number, start: what makes a segment the same."""


async def put_epochs(tx: WriteTx, epochs: Iterable[Epoch]) -> None:
    """Like all that several writers may tell at once, in order of ids: whoever waits, nobody waits in a circle."""
    rows = sorted({epoch.id: epoch for epoch in epochs}.values(), key=lambda epoch: epoch.id)
    await change(
        tx,
        "INSERT INTO clock_epochs (id, node, at, step)"
        " SELECT * FROM unnest(%s::uuid[], %s::text[], %s::timestamptz[], %s::interval[]) ON CONFLICT DO NOTHING",
        ([e.id for e in rows], [e.node for e in rows], [e.at for e in rows], [e.step for e in rows]),
    )


async def put_runs(tx: WriteTx, runs: Iterable[Run]) -> None:
    """A run told again is the same run; its end stays once it is known, the latest end counts."""
    latest: dict[UUID, Run] = {}
    for run in runs:
        if run.id not in latest or run.ended_at is not None:
            latest[run.id] = run
    rows = sorted(latest.values(), key=lambda run: run.id)
    await change(
        tx,
        """
        INSERT INTO recording_runs AS r
            (id, camera_id, fence, epoch, codec, codecs, width, height, rate, init,
             started_at, ended_at, end_cause)
        SELECT * FROM unnest(%s::uuid[], %s::uuid[], %s::bigint[], %s::uuid[], %s::text[], %s::text[],
                             %s::int[], %s::int[], %s::float8[], %s::bytea[],
                             %s::timestamptz[], %s::timestamptz[], %s::text[])
        ON CONFLICT (id) DO UPDATE SET ended_at = excluded.ended_at, end_cause = excluded.end_cause
        WHERE excluded.ended_at > coalesce(r.ended_at, '-infinity')
        """,
        (
            [r.id for r in rows],
            [r.camera_id for r in rows],
            [r.fence for r in rows],
            [r.epoch for r in rows],
            [r.codec for r in rows],
            [r.codecs for r in rows],
            [r.width for r in rows],
            [r.height for r in rows],
            [r.rate for r in rows],
            [r.init for r in rows],
            [r.started_at for r in rows],
            [r.ended_at for r in rows],
            [r.end_cause for r in rows],
        ),
    )


async def ranks(tx: ReadTx, runs: Iterable[UUID]) -> dict[UUID, tuple[int, UUID]]:
    """(fence, epoch) of each run that is known."""
    rows = await fetch(tx, "SELECT id, fence, epoch FROM recording_runs WHERE id = ANY(%s)", (list(set(runs)),))
    return {run: (fence, epoch) for run, fence, epoch in rows}


async def overtaken(tx: ReadTx, runs: Iterable[UUID]) -> dict[UUID, datetime]:
    """When a later holder of the lease began to record, for each of these runs that has one.

    Its time counts where both clocks can be compared: the same epoch, or another node's clock. After a step of the
    same node's clock it cannot, and there nobody else was recording either.
    """
    rows = await fetch(
        tx,
        """
        SELECT r.id, min(n.started_at)
        FROM recording_runs AS r
        JOIN recording_runs AS n ON n.camera_id = r.camera_id AND n.fence > r.fence
        LEFT JOIN clock_epochs AS re ON re.id = r.epoch
        LEFT JOIN clock_epochs AS ne ON ne.id = n.epoch
        WHERE r.id = ANY(%s) AND (n.epoch = r.epoch OR ne.node <> re.node)
        GROUP BY r.id
        """,
        (list(set(runs)),),
    )
    return dict(rows)


async def make_days(tx: WriteTx, segments: Iterable[Segment]) -> None:
    """Partitions for these segments' days, where they lack."""
    days = sorted({segment.start.astimezone(UTC).date() for segment in segments})
    await fetch(tx, "SELECT ensure_segment_partition(day) FROM unnest(%s::date[]) AS day", (days,))


async def put_segments(tx: WriteTx, segments: Sequence[Segment]) -> set[SegmentKey]:
    """Insert; the keys of those that were not there before. What is closed on a spool waits for its store."""
    rows = await fetch(
        tx,
        """
        INSERT INTO video_segments (camera_id, start_time, end_time, run_id, seq, bytes, sha256, prev_sha256,
                                    volume, object_name, state, fragments)
        SELECT t.camera_id, t.start_time, t.end_time, t.run_id, t.seq, t.bytes, t.sha256, t.prev_sha256,
               t.volume, t.object_name,
               CASE WHEN t.state = 'stored' AND t.volume = ANY(ARRAY(
                   SELECT id FROM volumes WHERE policy ? 'uploads_to'
               )) THEN 'spooled' ELSE t.state END,
               t.fragments
        FROM unnest(%s::uuid[], %s::timestamptz[], %s::timestamptz[], %s::uuid[], %s::int[], %s::bigint[],
                    %s::bytea[], %s::bytea[], %s::text[], %s::text[], %s::text[], %s::bytea[])
             AS t (camera_id, start_time, end_time, run_id, seq, bytes, sha256, prev_sha256,
                   volume, object_name, state, fragments)
        ON CONFLICT (run_id, seq, start_time) DO NOTHING
        RETURNING run_id, seq, start_time
        """,
        (
            [s.camera_id for s in segments],
            [s.start for s in segments],
            [s.end for s in segments],
            [s.run_id for s in segments],
            [s.seq for s in segments],
            [s.size_bytes for s in segments],
            [s.sha256 for s in segments],
            [s.prev_sha256 for s in segments],
            [s.volume for s in segments],
            [s.object_name for s in segments],
            [s.state for s in segments],
            [s.fragments for s in segments],
        ),
    )
    return {(run, seq, start) for run, seq, start in rows}


async def unspool(tx: WriteTx, segments: Sequence[Segment]) -> None:
    """Segments told before as `spooled` have reached their store; to be told of a spool again says nothing."""
    await change(
        tx,
        """
        UPDATE video_segments AS s SET state = 'stored', volume = t.volume, object_name = t.object_name
        FROM unnest(%s::uuid[], %s::int[], %s::timestamptz[], %s::text[], %s::text[])
             AS t (run_id, seq, start_time, volume, object_name)
        WHERE s.run_id = t.run_id AND s.seq = t.seq AND s.start_time = t.start_time AND s.state = 'spooled'
          AND NOT EXISTS (SELECT FROM volumes AS v WHERE v.id = t.volume AND v.policy ? 'uploads_to')
        """,
        (
            [s.run_id for s in segments],
            [s.seq for s in segments],
            [s.start for s in segments],
            [s.volume for s in segments],
            [s.object_name for s in segments],
        ),
    )


async def put_gaps(tx: WriteTx, gaps: Iterable[Gap]) -> None:
    """A gap told again may close or get another cause; one that is closed does not open."""
    latest: dict[UUID, Gap] = {}
    for gap in gaps:
        if gap.id not in latest or gap.end is not None:
            latest[gap.id] = gap
    rows = sorted(latest.values(), key=lambda gap: gap.id)
    await change(
        tx,
        """
        INSERT INTO recording_gaps AS g (id, camera_id, start_time, end_time, cause, detail)
        SELECT * FROM unnest(%s::uuid[], %s::uuid[], %s::timestamptz[], %s::timestamptz[], %s::text[], %s::jsonb[])
        ON CONFLICT (id) DO UPDATE SET end_time = coalesce(excluded.end_time, g.end_time),
                                       cause = excluded.cause, detail = excluded.detail
        WHERE excluded.end_time IS NOT NULL OR g.end_time IS NULL
        """,
        (
            [g.id for g in rows],
            [g.camera_id for g in rows],
            [g.start for g in rows],
            [g.end for g in rows],
            [g.cause for g in rows],
            [Jsonb(g.detail) for g in rows],
        ),
    )


async def close_gaps(tx: WriteTx, starts: Iterable[tuple[CameraId, datetime]]) -> None:
    """End each open gap of a camera where its next footage begins."""
    pairs = list(starts)
    await change(
        tx,
        """
        UPDATE recording_gaps AS g SET end_time = first.at
        FROM (
            SELECT o.id, min(s.start_time) AS at
            FROM unnest(%s::uuid[], %s::timestamptz[]) AS s (camera_id, start_time)
            JOIN recording_gaps AS o ON o.camera_id = s.camera_id AND o.end_time IS NULL
                                    AND o.start_time <= s.start_time
            GROUP BY o.id
        ) AS first
        WHERE g.id = first.id
        """,
        ([camera for camera, _ in pairs], [start for _, start in pairs]),
    )
