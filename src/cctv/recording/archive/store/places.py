"""Rows of volumes."""

from typing import Any

from psycopg.types.json import Jsonb

from cctv.infra.database import ReadTx, WriteTx
from cctv.recording.archive.model import VolumeRow
from cctv.recording.archive.store.wire import change, fetch


async def volumes(tx: ReadTx) -> list[tuple[Any, ...]]:
    """(id, address, state, capacity, policy) by id."""
    return await fetch(tx, "SELECT id, address, state, capacity_bytes, policy FROM volumes ORDER BY id")


async def save(tx: WriteTx, volume: VolumeRow, policy: dict[str, Any]) -> None:
    await change(
        tx,
        """
        INSERT INTO volumes (id, address, state, capacity_bytes, policy) VALUES (%s, %s, %s, %s, %s)
        ON CONFLICT (id) DO UPDATE SET address = excluded.address, state = excluded.state,
            capacity_bytes = excluded.capacity_bytes, policy = excluded.policy
        """,
        (volume.id, volume.address, volume.state.value, volume.capacity_bytes, Jsonb(policy)),
    )
