"""Evidence locks: what is locked is never deleted, not for age, not for space.

A lock only adds its row. The deleter looks at the locks twice, when it marks and again right before it unlinks,
each time with the table of locks held still; so a lock set in between wins, and what it saved is shown again.
"""

from datetime import datetime
from uuid import UUID, uuid4

from cctv.base.errors import InvalidInput
from cctv.base.ids import CameraId
from cctv.base.span import Span
from cctv.infra.database import ReadTx, WriteTx
from cctv.recording.archive.errors import NoSuchLock
from cctv.recording.archive.model import Lock
from cctv.recording.archive.store import locking as store


async def lock(
    tx: WriteTx, camera: CameraId, span: Span, *, case_ref: str, by: str, until: datetime | None = None
) -> Lock:
    """Keep the footage of ``span``, recorded or still to come; wins over a deletion not on the disk yet."""
    if span.start >= span.end:
        raise InvalidInput("a lock needs a span that is longer than nothing")
    if not case_ref.strip() or not by.strip():
        raise InvalidInput("a lock needs a case and somebody who set it")
    return await store.add(tx, uuid4(), camera, span, (case_ref.strip(), by.strip(), until))


async def unlock(tx: WriteTx, lock_id: UUID, *, by: str) -> Lock:
    """Release a lock; the row stays as a record of who did. :class:`NoSuchLock` when there is none that holds."""
    released = await store.release(tx, lock_id, by)
    if released is None:
        raise NoSuchLock(lock=str(lock_id))
    return released


async def locks(tx: ReadTx, camera: CameraId | None = None) -> list[Lock]:
    """The locks that hold now, of one camera or of all, by their start."""
    return await store.holding(tx, camera)
