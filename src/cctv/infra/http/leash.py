"""What goes on after its request was let in, a socket or a long answer, and must end when the right to it ends."""

import asyncio
import contextlib
from collections.abc import AsyncGenerator, Callable, Coroutine, Mapping
from typing import Any

from fastapi.responses import StreamingResponse
from starlette.types import Receive, Scope, Send

from cctv.infra.telemetry import log

End = Callable[[], Coroutine[Any, Any, None]]
"""Returns as soon as there is no more right to go on."""


class LeashedResponse(StreamingResponse):
    """A long answer that is cut off as soon as one of ``ends`` returns, also while its client reads nothing.

    It is left unfinished then: the server closes the connection before ``Content-Length`` is reached, by which a
    client knows that it does not have all. ``stream`` is closed with the answer, however that ends.
    """

    def __init__(
        self, stream: AsyncGenerator[bytes], status: int, *, headers: Mapping[str, str], ends: tuple[End, ...]
    ) -> None:
        super().__init__(stream, status, headers=headers)
        self._stream = stream
        self._ends = ends

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async with contextlib.aclosing(self._stream):
            sending = super().__call__(scope, receive, send)
            if not await while_allowed(sending, *[end() for end in self._ends]):
                log.info("answer_cut", words="the right to it is no more", path=scope["path"])


async def while_allowed(work: Coroutine[Any, Any, None], *ends: Coroutine[Any, Any, None]) -> bool:
    """Run ``work`` until it is done, or one of ``ends`` returns; whether it was left to end by itself."""
    working = asyncio.create_task(work)
    watching = [asyncio.create_task(one) for one in ends]
    try:
        await asyncio.wait([working, *watching], return_when=asyncio.FIRST_COMPLETED)
        allowed = working.done()
    finally:
        for task in [working, *watching]:
            task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await asyncio.gather(working, *watching, return_exceptions=True)
    with contextlib.suppress(asyncio.CancelledError):
        await working
    return allowed
