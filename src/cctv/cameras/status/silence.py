"""Tells browsers of a recorder that has gone silent: it can no longer say so itself.

What it said of its cameras is old from then on; once it is heard again, it is not. Of several processes that watch
each tells, which costs a browser nothing.
"""

import asyncio
from collections.abc import Mapping

from cctv.base.errors import Unavailable
from cctv.cameras import registry
from cctv.cameras.status import store
from cctv.cameras.status.announce import publish
from cctv.infra.cache import Cache
from cctv.infra.database import Database

LOOK_EVERY_S = 1.0


class SilenceWatch:
    """Knows which reporters were heard the last time it looked."""

    def __init__(self, database: Database, cache: Cache) -> None:
        self._database = database
        self._cache = cache
        self._heard: Mapping[str, bool] = {}

    async def run(self) -> None:
        """Look for ever. While the database is away nobody knows who is silent, and browsers are told that."""
        while True:
            try:
                await self.look()
            except Unavailable:
                self._heard = {}
            await asyncio.sleep(LOOK_EVERY_S)

    async def look(self) -> None:
        """Publish the states of cameras whose reporter fell silent, or was heard again, since the last look."""
        async with self._database.read() as tx:
            now = await store.reporters(tx)
            before, self._heard = self._heard, now
            changed = [one for one in {*before, *now} if before.get(one, now.get(one)) != now.get(one, False)]
            ids = await store.reported_by(tx, changed) if changed else set()
            cameras = [camera for camera in await registry.list_cameras(tx) if camera.id in ids] if ids else []
            states = await store.statuses(tx, cameras) if cameras else {}
        for status in states.values():
            await publish(self._cache, status)
