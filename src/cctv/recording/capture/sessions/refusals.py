"""Passwords that cameras have refused, over all sessions of a process.

Many cameras lock an account after a few tries. A camera may have several sessions, for its main and its sub
stream, and those of watchers come and go: none of them asks again within a minute what another was just refused.
"""

import threading
from typing import Generic, TypeVar
from urllib.parse import urlsplit

from cctv.base.clock import US_PER_S, Clock
from cctv.base.ids import CameraId
from cctv.recording.capture.subject import Source

T = TypeVar("T")


class Refusals(Generic[T]):
    """By camera, user and password; with what was said. Thread-safe.

    Not by host: of a recorder or an encoder with many channels one channel may be refused and the others not.
    """

    def __init__(self, *, clock: Clock, wait_s: float) -> None:
        self._clock = clock
        self._wait_us = int(wait_s * US_PER_S)
        self._guard = threading.Lock()
        self._said: dict[tuple[CameraId, str], tuple[int, T]] = {}

    def note(self, camera: CameraId, source: Source, said: T) -> None:
        """The camera refused just now."""
        now_us = self._clock.monotonic_us()
        with self._guard:
            self._said = {key: one for key, one in self._said.items() if one[0] > now_us}
            self._said[camera, urlsplit(source.url).netloc] = (now_us + self._wait_us, said)

    def last(self, camera: CameraId, source: Source) -> T | None:
        """What was said, while it is too early to ask again."""
        with self._guard:
            until_us, said = self._said.get((camera, urlsplit(source.url).netloc), (0, None))
        return said if until_us > self._clock.monotonic_us() else None
