"""The live origin's door: one socket a watched stream, opened by edges, with messages of ``media/live_wire``."""

import asyncio
import contextlib
import json
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, WebSocket, WebSocketDisconnect

from cctv.base.ids import CameraId
from cctv.base.permission import System, system
from cctv.infra.http import Inject, Requires
from cctv.media.live_wire import live_params, params_message, sample_message
from cctv.media.model import TrackParams
from cctv.recording.capture.errors import NotHeld
from cctv.recording.capture.live.origin import LiveOrigin, LiveState, Stream
from cctv.recording.capture.live.tap import Tap
from cctv.recording.capture.recorder import Recorder

router = APIRouter(prefix="/internal/live")

_LOOK_S = 1.0
_NOT_HERE = 4404
"""Close code: look for the camera elsewhere."""


@router.websocket("/{camera}/{stream}", dependencies=[Requires(system(System.INTERNAL))])
async def live(
    socket: WebSocket, camera: UUID, stream: Stream, recorder: Annotated[Recorder, Inject(Recorder)]
) -> None:
    """The stream's parameters and samples, beginning with the GOP at hand, and its state when it changes."""
    await socket.accept()
    try:
        await _Passing(socket, recorder.workshop.live, CameraId(camera), stream).run()
    except NotHeld as nowhere:
        await socket.close(_NOT_HERE, nowhere.code)
    except (WebSocketDisconnect, RuntimeError):
        pass  # the edge went away


class _Passing:
    def __init__(self, socket: WebSocket, origin: LiveOrigin, camera: CameraId, stream: Stream) -> None:
        self._socket = socket
        self._origin = origin
        self._camera = camera
        self._stream: Stream = stream
        self._told: LiveState | None = None

    async def run(self) -> None:
        loop, ready = asyncio.get_running_loop(), asyncio.Event()

        def wake() -> None:
            with contextlib.suppress(RuntimeError):  # the loop has ended
                loop.call_soon_threadsafe(ready.set)

        with self._origin.watch(self._camera, self._stream, wake=wake) as tap:
            while True:
                await self._tell_state()
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(_LOOK_S):
                        await ready.wait()
                ready.clear()
                await self._pass_on(tap)

    async def _pass_on(self, tap: Tap) -> None:
        for item in tap.drain():
            if isinstance(item, TrackParams):
                await self._socket.send_text(params_message(live_params(item)))
            else:
                await self._socket.send_bytes(sample_message(item.sample, item.wall_us))

    async def _tell_state(self) -> None:
        state = self._origin.state(self._camera, self._stream)
        if state is None:
            raise NotHeld(camera=str(self._camera), stream=self._stream)
        if state != self._told:
            self._told = state
            await self._socket.send_text(
                json.dumps({"type": "state", "state": state.state, "cause": state.cause, "words": state.words})
            )
