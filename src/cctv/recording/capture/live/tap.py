"""An edge's place at a fan: a queue with a limit in bytes, filled by a session's thread, drained by its reader.

A reader that is too slow loses whole GOPs: when the queue is full it is emptied, and what comes is dropped until
the next key frame. The recorder is no tap: it is never shed for one.
"""

import threading
from collections import deque
from collections.abc import Callable
from typing import NamedTuple

from cctv.media.model import Sample, TrackParams


class Came(NamedTuple):
    """A sample and when it came, by the clock on the record."""

    sample: Sample
    wall_us: int


Item = Came | TrackParams


class Tap:
    """``wake`` is called, on the session's thread, when the queue stops being empty."""

    def __init__(self, *, limit_bytes: int, wake: Callable[[], None]) -> None:
        self._limit_bytes = limit_bytes
        self._wake = wake
        self._guard = threading.Lock()
        self._items: deque[Item] = deque()
        self._bytes = 0
        self._params: TrackParams | None = None
        self._untold = False
        self._waits_for_key = True
        self.dropped = 0

    def put(self, item: Item) -> None:
        """The next sample, or parameters that hold from the next key frame on; never blocks."""
        with self._guard:
            was_empty = not self._items
            if isinstance(item, TrackParams):
                self._params, self._untold, self._waits_for_key = item, True, True
                return
            self._take(item)
            wake = was_empty and bool(self._items)
        if wake:
            self._wake()

    def drain(self) -> list[Item]:
        """All that waits; parameters stand before the key frame from which they hold."""
        with self._guard:
            items = list(self._items)
            self._items.clear()
            self._bytes = 0
        return items

    def _take(self, came: Came) -> None:
        sample = came.sample
        key = sample.key and sample.track == "video"
        if self._items and self._bytes + len(sample.data) > self._limit_bytes:
            self._shed()
        if self._waits_for_key:
            if not key:
                self.dropped += 1
                return
            self._waits_for_key = False
        if self._untold and self._params is not None:
            self._items.append(self._params)
            self._untold = False
        self._items.append(came)
        self._bytes += len(sample.data)

    def _shed(self) -> None:
        """Empty the queue. Parameters that were in it must be told again."""
        self._untold = self._untold or any(isinstance(one, TrackParams) for one in self._items)
        self.dropped += len(self._items)
        self._items.clear()
        self._bytes = 0
        self._waits_for_key = True
