"""Users as administrators see them: made, changed, disabled, recovered."""

from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID, uuid4

from cctv.access.audit import Entry
from cctv.access.identity import store
from cctv.access.identity.desk import Desk
from cctv.access.identity.ending import end_everything, tell
from cctv.access.identity.errors import ProviderUser, UserChanged, UserUnknown
from cctv.access.identity.machine_keys import PeopleOnly, own_session
from cctv.access.identity.model import ADMINISTRATOR, User, checked_name
from cctv.access.identity.passwords import one_time_password
from cctv.access.identity.refusals import note_refusal
from cctv.access.identity.signing_in import BREAK_GLASS
from cctv.base.actor import CONSOLE, Actor
from cctv.base.errors import Conflict, Forbidden, InvalidInput
from cctv.infra.database import WriteTx

_CHANGEABLE: Final = {"name", "full_name", "full_name_ar", "employee_number", "agency"}


class LastResort(Conflict):
    """The break-glass account is changed on the server's console only."""

    code = "last_resort"
    message_ar = "لا يمكن تغيير حساب الطوارئ إلا من وحدة تحكم الخادم."


@dataclass(frozen=True, slots=True)
class Handed:
    """A user, with the one-time password that is shown now and never again."""

    user: User
    password: str


async def add(tx: WriteTx, desk: Desk, actor: Actor, *, name: str, **given: Any) -> Handed:
    """A new local user with a one-time password; :class:`~.errors.UserExists`, :class:`PeopleOnly`."""
    _by_a_person(desk, actor, "user.add")
    return await _add(tx, desk, actor, checked_name(name), given)


async def _add(
    tx: WriteTx, desk: Desk, actor: Actor, name: str, given: dict[str, Any], *, break_glass: bool = False
) -> Handed:
    await _known_agency(tx, given.get("agency"))
    password = one_time_password()
    now = desk.now
    user = User(
        id=uuid4(),
        name=name,
        created_at=now,
        valid_from=now,
        has_password=True,
        one_time=not break_glass,
        break_glass=break_glass,
        **given,
    )
    await store.add_user(tx, user, password=await desk.passwords.hash(password))
    await _note(tx, desk, actor, user, "user.add")
    return Handed(user, password)


async def add_first(tx: WriteTx, desk: Desk, actor: Actor) -> Handed | None:
    """The first administrator, when there is no user at all. There is no other account from the start."""
    if await store.any_user(tx):
        return None
    return await add(tx, desk, actor, name=ADMINISTRATOR, full_name="Administrator", full_name_ar="المدير")


async def change(tx: WriteTx, desk: Desk, actor: Actor, user_id: UUID, *, seen: int | None, **given: Any) -> User:
    """Change what is given; :class:`UserChanged` when somebody was faster."""
    user = await _found(tx, user_id)
    if user.break_glass:
        raise LastResort
    if seen is not None and seen != user.version:
        raise UserChanged
    wanted = {name: value for name, value in given.items() if name in _CHANGEABLE}
    await _known_agency(tx, wanted.get("agency"))
    if "name" in wanted:
        wanted["name"] = checked_name(wanted["name"])
    await store.change_user(tx, user_id, **wanted)
    await tell(tx, user_id)
    await _note(tx, desk, actor, user, "user.change", detail={"changed": sorted(wanted)})
    return await _found(tx, user_id)


async def disable(tx: WriteTx, desk: Desk, actor: Actor, user_id: UUID) -> User:
    """Nothing of the user works any more within five seconds: sessions, keys, media addresses, streams.

    The desk's guards may refuse; not to the server's console, which lets in whom it likes.
    """
    if str(user_id) == actor.id:
        raise Conflict(
            "you cannot disable yourself; another administrator can",
            arabic="لا يمكنك تعطيل حسابك؛ يستطيع ذلك مدير آخر.",
        )
    if actor.kind != CONSOLE:
        for guard in desk.guards:  # before the user's row is locked: who grants asks first and touches it then
            await guard(tx, user_id)
    user = await _found(tx, user_id)
    if user.active:
        await store.change_user(tx, user_id, disabled_at=desk.now)
    await end_everything(tx, desk, user_id, keys=True)
    await _note(tx, desk, actor, user, "user.disable")
    return await _found(tx, user_id)


