"""Watches that video comes, and key frames in it.

The reading thread only counts; one thread of the process looks at the counters once in a while, so that a frame
costs the watchdog nothing.
"""

from cctv.base.clock import Clock
from cctv.base.faults import Fault


class Watchdog:
    """Barks once ``silence_us`` passed without a video frame or ``no_key_us`` without a key frame."""

    def __init__(self, *, clock: Clock, silence_us: int, no_key_us: int) -> None:
        self._clock = clock
        self._silence_us = silence_us
        self._no_key_us = no_key_us
        self._frames = self._keys = -1
        self._frame_at_us = self._key_at_us = clock.monotonic_us()

    def look(self, frames: int, keys: int) -> Fault | None:
        """What is wrong, given how many frames and key frames have come since the session was opened."""
        now_us = self._clock.monotonic_us()
        if frames != self._frames:
            self._frames, self._frame_at_us = frames, now_us
        if keys != self._keys:
            self._keys, self._key_at_us = keys, now_us
        if now_us - self._frame_at_us >= self._silence_us:
            return Fault.SENDS_NOTHING
        if now_us - self._key_at_us >= self._no_key_us:
            return Fault.NO_KEY_FRAME
        return None
