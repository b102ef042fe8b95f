"""Segments of an object store on this machine's disk: fetched whole, checked, thrown out when room is needed.

The gateway reads the same folder and answers by itself what it finds there, so names are the objects' own, below
``archive/`` as on a volume. A file appears by a rename once all of it is on the disk and its hash is that of the
catalogue; it may vanish at any moment.
"""

import asyncio
import contextlib
import hashlib
import os
import secrets
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from threading import Lock
from typing import Final

import structlog

from cctv.base.ids import ObjectName, parse_object_name
from cctv.infra.objects import ObjectStore, StoreFault
from cctv.recording.archive import Placed
from cctv.viewing.playback.errors import FootageUnreadable
from cctv.viewing.playback.metrics import CACHE_EVICTIONS, CACHE_HITS, CACHE_MISSES

_KIND: Final = "segment"
_SUFFIX: Final = ".mp4"
_AT_ONCE: Final = 8

_LOG = structlog.get_logger()

Find = Callable[[ObjectName], Awaitable[Placed | None]]


class SegmentCache:
    """At most ``limit_bytes``, but the newest segment in any case. One process has a folder.

    ``find`` asks the catalogue where an object is and what it should be.
    """

    def __init__(self, folder: Path, *, limit_bytes: int, stores: Mapping[str, ObjectStore], find: Find) -> None:
        self._folder = folder / "archive"
        self._limit = limit_bytes
        self._stores = stores
        self._find = find
        self._sizes: OrderedDict[str, int] = OrderedDict()
        self._total = 0
        self._lock = Lock()
        self._fetching: dict[str, asyncio.Task[Path]] = {}
        self._turns = asyncio.Semaphore(_AT_ONCE)

    @property
    def total_bytes(self) -> int:
        return self._total

    def load(self) -> None:
        """Take over what an earlier process left, by age; remove what it left half-written. Blocking."""
        self._folder.mkdir(parents=True, exist_ok=True)
        found: list[tuple[int, str, int]] = []
        for path in self._folder.rglob("*.*"):
            if path.suffix != _SUFFIX:
                path.unlink(missing_ok=True)
                continue
            state = path.stat()
            found.append((state.st_mtime_ns, path.relative_to(self._folder).as_posix(), state.st_size))
        with self._lock:
            for _, name, size in sorted(found):
                if name not in self._sizes:
                    self._sizes[name] = size
                    self._total += size
            gone = self._surplus()
        self._remove(gone)

    def used(self, name: str) -> None:
        """The gateway is about to answer from the file, if it is there."""
        if self._touch(name):
            CACHE_HITS.labels(kind=_KIND).inc()

    async def fetch(self, name: str) -> Path:
        """The file of an object; however many ask at once, it is fetched once. :class:`FootageUnreadable`."""
        path = self._folder / name
        if self._touch(name) and path.is_file():
            CACHE_HITS.labels(kind=_KIND).inc()
            return path
        CACHE_MISSES.labels(kind=_KIND).inc()
        task = self._fetching.get(name)
        if task is None:
            task = self._fetching[name] = asyncio.create_task(self._fetch(name))
            task.add_done_callback(lambda done: self._fetched(name, done))
        return await asyncio.shield(task)

    async def _fetch(self, name: str) -> Path:
        parsed = parse_object_name(name)
        placed = await self._find(parsed) if parsed is not None else None
        store = self._stores.get(placed.volume) if placed is not None else None
        if placed is None or store is None:
            raise FootageUnreadable(object=name)
        async with self._turns:
            return await asyncio.to_thread(self._download, name, placed, store)

    def _fetched(self, name: str, done: asyncio.Task[Path]) -> None:
        self._fetching.pop(name, None)
        if not done.cancelled():
            done.exception()  # whoever asked may have left

    def _download(self, name: str, placed: Placed, store: ObjectStore) -> Path:
        path = self._folder / name
        beside = path.with_name(f"{path.name}.{secrets.token_hex(4)}.part")
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            if _copy(store, name, beside) != placed.sha256:
                _LOG.error("stored_object_damaged", object=name, volume=store.id)
                raise FootageUnreadable(object=name)
            with self._lock:
                self._total += placed.size_bytes - self._sizes.pop(name, 0)
                self._sizes[name] = placed.size_bytes
                gone = self._surplus()
                beside.replace(path)
        except (OSError, StoreFault) as fault:
            _LOG.warning("segment_not_fetched", object=name, volume=store.id, reason=str(fault))
            raise FootageUnreadable(object=name) from fault
        finally:
            with contextlib.suppress(OSError):
                beside.unlink(missing_ok=True)
        self._remove(gone)
        return path

    def _touch(self, name: str) -> bool:
        with self._lock:
            if name not in self._sizes:
                return False
            self._sizes.move_to_end(name)
        with contextlib.suppress(OSError):  # so that the order of use survives a restart
            os.utime(self._folder / name)
        return True

    def _surplus(self) -> list[str]:
        """What must go, forgotten already; the caller holds the lock."""
        gone = []
        while self._total > self._limit and len(self._sizes) > 1:
            name, size = self._sizes.popitem(last=False)
            self._total -= size
            gone.append(name)
        return gone

    def _remove(self, names: list[str]) -> None:
        for name in names:
            with contextlib.suppress(OSError):
                (self._folder / name).unlink(missing_ok=True)
            CACHE_EVICTIONS.labels(kind=_KIND).inc()


def _copy(store: ObjectStore, name: str, target: Path) -> bytes:
    """Write an object into a file, on the disk when this returns; the hash of its bytes."""
    digest = hashlib.sha256()
    with target.open("xb") as file:
        for chunk in store.read(name):
            digest.update(chunk)
            file.write(chunk)
        file.flush()
        os.fsync(file.fileno())
    return digest.digest()
