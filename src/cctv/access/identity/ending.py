"""The one way in which everything of a user ends at once: sessions, keys, media addresses, running streams."""

from uuid import UUID

from cctv.access.identity import store
from cctv.access.identity.desk import Desk
from cctv.base.events import ACCESS_CHANGED
from cctv.infra.database import WriteTx, notify


async def end_everything(tx: WriteTx, desk: Desk, user_id: UUID, *, keys: bool, but: bytes | None = None) -> None:
    """End what ``user_id`` holds as this transaction commits; ``but`` is a session that may stay.

    A provider's tokens that were issued until now are dead too. Every process hears of it by notification, and
    looks again within four seconds where that is lost.
    """
    now = desk.now
    await store.end_sessions(tx, user_id, but=but)
    if keys:
        await store.revoke_keys(tx, user_id, now)
    await store.change_user(tx, user_id, valid_from=now)
    for end in desk.endings:
        await end(tx, user_id)
    await tell(tx, user_id)


async def tell(tx: WriteTx, user_id: UUID | None) -> None:
    """Make every process look at this user (or at all) anew."""
    await notify(tx, ACCESS_CHANGED, "" if user_id is None else str(user_id))