async def enable(tx: WriteTx, desk: Desk, actor: Actor, user_id: UUID) -> User:
    """Let a user in again; :class:`PeopleOnly`. Sessions and keys that ended stay ended.

    The desk may refuse, as with :func:`recover`: whoever lets somebody in could be them.
    """
    await _may_let_in(tx, desk, actor, "user.enable", user_id)
    user = await _found(tx, user_id)
    await store.change_user(tx, user_id, disabled_at=None)
    await tell(tx, user_id)
    await _note(tx, desk, actor, user, "user.enable")
    return await _found(tx, user_id)


async def recover(tx: WriteTx, desk: Desk, actor: Actor, user_id: UUID) -> Handed:
    """A new one-time password; the second factor is taken off, sessions and keys end. :class:`PeopleOnly`.

    Whoever had the account until now may have made keys, and they would outlast the new password.
    """
    await _may_let_in(tx, desk, actor, "user.recover", user_id)
    user = await _found(tx, user_id)
    if user.break_glass:
        raise LastResort
    if user.issuer is not None:
        raise ProviderUser
    password = one_time_password()
    await store.change_user(
        tx,
        user_id,
        password=await desk.passwords.hash(password),
        one_time=True,
        totp=None,
        totp_on=False,
    )
    await store.replace_codes(tx, user_id, [])
    await end_everything(tx, desk, user_id, keys=True)
    await _note(tx, desk, actor, user, "user.recover")
    return Handed(await _found(tx, user_id), password)


async def seal_break_glass(tx: WriteTx, desk: Desk, actor: Actor) -> Handed:
    """The sealed account with a new password, for the envelope. What the old password opened ends.

    So does an authenticator, which whoever opens the envelope would not have.
    """
    user = await store.break_glass_user(tx)
    if user is None:
        return await _add(tx, desk, actor, BREAK_GLASS, {"full_name": "Break-glass account"}, break_glass=True)
    password = one_time_password()
    kept = await desk.passwords.hash(password)
    await store.change_user(tx, user.id, password=kept, one_time=False, totp=None, totp_on=False, disabled_at=None)
    await store.replace_codes(tx, user.id, [])
    await end_everything(tx, desk, user.id, keys=True)
    await _note(tx, desk, actor, user, "user.seal")
    return Handed(await _found(tx, user.id), password)


def _by_a_person(desk: Desk, actor: Actor, action: str, user_id: UUID | None = None) -> None:
    """Whoever lets somebody in could be them: a key would be more than its scopes, a token outlast itself."""
    if actor.kind == CONSOLE:
        return
    try:
        own_session(actor)
    except PeopleOnly:
        thing = ("user", "" if user_id is None else str(user_id))
        note_refusal(desk.audit, desk.clock, actor, action, why="not a person who signed in", thing=thing)
        raise


async def _may_let_in(tx: WriteTx, desk: Desk, actor: Actor, action: str, user_id: UUID) -> None:
    _by_a_person(desk, actor, action, user_id)
    if actor.kind == CONSOLE:
        return
    for ask in desk.letting_in:
        try:
            await ask(tx, actor, user_id, desk.now)
        except Forbidden as refused:
            thing = ("user", str(user_id))
            note_refusal(desk.audit, desk.clock, actor, action, why=refused.code, thing=thing)
            raise


async def _known_agency(tx: WriteTx, code: str | None) -> None:
    if code is not None and not await store.agency_exists(tx, code):
        raise InvalidInput(f"there is no agency {code}", arabic=f"لا توجد جهة بالرمز {code}.", field="agency")


async def _found(tx: WriteTx, user_id: UUID) -> User:
    user = await store.user(tx, user_id, lock=True)
    if user is None:
        raise UserUnknown
    return user


async def _note(
    tx: WriteTx, desk: Desk, actor: Actor, user: User, action: str, *, detail: dict[str, Any] | None = None
) -> None:
    entry = Entry(
        actor=actor,
        action=action,
        thing_kind="user",
        thing_id=str(user.id),
        result="done",
        detail={"name": user.name, **(detail or {})},
    )
    await desk.audit.note(tx, entry)
