"""Signing in and out. A refusal says the same and costs the same, whoever was named."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final, Literal
from uuid import uuid4

from cctv.access.audit import Entry
from cctv.access.identity import metrics, store, totp
from cctv.access.identity.desk import Desk
from cctv.access.identity.ending import tell
from cctv.access.identity.errors import CodeRefused, SessionEnded, SignInRefused, TooManyTries
from cctv.access.identity.model import (
    BREAK_GLASS_SESSION,
    Method,
    Pending,
    Secrets,
    Session,
    User,
    hashed,
    name_key,
)
from cctv.access.identity.refusals import TOO_MANY, note_refusal
from cctv.access.identity.tokens import new_session_secret
from cctv.base.actor import NOBODY, PERSON, Actor
from cctv.infra.database import Database, WriteTx
from cctv.infra.telemetry import log

BREAK_GLASS: Final = "break-glass"
_LONGEST_TRIED: Final = 1024


@dataclass(frozen=True, slots=True)
class From:
    """Where a request comes from."""

    address: str = ""
    agent: str = ""


@dataclass(frozen=True, slots=True)
class SignedIn:
    """A new session; ``secret`` is for the cookie alone."""

    secret: str
    session: Session
    user: User


async def sign_in(desk: Desk, database: Database, *, name: str, password: str, origin: From) -> SignedIn:
    """A session for whoever knows the password. :class:`SignInRefused`, :class:`TooManyTries`."""
    last_resort = name_key(name) == BREAK_GLASS
    method: Method = "break_glass" if last_resort else "password"
    try:
        tried = await desk.lockout.take(name, origin.address, by_name=not last_resort)
    except TooManyTries:
        metrics.sign_ins.labels(method, "locked").inc()
        refuse_stranger(desk, None, origin, why=TOO_MANY, method=method)
        raise
    async with database.read() as tx:
        user = await store.user_called(tx, name)
        # The same questions, whoever was named: also the database's time does not tell.
        secrets = await store.secrets_of(tx, uuid4() if user is None else user.id)
    may = user is not None and _may_sign_in(desk, user)
    right = await desk.passwords.matches(secrets.password if may else None, password[:_LONGEST_TRIED])
    if user is None or not right:
        metrics.sign_ins.labels(method, "refused").inc()
        refuse_stranger(desk, user, origin, why="name and password do not match", method=method)
        raise SignInRefused
    await desk.lockout.right(tried)
    async with database.write() as tx:
        user = await _still(tx, desk, user, secrets)
        if secrets.password is not None and desk.passwords.is_old(secrets.password):
            await store.change_user(tx, user.id, password=await desk.passwords.hash(password))
        signed_in = await begin(tx, desk, user, method=method, origin=origin)
    metrics.sign_ins.labels(method, "done").inc()
    return signed_in


async def _still(tx: WriteTx, desk: Desk, user: User, secrets: Secrets) -> User:
    """The user, locked, as long as nothing was taken back while the password was being checked."""
    now = await store.user(tx, user.id, lock=True)
    if now is None or not _may_sign_in(desk, now):
        raise SignInRefused
    if (await store.secrets_of(tx, user.id)).password != secrets.password:
        raise SignInRefused
    return now


async def still_signed_in(tx: WriteTx, session: Session) -> User:
    """The session's user as it is now, locked; :class:`SessionEnded` when the session ended since it was read.

    What ends everything of a user locks the user first: it waits until what is done here is done, and ends that.
    """
    user = await store.user(tx, session.user_id, lock=True)
    if user is None or not user.active or await store.session(tx, session.id) is None:
        raise SessionEnded
    return user


def _may_sign_in(desk: Desk, user: User) -> bool:
    return user.active and user.issuer is None and (desk.settings.local_sign_in or user.break_glass)


async def begin(
    tx: WriteTx, desk: Desk, user: User, *, method: Method, origin: From, first_factor_only: bool = True
) -> SignedIn:
    """A new session of ``user``; with ``first_factor_only`` the authenticator's code may still be asked for."""
    now = desk.now
    lasts = BREAK_GLASS_SESSION if user.break_glass else timedelta(hours=desk.settings.session_hours)
    secret = new_session_secret()
    session = Session(
        id=hashed(secret),
        user_id=user.id,
        method=method,
        pending=_pending(user, first_factor_only=first_factor_only),
        created_at=now,
        seen_at=now,
        expires_at=now + lasts,
        address=origin.address[:64],
        agent=origin.agent[:200],
    )
    await store.add_session(tx, session)
    await store.change_user(tx, user.id, signed_in_at=now)
    await _note(tx, desk, session, user, action="session.begin", result="began" if session.pending else "done")
    if user.break_glass:
        metrics.break_glass_sign_ins.inc()
        log.warning("break_glass_used", user=str(user.id), address=origin.address)
    return SignedIn(secret, session, user)


