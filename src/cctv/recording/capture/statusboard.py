"""How our cameras are, on its way to the database: the latest word about each, written when it changes.

PostgreSQL away: the words wait, only the last one of each camera counts.
"""

import asyncio
import threading
from dataclasses import replace

from cctv.cameras import status
from cctv.cameras.status import Report
from cctv.infra.cache import Cache
from cctv.infra.database import Database, DatabaseUnavailable

_ALIVE_S = 1.0


class StatusBoard:
    """Sessions write on it from their threads; one loop takes it to the database."""

    def __init__(self, reporter: str) -> None:
        self._reporter = reporter
        self._guard = threading.Lock()
        self._fresh: dict[object, Report] = {}
        self._last: dict[object, Report] = {}

    def say(self, report: Report) -> None:
        """A camera's state from now on; the same state again keeps its beginning."""
        with self._guard:
            last = self._last.get(report.camera_id)
            if last is not None and _same(last, report):
                report = replace(report, since=last.since)
            self._last[report.camera_id] = self._fresh[report.camera_id] = report

    def last(self, camera: object) -> Report | None:
        return self._last.get(camera)

    def forget(self, camera: object) -> None:
        """Another recorder speaks for the camera now."""
        with self._guard:
            self._last.pop(camera, None)
            self._fresh.pop(camera, None)

    async def flush(self, database: Database, cache: Cache, *, alive: bool = False) -> None:
        """Write what is new; with ``alive`` a sign of life even if nothing is."""
        with self._guard:
            fresh, self._fresh = self._fresh, {}
        if not fresh and not alive:
            return
        try:
            async with database.write() as tx:
                news = await status.set_statuses(tx, fresh.values(), reporter=self._reporter)
        except DatabaseUnavailable:
            with self._guard:
                self._fresh = {**fresh, **self._fresh}
            raise
        await status.announce(cache, news, reporter=self._reporter)

    async def leave(self, database: Database) -> None:
        """What was said is old from now on."""
        async with database.write() as tx:
            await status.gone(tx, self._reporter)

    async def run(self, database: Database, cache: Cache, every_s: float) -> None:
        """Flush, for ever."""
        loop = asyncio.get_running_loop()
        alive_at = 0.0
        while True:
            try:
                due = loop.time() >= alive_at
                await self.flush(database, cache, alive=due)
                if due:
                    alive_at = loop.time() + _ALIVE_S
            except DatabaseUnavailable:
                await asyncio.sleep(1.0)
            await asyncio.sleep(every_s)


def _same(one: Report, other: Report) -> bool:
    return (one.state, one.cause, one.fault) == (other.state, other.cause, other.fault)
