"""What people do with their own account: password, authenticator, recovery codes, sign-ins."""

from dataclasses import dataclass
from uuid import UUID

from cctv.access.audit import Entry
from cctv.access.identity import store, totp
from cctv.access.identity.desk import Desk
from cctv.access.identity.ending import end_everything, tell
from cctv.access.identity.errors import ProviderUser, SessionEnded, SignInRefused, TooManyTries, WeakPassword
from cctv.access.identity.model import Session, User, check_password
from cctv.access.identity.refusals import TOO_MANY, note_refusal
from cctv.access.identity.signing_in import From, SignedIn, actor_of, begin, still_signed_in, take_code
from cctv.base.errors import Conflict, Forbidden
from cctv.infra.database import WriteTx

ISSUER = "RTA CCTV"


class FactorOn(Conflict):
    """There is an authenticator already; take it off first."""

    code = "factor_on"
    message_ar = "يوجد تطبيق مصادقة مفعّل؛ أزله أولاً."


class BreakGlassFactor(Forbidden):
    """The break-glass account has no authenticator: whoever opens its envelope could not sign in."""

    code = "break_glass_factor"
    message_ar = "ليس لحساب الطوارئ تطبيق مصادقة، وإلا لما استطاع من يفتح ظرفه تسجيل الدخول."


@dataclass(frozen=True, slots=True)
class NewFactor:
    """An authenticator that was begun: what it is to be fed with."""

    secret: str
    address: str


async def change_password(
    tx: WriteTx, desk: Desk, session: Session, user: User, *, current: str, new: str
) -> SignedIn:
    """A password of the user's own. All other sign-ins end, and this one goes on as a new session."""
    if user.issuer is not None:
        raise ProviderUser
    if session.pending == "totp":
        raise SessionEnded
    user = await _prove(tx, desk, session, user, current, action="user.password")
    check_password(new, name=user.name)
    if new == current:
        raise WeakPassword("the new password is the old one", arabic="كلمة المرور الجديدة هي القديمة نفسها.")
    await store.change_user(tx, user.id, password=await desk.passwords.hash(new), one_time=False)
    await end_everything(tx, desk, user.id, keys=False)
    await _note(tx, desk, session, user, "user.password")
    now = await store.user(tx, user.id)
    assert now is not None
    origin = From(session.address, session.agent)
    return await begin(tx, desk, now, method=session.method, origin=origin, first_factor_only=False)


async def begin_factor(tx: WriteTx, desk: Desk, user: User, session: Session, *, password: str) -> NewFactor:
    """A secret for an authenticator; it counts as soon as its first code was given."""
    if user.issuer is not None:
        raise ProviderUser
    if user.break_glass:
        raise BreakGlassFactor
    user = await _prove(tx, desk, session, user, password, action="user.factor_on")
    if user.totp_on:
        raise FactorOn
    secret = totp.new_secret()
    sealed = desk.keyring.seal(secret, context=f"totp:{user.id}")
    await store.change_user(tx, user.id, totp=sealed, totp_step=0)
    return NewFactor(totp.base32(secret), totp.address(secret, user=user.name, issuer=ISSUER))


async def confirm_factor(tx: WriteTx, desk: Desk, user: User, session: Session, *, code: str) -> list[str]:
    """Turn the authenticator on, with its first code; the recovery codes are shown now and never again."""
    if user.totp_on:
        raise FactorOn
    user = await take_code(tx, desk, session, user, code, action="user.factor_on")
    await store.change_user(tx, user.id, totp_on=True)
    await tell(tx, user.id)
    await _note(tx, desk, session, user, "user.factor_on")
    return await _new_codes(tx, user.id)


async def renew_codes(tx: WriteTx, desk: Desk, user: User, session: Session, *, password: str) -> list[str]:
    """New recovery codes; the old ones are void."""
    user = await _prove(tx, desk, session, user, password, action="user.codes")
    await _note(tx, desk, session, user, "user.codes")
    return await _new_codes(tx, user.id)


async def drop_factor(tx: WriteTx, desk: Desk, user: User, session: Session, *, password: str, code: str) -> None:
    """Take the authenticator off: with the password, and a code of it or a recovery code."""
    user = await _prove(tx, desk, session, user, password, action="user.factor_off")
    user = await take_code(tx, desk, session, user, code, action="user.factor_off")
    await store.change_user(tx, user.id, totp=None, totp_on=False)
    await store.replace_codes(tx, user.id, [])
    await tell(tx, user.id)
    await _note(tx, desk, session, user, "user.factor_off")


async def reseal(tx: WriteTx, desk: Desk) -> int:
    """Seal all authenticators' secrets anew, with the newest key; how many."""
    found = await store.sealed_secrets(tx)
    for user_id, sealed in found:
        clear = desk.keyring.unseal(sealed, context=f"totp:{user_id}")
        await store.put_sealed(tx, user_id, desk.keyring.seal(clear, context=f"totp:{user_id}"))
    return len(found)


async def end_own(tx: WriteTx, desk: Desk, user: User, name: str) -> None:
    """End one of one's own sessions, as the list names it; one that is none is no error."""
    for session in await store.sessions_of(tx, user.id, now=desk.now):
        if session.name == name:
            await store.end_session(tx, session.id)
            await tell(tx, user.id)
            await _note(tx, desk, session, user, "session.end")


async def _prove(tx: WriteTx, desk: Desk, session: Session, user: User, password: str, *, action: str) -> User:
    """That it is still the user who sits there, and not somebody at a screen left alone: the user, locked.

    Nothing is locked while the password is checked, so what was taken back meanwhile is looked for after it.
    """
    actor, thing = actor_of(user, session), ("user", str(user.id))
    try:
        tried = await desk.lockout.take(f"prove:{user.id}", session.address)
    except TooManyTries:
        note_refusal(
            desk.audit, desk.clock, actor, action, why=f"password: {TOO_MANY}", thing=thing, name=user.name
        )
        raise
    secrets = await store.secrets_of(tx, user.id)
    if not await desk.passwords.matches(secrets.password, password[:1024]):
        note_refusal(
            desk.audit, desk.clock, actor, action, why="the password is wrong", thing=thing, name=user.name
        )
        raise SignInRefused
    user = await still_signed_in(tx, session)
    if (await store.secrets_of(tx, user.id)).password != secrets.password:
        raise SignInRefused
    await desk.lockout.right(tried)
    return user


async def _new_codes(tx: WriteTx, user_id: UUID) -> list[str]:
    codes = totp.new_recovery_codes()
    await store.replace_codes(tx, user_id, [totp.recovery_hash(str(user_id), code) for code in codes])
    return codes


async def _note(tx: WriteTx, desk: Desk, session: Session, user: User, action: str) -> None:
    entry = Entry(
        actor=actor_of(user, session),
        action=action,
        thing_kind="user",
        thing_id=str(user.id),
        result="done",
        detail={"name": user.name},
    )
    await desk.audit.note(tx, entry)
