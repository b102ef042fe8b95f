"""Hands the messages of one Valkey channel to every open socket: one subscription a process, however many listen.

Who is too slow, and everybody after Valkey was away, gets a ``RESYNC``: something was missed, read everything
anew. An ``ALIVE`` in each quiet half second lets the other side notice a dead connection, which TCP alone does not
tell for minutes; it also says whether the channel is heard at all, so that a quiet one is not taken for good news.
"""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from typing import Any

from fastapi import WebSocket, WebSocketDisconnect

from cctv.base.clock import Clock
from cctv.infra.cache import Cache, CacheUnavailable

ALIVE = "ALIVE"
RESYNC = "RESYNC"

_MOST_WAITING = 1000
_ALIVE_S = 0.5
_SEND_LIMIT_S = 10.0
_RETRY_S = 0.5

Message = dict[str, Any]
Wanted = Callable[[Message], Awaitable[bool]]


class Relay:
    """One a process; :meth:`run` listens, :meth:`serve` is one socket's life."""

    def __init__(self, cache: Cache, channel: str, *, clock: Clock) -> None:
        self._cache = cache
        self._channel = channel
        self._clock = clock
        self._queues: set[asyncio.Queue[Message]] = set()
        self._hears = False

    async def run(self) -> None:
        """Listen for ever; sockets are told when something may have been missed."""
        while True:
            with contextlib.suppress(CacheUnavailable):
                async for message in self._cache.subscribe(self._channel):
                    self._hears = True
                    self.tell(message or {"type": RESYNC})
            self._hears = False
            await asyncio.sleep(_RETRY_S)

    async def serve(self, socket: WebSocket, wanted: Wanted | None = None) -> None:
        """Send what comes, and is ``wanted``, until the other side goes away or does not read for 10 s."""
        await socket.accept()
        queue: asyncio.Queue[Message] = asyncio.Queue(_MOST_WAITING)
        self._queues.add(queue)
        try:
            async with asyncio.TaskGroup() as both:
                sending = both.create_task(self._send(socket, queue, wanted))
                await _until_gone(socket)
                sending.cancel()
        finally:
            self._queues.discard(queue)

    def tell(self, message: Message) -> None:
        """Send ``message`` to every open socket; whoever has too much waiting gets a ``RESYNC`` instead."""
        for queue in self._queues:
            try:
                queue.put_nowait(message)
            except asyncio.QueueFull:
                while not queue.empty():
                    queue.get_nowait()
                queue.put_nowait({"type": RESYNC})

    async def _send(self, socket: WebSocket, queue: asyncio.Queue[Message], wanted: Wanted | None) -> None:
        loop = asyncio.get_running_loop()
        due_s = loop.time() + _ALIVE_S
        try:
            while True:
                message = await self._next(queue, due_s)
                if wanted is not None and not await wanted(message):
                    continue
                async with asyncio.timeout(_SEND_LIMIT_S):
                    await socket.send_json(message)
                due_s = loop.time() + _ALIVE_S
        except (TimeoutError, WebSocketDisconnect, RuntimeError):
            with contextlib.suppress(TimeoutError, WebSocketDisconnect, RuntimeError):
                async with asyncio.timeout(1):
                    await socket.close()

    async def _next(self, queue: asyncio.Queue[Message], due_s: float) -> Message:
        """What comes next, or that we are there: said also while nothing comes that this socket may hear."""
        with contextlib.suppress(TimeoutError):
            if asyncio.get_running_loop().time() < due_s:
                async with asyncio.timeout_at(due_s):
                    return await queue.get()
        now_ms = self._clock.wall_us() // 1000
        return {"type": ALIVE, "data": {"server_ms": now_ms, "hears": self._hears}}


async def _until_gone(socket: WebSocket) -> None:
    with contextlib.suppress(WebSocketDisconnect, RuntimeError):
        while True:
            await socket.receive_text()
