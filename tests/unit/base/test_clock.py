"""Moments convert without losing a microsecond."""

from datetime import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cctv.base.clock import ManualClock, from_us, to_us


@given(st.integers(0, 4_102_444_800_000_000))
def test_microseconds_survive_the_round_trip(us: int) -> None:
    assert to_us(from_us(us)) == us


def test_a_naive_moment_is_refused() -> None:
    with pytest.raises(ValueError, match="time zone"):
        to_us(datetime(2026, 1, 1))  # noqa: DTZ001 - the point of the test


def test_a_step_moves_the_wall_clock_alone() -> None:
    clock = ManualClock(1_000, 50)
    clock.step_wall(-700)
    clock.advance(10)
    assert (clock.wall_us(), clock.monotonic_us()) == (310, 60)
