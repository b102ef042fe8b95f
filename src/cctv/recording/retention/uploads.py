"""The loop that empties this machine's spools into the object store, and what it says of itself."""

import asyncio
from collections.abc import Sequence
from typing import Final

from cctv.base.clock import US_PER_S, Clock, to_us
from cctv.base.errors import Unavailable
from cctv.infra.objects import ObjectStore
from cctv.infra.telemetry import log
from cctv.recording.archive import Uploader
from cctv.recording.retention import metrics

_IDLE_S: Final = 1.0
_COUNT_EVERY_S: Final = 10.0
_RESUME_EVERY_S: Final = 3600.0
_RETRY_MOST_S: Final = 5.0
_LATE_S: Final = 600.0
"""Files are a minute long and go one after the other: what waits longer than this is said by the health answer."""


class Uploads:
    """One a storage-service. Files wait for as long as the store is away; none is given up."""

    def __init__(self, uploaders: Sequence[Uploader], *, store: ObjectStore, clock: Clock) -> None:
        self._uploaders = uploaders
        self._store = store
        self._clock = clock
        self._resumed_us: int | None = None
        self._counted_us = 0
        self._words: str | None = None

    async def run(self) -> None:
        """Until cancelled."""
        wait_s = _IDLE_S
        away = False
        while True:
            try:
                moved = await self._round()
            except Unavailable as fault:
                if not away:
                    log.warning("uploads_wait", words=str(fault))
                away, wait_s = True, min(wait_s * 2, _RETRY_MOST_S)
            else:
                if away:
                    log.info("uploads_go_on")
                away, wait_s = False, 0 if moved else _IDLE_S
            await asyncio.sleep(wait_s)
            wait_s = max(wait_s, _IDLE_S)

    async def health(self) -> str | None:
        """What is wrong with the store, and what waits for it; ``None`` when all is well."""
        wrong = await asyncio.to_thread(self._store.ping)
        return "; ".join(words for words in (wrong, self._words) if words) or None

    async def _round(self) -> int:
        now_us = self._clock.monotonic_us()
        if now_us - self._counted_us >= _COUNT_EVERY_S * US_PER_S:
            self._counted_us = now_us
            await self._count()
        if self._resumed_us is None or now_us - self._resumed_us >= _RESUME_EVERY_S * US_PER_S:
            for uploader in self._uploaders:
                await uploader.resume()
            self._resumed_us = now_us
        moved = 0
        for uploader in self._uploaders:
            done = await uploader.some()
            moved += done.files + done.refused
            metrics.uploads.labels("stored").inc(done.files)
            metrics.uploads.labels("refused").inc(done.refused)
            metrics.uploaded_bytes.inc(done.bytes)
        return moved

    async def _count(self) -> None:
        waiting = [await uploader.waiting() for uploader in self._uploaders]
        files, size = sum(one.files for one in waiting), sum(one.size_bytes for one in waiting)
        oldest = min((one.oldest for one in waiting if one.oldest is not None), default=None)
        age_s = 0.0 if oldest is None else max(0.0, (self._clock.wall_us() - to_us(oldest)) / US_PER_S)
        metrics.queue_files.set(files)
        metrics.queue_bytes.set(size)
        metrics.queue_age_s.set(age_s)
        self._words = f"{files} files ({size} bytes) wait, the oldest for {age_s / 60:.0f} min"
        if age_s < _LATE_S:
            self._words = None
