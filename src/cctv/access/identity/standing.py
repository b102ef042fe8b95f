"""Whether somebody is still somebody: asked again, from the user's id alone, long after the sign-in."""

from uuid import UUID

from cctv.access.identity import store
from cctv.access.identity.model import Standing
from cctv.infra.database import ReadTx


async def standing(tx: ReadTx, user_id: UUID) -> Standing | None:
    """The user's standing now; ``None`` for an id that is nobody's."""
    user = await store.user(tx, user_id)
    if user is None:
        return None
    return Standing(active=user.active, claims=user.claims, agency=user.agency, groups=user.groups)
