"""Time on the record: a clock that never jumps inside an epoch, and the line from media time to it.

Two corrections, each at most 500 ppm, so that a second of film never lasts visibly more or less than a second:

- :class:`NodeClock` is the wall clock at its start plus the monotonic clock, drawn towards the wall clock while
  the two differ by less than 2 s. A larger difference is a step: a new *epoch* begins, from the stepped time on.
- :class:`RunClock` maps a run's media time (the camera's own durations) to the node clock. It is piecewise linear
  and strictly increasing, so the segments of a run abut exactly: a segment's end *is* the next one's start.
"""

import threading
from dataclasses import dataclass
from typing import Protocol

from cctv.base.clock import TICKS_PER_S, US_PER_S, Clock
from cctv.recording.archive import Epoch

MAX_SLEW_PPM = 500
STEP_US = 2 * US_PER_S
_PPM = 1_000_000
_HORIZON_S = 10
_READING_US = 50_000
_STRAYS = 10
_LEAD_US = 2 * US_PER_S
_LAG_US = 10 * US_PER_S
"""Media may be late for reasons that pass (a slow network, a busy machine), but never early."""


class EpochBook(Protocol):
    """Where a node's epochs are kept, so that all its recorders and the next start agree."""

    def current(self, *, wall_us: int, monotonic_us: int) -> Epoch:
        """The epoch that holds for a process starting now."""
        ...

    def stepped(self, *, wall_us: int, monotonic_us: int, step_us: int) -> Epoch:
        """The epoch that a step begins; one step seen by several processes begins one epoch."""
        ...


@dataclass(frozen=True, slots=True)
class _Line:
    mono_us: int
    wall_us: int
    ppm: int
    epoch: Epoch

    def at(self, mono_us: int) -> int:
        return self.wall_us + (mono_us - self.mono_us) * (_PPM + self.ppm) // _PPM


class NodeClock:
    """One a process. Reading is lock-free; :meth:`tick` is called about twice a second by one thread."""

    def __init__(self, clock: Clock, book: EpochBook) -> None:
        self._clock = clock
        self._book = book
        self._guard = threading.Lock()
        mono_us, wall_us = clock.monotonic_us(), clock.wall_us()
        self._line = _Line(mono_us, wall_us, 0, book.current(wall_us=wall_us, monotonic_us=mono_us))

    @property
    def epoch(self) -> Epoch:
        return self._line.epoch

    def now_us(self) -> int:
        """Microseconds since 1970 on the record."""
        return self._line.at(self._clock.monotonic_us())

    def at(self, mono_us: int) -> int:
        """The time on the record at a moment of the monotonic clock, by the present line."""
        return self._line.at(mono_us)

    def tick(self) -> Epoch | None:
        """Compare with the wall clock: slew a little, or begin the new epoch that is returned."""
        reading = self._read()
        if reading is None:
            return None
        mono_us, wall_us = reading
        with self._guard:
            line = self._line
            ours_us = line.at(mono_us)
            off_us = wall_us - ours_us
            if abs(off_us) >= STEP_US:
                epoch = self._book.stepped(wall_us=wall_us, monotonic_us=mono_us, step_us=off_us)
                self._line = _Line(mono_us, wall_us, 0, epoch)
                return epoch
            self._line = _Line(mono_us, ours_us, _slew(off_us), line.epoch)
            return None

    def _read(self) -> tuple[int, int] | None:
        """Both clocks at one moment; ``None`` when this thread was held up between the readings."""
        before_us = self._clock.monotonic_us()
        wall_us = self._clock.wall_us()
        after_us = self._clock.monotonic_us()
        if after_us - before_us > _READING_US:
            return None
        return (before_us + after_us) // 2, wall_us


class RunClock:
    """Media time of one run to time on the record. Used by one thread; queries and knots only move forward."""

    def __init__(self, *, start_us: int) -> None:
        self.start_us = start_us
        self._knot_90k = 0
        self._knot_us = start_us
        self._ppm = 0
        self._first_off_us: int | None = None
        self._strays = 0

    def wall_us(self, dts_90k: int) -> int:
        """Time on the record of a decode time at or after the last knot."""
        return self._knot_us + (dts_90k - self._knot_90k) * (_PPM + self._ppm) // TICKS_PER_S

    def observe(self, dts_90k: int, now_us: int) -> None:
        """The sample of ``dts_90k`` came at ``now_us``; the line is bent from there on."""
        if dts_90k < self._knot_90k:
            return
        here_us = self.wall_us(dts_90k)
        off_us = now_us - here_us
        if self._first_off_us is None:
            self._first_off_us = off_us
        late_us = off_us - self._first_off_us
        self._strays = 0 if -_LEAD_US < late_us < _LAG_US else self._strays + 1
        self._knot_90k, self._knot_us, self._ppm = dts_90k, here_us, _slew(off_us)

    @property
    def strayed(self) -> bool:
        """Whether media is 2 s early or 10 s late, and was for ten observations: cut the run."""
        return self._strays >= _STRAYS


def _slew(off_us: int) -> int:
    """Parts per million that bring ``off_us`` to nothing in about ten seconds, or as many as allowed."""
    return max(-MAX_SLEW_PPM, min(MAX_SLEW_PPM, off_us // _HORIZON_S))
