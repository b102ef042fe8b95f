"""Span arithmetic against a brute-force model: sets of seconds."""

import itertools
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from cctv.base.span import Span, intersect_spans, merge_spans, subtract_spans

T0 = datetime(2026, 11, 23, tzinfo=UTC)


def span(start: int, length: int) -> Span:
    return Span(T0 + timedelta(seconds=start), T0 + timedelta(seconds=start + length))


spans = st.lists(st.builds(span, st.integers(0, 60), st.integers(0, 12)), max_size=12)


def seconds(of: list[Span]) -> set[int]:
    return {
        s for one in of for s in range(int((one.start - T0).total_seconds()), int((one.end - T0).total_seconds()))
    }


def disjoint_and_sorted(of: list[Span]) -> bool:
    return all(a.end < b.start for a, b in itertools.pairwise(of))


@given(spans)
def test_merge_covers_the_same_seconds(one: list[Span]) -> None:
    merged = merge_spans(one)
    assert seconds(merged) == seconds(one)
    assert disjoint_and_sorted(merged)


@given(spans, spans)
def test_subtract_and_intersect_are_set_operations(one: list[Span], other: list[Span]) -> None:
    assert seconds(subtract_spans(one, other)) == seconds(one) - seconds(other)
    assert seconds(intersect_spans(one, other)) == seconds(one) & seconds(other)
