"""Recorded files and ranges of them, wherever they lie."""

import asyncio
import resource
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import Any, BinaryIO, Final

from cctv.infra.disks import Volume
from cctv.infra.places import Place
from cctv.viewing.playback.errors import FootageUnreadable
from cctv.viewing.playback.objects.segment_cache import SegmentCache

Volumes = Mapping[str, Place]

_MANY_FILES: Final = 16_384
_TRIES: Final = 3


def allow_many_files() -> None:
    """Raise this process's limit of open files as far as it may: a download of half a day holds 720."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = _MANY_FILES if hard == resource.RLIM_INFINITY else min(_MANY_FILES, hard)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


class Objects:
    """Opens objects: from a volume of this machine, else from the cache, which fetches them from their store."""

    def __init__(self, volumes: Volumes, *, cache: SegmentCache | None) -> None:
        self._volumes = volumes
        self._local = [one for one in volumes.values() if isinstance(one, Volume)]
        self._cache = cache

    async def open(self, volume: str, name: str) -> BinaryIO:
        """The file of an object, closed or still being written; :class:`FootageUnreadable`.

        What was on a volume when it was looked up may be in the store by now, so both are asked.
        """
        found = await _opened(partial(self._open_here, volume, name))
        if found is not None:
            return found
        if self._cache is None:
            if volume not in self._volumes:
                raise FootageUnreadable(
                    f"The volume {volume} is not on this machine.",
                    arabic=f"وحدة التخزين {volume} ليست على هذا الجهاز.",
                    volume=volume,
                )
            raise FootageUnreadable(object=name)
        for _ in range(_TRIES):  # a cache that is too small may throw it out before it is opened
            path = await self._cache.fetch(name)
            try:
                found = await _opened(partial(_open_file, path))
            except OSError:
                continue
            if found is not None:
                return found
        raise FootageUnreadable(object=name)

    async def open_all(self, stack: ExitStack, objects: list[tuple[str, str]]) -> list[BinaryIO]:
        """The files of (volume, name) pairs, one descriptor an object, closed with ``stack``.

        An open file cannot be lost to retention, nor to the cache's limit, while it is being sent.
        """
        wanted = list(dict.fromkeys(objects))
        opening = {pair: asyncio.create_task(self.open(*pair)) for pair in wanted}
        try:
            if opening:
                await asyncio.wait(opening.values())
        except asyncio.CancelledError:
            for task in opening.values():
                task.cancel()
                task.add_done_callback(_close)
            raise
        for task in opening.values():
            if task.exception() is None:
                stack.enter_context(task.result())
        return [opening[pair].result() for pair in objects]

    def _open_here(self, volume: str, name: str) -> BinaryIO | None:
        # The volume of the catalogue first; what is on its way into a store lies on another.
        for place in sorted(self._local, key=lambda one: one.id != volume):
            path = place.find(name)
            if path is not None:
                try:
                    return path.open("rb")
                except OSError:
                    continue
        return None


def _open_file(path: Path) -> BinaryIO:
    return path.open("rb")


async def _opened(opening: Callable[[], BinaryIO | None]) -> BinaryIO | None:
    """Open in a thread; who is cancelled meanwhile leaves nothing open."""
    task = asyncio.ensure_future(asyncio.to_thread(opening))
    try:
        return await asyncio.shield(task)
    except asyncio.CancelledError:
        task.add_done_callback(_close)
        raise


def _close(opening: "asyncio.Future[Any]") -> None:
    if not opening.cancelled() and opening.exception() is None and opening.result() is not None:
        opening.result().close()


def read_range(file: BinaryIO, offset: int, length: int) -> bytes:
    """Exactly ``length`` bytes from ``offset``; :class:`FootageUnreadable` when they are not there."""
    try:
        file.seek(offset)
        found = file.read(length)
    except OSError as fault:
        raise FootageUnreadable from fault
    if len(found) != length:
        raise FootageUnreadable
    return found
