"""The volumes that the catalogue knows."""

from cctv.infra.database import ReadTx, WriteTx
from cctv.recording.archive.model import VolumeRow, VolumeState
from cctv.recording.archive.store import places as store
from cctv.recording.archive.store import uploading


async def volumes(tx: ReadTx) -> list[VolumeRow]:
    """All volumes, by id."""
    return [
        VolumeRow(
            id=volume_id,
            address=address,
            state=VolumeState(state),
            capacity_bytes=capacity,
            keep_days=policy.get("keep_days"),
            uploads_to=policy.get("uploads_to"),
        )
        for volume_id, address, state, capacity, policy in await store.volumes(tx)
    ]


async def save_volume(tx: WriteTx, volume: VolumeRow) -> None:
    """Add a volume, or change the one with its id."""
    policy = {"keep_days": volume.keep_days, "uploads_to": volume.uploads_to}
    await store.save(tx, volume, {name: value for name, value in policy.items() if value is not None})


async def used_bytes(tx: ReadTx, volume_id: str) -> int:
    """What the rows of a volume add up to; reads them all."""
    return await uploading.used_bytes(tx, volume_id)
