"""Spool files whose writer died: cut to the last whole fragment, hashed, catalogued, moved into the archive.

Order: cut, sync, note the rows (a journal or the database), then rename. A crash at any point leaves either an
orphan that gives the same rows again, or a row whose object is still in the spool, which the next pass moves.
"""

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass

import structlog

from cctv.base.clock import US_PER_S, Clock, SystemClock
from cctv.base.ids import parse_object_name
from cctv.infra.database import Database
from cctv.infra.disks import SpoolFile, Volume, VolumeFault
from cctv.media.errors import DamagedMedia
from cctv.recording.archive.catalogue import record
from cctv.recording.archive.model import Batch
from cctv.recording.archive.objects import described, scan_object, sha256_of

log = structlog.get_logger()

_NEWBORN_US = 10 * US_PER_S
"""An empty file this young may be between its creation and its lock; its writer is alive."""
_BEGINNING_BYTES = 64 * 1024
"""A torn beginning is smaller than this. What is larger and unreadable may be worth a person's look: it stays."""


@dataclass(frozen=True, slots=True)
class Salvage:
    """An orphan made whole, in the spool and locked by us. Note `batch` durably, then ``volume.store(file)``."""

    file: SpoolFile
    batch: Batch


def salvage(volume: Volume, name: str, *, clock: Clock | None = None) -> Salvage | None:
    """Take over one spool file: truncate to its valid bytes, sync, hash. Blocking; run it in a thread.

    ``None`` when it is being written, is gone, is none of ours, or held nothing (then it is removed; a large one
    that cannot be read stays). :class:`VolumeFault` or ``OSError`` when the disk fails. Doing it again is
    harmless: the same file gives the same batch, so a crash between noting and storing costs nothing.
    """
    if parse_object_name(name) is None or _newborn(volume, name, clock or SystemClock()):
        return None
    file = volume.adopt(name)
    if file is None:
        return None
    try:
        batch = _made_whole(volume, file)
    except DamagedMedia as fault:
        if file.bytes > _BEGINNING_BYTES:
            log.warning("spool_file_unreadable", object=name, bytes=file.bytes, reason=fault.message)
            file.close()
            return None
        batch = None
    except BaseException:  # the disk failed, or we end here: a lock of ours would keep the next pass away
        file.close()
        raise
    if batch is None:
        volume.discard(file)
        return None
    return Salvage(file, batch)


def orphans(volume: Volume) -> Iterable[str]:
    """Names in the spool; those that are being written among them, which :func:`salvage` passes over."""
    return (name for name, _ in volume.spooled())


async def recover(database: Database, volume: Volume, *, clock: Clock | None = None) -> int:
    """Salvage all orphans of a volume into the database; how many there were. Any number may run at once."""
    saved = 0
    for name in await asyncio.to_thread(lambda: list(orphans(volume))):
        try:
            found = await asyncio.to_thread(salvage, volume, name, clock=clock)
        except (VolumeFault, OSError) as fault:  # the next pass tries again; the others are not kept waiting
            log.warning("salvage_failed", object=name, reason=str(fault))
            continue
        if found is None:
            continue
        try:
            async with database.write() as tx:
                await record(tx, found.batch, objects_seen=True)
            await asyncio.to_thread(volume.store, found.file)
        finally:
            found.file.close()
        saved += 1
        log.info("spool_file_salvaged", object=name, bytes=found.file.bytes)
    return saved


def _newborn(volume: Volume, name: str, clock: Clock) -> bool:
    try:
        facts = volume.spool_path(name).stat()
    except FileNotFoundError:
        return True
    return facts.st_size == 0 and clock.wall_us() - facts.st_mtime_ns // 1000 < _NEWBORN_US


def _made_whole(volume: Volume, file: SpoolFile) -> Batch | None:
    with file.path.open("rb") as content:
        found = scan_object(content, file.name)
        if not found.fragments:
            return None
        if found.valid_bytes < file.bytes:
            file.truncate(found.valid_bytes)
        file.sync()
        return described(found, volume=volume.id, name=file.name, sha256=sha256_of(content))