def _pending(user: User, *, first_factor_only: bool) -> Pending | None:
    if user.totp_on and first_factor_only:
        return "totp"
    return "password" if user.one_time else None


async def give_code(tx: WriteTx, desk: Desk, session: Session, user: User, code: str, *, address: str) -> SignedIn:
    """Replace a session that waits for the second factor by a full one. As :func:`take_code`."""
    if session.pending != "totp":
        raise SessionEnded
    user = await take_code(tx, desk, replace(session, address=address), user, code, action="session.begin")
    await store.end_session(tx, session.id)
    await tell(tx, user.id)
    origin = From(session.address, session.agent)
    return await begin(tx, desk, user, method=session.method, origin=origin, first_factor_only=False)


async def take_code(tx: WriteTx, desk: Desk, session: Session, user: User, code: str, *, action: str) -> User:
    """Take a code of the authenticator or a recovery code, for ``action``: the user, locked.

    It works once: the time step is kept, a recovery code is used up. It is counted before it is judged, wherever
    it is given; :class:`TooManyTries`, :class:`CodeRefused`. Refusals are kept: who comes so far has the password.
    """
    actor, thing = actor_of(user, session), ("user", str(user.id))
    try:
        tried = await desk.lockout.take(f"totp:{user.id}", session.address)
    except TooManyTries:
        note_refusal(desk.audit, desk.clock, actor, action, why=f"code: {TOO_MANY}", thing=thing, name=user.name)
        raise
    user = await still_signed_in(tx, session)
    if not await _code_is_right(tx, desk, user, code):
        note_refusal(desk.audit, desk.clock, actor, action, why="the code is wrong", thing=thing, name=user.name)
        raise CodeRefused
    await desk.lockout.right(tried)
    return user


async def _code_is_right(tx: WriteTx, desk: Desk, user: User, code: str) -> bool:
    """Whether this is a code of the user's authenticator or a recovery code; it is not again."""
    secrets = await store.secrets_of(tx, user.id, lock=True)
    if secrets.totp is None:
        return False
    plain = code.strip().replace(" ", "")
    if len(plain) > 6:
        return await store.use_code(tx, user.id, totp.recovery_hash(str(user.id), plain), desk.now)
    secret = desk.keyring.unseal(secrets.totp, context=f"totp:{user.id}")
    step = totp.matching_step(secret, plain, now_s=desk.now.timestamp(), after=secrets.totp_step)
    if step is None:
        return False
    await store.change_user(tx, user.id, totp_step=step)
    return True


def actor_of(user: User, session: Session) -> Actor:
    """Whoever signed in so, for the audit."""
    return Actor(id=str(user.id), kind=PERSON, name=user.name, session=session.name, address=session.address)


async def sign_out(tx: WriteTx, desk: Desk, session: Session, user: User) -> None:
    """End this session, everywhere."""
    await store.end_session(tx, session.id)
    await tell(tx, user.id)
    await _note(tx, desk, session, user, action="session.end", result="done")


def idle_since(desk: Desk) -> datetime:
    """Sessions that were seen last before this have ended."""
    return desk.now - timedelta(minutes=desk.settings.session_idle_minutes)


async def _note(
    tx: WriteTx, desk: Desk, session: Session, user: User, *, action: str, result: Literal["done", "began"]
) -> None:
    detail = {"method": session.method, "agent": session.agent}
    if session.pending:
        detail["pending"] = session.pending
    if user.break_glass:
        detail["alarm"] = "break-glass"
    entry = Entry(
        actor=actor_of(user, session),
        action=action,
        thing_kind="session",
        thing_id=session.name,
        result=result,
        detail=detail,
    )
    await desk.audit.note(tx, entry)


def refuse_stranger(desk: Desk, user: User | None, origin: From, *, why: str, method: Method) -> None:
    """Keep that a sign-in was refused.

    A name that is nobody's is not written down: it may be a password in the wrong field.
    """
    detail = {"method": method, "agent": origin.agent[:200]} | ({} if user is None else {"name": user.name})
    thing = ("user", "" if user is None else str(user.id))
    actor = replace(NOBODY, address=origin.address)
    note_refusal(desk.audit, desk.clock, actor, "session.begin", why=why, thing=thing, **detail)
