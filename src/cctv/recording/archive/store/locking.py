"""Rows of evidence locks."""

from datetime import datetime
from typing import Any
from uuid import UUID

from cctv.base.ids import CameraId
from cctv.base.span import Span
from cctv.infra.database import ReadTx, WriteTx
from cctv.recording.archive.model import Lock
from cctv.recording.archive.store.wire import change, fetch_as


async def add(
    tx: WriteTx, lock_id: UUID, camera: CameraId, span: Span, why: tuple[str, str, datetime | None]
) -> Lock:
    """``why`` is (case, who set it, until when)."""
    (lock,) = await fetch_as(
        tx,
        _lock,
        """
        INSERT INTO evidence_locks (id, camera_id, from_time, to_time, case_ref, by, until)
        VALUES (%s, %s, %s, %s, %s, %s, %s)
        RETURNING id, camera_id, from_time, to_time, case_ref, by, created_at, until, released_at, released_by
        """,
        (lock_id, camera, span.start, span.end, *why),
    )
    return lock


async def release(tx: WriteTx, lock_id: UUID, by: str) -> Lock | None:
    """``None`` when there is no such lock, or it was released before."""
    released = await fetch_as(
        tx,
        _lock,
        """
        UPDATE evidence_locks SET released_at = now(), released_by = %s WHERE id = %s AND released_at IS NULL
        RETURNING id, camera_id, from_time, to_time, case_ref, by, created_at, until, released_at, released_by
        """,
        (by, lock_id),
    )
    return released[0] if released else None


async def holding(tx: ReadTx, camera: CameraId | None) -> list[Lock]:
    return await fetch_as(
        tx,
        _lock,
        """
        SELECT id, camera_id, from_time, to_time, case_ref, by, created_at, until, released_at, released_by
        FROM evidence_locks
        WHERE released_at IS NULL AND (until IS NULL OR until > now())
          AND (%(camera)s::uuid IS NULL OR camera_id = %(camera)s)
        ORDER BY from_time, id
        """,
        {"camera": camera},
    )


async def hold_still(tx: WriteTx) -> None:
    """No lock can be set or released until this transaction ends; waits for those that are being set."""
    await change(tx, "LOCK TABLE evidence_locks IN SHARE MODE")


def _lock(*columns: Any) -> Lock:
    lock_id, camera, start, end, case_ref, by, created, until, released, released_by = columns
    return Lock(
        id=lock_id,
        camera_id=camera,
        span=Span(start, end),
        case_ref=case_ref,
        by=by,
        created_at=created,
        until=until,
        released_at=released,
        released_by=released_by,
    )
