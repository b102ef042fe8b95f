"""Shows a feed to one player: everything that waits goes out in one message, a slow player skips, and is told."""

import asyncio
import contextlib
from collections.abc import Iterator

from fastapi import WebSocket, WebSocketDisconnect

from cctv.base.clock import Clock
from cctv.base.ids import CameraId
from cctv.infra.http import binary_frame, send_framed_of
from cctv.viewing.feed import Announced, Feeds, FeedState, Frame, Message, Stream, TooManyFeeds, Viewer
from cctv.viewing.live.metrics import skipped_frames, viewers
from cctv.viewing.live.schemas import ClockMessage, CodecMessage, SkipMessage, StateMessage

_CLOCK_EVERY_S = 5.0
_SEND_LIMIT_S = 20.0
_TRY_AGAIN_LATER = 1013  # RFC 6455, section 7.4, and the IANA registry of close codes
_TICKS_PER_S = 90_000
_AT_ONCE_BYTES = 2_000_000
"""Of a large GOP at hand so much is one message: each is given its own 20 s."""


async def show(socket: WebSocket, feeds: Feeds, camera: CameraId, stream: Stream, clock: Clock) -> None:
    """Send the camera's stream until the player goes away or does not read for 20 s."""
    try:
        with viewers.labels("mse").track_inprogress(), feeds.watch(camera, stream) as viewer:
            async with asyncio.TaskGroup() as both:
                sending = both.create_task(_Show(socket, viewer, stream, clock).run())
                await _until_gone(socket)
                sending.cancel()
    except TooManyFeeds as refused:
        with contextlib.suppress(RuntimeError, WebSocketDisconnect):
            await socket.close(_TRY_AGAIN_LATER, refused.code)


async def _until_gone(socket: WebSocket) -> None:
    """Players say nothing; reading is how their going is noticed."""
    with contextlib.suppress(WebSocketDisconnect, RuntimeError):
        while True:
            await socket.receive()


def in_messages(messages: list[Message], most_bytes: int = _AT_ONCE_BYTES) -> Iterator[list[Message]]:
    """The same in stretches whose frames are no more than so many bytes, or one frame."""
    some: list[Message] = []
    waiting_bytes = 0
    for message in messages:
        frame_bytes = len(message.data) if isinstance(message, Frame) else 0
        if waiting_bytes and waiting_bytes + frame_bytes > most_bytes:
            yield some
            some, waiting_bytes = [], 0
        some.append(message)
        waiting_bytes += frame_bytes
    yield some


class _Framed:
    """The frame that was framed last: a feed hands each to all its viewers in one go."""

    def __init__(self) -> None:
        self._frame: Frame | None = None
        self._bytes = b""

    def of(self, frame: Frame) -> bytes:
        if frame is not self._frame:
            self._frame, self._bytes = frame, binary_frame(frame.data)
        return self._bytes


_FRAMED = _Framed()


class _Show:
    def __init__(self, socket: WebSocket, viewer: Viewer, stream: Stream, clock: Clock) -> None:
        self._socket = socket
        self._viewer = viewer
        self._stream: Stream = stream
        self._clock = clock
        self._next_clock_s = 0.0
        self._send_framed = send_framed_of(socket.scope)

    async def run(self) -> None:
        self._viewer.hand = self._hand if self._send_framed is not None else None
        try:
            while True:
                messages, skipped = await self._viewer.get()
                async with asyncio.timeout(_SEND_LIMIT_S):
                    if skipped:
                        skipped_frames.inc(skipped)
                        await self._say(SkipMessage(frames=skipped))
                for some in in_messages(messages):
                    async with asyncio.timeout(_SEND_LIMIT_S):
                        await self._send(some)
        except (TimeoutError, WebSocketDisconnect, RuntimeError):
            with contextlib.suppress(RuntimeError, WebSocketDisconnect, TimeoutError):
                async with asyncio.timeout(1):
                    await self._socket.close(_TRY_AGAIN_LATER, "too slow")

    def _hand(self, frame: Frame) -> bool:
        """Put a frame on the wire at once, unless something else is due."""
        return (
            self._send_framed is not None
            and self._clock.monotonic_us() / 1e6 < self._next_clock_s
            and self._send_framed(_FRAMED.of(frame))
        )

    async def _send(self, messages: list[Message]) -> None:
        pending: list[bytes] = []
        for message in messages:
            match message:
                case Frame():
                    pending.append(message.data)
                    await self._tie(message)
                case Announced(params):
                    await self._flush(pending)
                    await self._say(
                        CodecMessage(
                            mime=f'video/mp4; codecs="{params.codecs}"',
                            codec=params.codec,
                            width=params.width,
                            height=params.height,
                            b_frames=params.reorder > 0,
                            stream=self._stream,
                        )
                    )
                    await self._socket.send_bytes(params.init)
                    self._next_clock_s = 0.0
                case FeedState():
                    await self._flush(pending)
                    await self._say(StateMessage(state=message.state, cause=message.cause, words=message.words))
        await self._flush(pending)

    async def _flush(self, pending: list[bytes]) -> None:
        if pending:
            await self._socket.send_bytes(pending[0] if len(pending) == 1 else b"".join(pending))
            pending.clear()

    async def _tie(self, frame: Frame) -> None:
        """Now and then, which media time is which moment: the tile's clock and latency come from it."""
        now_s = self._clock.monotonic_us() / 1e6
        if now_s < self._next_clock_s:
            return
        self._next_clock_s = now_s + _CLOCK_EVERY_S
        await self._say(
            ClockMessage(
                media_s=frame.pts_90k / _TICKS_PER_S,
                wall_ms=frame.wall_us / 1000,
                server_ms=self._clock.wall_us() / 1000,
            )
        )

    async def _say(self, message: CodecMessage | SkipMessage | StateMessage | ClockMessage) -> None:
        await self._socket.send_text(message.model_dump_json(exclude_none=True))
