"""Each moment of a timeline has one cause, whatever recorders that were cut off have written."""

from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

from hypothesis import given
from hypothesis import strategies as st

from cctv.base.faults import Cause
from cctv.base.ids import CameraId
from cctv.base.span import Span
from cctv.recording.archive import Gap
from cctv.recording.archive.reading import shown

CAMERA = CameraId(UUID("0192f0c1-7d2e-8a3b-9c4d-5e6f708192a3"))
NOON = datetime(2026, 11, 26, 12, tzinfo=UTC)


def at(second: float) -> datetime:
    return NOON + timedelta(seconds=second)


def gap(start: float, end: float | None, cause: Cause) -> Gap:
    return Gap(id=uuid4(), camera_id=CAMERA, start=at(start), end=None if end is None else at(end), cause=cause)


def told(gaps: list[Gap], recorded: list[tuple[float, float]]) -> list[tuple[object, ...]]:
    found = shown([Span(at(start), at(end)) for start, end in recorded], gaps).gaps
    return [
        ((one.start - NOON).total_seconds(), one.end and (one.end - NOON).total_seconds(), one.cause)
        for one in found
    ]


def test_a_gap_that_says_too_much_does_not_say_it_twice() -> None:
    """The first recorder stood still; the second thought that nothing was ever recorded."""
    gaps = [gap(0, 2, Cause.CAMERA), gap(0, 18, Cause.RESTART)]
    assert told(gaps, [(2, 8), (18, 60)]) == [(0, 2, Cause.CAMERA), (8, 18, Cause.RESTART)]


def test_a_gap_that_lasts_ends_where_another_says_why() -> None:
    gaps = [gap(10, 12, Cause.DISK), gap(5, None, Cause.NETWORK)]
    assert told(gaps, [(0, 5)]) == [(5, 10, Cause.NETWORK), (10, 12, Cause.DISK), (12, None, Cause.NETWORK)]


def test_gaps_that_touch_stay_as_they_are_in_order() -> None:
    gaps = [gap(4, 6, Cause.CAMERA), gap(1, 4, Cause.AUTH)]
    assert told(gaps, []) == [(1, 4, Cause.AUTH), (4, 6, Cause.CAMERA)]


ranges = st.builds(lambda start, length: (start, start + length), st.integers(0, 40), st.integers(1, 15))


@given(st.lists(ranges, max_size=8), st.lists(ranges, max_size=8))
def test_each_moment_has_the_cause_of_the_first_gap_that_covers_it(
    gaps: list[tuple[int, int]], recorded: list[tuple[int, int]]
) -> None:
    given_gaps = [gap(start, end, list(Cause)[n]) for n, (start, end) in enumerate(gaps)]
    found = shown([Span(at(start), at(end)) for start, end in recorded], given_gaps).gaps
    for second in range(60):
        here = [one.cause for one in found if one.start <= at(second) < (one.end or at(99))]
        covers = [n for n, (start, end) in enumerate(gaps) if start <= second < end]
        free = not any(start <= second < end for start, end in recorded)
        assert here == ([list(Cause)[covers[0]]] if covers and free else [])
    assert [one.start for one in found] == sorted(one.start for one in found)
