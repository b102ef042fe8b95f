"""Whether what a camera sends gets to the disk, and why not once that lasts."""

from cctv.base.clock import US_PER_S
from cctv.base.faults import Cause

_LASTS_US = 2 * US_PER_S
"""A queue that is full for a moment is no state."""

_RELIEVED_US = 5 * US_PER_S
"""So long nothing may hinder before it is over: what is shed and taken in turns is one trouble."""

_WRITTEN_US = 15 * US_PER_S
"""What comes and is not on the disk for longer is stuck; the slowest cameras send a picture in ten seconds."""


class Kept:
    """Looked at about once a second. ``now_us`` is monotonic; the other times are those of the camera's run."""

    def __init__(self) -> None:
        self.recording = False
        self.cause: Cause | None = None
        self._written_us = self._handed_us = self._moved_us = 0
        self._hindrance: Cause | None = None
        self._first_us = self._last_us = 0

    def begin(self, now_us: int) -> None:
        """Video comes from now on; it gets a moment to be there."""
        self.recording, self.cause, self._hindrance, self._moved_us = True, None, None, now_us

    def look(self, now_us: int, *, written_us: int, handed_us: int, hindrance: Cause | None) -> None:
        """``written_us`` is the end of what is on the disk (0: nothing of this run), ``handed_us`` that of what is

        on its way there; ``hindrance`` why nothing is taken at this moment.
        """
        if written_us and written_us != self._written_us:
            self._written_us, self._handed_us, self._moved_us = written_us, handed_us, now_us
        if hindrance is not None:
            if self._hindrance is None:
                self._first_us = now_us
            self._hindrance, self._last_us = hindrance, now_us
        elif now_us - self._last_us >= _RELIEVED_US:
            self._hindrance = None
        stuck = now_us - self._moved_us >= _WRITTEN_US
        if self._hindrance is not None and self._last_us - self._first_us >= _LASTS_US:
            self.cause = self._hindrance
        else:
            self.cause = Cause.DISK if stuck and handed_us != self._handed_us else None
        self.recording = self.cause is None and not stuck
