"""How full the volumes are."""

import asyncio
import contextlib

from cctv.infra.database import ReadTx
from cctv.infra.disks import VolumeFault
from cctv.recording import archive
from cctv.recording.archive import VolumeRow
from cctv.recording.retention.cleaner import Cleaner
from cctv.recording.retention.schemas import VolumeOut


async def volumes_now(tx: ReadTx, cleaner: Cleaner) -> list[VolumeOut]:
    """Every volume that the catalogue knows; only those of this machine can be measured."""
    return [await _measured(row, cleaner) for row in await archive.volumes(tx)]


async def _measured(row: VolumeRow, cleaner: Cleaner) -> VolumeOut:
    volume = cleaner.volumes.get(row.id)
    usage = None
    if volume is not None:
        with contextlib.suppress(VolumeFault):  # a disk that fails is the one to be seen in the list
            usage = await asyncio.to_thread(volume.usage)
    return VolumeOut(
        id=row.id,
        state=row.state,
        here=volume is not None,
        total_bytes=usage.total_bytes if usage else None,
        free_bytes=usage.free_bytes if usage else None,
        keep_days=row.keep_days or cleaner.settings.keep_days,
    )
