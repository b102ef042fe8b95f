"""Ends a call into libav that blocks in another thread.

libav asks PyAV's interrupt callback at least every 100 ms while it waits for the network, and right before
each read; the callback compares ``time.monotonic()`` with a deadline. PyAV has no way to move that deadline
from outside, so while an interruption is pending (and only then) the callback's module sees a clock that
leaps for the thread that is to stop. Tried on PyAV 18.1: reads and opens end within 0.04 s, with half-open
connections too. A test fails if a newer PyAV no longer looks at its clock this way.
"""

import time
from itertools import count
from threading import Lock, get_ident
from types import ModuleType
from typing import Final

import av.container.core

from cctv.media.interruption import Interruption

_LEAP_S: Final = 1e9


class LibavCalls:
    """The calls into libav of the one thread that works under an interruption."""

    def __init__(self, interruption: Interruption) -> None:
        self._interruption = interruption
        self._thread: int | None = None
        interruption.on_set(self._wake)

    @property
    def interrupted(self) -> bool:
        """Whether calls are to fail."""
        return self._interruption.is_set

    def enter(self) -> None:
        """Says that this thread goes into libav now. Cheap: called for every packet."""
        self._thread = get_ident()

    def leave(self) -> None:
        """Says that this thread is back."""
        self._thread = None
        if self._interruption.is_set:
            _clock.forget(self)

    def concerns(self, thread: int) -> bool:
        """Whether ``thread`` is to come back from libav."""
        return self._thread == thread

    def _wake(self) -> None:
        _clock.leap_for(self)


class _LeapingClock:
    """Stands in for the module ``time`` in PyAV's container code while something is to be interrupted."""

    def __init__(self) -> None:
        self._pending: set[LibavCalls] = set()
        self._lock = Lock()
        self._leaps = count(1)

    def monotonic(self) -> float:
        thread = get_ident()
        if any(one.concerns(thread) for one in tuple(self._pending)):
            # Each look is later than the one before, for the first one may set the deadline.
            return next(self._leaps) * _LEAP_S
        return time.monotonic()

    def leap_for(self, one: LibavCalls) -> None:
        with self._lock:
            self._pending.add(one)
            self._show(self)

    def forget(self, one: LibavCalls) -> None:
        with self._lock:
            self._pending.discard(one)
            if not self._pending:
                self._show(time)

    def _show(self, clock: "_LeapingClock | ModuleType") -> None:
        setattr(av.container.core, "time", clock)  # noqa: B010 - not declared in its types


_clock = _LeapingClock()
