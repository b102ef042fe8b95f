"""Joining, freeing and covering of spans against a model that counts single ticks."""

import itertools
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

from hypothesis import given
from hypothesis import strategies as st

from cctv.base.ids import RunId
from cctv.base.span import Span
from cctv.recording.archive.model import JOIN, SegmentRow
from cctv.recording.archive.spans import (
    LayerSpans,
    any_overlap,
    covered,
    cut_at_midnight,
    hidden,
    joined,
    on_top,
    with_freed,
    with_recorded,
)

# A tick is longer than JOIN, so the model needs no notion of joining over holes; ticks straddle a midnight.
TICK = timedelta(seconds=1)
ZERO = datetime(2026, 3, 1, 23, 59, 30, tzinfo=UTC)
TICKS = 60


def span(start: int, end: int) -> Span:
    return Span(ZERO + start * TICK, ZERO + end * TICK)


def ticks(spans: list[Span]) -> set[int]:
    return {n for n in range(TICKS) if any(one.contains(ZERO + n * TICK) for one in spans)}


pieces = st.builds(
    lambda start, length: span(start, min(TICKS, start + length)), st.integers(0, TICKS - 1), st.integers(1, 20)
)


def assert_kept_form(spans: list[Span]) -> None:
    """Sorted, apart by more than JOIN except at midnight, and each inside one UTC day."""
    assert spans == sorted(spans)
    for one in spans:
        assert one.start < one.end
        assert (one.end - timedelta(microseconds=1)).date() == one.start.date()
    for before, after in itertools.pairwise(spans):
        at_midnight = before.end == after.start and after.start.time() == datetime.min.time()
        assert at_midnight or after.start > before.end + JOIN


@given(st.lists(pieces, max_size=12), st.integers(0, 12))
def test_recording_in_any_portions_gives_the_same_spans(found: list[Span], cut: int) -> None:
    at_once = joined(found)
    in_two = with_recorded(with_recorded(LayerSpans([], []), found[:cut]), found[cut:]).recorded
    backwards = with_recorded(with_recorded(LayerSpans([], []), found[cut:]), found[:cut]).recorded
    assert at_once == in_two == backwards
    assert ticks(at_once) == {n for one in found for n in ticks([one])}
    assert_kept_form(at_once)


@given(st.lists(st.tuples(st.booleans(), st.lists(pieces, min_size=1, max_size=4)), max_size=8))
def test_recorded_and_freed_follow_a_model_of_ticks(acts: list[tuple[bool, list[Span]]]) -> None:
    now = LayerSpans([], [])
    recorded: set[int] = set()
    freed: set[int] = set()
    for is_freed, found in acts:
        now = with_freed(now, found) if is_freed else with_recorded(now, found)
        touched = ticks(found)
        recorded, freed = (
            (recorded - touched, freed | touched) if is_freed else (recorded | touched, freed - touched)
        )
        assert ticks(now.recorded) == recorded
        assert ticks(now.freed) == freed
        assert_kept_form(now.recorded)
        assert_kept_form(now.freed)


@given(st.lists(st.integers(1, 250), min_size=1, max_size=6))
def test_small_holes_leave_nothing_behind_when_all_is_freed(holes_ms: list[int]) -> None:
    found, at = [], ZERO
    for hole_ms in holes_ms:
        found.append(Span(at, at + TICK))
        at += TICK + timedelta(milliseconds=hole_ms)
    now = with_recorded(LayerSpans([], []), found)
    assert len(now.recorded) <= 2  # one, or two around midnight
    for one in found:
        now = with_freed(now, [one])
    assert now.recorded == []


@given(pieces, st.lists(pieces, max_size=6))
def test_covered_is_containment_of_ticks(one: Span, by: list[Span]) -> None:
    assert covered(one, by) == (ticks([one]) <= ticks(by))


@given(st.lists(pieces, max_size=4))
def test_cutting_at_midnight_loses_no_tick(found: list[Span]) -> None:
    cut = cut_at_midnight(found)
    assert ticks(cut) == ticks(found)
    assert sum((one.duration for one in cut), timedelta(0)) == sum((one.duration for one in found), timedelta(0))


def row(run: UUID, seq: int, where: Span) -> SegmentRow:
    return SegmentRow(RunId(run), seq, where.start, where.end, "default", "", b"", 1)


@given(st.lists(st.lists(pieces, min_size=1, max_size=4), min_size=1, max_size=4))
def test_the_newest_recording_is_on_top_tick_by_tick(layers: list[list[Span]]) -> None:
    runs = [uuid4() for _ in layers]
    ranks = {run: (7, UUID(int=number)) for number, run in enumerate(runs)}
    rows = sorted(
        (
            row(run, seq, one)
            for run, layer in zip(runs, layers, strict=True)
            for seq, one in enumerate(joined(layer))
        ),
        key=lambda one: one.start,
    )
    expected = {n: number for number, layer in enumerate(layers) for n in ticks(layer)}  # the last one stays
    seen: dict[int, int] = {}
    for one in on_top(rows, ranks):
        for n in ticks([one.shown or Span(one.start, one.end)]):
            assert n not in seen, "shown twice"
            seen[n] = runs.index(one.run_id)
    assert seen == expected
    starts = [one.shown.start if one.shown else one.start for one in on_top(rows, ranks)]
    assert starts == sorted(starts)


def test_touching_rows_do_not_overlap_and_lying_over_one_another_they_do() -> None:
    run = uuid4()
    assert not any_overlap([row(run, 0, span(0, 5)), row(run, 1, span(5, 9))])
    assert any_overlap([row(run, 0, span(0, 5)), row(run, 1, span(4, 9))])
    assert any_overlap([row(run, 0, span(0, 20)), row(run, 1, span(3, 4)), row(run, 2, span(6, 7))])


@given(st.lists(st.tuples(st.integers(0, 50), st.integers(1, 9), st.integers(1, 4)), max_size=8))
def test_what_is_hidden_lies_under_a_newer_epoch_and_nothing_else_does(drawn: list[tuple[int, int, int]]) -> None:
    layers = [(span(start, start + length), 1, UUID(int=epoch)) for start, length, epoch in drawn]
    found = {(one.epoch.int, tick) for one in hidden(layers) for tick in ticks_of(one.span)}
    assert found == {
        (epoch, tick)
        for start, length, epoch in drawn
        for tick in range(start, start + length)
        if any(other > epoch and at <= tick < at + more for at, more, other in drawn)
    }


def ticks_of(one: Span) -> range:
    return range((one.start - ZERO) // TICK, (one.end - ZERO) // TICK)
