"""Waits between tries to connect."""

import random

from hypothesis import given
from hypothesis import strategies as st

from cctv.base.faults import Cause
from cctv.recording.capture.sessions.backoff import Backoff


def backoff(seed: int = 1) -> Backoff:
    return Backoff(first_s=1, most_s=30, auth_s=60, good_s=60, uniform=random.Random(seed).uniform)


@given(st.integers(), st.integers(1, 60))
def test_waits_grow_from_one_second_to_thirty_with_jitter(seed: int, tries: int) -> None:
    waits = backoff(seed)
    for number in range(tries):
        wait_s = waits.failed(Cause.NETWORK)
        full_s = min(2**number, 30)
        assert max(1, full_s / 2) <= wait_s <= full_s


@given(st.integers(), st.integers(1, 20))
def test_a_refused_password_is_tried_once_a_minute_at_most(seed: int, tries: int) -> None:
    waits = backoff(seed)
    assert all(waits.failed(Cause.AUTH) >= 60 for _ in range(tries))


def test_a_good_minute_forgets_earlier_failures() -> None:
    waits = backoff()
    for _ in range(10):
        waits.failed(Cause.NETWORK, lasted_s=59)
    assert waits.failed(Cause.NETWORK, lasted_s=59) > 10
    assert waits.failed(Cause.NETWORK, lasted_s=60) == 1


def test_a_changed_camera_starts_anew() -> None:
    waits = backoff()
    for _ in range(10):
        waits.failed(Cause.CAMERA)
    waits.reset()
    assert waits.failed(Cause.CAMERA) == 1
