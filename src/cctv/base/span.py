"""Spans of wall-clock time, half open: ``start`` belongs to the span, ``end`` does not.

Timelines, plans, gaps and locks are all arithmetic on spans, so it is done once, here.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta


@dataclass(frozen=True, order=True, slots=True)
class Span:
    """``start`` <= ``end``, both aware. An empty span (``start == end``) overlaps nothing."""

    start: datetime
    end: datetime

    def __post_init__(self) -> None:
        if self.start.tzinfo is None or self.end.tzinfo is None:
            raise ValueError("a span needs aware moments")
        if self.end < self.start:
            raise ValueError(f"a span cannot end ({self.end}) before it starts ({self.start})")

    @property
    def duration(self) -> timedelta:
        return self.end - self.start

    @property
    def seconds(self) -> float:
        return self.duration.total_seconds()

    def contains(self, moment: datetime) -> bool:
        return self.start <= moment < self.end

    def overlaps(self, other: "Span") -> bool:
        return (
            self.start < other.end and other.start < self.end and self.start < self.end and other.start < other.end
        )

    def intersect(self, other: "Span") -> "Span | None":
        """What both have in common, or ``None``."""
        if not self.overlaps(other):
            return None
        return Span(max(self.start, other.start), min(self.end, other.end))


def merge_spans(spans: Iterable[Span], *, tolerance: timedelta = timedelta(0)) -> list[Span]:
    """Sorted, disjoint spans of the same time; holes up to ``tolerance`` are closed, empty spans go."""
    merged: list[Span] = []
    for span in sorted(spans):
        if span.start == span.end:
            continue
        if merged and span.start <= merged[-1].end + tolerance:
            if span.end > merged[-1].end:
                merged[-1] = Span(merged[-1].start, span.end)
        else:
            merged.append(span)
    return merged


def subtract_spans(whole: Iterable[Span], taken: Iterable[Span]) -> list[Span]:
    """The time of ``whole`` that ``taken`` leaves, sorted and disjoint."""
    holes = merge_spans(taken)
    return [rest for span in merge_spans(whole) for rest in _without(span, holes)]


def intersect_spans(left: Iterable[Span], right: Iterable[Span]) -> list[Span]:
    """The time that both cover, sorted and disjoint."""
    a, b = merge_spans(left), merge_spans(right)
    common: list[Span] = []
    i = j = 0
    while i < len(a) and j < len(b):
        both = a[i].intersect(b[j])
        if both is not None:
            common.append(both)
        if a[i].end < b[j].end:
            i += 1
        else:
            j += 1
    return common


def total_seconds(spans: Iterable[Span]) -> float:
    """Seconds covered by the spans, overlaps counted once."""
    return sum(span.seconds for span in merge_spans(spans))


def _without(span: Span, holes: list[Span]) -> Iterator[Span]:
    at = span.start
    for hole in holes:
        if hole.end <= at:
            continue
        if hole.start >= span.end:
            break
        if hole.start > at:
            yield Span(at, hole.start)
        at = hole.end
    if at < span.end:
        yield Span(at, span.end)
