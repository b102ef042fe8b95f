"""Reads all cameras on one thread: it sleeps until any of their sockets has something, and takes what there is.

A session's own thread connects and, while its stream is read here, sleeps in :meth:`Reader.follow`. One wake of
the reader serves every camera that has sent meanwhile, which is where recording many cameras becomes cheap: a
thread for each would wake for each packet, and take the interpreter's lock from the others each time.
"""

import contextlib
import os
import selectors
import sys
import threading
import time
from collections.abc import Callable, Sequence
from typing import Protocol, runtime_checkable

from cctv.base.clock import US_PER_S, Clock
from cctv.infra.telemetry import log
from cctv.media.errors import StreamEnded, StreamError
from cctv.media.model import ParamsChanged, Sample

Items = Sequence[Sample | ParamsChanged]

_TEND_US = US_PER_S // 2
_FORGET_US = 30 * US_PER_S
_NICE = -10
_GATHER_S = 0.008
"""How long what comes may gather before it is read: packets of a frame come together."""


@runtime_checkable
class ReadyStream(Protocol):
    """A stream that can be read without blocking."""

    def fileno(self) -> int | None:
        """The socket, or ``None`` for a stream that must be read by blocking."""
        ...

    def take_ready(self) -> Items:
        """What has come; raises a StreamError at the end."""
        ...

    def tend(self) -> None:
        """About once a second: keep-alive; StreamTimeout when nothing came for too long."""
        ...


class _Followed:
    def __init__(self, stream: ReadyStream, number: int, take: Callable[[Items], None]) -> None:
        self.stream = stream
        self.number = number
        self.take = take
        self.done = threading.Event()
        self.fault: StreamError | None = None


class Reader:
    """One a process."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._selector = selectors.DefaultSelector()
        self._followed: dict[int, _Followed] = {}
        self._guard = threading.Lock()
        self._ended = False
        self._late_us = -_FORGET_US
        self._due_us = 0
        self._thread = threading.Thread(target=self._run, name="reader", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """End; streams that are still followed end, too."""
        self._ended = True
        self._thread.join(5)
        for one in self._all():
            self._end(one, StreamEnded("Nobody reads the stream any more."))

    def follow(self, stream: ReadyStream, take: Callable[[Items], None]) -> None:
        """Give what ``stream`` sends to ``take``, on the reader's thread, until it ends; raises why it did."""
        number = stream.fileno()
        if number is None:
            raise ValueError("this stream cannot be read without blocking")
        followed = _Followed(stream, number, take)
        take(stream.take_ready())  # what was read while the stream was opened
        with self._guard:
            self._selector.register(number, selectors.EVENT_READ, followed)
            self._followed[number] = followed
        followed.done.wait()
        raise followed.fault or StreamEnded

    @property
    def starved(self) -> bool:
        """Whether, lately, the machine was too busy to let us read in time."""
        return self._clock.monotonic_us() - self._late_us < _FORGET_US

    def _run(self) -> None:
        prefer_this_thread()
        self._due_us = self._clock.monotonic_us() + _TEND_US
        while not self._ended:
            time.sleep(_GATHER_S)
            try:
                self._round()
            except Exception:  # noqa: BLE001 - a loop's frame: all cameras wait for it
                log.exception("reader_failed")

    def _round(self) -> None:
        for key, _ in self._selector.select(_TEND_US / US_PER_S):
            self._guarded(key.data, self._take)
        now_us = self._clock.monotonic_us()
        if now_us >= self._due_us:
            if now_us - self._due_us >= _TEND_US:
                self._late_us = now_us
            self._due_us = now_us + _TEND_US
            for followed in self._all():
                self._guarded(followed, self._tend)

    def _take(self, followed: _Followed) -> None:
        items = followed.stream.take_ready()
        if items:
            followed.take(items)

    def _tend(self, followed: _Followed) -> None:
        followed.stream.tend()

    def _guarded(self, followed: _Followed, act: Callable[[_Followed], None]) -> None:
        """One camera's trouble ends its own stream and no other."""
        try:
            act(followed)
        except StreamError as fault:
            self._end(followed, fault)
        except Exception as fault:  # noqa: BLE001 - a loop's frame: the others must be read on
            log.exception("reading_failed")
            self._end(followed, StreamEnded(f"Reading failed: {type(fault).__name__}."))

    def _end(self, followed: _Followed, fault: StreamError) -> None:
        with self._guard:
            self._selector.unregister(followed.number)
            del self._followed[followed.number]
        followed.fault = fault
        followed.done.set()

    def _all(self) -> list[_Followed]:
        """Not the selector's own map: sessions add to it meanwhile, and it says so by an error."""
        with self._guard:
            return list(self._followed.values())


def prefer_this_thread() -> None:
    """Let the calling thread run before others where we may: one thread that reads hundreds of cameras must not

    get the same turn as each of a hundred busy processes. Where we may not, nothing is lost but that.
    """
    if hasattr(os, "setpriority") and sys.platform == "linux":
        with contextlib.suppress(OSError):
            os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), _NICE)
