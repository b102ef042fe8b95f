"""Cutting, open segments, and that every question of timelines and playlists is one tight index range."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from io import BytesIO
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import text

from cctv.base.faults import Cause
from cctv.base.span import Span
from cctv.infra.cache import Cache
from cctv.infra.database import Database
from cctv.infra.disks import Volume
from cctv.media.mp4 import fmp4
from cctv.recording import archive
from cctv.recording.archive import Batch, Gap, NoRecording, OpenSegment, Timeline, new_epoch
from cctv.recording.archive.store import reading as store

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
S = timedelta(seconds=1)


async def record(database: Database, *batches: Batch) -> None:
    async with database.write() as tx:
        for batch in batches:
            await archive.record(tx, batch)


async def cut(
    database: Database, film: Any, span: Span, opened: OpenSegment | None = None
) -> list[archive.CutPiece]:
    async with database.read() as tx:
        return await archive.cut(tx, film.camera, span, opened=opened)


# The film has a key frame every two seconds.


async def test_a_cut_is_whole_gops_around_the_asked_time(database: Database, volume: Volume, film: Any) -> None:
    batch = film.shoot(files=3, seconds=6)
    await record(database, batch)
    pieces = await cut(database, film, Span(NOON + 3 * S, NOON + 7 * S))
    assert [piece.span for piece in pieces] == [
        Span(NOON + 2 * S, NOON + 6 * S),
        Span(NOON + 6 * S, NOON + 8 * S),
    ]
    first = pieces[0]
    assert (first.start_90k, first.duration_90k) == (180_000, 360_000)
    content = volume.archive_path(first.object_name).read_bytes()
    cut_out = content[first.offset : first.offset + first.length]
    assert cut_out[4:8] == b"prft"
    assert first.init == fmp4.scan(BytesIO(content)).init
    assert content.endswith(cut_out)


async def test_holes_and_newer_epochs_are_cut_around(database: Database, film: Any) -> None:
    back = new_epoch(node="n1", at=NOON + 4 * S, step=-20 * S, after=film.epoch)
    await record(database, film.shoot(files=1, seconds=10), film.shoot(NOON + 4 * S, seconds=4, epoch=back))
    pieces = await cut(database, film, Span(NOON - S, NOON + 60 * S))
    assert [piece.span for piece in pieces] == [
        Span(NOON, NOON + 4 * S),
        Span(NOON + 4 * S, NOON + 8 * S),
        Span(NOON + 8 * S, NOON + 10 * S),
    ]
    with pytest.raises(NoRecording):
        await cut(database, film, Span(NOON + 60 * S, NOON + 61 * S))


async def test_the_open_file_can_be_cut_once(database: Database, film: Any) -> None:
    (_, closed), (file, written) = film.spool(files=2)
    await record(database, closed)
    segment = written.segments[0]
    opened = open_of(segment)
    whole = Span(NOON, NOON + 60 * S)
    assert [piece.span.start for piece in await cut(database, film, whole, opened)] == [NOON, NOON + 4 * S]
    await record(database, written)
    assert len(await cut(database, film, whole, opened)) == 2
    file.close()


async def test_an_open_file_of_a_newer_epoch_lies_on_top_and_in_order(database: Database, film: Any) -> None:
    """The clock was set back, and what is written now lies in the middle of what was recorded before."""
    back = new_epoch(node="n1", at=NOON + 4 * S, step=-20 * S, after=film.epoch)
    newer = film.shoot(NOON + 4 * S, seconds=4, epoch=back)
    opened = open_of(newer.segments[0])
    await record(database, film.shoot(files=1, seconds=10))
    whole = Span(NOON - S, NOON + 60 * S)
    old = [piece.span for piece in await cut(database, film, whole, opened)]
    assert old == [Span(NOON, NOON + 10 * S)], "its run is not known yet"
    await record(database, replace(newer, segments=()))
    pieces = await cut(database, film, whole, opened)
    assert [piece.span for piece in pieces] == [
        Span(NOON, NOON + 4 * S),
        Span(NOON + 4 * S, NOON + 8 * S),
        Span(NOON + 8 * S, NOON + 10 * S),
    ]
    assert [piece.run_id == opened.run_id for piece in pieces] == [False, True, False]
    async with database.read() as tx:
        only = await archive.cut(tx, film.camera, whole, opened=opened, epoch=film.epoch.id)
    assert [piece.run_id == opened.run_id for piece in only] == [False]


def open_of(segment: archive.Segment) -> OpenSegment:
    return OpenSegment(
        camera_id=segment.camera_id,
        run_id=segment.run_id,
        seq=segment.seq,
        start=segment.start,
        end=segment.end,
        volume=segment.volume,
        object_name=segment.object_name,
        fragments=segment.fragments,
    )


async def test_open_segments_are_told_and_forgotten(cache: Cache, footage: Any, other_footage: Any) -> None:
    mine = open_of(footage.segment(footage.run()))
    theirs = open_of(other_footage.segment(other_footage.run()))
    mine = replace(mine, fragments=b"\x01\n{any}\xff bytes\n")
    await archive.publish_open(cache, [mine, theirs])
    cameras = [footage.camera, other_footage.camera]
    assert await archive.read_open(cache, cameras) == {footage.camera: mine, other_footage.camera: theirs}
    assert 0 < await cache.client.ttl(f"cctv:open:{footage.camera}") <= 30
    later = replace(mine, end=mine.end + S)
    await archive.publish_open(cache, [later])
    await archive.forget_open(cache, [other_footage.camera])
    assert await archive.read_open(cache, cameras) == {footage.camera: later}
    await cache.client.set(f"cctv:open:{footage.camera}", b"\x63 of a newer program")
    assert await archive.read_open(cache, cameras) == {}
    assert await archive.read_open(cache, []) == {}
    await archive.forget_open(cache, [])
    await archive.publish_open(cache, [])


def test_the_open_file_grows_the_timeline_and_ends_the_gap(footage: Any) -> None:
    opened = open_of(footage.segment(footage.run(NOON + 60 * S)))
    gap = Gap(id=uuid4(), camera_id=footage.camera, start=NOON, end=None, cause=Cause.NETWORK)
    recorded = Span(NOON - 60 * S, NOON)
    before = Timeline([recorded], [gap])
    assert archive.with_open(before, None) == before
    assert archive.with_open(before, opened) == Timeline([recorded, opened.span], [replace(gap, end=opened.start)])
    right_after = replace(opened, start=NOON)
    assert archive.with_open(Timeline([recorded], []), right_after).spans == [Span(NOON - 60 * S, opened.end)]


async def plan_of(database: Database, query: str, values: tuple[Any, ...]) -> str:
    async with database.read() as tx:
        driver = (await tx.get_raw_connection()).driver_connection
        assert driver is not None
        cursor = await driver.execute("EXPLAIN (COSTS OFF) " + query, values)
        return "\n".join(row[0] for row in await cursor.fetchall())


async def fill(database: Database, days: int = 3, cameras: int = 20) -> Any:
    """Enough rows that an index is worth it; one of the cameras."""
    async with database.write() as tx:
        await tx.execute(
            text(
                "SELECT ensure_segment_partition(('2026-03-01'::date + n)) FROM generate_series(0, :days - 1) AS n"
            ),
            {"days": days},
        )
        await tx.execute(
            text(
                """
                INSERT INTO video_segments
                SELECT ('00000000-0000-4000-8000-' || lpad(c::text, 12, '0'))::uuid,
                       '2026-03-01 00:00Z'::timestamptz + n * interval '5 min',
                       '2026-03-01 00:05Z'::timestamptz + n * interval '5 min',
                       ('00000000-0000-4000-8000-' || lpad(c::text, 12, '0'))::uuid, n, 1, '', null,
                       'default', 'x', 'stored', ''
                FROM generate_series(1, :cameras) AS c, generate_series(0, :days * 288 - 1) AS n
                """
            ),
            {"days": days, "cameras": cameras},
        )
        await tx.execute(
            text(
                """
                INSERT INTO recording_spans
                SELECT ('00000000-0000-4000-8000-' || lpad(c::text, 12, '0'))::uuid,
                       '2026-03-01 00:00Z'::timestamptz + n * interval '10 min',
                       '2026-03-01 00:05Z'::timestamptz + n * interval '10 min',
                       1, '00000000-0000-4000-8000-000000000000', false
                FROM generate_series(1, :cameras) AS c, generate_series(0, :days * 144 - 1) AS n
                """
            ),
            {"days": days, "cameras": cameras},
        )
        await tx.execute(
            text(
                """
                INSERT INTO recording_gaps
                SELECT gen_random_uuid(), camera_id, end_time, end_time + interval '5 min', 'network', '{}'
                FROM recording_spans
                """
            )
        )
    async with database.write() as tx:
        await tx.execute(text("ANALYZE"))
        return (await tx.execute(text("SELECT camera_id FROM recording_spans LIMIT 1"))).scalar_one()


async def test_a_days_segments_are_one_range_of_one_or_two_days(database: Database) -> None:
    camera = await fill(database)
    start = datetime(2026, 3, 2, 6, tzinfo=UTC)
    end = start + timedelta(hours=6)
    plan = await plan_of(database, store.SEGMENTS, (camera, start - archive.LONGEST_SEGMENT, end, start))
    assert "video_segments_20260302" in plan, plan
    assert "video_segments_20260301" not in plan, plan
    assert "Seq Scan" not in plan, plan
    (condition,) = [line for line in plan.splitlines() if "Index Cond" in line]
    assert "camera_id" in condition, plan
    assert condition.count("start_time") == 2, plan


async def test_spans_and_gaps_are_index_ranges(database: Database) -> None:
    camera = await fill(database)
    start = datetime(2026, 3, 2, 6, tzinfo=UTC)
    end = start + 3600 * S
    plan = await plan_of(database, store.SPANS, ([camera], start - timedelta(days=1), end, start))
    assert "recording_spans_pkey" in plan, plan
    assert "Seq Scan" not in plan, plan
    plan = await plan_of(database, store.GAPS, ([camera], end, start))
    assert "idx_recording_gaps_camera" in plan, plan
    assert "Seq Scan" not in plan, plan


async def test_the_oldest_of_a_volume_is_found_in_the_first_day(database: Database) -> None:
    await fill(database)
    plan = await plan_of(
        database,
        "SELECT run_id FROM video_segments WHERE volume = %s AND state = 'stored' ORDER BY start_time LIMIT 200",
        ("default",),
    )
    assert "volume_start_time_idx" in plan, plan
    assert "Sort" not in plan, plan


async def test_a_damaged_index_costs_its_file_and_not_the_range(database: Database, film: Any) -> None:
    batch = film.shoot(files=3)
    spoilt = replace(batch.segments[1], fragments=b"\x01torn")
    async with database.write() as tx:
        await archive.record(tx, replace(batch, segments=(batch.segments[0], spoilt, batch.segments[2])))
    pieces = await cut(database, film, Span(NOON, NOON + 60 * S))
    assert [piece.span.start for piece in pieces] == [NOON, NOON + 8 * S]
    with pytest.raises(NoRecording):
        await cut(database, film, Span(NOON + 5 * S, NOON + 6 * S))
