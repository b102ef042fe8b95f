"""Sound stays beside the pictures when one of a camera's clocks leaps."""

from collections.abc import Callable
from itertools import pairwise

import pytest

from cctv.media.intake.sound_times import SoundTimes
from cctv.media.model import Sample

UNIT_90K = 1920
HOUR_90K = 3600 * 90_000


def placed(
    sound: Callable[[int], int], pictures: Callable[[int], int], *, every_90k: int = 3600, seconds: int = 12
) -> list[tuple[int, int]]:
    """Times of sound and of the pictures that it came with; the clocks are functions of the true time."""
    times, found = SoundTimes(), []
    for now_90k in range(0, seconds * 90_000, UNIT_90K):
        pictures_90k = pictures(now_90k // every_90k * every_90k)
        at_90k = sound(now_90k)
        (sample,) = times.place([Sample("audio", at_90k, at_90k, key=True, data=b"x")], pictures_90k)
        assert sample.pts_90k == sample.dts_90k
        found.append((sample.dts_90k, pictures_90k))
    return found


def leap(by_90k: int) -> Callable[[int], int]:
    return lambda now_90k: now_90k + by_90k * (now_90k >= 6 * 90_000)


def plain(now_90k: int) -> int:
    return now_90k


@pytest.mark.parametrize("by_90k", [5 * HOUR_90K, -5 * HOUR_90K, 2 * 90_000, -2 * 90_000])
def test_a_leap_of_the_sound_s_clock_is_undone(by_90k: int) -> None:
    found = placed(leap(by_90k), plain)
    assert all(abs(sound - pictures) <= 90_000 for sound, pictures in found)
    assert all(one < later for (one, _), (later, _) in pairwise(found))


@pytest.mark.parametrize("by_90k", [5 * HOUR_90K, -5 * HOUR_90K])
def test_sound_follows_a_leap_of_the_pictures_clock(by_90k: int) -> None:
    assert all(abs(sound - pictures) <= 90_000 for sound, pictures in placed(plain, leap(by_90k)))


def test_a_drift_is_undone() -> None:
    found = placed(lambda now_90k: now_90k * 11 // 10, plain, seconds=60)
    assert all(abs(sound - pictures) <= 100_000 for sound, pictures in found)
    assert all(one < later for (one, _), (later, _) in pairwise(found))


@pytest.mark.parametrize("every_90k", [3600, 5 * 90_000])
def test_other_sound_is_left_alone(every_90k: int) -> None:
    found = placed(lambda now_90k: now_90k + 40_000, plain, every_90k=every_90k, seconds=30)
    assert [sound for sound, _ in found] == [number * UNIT_90K + 40_000 for number in range(len(found))]
