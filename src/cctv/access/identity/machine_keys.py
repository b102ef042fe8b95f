"""API keys: for machines, limited by scopes and a last day, shown once."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID, uuid4

from cctv.access.audit import Entry
from cctv.access.identity import store
from cctv.access.identity.desk import Desk
from cctv.access.identity.ending import tell
from cctv.access.identity.errors import KeyUnknown
from cctv.access.identity.model import ApiKey, hashed
from cctv.access.identity.tokens import new_key
from cctv.base.actor import CONSOLE, PERSON, Actor
from cctv.base.errors import Forbidden, InvalidInput
from cctv.base.permission import parse_permission
from cctv.infra.database import WriteTx


class PeopleOnly(Forbidden):
    """Keys and passwords are changed by a person who signed in, not with a key or a token."""

    code = "people_only"
    message_ar = "لا يغيّر المفاتيح وكلمات المرور إلا شخص سجّل الدخول، لا مفتاح ولا رمز."


class BreakGlassKey(Forbidden):
    """The break-glass account makes no keys: they would outlast its hour."""

    code = "break_glass_key"
    message_ar = "لا يُنشئ حساب الطوارئ مفاتيح لأنها تدوم بعد انتهاء ساعته."


@dataclass(frozen=True, slots=True)
class NewKey:
    """``secret`` is the whole key, shown now and never again."""

    key: ApiKey
    secret: str


def own_session(actor: Actor) -> bytes:
    """The id of the session in which a person asks; :class:`PeopleOnly` for keys and tokens, which have none."""
    if actor.kind != PERSON or actor.session is None or ":" in actor.session:
        raise PeopleOnly
    return bytes.fromhex(actor.session)


async def add(
    tx: WriteTx, desk: Desk, actor: Actor, *, name: str, scopes: Sequence[str], days: int | None
) -> NewKey:
    """A key of the actor's own. It may what its scopes say, as far as its user may that when it is used.

    What is short-lived by design makes nothing that lasts: :class:`PeopleOnly` for who shows a provider's token,
    :class:`BreakGlassKey`.
    """
    own_session(actor)
    if actor.break_glass:
        raise BreakGlassKey
    if not scopes:
        raise InvalidInput(
            "a key needs scopes: what it may at most",
            arabic="يحتاج المفتاح إلى نطاقات: أقصى ما يُسمح له به.",
            field="scopes",
        )
    secret, prefix = new_key()
    now = desk.now
    key = ApiKey(
        id=uuid4(),
        user_id=UUID(actor.id),
        name=name.strip(),
        prefix=prefix,
        scopes=tuple(sorted({str(parse_permission(scope)) for scope in scopes})),
        created_at=now,
        expires_at=now + timedelta(days=days or desk.settings.key_days),
    )
    await store.add_key(tx, key, hashed(secret))
    await _note(tx, desk, actor, key, "key.add")
    return NewKey(key, secret)


async def revoke(tx: WriteTx, desk: Desk, actor: Actor, key_id: UUID, *, own_only: bool) -> ApiKey:
    """End a key, and the media addresses of its user, among which are those that it got.

    :class:`KeyUnknown` also for another's, when only one's own are to be touched.
    """
    if actor.kind not in (PERSON, CONSOLE):
        raise PeopleOnly
    key = await store.key(tx, key_id)
    if key is None or (own_only and str(key.user_id) != actor.id):
        raise KeyUnknown
    await store.revoke_key(tx, key_id, desk.now)
    for end in desk.endings:
        await end(tx, key.user_id)
    await tell(tx, key.user_id)
    await _note(tx, desk, actor, key, "key.revoke")
    found = await store.key(tx, key_id)
    assert found is not None
    return found


async def _note(tx: WriteTx, desk: Desk, actor: Actor, key: ApiKey, action: str) -> None:
    entry = Entry(
        actor=actor,
        action=action,
        thing_kind="key",
        thing_id=str(key.id),
        result="done",
        detail={"prefix": key.prefix, "name": key.name, "scopes": list(key.scopes), "user": str(key.user_id)},
    )
    await desk.audit.note(tx, entry)
