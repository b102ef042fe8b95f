"""The watchdog looks at counters and barks."""

from cctv.base.clock import ManualClock
from cctv.base.faults import Fault
from cctv.recording.capture.sessions.watchdog import Watchdog

S = 1_000_000


def test_silence_of_ten_seconds_makes_it_bark() -> None:
    clock = ManualClock(0)
    dog = Watchdog(clock=clock, silence_us=10 * S, no_key_us=600 * S)
    for second in range(20):
        assert dog.look(frames=25 * second, keys=second) is None
        clock.advance(S)
    frames = 25 * 20
    for _ in range(9):
        assert dog.look(frames, 20) is None
        clock.advance(S)
    clock.advance(S)
    assert dog.look(frames, 20) is Fault.SENDS_NOTHING


def test_a_stream_that_never_begins_makes_it_bark() -> None:
    clock = ManualClock(0)
    dog = Watchdog(clock=clock, silence_us=10 * S, no_key_us=600 * S)
    clock.advance(9 * S)
    assert dog.look(0, 0) is None
    clock.advance(10 * S)
    assert dog.look(0, 0) is Fault.SENDS_NOTHING


def test_ten_minutes_without_a_key_frame_make_it_bark() -> None:
    clock = ManualClock(0)
    dog = Watchdog(clock=clock, silence_us=10 * S, no_key_us=600 * S)
    for second in range(600):
        assert dog.look(frames=second, keys=1) is None
        clock.advance(S)
    assert dog.look(frames=600, keys=1) is Fault.NO_KEY_FRAME
