"""Clocks are handed in, never read: tests step them, the recorder slews against them.

Two clocks matter. The *wall* clock says when something happened and may be stepped by an administrator or by
NTP; the *monotonic* clock says how long something took and never goes back. Both are in microseconds, the
resolution of PostgreSQL's ``timestamptz``.
"""

import time
from datetime import UTC, datetime, timedelta
from typing import Protocol

US_PER_S = 1_000_000
TICKS_PER_S = 90_000
"""Media time runs at 90 kHz, the RTP clock of video (RFC 3551, section 5)."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


class Clock(Protocol):
    """Where the time comes from."""

    def wall_us(self) -> int:
        """Microseconds since 1970 in UTC; may jump."""
        ...

    def monotonic_us(self) -> int:
        """Microseconds since an arbitrary moment; never goes back."""
        ...


class SystemClock:
    """The machine's own clocks."""

    def wall_us(self) -> int:
        return time.time_ns() // 1000

    def monotonic_us(self) -> int:
        return time.monotonic_ns() // 1000


class ManualClock:
    """A clock moved by hand: :meth:`advance` passes time, :meth:`step_wall` is an administrator's hand."""

    def __init__(self, wall_us: int, monotonic_us: int = 0) -> None:
        self._wall_us = wall_us
        self._monotonic_us = monotonic_us

    def wall_us(self) -> int:
        return self._wall_us

    def monotonic_us(self) -> int:
        return self._monotonic_us

    def advance(self, us: int) -> None:
        """Let ``us`` >= 0 microseconds pass on both clocks."""
        if us < 0:
            raise ValueError("time does not go back; use step_wall")
        self._wall_us += us
        self._monotonic_us += us

    def step_wall(self, us: int) -> None:
        """Set the wall clock forward or back by ``us`` while no time passes."""
        self._wall_us += us


def to_us(moment: datetime) -> int:
    """Microseconds since 1970 of an aware ``datetime``, exactly."""
    if moment.tzinfo is None:
        raise ValueError("a moment without a time zone is not a moment")
    return (moment - _EPOCH) // _MICROSECOND


def from_us(us: int) -> datetime:
    """The aware UTC ``datetime`` of ``us`` microseconds since 1970, exactly."""
    return _EPOCH + timedelta(microseconds=us)


def utc_now(clock: Clock | None = None) -> datetime:
    """The present moment in UTC, by ``clock`` or the machine's."""
    return from_us((clock or SystemClock()).wall_us())
