"""The time code survives what coding and scaling do to it, and says nothing where there is none."""

import random

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from cctv_simulator import clockface, timecode

NOW_MS = 1_795_458_000_040


def face(wall_ms: int, width: int = 640, height: int = 360, stride: int | None = None) -> bytearray:
    luma = bytearray(random.Random(1).randbytes((stride or width) * height))
    clockface.draw(luma, width, height, stride or width, wall_ms)
    return luma


@given(st.integers(0, (1 << 44) - 1))
def test_bits_say_the_time(wall_ms: int) -> None:
    assert timecode.value_of(timecode.bits(wall_ms)) == wall_ms


@given(st.integers(0, (1 << 44) - 1), st.integers(0, 63), st.integers(0, 63))
@example(wall_ms=0, first=44, second=48)
@example(wall_ms=32768, first=32, second=48)
def test_one_or_two_wrong_bits_are_noticed(wall_ms: int, first: int, second: int) -> None:
    bits = timecode.bits(wall_ms)
    for at in {first, second}:
        bits[at] ^= 1
    assert timecode.value_of(bits) is None


@pytest.mark.parametrize(("width", "height"), [(640, 360), (320, 180), (1280, 720), (1920, 1080)])
def test_it_is_read_from_every_size(width: int, height: int) -> None:
    assert timecode.read(bytes(face(NOW_MS, width, height)), width, height) == NOW_MS


def test_lines_may_be_longer_than_the_picture() -> None:
    assert timecode.read(bytes(face(NOW_MS, stride=704)), 640, 360, stride=704) == NOW_MS


def test_it_is_read_from_a_picture_half_the_size_and_noisy() -> None:
    luma, dice = face(NOW_MS), random.Random(2)
    small = bytes(
        min(255, max(0, luma[2 * y * 640 + 2 * x] + dice.randint(-60, 60))) for y in range(180) for x in range(320)
    )
    assert timecode.read(small, 320, 180) == NOW_MS


def test_a_picture_without_it_says_nothing() -> None:
    for level in (0, 16, 128, 255):
        assert timecode.read(bytes([level]) * (640 * 360), 640, 360) is None
    assert timecode.read(random.Random(3).randbytes(640 * 360), 640, 360) is None


def test_the_clock_is_inside_the_picture() -> None:
    luma = bytearray(640 * 360)
    clockface.draw(luma, 640, 360, 640, NOW_MS)
    assert len(luma) == 640 * 360
    assert 235 in luma[640 * 330 :], "white points of the clock in the lowest lines"
