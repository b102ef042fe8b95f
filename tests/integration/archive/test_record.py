"""Recording into the real catalogue: idempotent, in any order, with spans and gaps kept up."""

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import text

from cctv.base.faults import Cause
from cctv.base.span import Span
from cctv.infra.database import Database
from cctv.recording import archive
from cctv.recording.archive import Batch, Gap, ImpossibleSegment, SegmentState, new_epoch

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
DAY = Span(NOON - timedelta(hours=12), NOON + timedelta(hours=12))


async def record(database: Database, batch: Batch) -> archive.Recorded:
    async with database.write() as tx:
        return await archive.record(tx, batch)


async def timeline(database: Database, footage: Any, span: Span = DAY) -> archive.Timeline:
    async with database.read() as tx:
        return (await archive.timeline(tx, [footage.camera], span))[footage.camera]


async def spans_kept(database: Database) -> list[tuple[Any, ...]]:
    async with database.read() as tx:
        rows = await tx.execute(
            text("SELECT start_time, end_time, fence, freed FROM recording_spans ORDER BY start_time, fence")
        )
        return [tuple(row) for row in rows]


async def test_saying_it_twice_changes_nothing(database: Database, footage: Any) -> None:
    batch = footage.batch(minutes=3)
    assert await record(database, batch) == archive.Recorded(segments=3, bytes=3003)
    assert await record(database, batch) == archive.Recorded(segments=0, bytes=0)
    assert (await timeline(database, footage)).spans == [Span(NOON, NOON + 3 * MINUTE)]
    async with database.read() as tx:
        rows = await archive.segments(tx, footage.camera, DAY)
        found = await archive.runs(tx, [batch.runs[0].id])
    assert [(row.start, row.end, row.seq, row.shown) for row in rows] == [
        (NOON + n * MINUTE, NOON + (n + 1) * MINUTE, n, None) for n in range(3)
    ]
    assert found == {batch.runs[0].id: batch.runs[0]}


async def test_segments_told_in_any_order_join_into_one_span(database: Database, footage: Any) -> None:
    run = footage.run()
    for seq in (2, 0, 4, 1, 3):
        await record(database, Batch((run,), (footage.segment(run, seq),)))
    assert await spans_kept(database) == [(NOON, NOON + 5 * MINUTE, 1, False)]


async def test_a_batch_of_many_cameras_and_hours_is_one_transaction(database: Database, footage: Any) -> None:
    cameras = [type(footage)() for _ in range(20)]
    batches = [one.batch(minutes=100) for one in cameras]
    whole = Batch(
        tuple(run for batch in batches for run in batch.runs),
        tuple(segment for batch in batches for segment in batch.segments),
        (),
        tuple(epoch for batch in batches for epoch in batch.epochs),
    )
    assert (await record(database, whole)).segments == 2000
    async with database.read() as tx:
        found = await archive.timeline(tx, [one.camera for one in cameras], DAY)
    assert all(line.spans == [Span(NOON, NOON + 100 * MINUTE)] for line in found.values())


async def test_a_span_is_cut_at_midnight_and_shown_whole(database: Database, footage: Any) -> None:
    start = datetime(2026, 3, 1, 23, 58, 30, tzinfo=UTC)
    await record(database, footage.batch(start, minutes=3))
    midnight = datetime(2026, 3, 2, tzinfo=UTC)
    assert [row[:2] for row in await spans_kept(database)] == [(start, midnight), (midnight, start + 3 * MINUTE)]
    both = Span(start - MINUTE, midnight + timedelta(hours=1))
    assert (await timeline(database, footage, both)).spans == [Span(start, start + 3 * MINUTE)]


async def test_any_day_gets_its_partition(database: Database, footage: Any) -> None:
    for start in (datetime(1999, 12, 31, 23, 59, 30, tzinfo=UTC), datetime(2040, 2, 29, 12, tzinfo=UTC)):
        await record(database, footage.batch(start))
        async with database.read() as tx:
            rows = await archive.segments(tx, footage.camera, Span(start, start + MINUTE))
        assert [row.start for row in rows] == [start]


