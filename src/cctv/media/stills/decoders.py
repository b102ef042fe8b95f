"""A few child processes that decode, so that a hostile stream costs a child and nothing else.

A child is started when it is first needed and ends when idle for a while, when it takes too long, or with us:
its standard input closes. PyAV is imported there and never here. How they talk is written in
``cctv.media.stills.wire``.
"""

import asyncio
import contextlib
import sys
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from typing import Final

import structlog

from cctv.media.errors import DamagedMedia, DecoderLost
from cctv.media.stills.wire import DONE, REPLY, REQUEST, Wish

_LOG = structlog.get_logger()

WORKER: Final = (sys.executable, "-m", "cctv.media.stills.worker")
_LONGEST_REPLY: Final = 64 << 20
_IDLE_S: Final = 60.0


@dataclass(frozen=True, slots=True)
class Picture:
    """A JPEG (none where a proof was wished for) and the run's 90 kHz time of the frame that it shows."""

    jpeg: bytes
    at_90k: int


@dataclass(frozen=True, slots=True)
class DecodeJob:
    """What a child needs: the init segment, a GOP or its key frame, what is wanted of it, and how wide."""

    init: bytes
    gop: bytes
    wish: Wish
    at_90k: int = 0
    width: int | None = None


class Decoders:
    """At most ``workers`` children, one a :attr:`turn`. ``command`` is what tests replace."""

    def __init__(self, *, workers: int, timeout_s: float, command: tuple[str, ...] = WORKER) -> None:
        self._timeout_s = timeout_s
        self._command = command
        self.turn = asyncio.Semaphore(workers)
        """To be held around :meth:`decode`, and around reading what it needs: those who wait hold no footage."""
        self._idle: list[_Child] = []

    async def decode(self, job: DecodeJob) -> Picture:
        """The picture; DamagedMedia when there is none in the bytes, DecoderLost when the child dies or hangs."""
        async with self._child() as child:
            return await child.ask(job)

    async def close(self) -> None:
        """End all children that rest; those at work end with their callers."""
        while self._idle:
            await self._idle.pop().end()

    @contextlib.asynccontextmanager
    async def _child(self) -> AsyncIterator["_Child"]:
        child = await self._rested_or_new()
        healthy = False
        try:
            async with asyncio.timeout(self._timeout_s):
                yield child
            healthy = True
        except _Refused as fault:
            healthy = True
            raise DamagedMedia(str(fault)) from fault
        except (TimeoutError, OSError, asyncio.IncompleteReadError, _Nonsense) as fault:
            _LOG.warning("decoder_lost", pid=child.pid, reason=type(fault).__name__)
            raise DecoderLost from fault
        finally:
            if healthy:
                self._idle.append(child)
                child.rest(_IDLE_S, self._dismiss)
            else:
                await child.end()

    async def _rested_or_new(self) -> "_Child":
        while self._idle:
            child = self._idle.pop()
            child.rouse()
            if child.alive:
                return child
        try:
            return await _Child.start(self._command)
        except OSError as fault:
            _LOG.warning("decoder_not_started", reason=str(fault))
            raise DecoderLost from fault

    def _dismiss(self, child: "_Child") -> None:
        if child in self._idle:
            self._idle.remove(child)
            child.kill()


class _Refused(Exception):
    """The child says that the bytes are damaged."""


class _Nonsense(Exception):
    """The child answered something that is no answer."""


class _Child:
    def __init__(self, process: asyncio.subprocess.Process) -> None:
        assert process.stdin is not None
        assert process.stdout is not None
        self._process = process
        self._stdin, self._stdout = process.stdin, process.stdout
        self._alarm: asyncio.TimerHandle | None = None

    @classmethod
    async def start(cls, command: tuple[str, ...]) -> "_Child":
        return cls(
            await asyncio.create_subprocess_exec(
                *command,
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.DEVNULL,
                limit=1 << 20,
            )
        )

    @property
    def alive(self) -> bool:
        return self._process.returncode is None

    @property
    def pid(self) -> int:
        return self._process.pid

    async def ask(self, job: DecodeJob) -> Picture:
        header = REQUEST.pack(job.at_90k, job.wish, job.width or 0, len(job.init), len(job.gop))
        self._stdin.writelines([header, job.init, job.gop])
        await self._stdin.drain()
        said, at_90k, size = REPLY.unpack(await self._stdout.readexactly(REPLY.size))
        if size > _LONGEST_REPLY:
            raise _Nonsense
        body = await self._stdout.readexactly(size)
        if said != DONE:
            raise _Refused(body.decode(errors="replace"))
        return Picture(jpeg=body, at_90k=at_90k)

    def rest(self, idle_s: float, dismiss: Callable[["_Child"], None]) -> None:
        self._alarm = asyncio.get_running_loop().call_later(idle_s, dismiss, self)

    def rouse(self) -> None:
        if self._alarm is not None:
            self._alarm.cancel()

    def kill(self) -> None:
        with contextlib.suppress(ProcessLookupError):
            self._process.kill()

    async def end(self) -> None:
        self.rouse()
        self.kill()
        await self._process.wait()
