"""Who watched which camera live, and for how long: an entry before the first picture, then one each five minutes.

The last one is written after the last picture. An edge that is killed loses the seconds since the one before.
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from typing import Any, Final
from uuid import UUID

from cctv.access.audit import AuditFull
from cctv.access.doors import Access
from cctv.base.clock import US_PER_S, Clock
from cctv.infra.telemetry import log

_LONGEST_S: Final = 300.0


@contextlib.asynccontextmanager
async def watched(access: Access, camera: UUID, stream: str, clock: Clock) -> AsyncIterator[None]:
    """Keep in the audit what goes on inside. Without the first entry nothing is shown."""
    thing = {"camera": camera, "agency": await access.policy.agency_of(camera), "detail": {"stream": stream}}
    await access.audit.now(access.entry("live.watch", "camera", str(camera), result="began", **thing))
    seconds = _Seconds(access, thing, clock)
    writing = asyncio.create_task(seconds.write_for_ever())
    try:
        yield
    finally:
        writing.cancel()
        seconds.write()


class _Seconds:
    """Seconds of wall clock that were watched and stand in no entry yet."""

    def __init__(self, access: Access, thing: dict[str, Any], clock: Clock) -> None:
        self._access = access
        self._thing = thing
        self._clock = clock
        self._since_us = clock.monotonic_us()

    async def write_for_ever(self) -> None:
        """While the audit is full the seconds wait for the next time."""
        while True:
            await asyncio.sleep(_LONGEST_S)
            try:
                self.write()
            except AuditFull:
                log.warning("live_seconds_not_written", camera=str(self._thing["camera"]))

    def write(self) -> None:
        """Queue an entry for them; :class:`AuditFull` leaves them where they are."""
        now_us = self._clock.monotonic_us()
        seconds = round((now_us - self._since_us) / US_PER_S, 1)
        camera = str(self._thing["camera"])
        self._access.audit.soon(self._access.entry("live.watch", "camera", camera, seconds=seconds, **self._thing))
        self._since_us = now_us
