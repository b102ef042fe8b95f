"""Queues have limits: what waits for the disk, and what waits for a slow viewer."""

from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cctv.base.clock import ManualClock
from cctv.base.ids import CameraId
from cctv.media.model import Sample, TrackParams, VideoCodec, VideoParams
from cctv.recording.capture.live.tap import Came, Item, Tap
from cctv.recording.capture.sessions.gate import Gate
from cctv.recording.capture.writing.budget import Budget
from cctv.recording.capture.writing.making import next_turn_us

ONE, TWO = CameraId(UUID(int=1)), CameraId(UUID(int=2))
PARAMS = TrackParams(VideoParams(VideoCodec.MJPEG, 64, 48))


def sample(number: int, *, key: bool, size: int = 100) -> Sample:
    return Sample("video", number * 3600, number * 3600, key, bytes(size))


def test_one_camera_cannot_take_the_room_of_others() -> None:
    budget = Budget(camera_bytes=1000, all_bytes=1500)
    assert budget.take(ONE, 900)
    assert not budget.take(ONE, 200)
    assert budget.take(TWO, 500)
    assert not budget.take(TWO, 200), "the limit of all"
    assert not budget.relieved(ONE)
    budget.give_back(ONE, 900)
    assert budget.relieved(ONE)
    assert budget.waiting_bytes == 500
    assert budget.passed_bytes == 900


def test_a_fragment_larger_than_the_limit_passes_an_empty_queue() -> None:
    budget = Budget(camera_bytes=1000, all_bytes=1500)
    assert budget.take(ONE, 5000)
    assert not budget.take(ONE, 1)


@given(st.lists(st.tuples(st.booleans(), st.integers(1, 400), st.booleans()), max_size=200))
def test_a_slow_reader_gets_whole_gops_from_a_key_frame_on(story: list[tuple[bool, int, bool]]) -> None:
    woken: list[int] = []
    tap = Tap(limit_bytes=1000, wake=lambda: woken.append(1))
    tap.put(PARAMS)
    got: list[Item] = []
    for number, (key, size, drain) in enumerate(story):
        tap.put(Came(sample(number, key=key, size=size), number))
        if drain:
            got += tap.drain()
    got += tap.drain()
    decodable, last = False, -1
    for item in got:
        if isinstance(item, TrackParams):
            decodable = False
            continue
        number, key_frame = item.sample.dts_90k // 3600, item.sample.key
        if number != last + 1 and not key_frame:
            pytest.fail("a frame after a loss that is no key frame")
        decodable = decodable or key_frame
        assert decodable
        last = number


def test_a_tap_wakes_its_reader_once_until_it_drains() -> None:
    woken: list[int] = []
    tap = Tap(limit_bytes=10_000, wake=lambda: woken.append(1))
    tap.put(PARAMS)
    for number in range(5):
        tap.put(Came(sample(number, key=number == 0), number))
    assert len(woken) == 1
    assert [type(item) for item in tap.drain()] == [TrackParams] + [Came] * 5
    tap.put(Came(sample(5, key=False), 5))
    assert len(woken) == 2


def test_connects_are_spread_over_time() -> None:
    clock = ManualClock(0)
    gate = Gate(clock=clock, per_s=50)
    delays = [gate.delay_s() for _ in range(500)]
    assert delays[0] == 0
    assert abs(delays[-1] - 499 / 50) < 1e-6
    clock.advance(60_000_000)
    assert gate.delay_s() == 0


@given(st.uuids(), st.integers(0, 10**15))
def test_files_turn_once_a_segment_at_the_cameras_own_moment(camera: UUID, now_us: int) -> None:
    length = 60_000_000
    turn = next_turn_us(CameraId(camera), now_us, length)
    assert length // 4 <= turn - now_us <= length * 5 // 4
    assert next_turn_us(CameraId(camera), turn, length) - turn == length
    assert turn % length == camera.int % length
