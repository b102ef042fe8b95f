"""Keeps the gauges of :mod:`.metrics` true, from the database: one place counts for all recorders."""

import asyncio
from collections import Counter

from cctv.base.errors import Unavailable
from cctv.base.faults import CameraState
from cctv.cameras import registry
from cctv.cameras.status import store
from cctv.cameras.status.metrics import camera_up, cameras_in_state, cameras_stale
from cctv.infra.database import Database
from cctv.infra.telemetry import log

RENEW_S = 5.0
_UP = frozenset({CameraState.ONLINE, CameraState.DEGRADED})


async def keep_gauges(database: Database) -> None:
    """Renew them for ever. While the database is away there are no values of single cameras: none is not a lie."""
    while True:
        try:
            await renew_gauges(database)
        except Unavailable:
            camera_up.clear()
            log.warning("camera_gauges_not_renewed")
        await asyncio.sleep(RENEW_S)


async def renew_gauges(database: Database) -> None:
    """Set every gauge to what the database says now."""
    async with database.read() as tx:
        cameras = await registry.list_cameras(tx)
        how = await store.statuses(tx, cameras)
    camera_up.clear()
    states: Counter[CameraState] = Counter()
    for camera in cameras:
        status = how[camera.id]
        states[status.state] += 1
        if camera.enabled:
            camera_up.labels(str(camera.id), camera.agency).set(status.fresh and status.state in _UP)
    for state in CameraState:
        cameras_in_state.labels(state.value).set(states[state])
    cameras_stale.set(sum(not status.fresh for status in how.values()))
