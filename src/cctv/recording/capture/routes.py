"""Internal: how the sessions of this recorder are, and ranges of files that are still in this node's spool.

Not routed from outside: viewers get recorded bytes from the gateway.
"""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter
from fastapi.responses import FileResponse
from pydantic import BaseModel

from cctv.base.faults import CameraState, Cause
from cctv.base.ids import parse_object_name
from cctv.base.permission import System, system
from cctv.infra.http import Inject, Requires
from cctv.recording.capture.errors import NoSuchObject
from cctv.recording.capture.recorder import Recorder

router = APIRouter(prefix="/internal", tags=["internal"])
_INSIDE = [Requires(system(System.INTERNAL))]


class RecorderSessionOut(BaseModel):
    """One camera of this recorder."""

    camera: UUID
    fence: int
    state: CameraState | None
    cause: Cause | None
    since: datetime | None
    recording: bool
    frames: int


@router.get("/sessions", dependencies=_INSIDE)
async def list_sessions(recorder: Annotated[Recorder, Inject(Recorder)]) -> list[RecorderSessionOut]:
    """The cameras of this recorder and how they are."""
    posts, board = recorder.workshop.posts, recorder.workshop.board
    found = []
    for camera, post in posts.all.items():
        last, session = board.last(camera), post.session
        found.append(
            RecorderSessionOut(
                camera=camera,
                fence=post.fence,
                state=last.state if last else None,
                cause=last.cause if last else None,
                since=last.since if last else None,
                recording=post.recorder.recording,
                frames=session.frames if session else 0,
            )
        )
    return found


@router.get("/spool/{volume}/{name:path}", dependencies=_INSIDE)
async def read_spool(volume: str, name: str, recorder: Annotated[Recorder, Inject(Recorder)]) -> FileResponse:
    """Bytes of a file in the spool or just stored; ``Range`` is answered with 206."""
    if parse_object_name(name) is None:
        raise NoSuchObject(object=name)
    for one in recorder.workshop.site.volumes:
        path = one.find(name) if one.id == volume else None
        if path is not None:
            return FileResponse(path, media_type="video/mp4")
    raise NoSuchObject(object=name)
