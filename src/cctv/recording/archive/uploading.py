"""From a spool volume into an object store, in an order in which a death anywhere loses nothing.

1. The file is read and compared with its row: size and hash. What differs stays where it is and is said.
2. The row gets the store as its volume, still `spooled`. From now on only we can finish it: whoever makes room on
   the spool passes it over, and no object can be in the store without a row of the store.
3. The object is put: one request, whole or not at all.
4. The row becomes `stored`.
5. The file goes.

A death after 2 or 3 leaves a claimed row whose file is still here, after 4 a file that nobody needs;
:meth:`Uploader.resume` looks at what lies on the volume and finishes both.
"""

import asyncio
import hashlib
from collections.abc import Sequence
from itertools import islice
from typing import NamedTuple

import structlog

from cctv.base.errors import Unavailable
from cctv.base.ids import parse_object_name
from cctv.infra.database import Database
from cctv.infra.disks import Volume
from cctv.infra.objects import ObjectStore
from cctv.recording.archive.model import SegmentState
from cctv.recording.archive.store import uploading as store
from cctv.recording.archive.store.uploading import Parcel, Waiting

log = structlog.get_logger()

_LOOKED_UP_AT_ONCE = 500


class Moved(NamedTuple):
    """What reached the store; `refused` files are not those that were recorded."""

    files: int
    bytes: int
    refused: int


class Uploader:
    """One for each spool volume; only one process may have it at a time. Its memory may be lost at any moment."""

    def __init__(self, *, database: Database, spool: Volume, target: ObjectStore, at_once: int = 4) -> None:
        self._database = database
        self._spool = spool
        self._target = target
        self._at_once = at_once
        self._claimed: dict[str, Parcel] = {}
        self._refused: set[str] = set()

    async def resume(self) -> int:
        """Find what an earlier uploader left half done; how many files. Refused files get another chance."""
        self._refused.clear()
        names, found = self._spool.stored(), 0
        while part := await asyncio.to_thread(lambda: [name for name, _ in islice(names, _LOOKED_UP_AT_ONCE)]):
            parsed = [name for name in map(parse_object_name, part) if name is not None]
            async with self._database.read() as tx:
                parcels = await store.by_names(tx, self._target.id, parsed)
            for parcel in parcels:
                found += 1
                if parcel.state == SegmentState.SPOOLED:
                    self._claimed[parcel.object_name] = parcel
                elif parcel.state in (SegmentState.STORED, SegmentState.TO_DELETE):
                    await asyncio.to_thread(self._remove_leftover, parcel)
        if found:
            log.info("uploads_resumed", volume=self._spool.id, files=found)
        return found

    async def some(self) -> Moved:
        """Move the oldest few; what was claimed before comes first. Raises ``Unavailable`` when none could be put.

        Nothing that failed is forgotten: a later call tries it again.
        """
        parcels = list(islice(self._claimed.values(), self._at_once))
        if len(parcels) < self._at_once:
            parcels += await self._waiting(self._at_once - len(parcels))
        contents = await asyncio.gather(*(asyncio.to_thread(self._content, one) for one in parcels))
        good = {one.object_name: data for one, data in zip(parcels, contents, strict=True) if data is not None}
        refused = sum(1 for one in parcels if one.object_name in self._refused)
        ours = await self._claim([one for one in parcels if one.object_name in good])
        puts = (asyncio.to_thread(self._target.put, one.object_name, good[one.object_name]) for one in ours)
        answers = await asyncio.gather(*puts, return_exceptions=True)
        arrived = [one for one, answer in zip(ours, answers, strict=True) if answer is None]
        await self._finish(arrived)
        for one, answer in zip(ours, answers, strict=True):
            if answer is None:
                continue
            if not arrived or not isinstance(answer, Unavailable):
                raise answer
            log.warning("upload_failed", object=one.object_name, volume=self._target.id, reason=str(answer))
            self._claimed[one.object_name] = self._claimed.pop(one.object_name)  # the others come first
        return Moved(len(arrived), sum(one.size_bytes for one in arrived), refused)

    async def waiting(self) -> Waiting:
        """How much waits: on the volume, and claimed."""
        async with self._database.read() as tx:
            found = await store.queue(tx, self._spool.id)
        claimed = self._claimed.values()
        starts = [one.start for one in claimed] + ([found.oldest] if found.oldest is not None else [])
        size = found.size_bytes + sum(one.size_bytes for one in claimed)
        return Waiting(found.files + len(claimed), size, min(starts, default=None))

    async def _waiting(self, limit: int) -> Sequence[Parcel]:
        async with self._database.read() as tx:
            return await store.waiting(tx, self._spool.id, limit, sorted(self._refused))

    async def _claim(self, parcels: Sequence[Parcel]) -> list[Parcel]:
        fresh = [one for one in parcels if one.object_name not in self._claimed]
        if fresh:
            async with self._database.write() as tx:
                claimed = await store.claim(tx, self._spool.id, self._target.id, fresh)
            self._claimed |= {one.object_name: one for one in claimed}
        return [one for one in parcels if one.object_name in self._claimed]

    async def _finish(self, parcels: Sequence[Parcel]) -> None:
        if not parcels:
            return
        async with self._database.write() as tx:
            stored = await store.arrived(tx, self._target.id, parcels)
        for one in parcels:
            del self._claimed[one.object_name]
        deleted = await asyncio.to_thread(self._spool.delete_many, [one.object_name for one in stored])
        if deleted.fault is not None:
            raise deleted.fault

    def _content(self, parcel: Parcel) -> bytes | None:
        """The file's bytes when they are those that were recorded."""
        try:
            with self._spool.open(parcel.object_name) as file:
                data = file.read()
        except FileNotFoundError:
            if not self._spool.spool_path(parcel.object_name).is_file():  # else: its rename is still to come
                self._refuse(parcel, "there is no such file")
            return None
        except OSError as fault:
            raise Unavailable(f"{parcel.object_name}: {fault.strerror}") from fault
        if len(data) != parcel.size_bytes or hashlib.sha256(data).digest() != parcel.sha256:
            self._refuse(parcel, "its bytes are not those that were recorded")
            return None
        return data

    def _refuse(self, parcel: Parcel, why: str) -> None:
        """It stays as it is: ``archive check`` says what is wrong with it."""
        self._refused.add(parcel.object_name)
        self._claimed.pop(parcel.object_name, None)
        log.error("upload_refused", object=parcel.object_name, volume=self._spool.id, reason=why)

    def _remove_leftover(self, parcel: Parcel) -> None:
        """Its row says that it is in the store; the last copy does not go on a row's word."""
        if parcel.state == SegmentState.STORED and self._target.size_of(parcel.object_name) != parcel.size_bytes:
            log.error("stored_object_missing", object=parcel.object_name, volume=self._target.id)
            return
        self._spool.delete(parcel.object_name)
