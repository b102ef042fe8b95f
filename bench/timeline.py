"""The archive's questions against the other way of asking them, with 200,000, 2 million and (``BENCH_FULL=1``) 22
million segments: timelines from kept spans against merging rows, a day's rows as tuples against result objects,
and recording a journal's backlog in one batch against segment by segment.
"""

import asyncio
import os
import random
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import select, text

from bench.ground import Ground, ground, line, percentile
from bench.many_segments import Loaded, load
from cctv.base.clock import to_us
from cctv.base.ids import CameraId, new_run_id, object_name
from cctv.base.span import Span
from cctv.infra.database import Database
from cctv.recording import archive
from cctv.recording.archive import Batch, Run, Segment
from cctv.recording.archive.tables import video_segments

CALLS = 100
_NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
TIMELINE_MS = 20.0
ROWS_MS = 7.0
GROWTH = 1.5

# Islands of rows that touch, as one would without a table of spans.
_MERGED = text(
    """
    SELECT camera_id, min(start_time), max(end_time) FROM (
        SELECT *, sum(CASE WHEN start_time <= before + interval '250 ms' THEN 0 ELSE 1 END)
                  OVER (PARTITION BY camera_id ORDER BY start_time) AS island
        FROM (
            SELECT camera_id, start_time, end_time,
                   max(end_time) OVER (PARTITION BY camera_id ORDER BY start_time
                                       ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS before
            FROM video_segments
            WHERE camera_id = ANY(:cameras) AND start_time >= :start AND start_time < :end
              AND state IN ('stored', 'spooled')
        ) AS s
    ) AS i GROUP BY camera_id, island ORDER BY 1, 2
    """
)


@dataclass(frozen=True)
class Figures:
    """p95 in ms, and how many segments there were."""

    segments: int
    one_ms: float
    one_merged_ms: float
    all_ms: float
    all_merged_ms: float
    rows_ms: float
    rows_as_objects_ms: float
    rows: int


async def _p95(calls: int, ask: Callable[[], Awaitable[Any]]) -> float:
    for _ in range(8):  # connections, prepared statements, caches
        await ask()
    took = []
    for _ in range(calls):
        began = time.perf_counter()
        await ask()
        took.append((time.perf_counter() - began) * 1000)
    return percentile(took, 0.95)


