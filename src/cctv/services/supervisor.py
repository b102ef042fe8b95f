"""Keeps the parts of a system running: starts them in order, starts a dead one again, ends all in order.

Synchronous and single-threaded, because it forks: no event loop and no thread may be alive in the parent. It
sleeps until a child ends or a signal arrives, and knows nothing of what its parts are.

A part that dies is started again at once the first time, then with growing delays; a quiet minute forgives. One
that hangs is killed, and then has died.
"""

import contextlib
import os
import select
import signal
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

from cctv.base.errors import CctvError

STOP_LIMIT_S = 10.0
QUIET_S = 60.0
_BACK_OFF_S = (0.0, 0.5, 1.0, 2.0, 5.0, 10.0)
_TICK_S = 0.5


class Process(Protocol):
    """What a part's start gives back."""

    @property
    def pid(self) -> int: ...

    def poll(self) -> int | None: ...

    def last_words(self) -> str:
        """What it said last of why it ended, where that is known; else nothing."""

    def heard(self) -> bool:
        """Whether it has said that it is alive since this was last asked."""

    def ask_to_end(self) -> None: ...

    def kill(self) -> None: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One thing to keep running. Parts start in the order given and end by ``stop_rank``, lowest first."""

    name: str
    start: Callable[[], Process]
    stop_rank: int
    stop_within_s: float = 2.0
    port: Callable[[], int] | None = None
    ends_all: bool = False
    """Not started again: when it ends, everything ends, with its exit code."""
    once: bool = False
    """Not started again when it ends well."""
    hang_limit_s: float | None = None
    """Silent for so long it hangs; ``None``: it cannot say that it is alive."""


@dataclass(frozen=True, slots=True)
class Happening:
    """What the supervisor tells: ``what`` is started, died, hung, stopped or failed."""

    what: str
    part: str
    pid: int = 0
    detail: str = ""


class _Kept:
    """A part with its process and its history of restarts."""

    def __init__(self, part: Part) -> None:
        self.part = part
        self.process: Process | None = None
        self.restarts = 0
        self.due_s: float | None = None
        self._failures = 0
        self._started_s = 0.0
        self._looked_s = 0.0
        self._silent_s = 0.0

    def start(self) -> None:
        self.due_s = None
        self._started_s = self._looked_s = time.monotonic()
        self._silent_s = 0.0
        self.process = self.part.start()

    def died(self) -> None:
        """Decide when to start again."""
        self.process = None
        now = time.monotonic()
        if now - self._started_s >= QUIET_S:
            self._failures = 0
        self.due_s = now + _BACK_OFF_S[min(self._failures, len(_BACK_OFF_S) - 1)]
        self._failures += 1

    def running(self) -> bool:
        return self.process is not None and self.process.poll() is None

    def hangs(self) -> bool:
        """Whether it has been silent for too long. Only time in which we were awake ourselves counts."""
        if self.part.hang_limit_s is None or self.process is None:
            return False
        now = time.monotonic()
        awake_s, self._looked_s = min(now - self._looked_s, 2 * _TICK_S), now
        self._silent_s = 0.0 if self.process.heard() else self._silent_s + awake_s
        return self._silent_s >= self.part.hang_limit_s


class Supervisor:
    """``run()`` starts the parts and returns the exit code when all have ended."""

    def __init__(self, *, tell: Callable[[Happening], None], each_tick: Callable[[], None] | None = None) -> None:
        self._kept: list[_Kept] = []
        self._tell = tell
        self._each_tick = each_tick or (lambda: None)
        self._stopping = False
        self._exit_code = 0

    def start(self, parts: Sequence[Part]) -> None:
        """Start ``parts`` in order; an error of the first start is the caller's (call :meth:`stop` then)."""
        for part in parts:
            kept = _Kept(part)
            self._kept.append(kept)
            self._start(kept)

    def running(self) -> list[tuple[Part, int]]:
        """The parts that run now, with their process ids."""
        return [
            (kept.part, kept.process.pid) for kept in self._kept if kept.process is not None and kept.running()
        ]

    def run(self) -> int:
        """Keep the parts running until a signal, or a part that ends all; then end them. Returns the exit code."""
        with _wakeups() as wake:
            while not self._stopping:
                self._look()
                self._each_tick()
                if not self._stopping and wake(self._sleep_s()):
                    self._stopping = True
            self.stop(hurry=lambda: wake(0.0))
        return self._exit_code

    def stop(self, *, hurry: Callable[[], bool] = lambda: False) -> None:
        """End all parts, rank by rank, within :data:`STOP_LIMIT_S`; at once when ``hurry()``."""
        self._stopping = True
        deadline = time.monotonic() + STOP_LIMIT_S - 1.0
        for rank in sorted({kept.part.stop_rank for kept in self._kept}):
            self._end([kept for kept in self._kept if kept.part.stop_rank == rank], deadline=deadline, hurry=hurry)

    def _start(self, kept: _Kept) -> None:
        kept.start()
        assert kept.process is not None
        self._tell(Happening("started", kept.part.name, kept.process.pid))

    def _look(self) -> None:
        for kept in self._kept:
            if kept.process is not None and (code := kept.process.poll()) is not None:
                self._ended(kept, code)
            elif kept.process is not None and kept.hangs():
                self._tell(
                    Happening("hung", kept.part.name, kept.process.pid, f"silent for {kept.part.hang_limit_s:g} s")
                )
                kept.process.kill()
            if kept.due_s is not None and kept.due_s <= time.monotonic() and not self._stopping:
                self._start_again(kept)

    def _ended(self, kept: _Kept, code: int) -> None:
        assert kept.process is not None
        pid = kept.process.pid
        last = kept.process.last_words() if code > 0 else ""
        if kept.part.ends_all or (kept.part.once and code == 0):
            kept.process = None
            self._tell(Happening("stopped", kept.part.name, pid, f"exit code {code}"))
            if kept.part.ends_all:
                self._exit_code = code if code >= 0 else 2
                self._stopping = True
            return
        kept.died()
        self._tell(Happening("died", kept.part.name, pid, f"{_words(code)}: {last}" if last else _words(code)))

    def _start_again(self, kept: _Kept) -> None:
        kept.restarts += 1
        try:
            self._start(kept)
        except (CctvError, OSError) as fault:
            kept.died()
            self._tell(Happening("failed", kept.part.name, 0, str(fault)))

    def _sleep_s(self) -> float:
        due = [kept.due_s for kept in self._kept if kept.due_s is not None]
        return max(0.0, min([_TICK_S, *(moment - time.monotonic() for moment in due)]))

    def _end(self, group: list[_Kept], *, deadline: float, hurry: Callable[[], bool]) -> None:
        alive = [kept for kept in group if kept.running()]
        for kept in alive:
            assert kept.process is not None
            kept.process.ask_to_end()
        limit = min(deadline, time.monotonic() + max((kept.part.stop_within_s for kept in alive), default=0.0))
        while any(kept.running() for kept in alive) and time.monotonic() < limit and not hurry():
            time.sleep(0.02)
        for kept in alive:
            self._bury(kept)

    def _bury(self, kept: _Kept) -> None:
        assert kept.process is not None
        killed = kept.running()
        kept.process.kill()
        until = time.monotonic() + 1.0
        while kept.running() and time.monotonic() < until:
            time.sleep(0.005)
        detail = "did not end in time and was killed" if killed else ""
        self._tell(Happening("stopped", kept.part.name, kept.process.pid, detail))


def _words(code: int) -> str:
    return f"killed by {signal.Signals(-code).name}" if code < 0 else f"exit code {code}"


@contextlib.contextmanager
def _wakeups() -> Iterator[Callable[[float], bool]]:
    """A function that sleeps until a child ends or the time is over; true when we were asked to stop."""
    read, write = os.pipe()
    os.set_blocking(read, False)
    os.set_blocking(write, False)
    ours = (signal.SIGCHLD, signal.SIGTERM, signal.SIGINT)
    before = {number: signal.signal(number, lambda *_: None) for number in ours}
    old_wakeup = signal.set_wakeup_fd(write, warn_on_full_buffer=False)

    def wake(seconds: float) -> bool:
        ready, _, _ = select.select([read], [], [], seconds)
        said = os.read(read, 512) if ready else b""
        return bool({signal.SIGTERM, signal.SIGINT} & set(said))

    try:
        yield wake
    finally:
        signal.set_wakeup_fd(old_wakeup)
        for number, handler in before.items():
            signal.signal(number, handler)
        os.close(read)
        os.close(write)