async def test_a_segment_of_an_unknown_run_is_refused_whole(database: Database, footage: Any) -> None:
    run = footage.run()
    with pytest.raises(ImpossibleSegment):
        await record(database, Batch((), footage.minutes(run, 2)))
    too_long = replace(footage.segment(run), end=NOON + timedelta(hours=1))
    with pytest.raises(ImpossibleSegment):
        await record(database, Batch((run,), (too_long,)))
    async with database.read() as tx:
        assert await archive.runs(tx, [run.id]) == {}


async def test_a_run_is_closed_by_telling_it_again_and_not_reopened(database: Database, footage: Any) -> None:
    run = footage.run()
    ended = replace(run, ended_at=NOON + 2 * MINUTE, end_cause=Cause.NETWORK)
    for told in (run, ended, run):
        await record(database, Batch((told,)))
    async with database.read() as tx:
        assert await archive.runs(tx, [run.id]) == {run.id: ended}


async def test_gaps_open_close_and_stay_closed(database: Database, footage: Any) -> None:
    run = footage.run()
    gap = Gap(id=uuid4(), camera_id=footage.camera, start=NOON + MINUTE, end=None, cause=Cause.NETWORK)
    await record(database, Batch((run,), (footage.segment(run),), (gap,)))
    assert (await timeline(database, footage)).gaps == [gap]
    closed = replace(gap, end=NOON + 2 * MINUTE, detail={"tries": 3})
    await record(database, Batch(gaps=(closed,)))
    await record(database, Batch(gaps=(gap,)))
    assert (await timeline(database, footage)).gaps == [closed]
    async with database.read() as tx:
        assert await archive.open_gaps(tx, [footage.camera]) == []


async def test_the_first_segment_after_it_ends_an_open_gap_of_a_dead_recorder(
    database: Database, footage: Any
) -> None:
    gap = Gap(id=uuid4(), camera_id=footage.camera, start=NOON, end=None, cause=Cause.NETWORK)
    await record(database, Batch(gaps=(gap,)))
    run = footage.run(NOON + 5 * MINUTE)
    await record(database, Batch((run,), footage.minutes(run, 2)))
    found = await timeline(database, footage)
    assert found.gaps == [replace(gap, end=NOON + 5 * MINUTE)]
    # A segment from before the gap does not end it.
    later = Gap(id=uuid4(), camera_id=footage.camera, start=NOON + 9 * MINUTE, end=None, cause=Cause.CAMERA)
    await record(database, Batch((), (footage.segment(run, 2),), (later,)))
    assert (await timeline(database, footage)).gaps[-1] == later


async def test_a_gap_is_shown_only_where_nothing_was_recorded(database: Database, footage: Any) -> None:
    run = footage.run(NOON + 2 * MINUTE)
    gap = Gap(
        id=uuid4(), camera_id=footage.camera, start=NOON, end=NOON + timedelta(minutes=10), cause=Cause.RESTART
    )
    await record(database, Batch((run,), footage.minutes(run, 2), (gap,)))
    found = await timeline(database, footage, Span(NOON + MINUTE, NOON + timedelta(minutes=20)))
    assert [(one.start, one.end) for one in found.gaps] == [
        (NOON + MINUTE, NOON + 2 * MINUTE),
        (NOON + 4 * MINUTE, gap.end),
    ]


async def test_after_the_clock_went_back_the_newest_is_on_top(database: Database, footage: Any) -> None:
    before = footage.run(NOON)
    await record(database, Batch((before,), footage.minutes(before, 10), (), (footage.epoch,)))
    back = new_epoch(node="n1", at=NOON + 3 * MINUTE, step=-7 * MINUTE, after=footage.epoch)
    after = footage.run(NOON + 3.5 * MINUTE, epoch=back.id)
    await record(database, Batch((after,), footage.minutes(after, 2), (), (back,)))
    assert (await timeline(database, footage)).spans == [Span(NOON, NOON + 10 * MINUTE)]
    async with database.read() as tx:
        rows = await archive.segments(tx, footage.camera, Span(NOON, NOON + 20 * MINUTE))
    shown = [(row.run_id, row.seq, row.shown or Span(row.start, row.end)) for row in rows]
    assert shown == [
        (before.id, 0, Span(NOON, NOON + MINUTE)),
        (before.id, 1, Span(NOON + MINUTE, NOON + 2 * MINUTE)),
        (before.id, 2, Span(NOON + 2 * MINUTE, NOON + 3 * MINUTE)),
        (before.id, 3, Span(NOON + 3 * MINUTE, NOON + 3.5 * MINUTE)),
        (after.id, 0, Span(NOON + 3.5 * MINUTE, NOON + 4.5 * MINUTE)),
        (after.id, 1, Span(NOON + 4.5 * MINUTE, NOON + 5.5 * MINUTE)),
        (before.id, 5, Span(NOON + 5.5 * MINUTE, NOON + 6 * MINUTE)),
        *[(before.id, n, Span(NOON + n * MINUTE, NOON + (n + 1) * MINUTE)) for n in range(6, 10)],
    ]


