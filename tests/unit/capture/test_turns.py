"""Turns at a camera: the next waits for the one before it, not for one that hangs."""

from collections.abc import Callable
from pathlib import Path
from uuid import uuid4

import pytest

from cctv.base.clock import US_PER_S, ManualClock
from cctv.base.ids import CameraId
from cctv.infra.disks import Claims
from cctv.recording.capture.sessions.turns import Turns


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(0, 10 * US_PER_S)


@pytest.fixture
def turns(tmp_path: Path, clock: ManualClock) -> Turns:
    return Turns(Claims(tmp_path / "cameras.claims"), clock=clock, heartbeat_s=1.0, lease_s=3.0)


@pytest.fixture
def camera() -> CameraId:
    return CameraId(uuid4())


def test_the_next_comes_when_the_one_before_is_over(turns: Turns, camera: CameraId) -> None:
    first, second = turns.of(camera), turns.of(camera)
    assert first.come()
    assert not second.come()
    assert turns.of(CameraId(uuid4())).come()
    first.over()
    assert second.come()


def test_without_heartbeats_waiting_has_no_end(turns: Turns, camera: CameraId) -> None:
    assert turns.of(camera).come()
    waiting = turns.of(camera)
    assert not any(waiting.come() for _ in range(1000))


@pytest.fixture
def beat(turns: Turns, clock: ManualClock) -> Callable[[], None]:
    """A second passes, and then a heartbeat reaches the database."""

    def one() -> None:
        clock.advance(US_PER_S)
        turns.beat()

    return one


def test_one_that_does_not_let_go_while_we_hear_is_waited_for_no_longer(
    turns: Turns, camera: CameraId, beat: Callable[[], None]
) -> None:
    hanging, next_one = turns.of(camera), turns.of(camera)
    assert hanging.come()
    came = []
    for _ in range(4):
        came.append(next_one.come())
        beat()
    assert came == [False, False, False, True]


def test_heartbeats_because_of_changed_cameras_give_the_other_no_time(
    turns: Turns, camera: CameraId, beat: Callable[[], None]
) -> None:
    hanging, next_one = turns.of(camera), turns.of(camera)
    assert hanging.come()
    assert not next_one.come()
    beat()
    for _ in range(20):
        turns.beat()
    assert not next_one.come()


def test_who_came_without_a_claim_takes_none_away_and_gets_it_when_it_is_free(
    turns: Turns, camera: CameraId, beat: Callable[[], None]
) -> None:
    hanging, hasty, third = turns.of(camera), turns.of(camera), turns.of(camera)
    assert hanging.come()
    hasty.come()
    for _ in range(3):
        beat()
    assert hasty.come()
    hasty.over()
    assert not third.come(), "it is still the one's that hangs"
    hanging.over()
    hasty.hold()
    assert not third.come()
    hasty.over()
    assert third.come()
