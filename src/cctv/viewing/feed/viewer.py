"""A viewer's place in a feed: a queue that never grows beyond its limit, nor grows old.

Who is too slow loses whole GOPs and continues at the latest key frame; others do not notice. Who keeps up is given
each frame in hand, without the queue and a turn of its task: that is most of what a viewer would cost.
"""

import asyncio
from collections import deque
from collections.abc import Callable, Iterable

from cctv.viewing.feed.model import Announced, Frame, Message

_OLDEST_US = 1_000_000
"""By so much the oldest frame that waits may be older than the newest, when a newer key frame waits too."""


class Viewer:
    """Fed by a feed, read by one task. ``skipped`` counts what a slow viewer lost since it was last taken."""

    def __init__(self, *, limit_bytes: int) -> None:
        self._limit_bytes = limit_bytes
        self._waiting: deque[Message] = deque()
        self._bytes = 0
        self._oldest_us: int | None = None
        self._key_us: int | None = None
        self._needs_key = True
        self._slow = False
        self.skipped = 0
        self.hand: Callable[[Frame], bool] | None = None
        """Takes a frame at once, or says no; asked only while the task waits and nothing is before the frame."""
        self._asks = False
        self._idle = False
        self._wake = asyncio.Event()

    @property
    def waiting(self) -> int:
        """Messages in the queue."""
        return len(self._waiting)

    def limit(self, limit_bytes: int) -> None:
        """Let no more than so many bytes wait from now on."""
        self._limit_bytes = limit_bytes

    def begin(self, messages: Iterable[Message]) -> None:
        """What is ready when the viewer comes: parameters and the GOP at hand, taken whole.

        Its bytes are the feed's own and shared by all: the limit holds for what comes after them.
        """
        for message in messages:
            if isinstance(message, Frame):
                self._needs_key = False
                self._note(message)
            self._waiting.append(message)
        self._wake.set()

    def put(self, message: Message) -> None:
        """Queue a message; frames before the first key frame, and those that a slow viewer loses, are left out."""
        if isinstance(message, Frame):
            if self._needs_key and not message.key:
                self.skipped += self._slow
                return
            self._needs_key = self._slow = False
            if self._idle and self.hand is not None and self.hand(message):
                return
            self._bytes += len(message.data)
            self._note(message)
        elif isinstance(message, Announced):
            self._needs_key = True
        self._waiting.append(message)
        self._idle = False
        if self._bytes > self._limit_bytes or (isinstance(message, Frame) and self._lags(message)):
            self._skip()
        self._wake.set()

    async def get(self) -> tuple[list[Message], int]:
        """All that waits (at least one message) and how many frames were skipped before it."""
        while not self._waiting:
            self._wake.clear()
            self._asks = self._idle = True
            try:
                await self._wake.wait()
            finally:
                self._asks = self._idle = False
        messages = list(self._waiting)
        self._waiting.clear()
        self._bytes, self._oldest_us, self._key_us = 0, None, None
        skipped, self.skipped = self.skipped, 0
        return messages, skipped

    def _note(self, frame: Frame) -> None:
        if self._oldest_us is None:
            self._oldest_us = frame.wall_us
        if frame.key:
            self._key_us = frame.wall_us

    def _lags(self, newest: Frame) -> bool:
        """Whether what waits is old and a newer key frame is there to go on at.

        Who asks for more is not slow: frames that come late and all at once wait for nothing but his turn.
        """
        if self._asks or self._oldest_us is None or self._key_us is None:
            return False
        return newest.wall_us - self._oldest_us > _OLDEST_US and self._key_us > self._oldest_us

    def _skip(self) -> None:
        """Keep what is no frame, and frames from the latest key frame on when they fit."""
        latest = max((n for n, one in enumerate(self._waiting) if isinstance(one, Frame) and one.key), default=-1)
        kept: deque[Message] = deque()
        for number, message in enumerate(self._waiting):
            if isinstance(message, Frame) and number < latest:
                self.skipped += 1
            else:
                kept.append(message)
        self._bytes = sum(len(one.data) for one in kept if isinstance(one, Frame))
        self._oldest_us = self._key_us
        if self._bytes > self._limit_bytes:
            self.skipped += sum(isinstance(one, Frame) for one in kept)
            kept = deque(one for one in kept if not isinstance(one, Frame))
            self._bytes, self._oldest_us, self._key_us = 0, None, None
            self._needs_key = self._slow = True
        self._waiting = kept
