"""One timer for all senders: a heap of what is due next."""

from __future__ import annotations

import asyncio
import heapq
import time
from itertools import count
from typing import Protocol

_STEP_S = 0.002  # wake at most 500 times a second; frames leave at most this much late
_SLICE_S = 0.02  # then let the loop read requests


class Due(Protocol):
    """Something that acts at given moments (monotonic seconds)."""

    def act(self, due: float, wall_us: int) -> float | None:
        """Act; the moment of the next act, or None for never again."""


class Scheduler:
    """Calls senders at their moments. `worst_late_s`: by how much it was behind, until it is set to 0."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._heap: list[tuple[float, int, Due]] = []
        self._numbers = count()
        self._timer: asyncio.Handle | None = None
        self._timer_at = 0.0
        self.worst_late_s = 0.0

    def now(self) -> float:
        """The monotonic clock in seconds that `due` moments are in."""
        return self._loop.time()

    def add(self, due: float, what: Due) -> None:
        """Call `what.act` at `due`."""
        heapq.heappush(self._heap, (due, next(self._numbers), what))
        if self._timer is None or due < self._timer_at:
            self._arm()

    def _arm(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._timer_at = max(self._heap[0][0], self._loop.time() + _STEP_S)
        self._timer = self._loop.call_at(self._timer_at, self._run)

    def _run(self) -> None:
        heap, numbers = self._heap, self._numbers
        now = self._loop.time()
        wall_us = time.time_ns() // 1000
        end = now + _SLICE_S
        self._timer = None
        if heap:
            self.worst_late_s = max(self.worst_late_s, now - heap[0][0])
        while heap and heap[0][0] <= now:
            due, _, what = heap[0]
            following = what.act(due, wall_us)
            if following is None:
                heapq.heappop(heap)
            else:
                heapq.heapreplace(heap, (following, next(numbers), what))
            if heap and heap[0][0] <= now and self._loop.time() > end:
                self._timer_at = now
                self._timer = self._loop.call_soon(self._run)
                return
        if heap:
            self._arm()
