"""Telling browsers that a camera's state changed: an event on Valkey, after the row is committed.

A lost event costs nothing but time: whoever shows states also reads them again every few seconds.
"""

from collections.abc import Iterable

from cctv.base.events import CAMERA_STATUS, EVENTS_CHANNEL
from cctv.cameras.status.model import Report, Status
from cctv.cameras.status.schemas import StatusOut
from cctv.infra.cache import Cache, CacheUnavailable
from cctv.infra.telemetry import log


async def announce(cache: Cache, news: Iterable[Report], *, reporter: str) -> None:
    """Publish `CAMERA_STATUS` for each report: `{"type", "data": {"camera", ...StatusOut}}`."""
    for report in news:
        if not await publish(cache, _as_status(report, reporter)):
            return


async def publish(cache: Cache, status: Status) -> bool:
    """Publish one camera's state; whether Valkey took it."""
    data = {"camera": str(status.camera_id), **StatusOut.of(status).model_dump(mode="json")}
    try:
        await cache.publish(EVENTS_CHANNEL, {"type": CAMERA_STATUS, "data": data})
    except CacheUnavailable:
        log.warning("camera_status_not_announced", camera=str(status.camera_id))
        return False
    return True


def _as_status(report: Report, reporter: str) -> Status:
    return Status(
        camera_id=report.camera_id,
        state=report.state,
        since=report.since,
        cause=report.cause,
        fault=report.fault,
        details=report.details,
        stream=report.stream,
        reporter=reporter,
        fresh=True,
        reported_at=report.since,
        seen_at=report.since,
        now=report.since,
    )