async def test_what_a_fenced_recorder_began_later_is_kept_but_not_shown(database: Database, footage: Any) -> None:
    old = footage.run(NOON, fence=1)
    new = footage.run(NOON + 1.5 * MINUTE, fence=2)
    await record(database, Batch((new,), footage.minutes(new, 1), (), (footage.epoch,)))
    await record(database, Batch((old,), footage.minutes(old, 3)))
    async with database.read() as tx:
        states = {
            s.seq: s.state
            for s in await archive.segment_list(tx, footage.camera, DAY, limit=9)
            if s.run_id == old.id
        }
    assert states == {0: SegmentState.STORED, 1: SegmentState.STORED, 2: SegmentState.DUPLICATE}
    assert (await timeline(database, footage)).spans == [Span(NOON, NOON + 2.5 * MINUTE)]


async def test_after_a_step_of_the_same_clock_nothing_is_taken_for_a_duplicate(
    database: Database, footage: Any
) -> None:
    old = footage.run(NOON, fence=1)
    back = new_epoch(node="n1", at=NOON - MINUTE, step=timedelta(hours=-1), after=footage.epoch)
    new = footage.run(NOON - MINUTE, fence=2, epoch=back.id)
    await record(database, Batch((new,), footage.minutes(new, 1), (), (footage.epoch, back)))
    await record(database, Batch((old,), footage.minutes(old, 2)))
    async with database.read() as tx:
        assert len(await archive.segments(tx, footage.camera, DAY)) == 3


async def test_spooled_becomes_stored_and_duplicates_are_not_shown(database: Database, footage: Any) -> None:
    run = footage.run()
    spooled = footage.segment(run, 0, state=SegmentState.SPOOLED)
    duplicate = footage.segment(run, 1, state=SegmentState.DUPLICATE)
    await record(database, Batch((run,), (spooled, duplicate)))
    assert (await timeline(database, footage)).spans == [Span(NOON, NOON + MINUTE)]
    await record(database, Batch((), (replace(spooled, state=SegmentState.STORED, volume="s3"),)))
    async with database.read() as tx:
        rows = await archive.segments(tx, footage.camera, DAY)
        listed = await archive.segment_list(tx, footage.camera, DAY, limit=9)
    assert [(row.seq, row.volume) for row in rows] == [(0, "s3")]
    assert [one.state for one in listed] == [SegmentState.STORED, SegmentState.DUPLICATE]


async def test_many_writers_of_one_camera_leave_one_span(database: Database, footage: Any) -> None:
    run = footage.run()
    await record(database, Batch((run,), (footage.segment(run, 0),)))  # the day has its partition
    for first in range(1, 41, 10):
        seqs = range(first, first + 10)
        await asyncio.gather(*(record(database, Batch((), (footage.segment(run, seq),))) for seq in seqs))
    assert await spans_kept(database) == [(NOON, NOON + 41 * MINUTE, 1, False)]


async def test_newest_and_days_ahead(database: Database, footage: Any, other_footage: Any) -> None:
    await record(database, footage.batch(minutes=2))
    async with database.read() as tx:
        found = await archive.newest(tx, [footage.camera, other_footage.camera])
    assert found == {footage.camera: NOON + 2 * MINUTE}
    async with database.write() as tx:
        far = (NOON + timedelta(days=4000)).date()
        assert len(await archive.ensure_partitions(tx, far, ahead_days=2)) == 3
        assert await archive.ensure_partitions(tx, far, ahead_days=2) == []
    async with database.write() as tx:
        gone = await archive.drop_empty_partitions(tx, far + timedelta(days=2))
    assert far in gone
    assert NOON.date() not in gone
    assert (await timeline(database, footage)).spans
