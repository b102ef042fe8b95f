"""Cameras whose clock is of no use are recorded by the moments at which their pictures come."""

from collections.abc import Callable
from itertools import pairwise

import pytest

from cctv.media.intake.camera_clock import CameraClock

FRAMES = 25 * 20


def times(
    pts_of: Callable[[int], int], came_s: Callable[[int], float] = lambda n: n / 25
) -> tuple[CameraClock, list[int]]:
    clock = CameraClock()
    return clock, [clock.time_of(pts_of(number), 100 + came_s(number)) for number in range(FRAMES)]


@pytest.mark.parametrize(
    "pts_of",
    [
        lambda _: 5,
        lambda number: 9 * number,
        lambda number: -3600 * number,
        lambda number: 3600 * 20 * number,
    ],
    ids=["stands still", "ten thousand a second", "runs backwards", "runs away"],
)
def test_a_clock_of_no_use_is_not_used(pts_of: Callable[[int], int]) -> None:
    clock, found = times(pts_of)
    assert clock.ignored
    late = found[-100:]
    assert all(3500 <= later - one <= 3700 for one, later in pairwise(late))
    assert abs(late[-1] - pts_of(0) - (FRAMES - 1) * 3600) < 10


@pytest.mark.parametrize(
    ("pts_of", "came_s"),
    [
        (lambda number: 3600 * number, lambda number: number / 25),
        (lambda number: 3600 * number + (1 << 40) * (number // 200), lambda number: number / 25),
        (lambda number: 3600 * number, lambda number: max(number / 25, 14) if number > 50 else number / 25),
        (lambda number: 900_000 * number, lambda number: 10.0 * number),
    ],
    ids=["good", "jumps", "a connection that stalls for twelve seconds", "a picture every ten seconds"],
)
def test_other_clocks_are_left_alone(pts_of: Callable[[int], int], came_s: Callable[[int], float]) -> None:
    clock, found = times(pts_of, came_s)
    assert not clock.ignored
    assert found == [pts_of(number) for number in range(FRAMES)]


def test_pictures_that_come_together_stay_in_order() -> None:
    clock, found = times(lambda _: 5, lambda number: number // 25)
    assert clock.ignored
    late = found[-100:]
    assert late == sorted(set(late))
