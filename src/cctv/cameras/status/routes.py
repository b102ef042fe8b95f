"""HTTP of cameras as they are: the list with states, one camera, what its states were."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query, Response

from cctv.access.doors import AccessDep
from cctv.base.permission import SIGNED_IN
from cctv.base.permission import camera as on_camera
from cctv.cameras import registry
from cctv.cameras.status import store
from cctv.cameras.status.schemas import (
    CameraFilter,
    CameraList,
    CameraQuery,
    CameraWithStatus,
    PastState,
    StatusHistory,
    StatusOut,
    StatusSummary,
)
from cctv.infra.http import Problem, ReadDep, Requires

_GONE: dict[int | str, dict[str, Any]] = {404: {"model": Problem, "description": "There is no such camera."}}
_SEE = [Requires(on_camera(None, "camera_id"))]

router = APIRouter(prefix="/api/v1/cameras", tags=["cameras"])


@router.get("", dependencies=[Requires(SIGNED_IN)])
async def cameras(tx: ReadDep, access: AccessDep, query: Annotated[CameraQuery, Query()]) -> CameraList:
    """The cameras you may see with their states, a page at a time; `total` counts all pages."""
    wanted, also = query.wanted(access.scope(None)), [store.in_state(query.state)] if query.state else []
    found = await registry.list_cameras(tx, wanted, query.page(), also=also)
    total = await registry.count_cameras(tx, wanted, also=also)
    how = await store.statuses(tx, found)
    items = [CameraWithStatus.of_both(camera, how[camera.id]) for camera in found]
    return CameraList(items=items, total=total, limit=query.limit, offset=query.offset)


@router.get("/summary", dependencies=[Requires(SIGNED_IN)])
async def summary(tx: ReadDep, access: AccessDep, query: Annotated[CameraFilter, Query()]) -> StatusSummary:
    """How many of the cameras you may see are in which state, in all and for each agency."""
    found = await registry.list_cameras(tx, query.wanted(access.scope(None)))
    return StatusSummary.of(found, await store.statuses(tx, found))


@router.get("/{camera_id:uuid}", dependencies=_SEE, responses=_GONE)
async def camera(camera_id: UUID, tx: ReadDep, response: Response) -> CameraWithStatus:
    """One camera with its state; also when it was removed. The `ETag` is for `If-Match` of a change."""
    found = await registry.get_camera(tx, camera_id)
    response.headers["ETag"] = f'"{found.version}"'
    return CameraWithStatus.of_both(found, (await store.statuses(tx, [found]))[found.id])


@router.get("/{camera_id:uuid}/status", dependencies=_SEE, responses=_GONE)
async def status(camera_id: UUID, tx: ReadDep, limit: Annotated[int, Query(ge=1, le=500)] = 50) -> StatusHistory:
    """The camera's state now and the states before it, newest first (the last 500 are kept)."""
    found = await registry.get_camera(tx, camera_id)
    now = (await store.statuses(tx, [found]))[found.id]
    past = await store.history(tx, camera_id, limit=limit)
    return StatusHistory(camera=camera_id, now=StatusOut.of(now), history=[PastState.of(one) for one in past])
