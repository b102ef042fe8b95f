"""``/ws/events``: what happens, told to browsers while it happens."""

import contextlib
from functools import partial
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, WebSocket, WebSocketDisconnect

from cctv.access.doors import Access, AccessDep
from cctv.base.errors import CctvError
from cctv.base.events import CAMERAS_CHANGED, CAMERAS_CHANGED_EVENT
from cctv.base.permission import SIGNED_IN
from cctv.infra.database import Database
from cctv.infra.http import Inject, Relay, Requires, while_allowed

router = APIRouter()

_SIGN_IN_ENDED = 4401
"""Close code: as 401 of a request."""


@router.websocket("/ws/events", dependencies=[Requires(SIGNED_IN)])
async def events(
    socket: WebSocket,
    relay: Annotated[Relay, Inject(Relay)],
    access: AccessDep,
) -> None:
    """`{"type", "data"}`: `CAMERA_STATUS` as it changes, `CAMERAS_CHANGED`, `ALIVE` in quiet half seconds,
    `RESYNC` after a loss.

    Only of cameras that whoever listens may see, asked at each message. Closes with 4401 when the sign-in ends.
    """
    allowed = await while_allowed(
        relay.serve(socket, wanted=partial(_may_hear, access)), access.until_signed_out()
    )
    if not allowed:
        with contextlib.suppress(RuntimeError, WebSocketDisconnect):
            await socket.close(_SIGN_IN_ENDED, "unauthenticated")


async def _may_hear(access: Access, message: dict[str, Any]) -> bool:
    """Whether this is for whoever listens; what is about no camera is for all who have signed in."""
    data = message.get("data") or {}
    if not isinstance(data, dict) or data.get("camera") is None:
        return True
    try:
        rights = await access.policy.rights(access.actor)
        await access.policy.require(rights, None, [UUID(str(data["camera"]))])
    except (CctvError, ValueError):
        return False
    return True


async def tell_changes(database: Database, relay: Relay) -> None:
    """Hand the registry's notifications on, for ever; after each connection to the database an empty one."""
    async for _, camera in database.listen(CAMERAS_CHANGED):
        relay.tell({"type": CAMERAS_CHANGED_EVENT, "data": {"camera": camera or None}})
