"""All SQL of capture: leases, and the transaction that takes a batch to the catalogue.

PostgreSQL's clock alone says what is expired and who is alive.
"""

from collections.abc import Iterable, Mapping
from datetime import timedelta

import psycopg
from sqlalchemy import func, select, text, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.exc import SQLAlchemyError

from cctv.base.errors import CctvError
from cctv.base.ids import CameraId
from cctv.infra.database import Database, DatabaseUnavailable, ReadTx, WriteTx
from cctv.recording import archive
from cctv.recording.capture.model import LeaseRow, RecorderRow, Slot
from cctv.recording.capture.sharing import Taking
from cctv.recording.capture.tables import leases, recorders

_RENEW = text("""
    UPDATE leases SET expires_at = now() + :lease
    FROM unnest(CAST(:cameras AS uuid[]), CAST(:fences AS bigint[])) AS ours (camera_id, fence)
    WHERE leases.camera_id = ours.camera_id AND leases.fence = ours.fence AND leases.holder = :holder
    RETURNING leases.camera_id
""")
_TAKE = text("""
    INSERT INTO leases (camera_id, holder, fence, expires_at)
    SELECT camera_id, :holder, fence, now() + :lease
    FROM unnest(CAST(:cameras AS uuid[]), CAST(:fences AS bigint[])) AS wanted (camera_id, fence)
    ON CONFLICT (camera_id) DO UPDATE
        SET holder = excluded.holder, fence = excluded.fence, expires_at = excluded.expires_at
        WHERE leases.fence = excluded.fence - 1
    RETURNING camera_id, fence
""")


async def seen(tx: WriteTx, slot: Slot, *, capacity: int) -> None:
    """A sign of life of the recorder in ``slot``."""
    facts = {"node": slot.node, "address": slot.address, "seen_at": func.now(), "capacity": capacity}
    await tx.execute(
        insert(recorders)
        .values(holder=slot.holder, **facts)
        .on_conflict_do_update(index_elements=[recorders.c.holder], set_=facts)
    )


async def renew(tx: WriteTx, holder: str, held: Mapping[CameraId, int], lease: timedelta) -> set[CameraId]:
    """Prolong the leases that are still ours with the fence we know; those cameras."""
    if not held:
        return set()
    known = {"holder": holder, "lease": lease, "cameras": list(held), "fences": list(held.values())}
    return {CameraId(row.camera_id) for row in await tx.execute(_RENEW, known)}


async def all_leases(tx: ReadTx) -> dict[CameraId, LeaseRow]:
    """Every lease there is."""
    expired = (leases.c.expires_at <= func.now()).label("expired")
    rows = await tx.execute(select(leases.c.camera_id, leases.c.holder, leases.c.fence, expired))
    return {
        CameraId(row.camera_id): LeaseRow(CameraId(row.camera_id), row.holder, row.fence, row.expired)
        for row in rows
    }


async def live_recorders(tx: ReadTx, within: timedelta) -> list[RecorderRow]:
    """The recorders that gave a sign of life within ``within``."""
    rows = await tx.execute(
        select(recorders.c.holder, recorders.c.capacity)
        .where(recorders.c.seen_at > func.now() - within)
        .order_by(recorders.c.holder)
    )
    return [RecorderRow(row.holder, row.capacity) for row in rows]


async def take(tx: WriteTx, holder: str, takings: Iterable[Taking], lease: timedelta) -> dict[CameraId, int]:
    """Take cameras whose leases still have the fence that was seen; the new fences of those we got."""
    wanted = sorted(takings, key=lambda one: one.camera)  # one order for all recorders: no deadlock
    if not wanted:
        return {}
    known = {
        "holder": holder,
        "lease": lease,
        "cameras": [one.camera for one in wanted],
        "fences": [one.seen + 1 for one in wanted],
    }
    return {CameraId(row.camera_id): row.fence for row in await tx.execute(_TAKE, known)}


async def release(tx: WriteTx, holder: str, cameras: Iterable[CameraId]) -> None:
    """Give leases up: whoever wants may take them now."""
    await tx.execute(
        update(leases)
        .values(expires_at=func.now())
        .where(leases.c.holder == holder, leases.c.camera_id.in_(list(cameras)))
    )


async def leave(tx: WriteTx, slot: Slot) -> None:
    """The recorder stops in good order. Its leases run out, or its successor takes them."""
    await tx.execute(
        update(recorders).values(seen_at=func.now() - timedelta(days=1)).where(recorders.c.holder == slot.holder)
    )


async def put(database: Database, batch: archive.Batch) -> str | None:
    """Record ``batch`` in a transaction of its own; why the catalogue refuses it, if it does.

    :class:`DatabaseUnavailable` when it is not these rows that are wrong: they wait.
    """
    try:
        async with database.write() as tx:
            await archive.record(tx, batch)
    except DatabaseUnavailable:
        raise
    except (CctvError, SQLAlchemyError, psycopg.Error) as fault:  # the archive speaks to the driver itself
        return str(fault)
    return None


async def find_recorder(tx: ReadTx, camera: CameraId) -> str | None:
    """The internal address (``host:port``) of the recorder that holds the camera now, if any does."""
    query = (
        select(recorders.c.address)
        .join(leases, leases.c.holder == recorders.c.holder)
        .where(leases.c.camera_id == camera, leases.c.expires_at > func.now())
    )
    address: str | None = (await tx.execute(query)).scalar_one_or_none()
    return address or None
