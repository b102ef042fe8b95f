"""When a camera is said to be recorded, and when it is not."""

from typing import Any

import pytest

from cctv.base.faults import Cause
from cctv.recording.capture.kept import Kept


class _Camera:
    """A camera whose video is handed over and written once a second."""

    def __init__(self) -> None:
        self.now_s, self.handed_s, self.written_s = 100, 0, 0
        self.kept = Kept()
        self.kept.begin(self.now_s * 1_000_000)

    def goes_on(
        self, seconds: int, *, hands: bool = True, writes: bool = True, hindrance: Cause | None = None
    ) -> list[tuple[bool, Any]]:
        seen = []
        for _ in range(seconds):
            self.now_s += 1
            self.handed_s += hands
            self.written_s = self.handed_s if writes else self.written_s
            self.kept.look(
                self.now_s * 1_000_000,
                written_us=self.written_s * 1_000_000 if hindrance is None else 0,
                handed_us=self.handed_s * 1_000_000,
                hindrance=hindrance,
            )
            seen.append((self.kept.recording, self.kept.cause))
        return seen


@pytest.fixture
def camera() -> _Camera:
    return _Camera()


def test_what_is_written_is_recorded(camera: _Camera) -> None:
    assert set(camera.goes_on(60)) == {(True, None)}


def test_a_moment_without_room_is_no_state(camera: _Camera) -> None:
    camera.goes_on(10)
    assert set(camera.goes_on(2, hindrance=Cause.OVERLOAD) + camera.goes_on(20)) == {(True, None)}


def test_what_is_hindered_is_named_until_it_has_been_written_again_for_a_while(camera: _Camera) -> None:
    camera.goes_on(10)
    assert camera.goes_on(10, hands=False, hindrance=Cause.DISK)[2:] == [(False, Cause.DISK)] * 8
    assert camera.goes_on(6) == [(False, Cause.DISK)] * 4 + [(True, None)] * 2


def test_what_is_shed_and_taken_in_turns_is_one_trouble(camera: _Camera) -> None:
    camera.goes_on(10)
    seen = []
    for _ in range(10):
        seen += camera.goes_on(2, hindrance=Cause.OVERLOAD) + camera.goes_on(3)
    assert set(seen[10:]) == {(False, Cause.OVERLOAD)}


def test_a_disk_that_hangs_is_named(camera: _Camera) -> None:
    camera.goes_on(10)
    seen = camera.goes_on(30, writes=False)
    assert set(seen[:13]) == {(True, None)}
    assert set(seen[16:]) == {(False, Cause.DISK)}
    assert camera.goes_on(1) == [(True, None)]


def test_a_camera_that_sends_nothing_is_not_the_disks_fault(camera: _Camera) -> None:
    camera.goes_on(10)
    assert set(camera.goes_on(30, hands=False, writes=False)[16:]) == {(False, None)}
