"""Reasons beside states: always a whole sentence, in both languages, with true ages."""

import itertools
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from cctv.base.faults import FAULTS, CameraState, Cause, Fault
from cctv.cameras.drivers.model import failed, fault_of
from cctv.cameras.drivers.words import FAILURES, UNREACHABLE, WARNINGS, harmless
from cctv.cameras.registry.problems import TEXTS
from cctv.cameras.status.model import Details, Status
from cctv.cameras.status.words import age, reason

NOW = datetime(2026, 11, 23, 10, tzinfo=UTC)
CAMERA = UUID(int=1)


def status(state: CameraState, cause: Cause | None, fault: Fault | None, *, fresh: bool = True) -> Status:
    return Status(
        camera_id=CAMERA,
        state=state,
        cause=cause,
        fault=fault,
        since=NOW - timedelta(minutes=5),
        details=Details(words="454 {x} Session", last_video_at=NOW - timedelta(seconds=312)),
        reporter="recorder-1",
        fresh=fresh,
        seen_at=NOW - timedelta(hours=3),
        now=NOW,
    )


def test_every_state_has_a_reason_in_both_languages() -> None:
    for state, cause, fault in itertools.product(CameraState, [None, *Cause], [None, *Fault]):
        for fresh in (True, False):
            english = reason(status(state, cause, fault, fresh=fresh))
            arabic = reason(status(state, cause, fault, fresh=fresh), arabic=True)
            assert english
            assert arabic
            assert english != arabic
            assert "{age}" not in english + arabic
            assert ("3 h ago" in english) is not fresh


@pytest.mark.parametrize(
    ("state", "cause", "fault", "words"),
    [
        ("no_video", "camera", "sends_nothing", "no video for 5 min: camera answers, sends nothing"),
        ("connecting", None, None, "connecting for 5 min"),
        ("connecting", "network", "network_lost", "camera does not answer on the network for 5 min"),
        ("refused", "camera", "stream_refused", "camera refuses the stream (454 {x} Session)"),
        ("online", None, None, "video arrives"),
        ("online", "disk", None, "video arrives, but the disk is full or failing"),
        ("off", "maintenance", None, "in maintenance"),
        ("off", None, None, "taken out of use"),
    ],
)
def test_the_words(state: str, cause: str | None, fault: str | None, words: str) -> None:
    told = status(CameraState(state), Cause(cause) if cause else None, Fault(fault) if fault else None)
    assert reason(told) == words


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(-5, "0 s"), (0.9, "0 s"), (59, "59 s"), (60, "1 min"), (7199, "119 min"), (7200, "2 h"), (172_800, "2 d")],
)
def test_ages(seconds: float, words: str) -> None:
    assert age(timedelta(seconds=seconds)) == words


def test_every_fault_that_a_probe_can_meet_has_advice() -> None:
    reachable = {
        fault_of(row.cause, row.state) for row in FAULTS if row.cause and row.state and row.fault in FAILURES
    }
    assert reachable == FAILURES.keys()
    for fault in FAILURES:
        assert failed(fault).failed is not None


def test_texts_are_whole() -> None:
    for texts in (*WARNINGS.values(), *FAILURES.values(), *TEXTS.values(), *UNREACHABLE.values()):
        assert all(text.strip() for text in texts)
        assert len(set(texts)) == len(texts)


def test_words_of_a_camera() -> None:
    assert harmless("a\x1b\n\u202e b rtsp://u:p@h/x") == "a b rtsp://h/x"
    assert len(harmless("x" * 10_000)) == 300