async def _measure(place: Ground, loaded: Loaded) -> Figures:
    database = Database(place.database_url, statement_timeout_s=300)
    dice = random.Random(5)
    many = loaded.cameras[:500]

    def day() -> Span:
        start = loaded.start + timedelta(days=dice.randrange(loaded.days))
        return Span(start, start + timedelta(days=1))

    async def timeline(cameras: list[CameraId]) -> None:
        async with database.read() as tx:
            await archive.timeline(tx, cameras, day())

    async def merged(cameras: list[CameraId]) -> None:
        span = day()
        async with database.read() as tx:
            (await tx.execute(_MERGED, {"cameras": cameras, "start": span.start, "end": span.end})).all()

    counts: list[int] = []

    async def rows() -> None:
        async with database.read() as tx:
            counts.append(len(await archive.segments(tx, dice.choice(loaded.cameras), day())))

    async def objects() -> None:
        span, s = day(), video_segments.c
        query = select(video_segments).where(
            s.camera_id == dice.choice(loaded.cameras), s.start_time >= span.start, s.start_time < span.end
        )
        async with database.read() as tx:
            (await tx.execute(query.order_by(s.start_time))).all()

    try:
        return Figures(
            segments=loaded.segments,
            one_ms=await _p95(CALLS, lambda: timeline([dice.choice(loaded.cameras)])),
            one_merged_ms=await _p95(CALLS // 4, lambda: merged([dice.choice(loaded.cameras)])),
            all_ms=await _p95(CALLS // 4, lambda: timeline(many)),
            all_merged_ms=await _p95(3, lambda: merged(many)),
            rows_ms=await _p95(CALLS, rows),
            rows_as_objects_ms=await _p95(CALLS, objects),
            rows=counts[-1],
        )
    finally:
        await database.close()


def questions() -> bool:
    """Every size in a database of its own; each against the other way, and against the smallest."""
    sizes = [(46, 3), (464, 3)] + ([(500, 30)] if os.environ.get("BENCH_FULL") else [])
    small: Figures | None = None
    met = True
    for cameras, days in sizes:
        with ground() as place:
            now = asyncio.run(_measure(place, load(place.database_url, cameras=cameras, days=days)))
        small = small or now
        met &= _said(now, small, cameras)
    return met


def _said(now: Figures, small: Figures, cameras: int) -> bool:
    growth = now.one_ms / small.one_ms
    fine = now.one_ms < TIMELINE_MS and growth <= GROWTH
    line(
        f"timeline of a camera's day from kept spans, against merging its rows, {now.segments:,} segments, p95 ms",
        ours=now.one_ms,
        other=now.one_merged_ms,
        ratio=now.one_merged_ms / now.one_ms,
        target=f"< {TIMELINE_MS:g} ms and <= {GROWTH} times that with {small.segments:,}",
        met=fine,
        growth=round(growth, 2),
    )
    line(
        f"timelines of {min(cameras, 500)} cameras' day, against merging rows, {now.segments:,} segments, p95 ms",
        ours=now.all_ms,
        other=now.all_merged_ms,
        ratio=now.all_merged_ms / now.all_ms,
        target=">= 5 times sooner",
        met=now.all_merged_ms / now.all_ms >= 5,
    )
    growth = now.rows_ms / small.rows_ms
    line(
        f"{now.rows} rows of a camera's day, as tuples against result objects, {now.segments:,} segments, p95 ms",
        ours=now.rows_ms,
        other=now.rows_as_objects_ms,
        ratio=now.rows_as_objects_ms / now.rows_ms,
        target=f"about {ROWS_MS:g} ms and <= {GROWTH} times that with {small.segments:,}",
        met=now.rows_ms < 2 * ROWS_MS and growth <= GROWTH,
        growth=round(growth, 2),
    )
    return fine


async def _backlog(place: Ground) -> tuple[float, float]:
    """Segments a second: a backlog of an hour of 50 cameras in batches of 1,000, and one by one."""
    database = Database(place.database_url)
    told = [_told(minutes=60) for _ in range(50)]
    by_minute = [segment for row in zip(*(batch.segments for batch in told), strict=True) for segment in row]
    runs = tuple(run for batch in told for run in batch.runs)
    began = time.perf_counter()
    for at in range(0, len(by_minute), 1000):
        async with database.write() as tx:
            await archive.record(tx, Batch(runs if not at else (), tuple(by_minute[at : at + 1000])))
    ours = len(by_minute) / (time.perf_counter() - began)
    single = _told(minutes=200)
    began = time.perf_counter()
    for segment in single.segments:
        async with database.write() as tx:
            await archive.record(tx, Batch(single.runs, (segment,)))
    other = len(single.segments) / (time.perf_counter() - began)
    await database.close()
    return ours, other


def _told(*, minutes: int) -> Batch:
    camera, start = CameraId(uuid4()), _NOON
    run = Run(
        id=new_run_id(started_us=to_us(start), fence=1),
        camera_id=camera,
        fence=1,
        epoch=UUID(int=1),
        codec="h264",
        codecs="avc1.640028",
        width=1920,
        height=1080,
        rate=25.0,
        init=b"init" * 200,
        started_at=start,
    )
    segments = []
    for seq in range(minutes):
        begins = start + timedelta(minutes=seq)
        segments.append(
            Segment(
                camera_id=camera,
                run_id=run.id,
                seq=seq,
                start=begins,
                end=begins + timedelta(minutes=1),
                size_bytes=15_000_000,
                sha256=bytes(32),
                prev_sha256=bytes(32),
                volume="default",
                object_name=object_name(agency="OTHER", camera=camera, run=run.id, seq=seq, started=begins),
                fragments=bytes(220),
            )
        )
    return Batch((run,), tuple(segments))


def backlog() -> bool:
    """What waits in a journal after PostgreSQL was away; 500 cameras make 8.3 segments a second."""
    with ground() as place:
        ours, other = asyncio.run(_backlog(place))
    line(
        "segments a second into the catalogue with spans, a journal's backlog in batches against one by one",
        ours=ours,
        other=other,
        ratio=ours / other,
        target=">= 830 a second: a backlog goes 100 times faster than 500 cameras make it",
        met=ours >= 830,
    )
    return ours >= 830


def main() -> int:
    """0 when all targets are met, 1 when not."""
    met = [questions(), backlog()]
    return 0 if all(met) else 1


if __name__ == "__main__":
    raise SystemExit(main())
