"""Users of an organisation's provider: known by what it says of them, kept up to date by each of its tokens.

Sessions, keys and rights read what was kept, long after the token that said it. So only what the provider said
last is kept, and nothing that it said before everything of the user ended.
"""

from datetime import UTC, datetime
from typing import Any, Final
from urllib.parse import urlsplit
from uuid import uuid4

from cctv.access.audit import Entry
from cctv.access.identity import store
from cctv.access.identity.desk import Desk
from cctv.access.identity.ending import tell
from cctv.access.identity.errors import UserExists
from cctv.access.identity.model import Told, User
from cctv.base.actor import Actor
from cctv.infra.database import WriteTx

_EVER: Final = datetime(1970, 1, 1, tzinfo=UTC)


async def provision(tx: WriteTx, desk: Desk, said: Told) -> User:
    """The user that the provider tells of, made or brought up to date; as it was where ``said`` is dead or old."""
    user = await store.user_of(tx, said.issuer, said.subject, lock=True)
    agency = said.agency if said.agency and await store.agency_exists(tx, said.agency) else None
    if user is None:
        return await _make(tx, desk, said, agency)
    if is_dead(user, said) or _is_older(user, said):
        return user
    new = _facts(said, agency)
    # Whom only a notice told of has no name yet but the provider's id.
    name = user.name if user.told_at is not None else await _free_name(tx, said, but=user)
    if new == _facts_of(user) and name == user.name:
        await store.note_told(tx, user.id, said.issued_at)
        return user
    renamed = {} if name == user.name else {"name": name}
    await store.change_user(tx, user.id, **_columns(new), **renamed, told_at=said.issued_at)
    await tell(tx, user.id)
    found = await store.user(tx, user.id)
    assert found is not None
    return found


def is_dead(user: User, said: Told) -> bool:
    """Whether the user is shut out, or everything that was issued until then has ended."""
    return not user.active or user.valid_from > said.issued_at


def is_news(user: User, said: Told) -> bool:
    """Whether the provider says something that we do not have yet, or that what we have still holds.

    An agency of no cameras of ours is no news, nor is what was said before that which we have.
    """
    if is_dead(user, said) or _is_older(user, said):
        return False
    return user.told_at != said.issued_at or _facts(said, user.agency) != _facts_of(user)


def _is_older(user: User, said: Told) -> bool:
    """Of two tokens of one second neither is: the one that is shown last counts."""
    return user.told_at is not None and user.told_at > said.issued_at


async def add_unseen(tx: WriteTx, desk: Desk, *, by: Actor, issuer: str, subject: str) -> User:
    """A user of whom we know no more than the provider's id, locked: for what is to end, begun or not.

    Where a token of theirs is shown for the first time in this very moment, the user whom it made.
    """
    said = Told(issuer=issuer, subject=subject, issued_at=_EVER, name=subject)
    try:
        return await _make(tx, desk, said, None, by=by)
    except UserExists:
        user = await store.user_of(tx, issuer, subject, lock=True)
        if user is None:
            raise
        return user


async def _make(tx: WriteTx, desk: Desk, said: Told, agency: str | None, *, by: Actor | None = None) -> User:
    user = User(
        id=uuid4(),
        name=await _free_name(tx, said),
        issuer=said.issuer,
        subject=said.subject,
        created_at=desk.now,
        valid_from=_EVER,
        told_at=said.issued_at if by is None else None,
        **_facts(said, agency),
    )
    await store.add_user(tx, user, password=None)
    await desk.audit.note(
        tx,
        Entry(
            actor=by or Actor(id=str(user.id), name=user.name),
            action="user.add",
            thing_kind="user",
            thing_id=str(user.id),
            detail={"name": user.name, "issuer": said.issuer},
        ),
    )
    return user


async def _free_name(tx: WriteTx, said: Told, *, but: User | None = None) -> str:
    """Nobody from outside takes the name of a user who is here, other than ``but``."""
    host = urlsplit(said.issuer).hostname or "provider"
    for name in (said.name, f"{said.name}@{host}", f"{said.subject}@{host}"):
        holder = await store.user_called(tx, name[:200])
        if holder is None or (but is not None and holder.id == but.id):
            return name[:200]
    return str(uuid4())


def _facts(said: Told, agency: str | None) -> dict[str, Any]:
    return {
        "full_name": said.full_name,
        "full_name_ar": said.full_name_ar,
        "employee_number": said.employee_number,
        "agency": agency,
        "claims": said.claims,
        "groups": said.groups,
        "camera_sources": said.camera_sources,
    }


def _facts_of(user: User) -> dict[str, Any]:
    return {
        "full_name": user.full_name,
        "full_name_ar": user.full_name_ar,
        "employee_number": user.employee_number,
        "agency": user.agency,
        "claims": user.claims,
        "groups": user.groups,
        "camera_sources": user.camera_sources,
    }


def _columns(facts: dict[str, Any]) -> dict[str, Any]:
    columns = dict(facts)
    columns["told_groups"] = sorted(columns.pop("groups"))
    return columns | {"claims": sorted(facts["claims"]), "camera_sources": list(facts["camera_sources"])}
