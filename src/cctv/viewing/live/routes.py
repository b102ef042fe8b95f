"""``/ws/live/{camera}``: one socket a tile."""

import contextlib
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, WebSocket, WebSocketDisconnect

from cctv.access.doors import AccessDep
from cctv.base.clock import Clock
from cctv.base.ids import CameraId
from cctv.base.permission import Verb
from cctv.base.permission import camera as on_camera
from cctv.infra.http import Inject, Requires, while_allowed
from cctv.viewing.feed import Feeds, Stream
from cctv.viewing.live.show import show
from cctv.viewing.live.watched import watched

router = APIRouter()

_RIGHT_ENDED = 4403
"""Close code: as 403 of a request."""


@router.websocket("/ws/live/{camera}", dependencies=[Requires(on_camera(Verb.LIVE))])
async def live(
    socket: WebSocket,
    camera: UUID,
    feeds: Annotated[Feeds, Inject(Feeds)],
    clock: Annotated[Clock, Inject(Clock)],
    access: AccessDep,
    stream: Stream = "main",
) -> None:
    """Live pictures of a camera's main or sub stream; messages as in ``schemas.py``.

    The socket closes with 4403 as soon as the right to it, or the sign-in, is no more.
    """
    async with watched(access, camera, stream, clock):
        await socket.accept()
        allowed = await while_allowed(
            show(socket, feeds, CameraId(camera), stream, clock),
            access.until_withdrawn(Verb.LIVE, camera),
            access.until_signed_out(),
        )
        if not allowed:
            with contextlib.suppress(RuntimeError, WebSocketDisconnect):
                await socket.close(_RIGHT_ENDED, "may_not")
