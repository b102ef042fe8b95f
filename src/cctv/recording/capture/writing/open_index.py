"""Tells viewers what the files that are being written hold by now: through Valkey, several times a second.

Writer threads only mark a file as changed. Valkey away is harmless: the index is told anew with each fragment.
"""

import asyncio

from cctv.base.ids import CameraId
from cctv.infra.cache import Cache, CacheUnavailable
from cctv.infra.telemetry import log
from cctv.recording.archive import publish_open
from cctv.recording.capture.writing.spool import SegmentFile


class OpenIndex:
    """The newest file of each camera, until it is told."""

    def __init__(self) -> None:
        self._changed: dict[CameraId, SegmentFile] = {}
        self._silent = False

    def changed(self, file: SegmentFile) -> None:
        """A fragment was written. Any thread; one dict store."""
        self._changed[file.trail.row.camera_id] = file

    async def tell(self, cache: Cache) -> int:
        """Tell what changed since the last call; how many files that were."""
        changed, self._changed = self._changed, {}
        if not changed:
            return 0
        try:
            await publish_open(cache, [file.as_open() for file in changed.values()])
        except CacheUnavailable:
            if not self._silent:
                log.warning("open_segments_not_told", reason="the cache does not answer")
            self._silent = True
            return 0
        self._silent = False
        return len(changed)

    async def run(self, cache: Cache, every_s: float) -> None:
        """Tell, for ever."""
        while True:
            await asyncio.sleep(every_s)
            await self.tell(cache)
