"""All SQL of identity."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, Select, and_, column, delete, func, literal_column, or_, select, table, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.exc import IntegrityError

from cctv.access.identity.errors import UserExists
from cctv.access.identity.model import ApiKey, Secrets, Session, User, name_key
from cctv.access.identity.tables import api_keys as k
from cctv.access.identity.tables import iam_notices, permission_names
from cctv.access.identity.tables import recovery_codes as r
from cctv.access.identity.tables import sessions as s
from cctv.access.identity.tables import users as u
from cctv.infra.database import ReadTx, WriteTx

_HAS_PASSWORD = (u.c.password.is_not(None)).label("has_password")
_USER = (
    *(u.c.id, u.c.name, u.c.full_name, u.c.full_name_ar, u.c.employee_number, u.c.agency, u.c.issuer, u.c.subject),
    *(_HAS_PASSWORD, u.c.one_time, u.c.totp_on, u.c.break_glass, u.c.claims, u.c.told_groups, u.c.camera_sources),
    *(u.c.valid_from, u.c.told_at, u.c.disabled_at, u.c.created_at, u.c.signed_in_at, u.c.version),
)
_SESSION = tuple(s.c)
_KEY = tuple(one for one in k.c if one.name != "secret")


async def add_user(tx: WriteTx, user: User, *, password: str | None) -> None:
    """:class:`UserExists` when the name is taken."""
    new = insert(u).values(**_columns(user), password=password).on_conflict_do_nothing().returning(u.c.id)
    if (await tx.execute(new)).first() is None:
        raise UserExists(
            f"there is a user called {user.name} already",
            arabic=f"يوجد مستخدم باسم {user.name} بالفعل.",
            name=user.name,
        )


async def change_user(tx: WriteTx, user_id: UUID, **values: Any) -> None:
    """Set columns and count the version up; :class:`UserExists` when a new name is taken."""
    if "name" in values:
        values["name_key"] = name_key(values["name"])
    statement = update(u).where(u.c.id == user_id).values(**values, version=u.c.version + 1)
    try:
        async with tx.begin_nested():
            await tx.execute(statement)
    except IntegrityError as fault:
        if "users_name_key" in str(fault.orig):
            raise UserExists from fault
        raise


async def note_told(tx: WriteTx, user_id: UUID, at: datetime) -> None:
    """That the provider said at ``at`` what we have: no change of the user, whose version stays."""
    await tx.execute(update(u).where(u.c.id == user_id).values(told_at=at))


async def user(tx: ReadTx, user_id: UUID, *, lock: bool = False) -> User | None:
    query = select(*_USER).where(u.c.id == user_id)
    row = (await tx.execute(query.with_for_update() if lock else query)).first()
    return None if row is None else _user(row)


async def user_called(tx: ReadTx, name: str) -> User | None:
    row = (await tx.execute(select(*_USER).where(u.c.name_key == name_key(name)))).first()
    return None if row is None else _user(row)


async def user_of(tx: ReadTx, issuer: str, subject: str, *, lock: bool = False) -> User | None:
    """The user whom a provider calls ``subject``."""
    query = select(*_USER).where(u.c.issuer == issuer, u.c.subject == subject)
    row = (await tx.execute(query.with_for_update() if lock else query)).first()
    return None if row is None else _user(row)


async def break_glass_user(tx: ReadTx) -> User | None:
    row = (await tx.execute(select(*_USER).where(u.c.break_glass))).first()
    return None if row is None else _user(row)


async def secrets_of(tx: ReadTx, user_id: UUID, *, lock: bool = False) -> Secrets:
    """What ``user_id`` has; nothing for an id that is nobody's."""
    query = select(u.c.password, u.c.totp, u.c.totp_step).where(u.c.id == user_id)
    row = (await tx.execute(query.with_for_update() if lock else query)).first()
    if row is None:
        return Secrets(password=None, totp=None)
    return Secrets(password=row.password, totp=row.totp, totp_step=row.totp_step)


async def users(tx: ReadTx, *, like: str, limit: int, offset: int) -> tuple[list[User], int]:
    """A page by name, and how many there are. ``like`` is a part of a name or an employee number."""
    found = or_(
        u.c.name_key.contains(name_key(like), autoescape=True),
        func.lower(u.c.full_name).contains(like.lower(), autoescape=True),
        u.c.full_name_ar.contains(like, autoescape=True),
        u.c.employee_number == like,
    )
    where = found if like else literal_column("true")
    total = (await tx.execute(select(func.count()).select_from(u).where(where))).scalar_one()
    rows = await tx.execute(select(*_USER).where(where).order_by(u.c.name_key).limit(limit).offset(offset))
    return [_user(row) for row in rows], total


async def all_users(tx: ReadTx) -> list[User]:
    """All by name."""
    return [_user(row) for row in await tx.execute(select(*_USER).order_by(u.c.name_key))]


async def agency_exists(tx: ReadTx, code: str) -> bool:
    """Agencies are the registry's; here they are names that a user may have."""
    agencies = table("agencies", column("code"))
    return (await tx.execute(select(agencies.c.code).where(agencies.c.code == code))).first() is not None


async def any_user(tx: ReadTx) -> bool:
    return (await tx.execute(select(u.c.id).limit(1))).first() is not None


async def sealed_secrets(tx: ReadTx) -> list[tuple[UUID, bytes]]:
    """Authenticators' secrets as they are sealed, for sealing anew."""
    rows = await tx.execute(select(u.c.id, u.c.totp).where(u.c.totp.is_not(None)).with_for_update())
    return [(row.id, row.totp) for row in rows]


async def put_sealed(tx: WriteTx, user_id: UUID, sealed: bytes) -> None:
    await tx.execute(update(u).where(u.c.id == user_id).values(totp=sealed))


# Sessions


async def add_session(tx: WriteTx, session: Session) -> None:
    await tx.execute(insert(s).values(**{one.name: getattr(session, one.name) for one in s.c}))


async def session(tx: ReadTx, session_id: bytes) -> tuple[Session, User] | None:
    """A session with its user, as they are now."""
    query = select(*_SESSION, *[one.label(f"whose_{one.name}") for one in _USER])
    row = (await tx.execute(query.join(u, u.c.id == s.c.user_id).where(s.c.id == session_id))).first()
    return None if row is None else (_session(row), _user(row, prefix="whose_"))


async def sessions_of(tx: ReadTx, user_id: UUID, *, now: datetime) -> list[Session]:
    query = select(*_SESSION).where(s.c.user_id == user_id, s.c.expires_at > now).order_by(s.c.seen_at.desc())
    return [_session(row) for row in await tx.execute(query)]


async def change_session(tx: WriteTx, session_id: bytes, **values: Any) -> None:
    await tx.execute(update(s).where(s.c.id == session_id).values(**values))


async def see_sessions(tx: WriteTx, ids: Iterable[bytes], at: datetime) -> None:
    await tx.execute(update(s).where(s.c.id.in_(list(ids)), s.c.seen_at < at).values(seen_at=at))


async def end_session(tx: WriteTx, session_id: bytes) -> None:
    await tx.execute(delete(s).where(s.c.id == session_id))


async def end_sessions(tx: WriteTx, user_id: UUID, *, but: bytes | None = None) -> None:
    where = s.c.user_id == user_id
    await tx.execute(delete(s).where(where if but is None else and_(where, s.c.id != but)))


async def forget_expired(tx: WriteTx, *, now: datetime, idle_since: datetime, notices_before: datetime) -> None:
    await tx.execute(delete(s).where(or_(s.c.expires_at <= now, s.c.seen_at <= idle_since)))
    await tx.execute(delete(iam_notices).where(iam_notices.c.seen_at <= notices_before))


# Keys


async def add_key(tx: WriteTx, key: ApiKey, secret: bytes) -> None:
    values = {one.name: getattr(key, one.name) for one in _KEY}
    await tx.execute(insert(k).values(**values | {"scopes": list(key.scopes)}, secret=secret))


async def key_by_prefix(tx: ReadTx, prefix: str) -> tuple[ApiKey, bytes, User] | None:
    """The key that begins so, with the hash of the whole and its user."""
    query: Select[Any] = select(*_KEY, k.c.secret, *[one.label(f"whose_{one.name}") for one in _USER])
    row = (await tx.execute(query.join(u, u.c.id == k.c.user_id).where(k.c.prefix == prefix))).first()
    return None if row is None else (_key(row), row.secret, _user(row, prefix="whose_"))


async def keys(tx: ReadTx, *, user_id: UUID | None, prefix: str = "") -> list[ApiKey]:
    query = select(*_KEY).order_by(k.c.created_at.desc()).limit(1000)
    if user_id is not None:
        query = query.where(k.c.user_id == user_id)
    if prefix:
        query = query.where(k.c.prefix.startswith(prefix, autoescape=True))
    return [_key(row) for row in await tx.execute(query)]


async def key(tx: ReadTx, key_id: UUID) -> ApiKey | None:
    row = (await tx.execute(select(*_KEY).where(k.c.id == key_id))).first()
    return None if row is None else _key(row)


async def revoke_key(tx: WriteTx, key_id: UUID, at: datetime) -> None:
    await tx.execute(update(k).where(k.c.id == key_id, k.c.revoked_at.is_(None)).values(revoked_at=at))


async def revoke_keys(tx: WriteTx, user_id: UUID, at: datetime) -> None:
    await tx.execute(update(k).where(k.c.user_id == user_id, k.c.revoked_at.is_(None)).values(revoked_at=at))


async def see_keys(tx: WriteTx, ids: Iterable[UUID], at: datetime) -> None:
    await tx.execute(update(k).where(k.c.id.in_(list(ids))).values(used_at=at))


# Recovery codes, names of permissions, notices


async def replace_codes(tx: WriteTx, user_id: UUID, codes: Sequence[bytes]) -> None:
    await tx.execute(delete(r).where(r.c.user_id == user_id))
    if codes:
        await tx.execute(insert(r), [{"user_id": user_id, "code": code} for code in codes])


async def use_code(tx: WriteTx, user_id: UUID, code: bytes, at: datetime) -> bool:
    """Whether the code was good; it is not again."""
    statement = update(r).where(r.c.user_id == user_id, r.c.code == code, r.c.used_at.is_(None))
    return (await tx.execute(statement.values(used_at=at).returning(r.c.code))).first() is not None


async def codes_left(tx: ReadTx, user_id: UUID) -> int:
    query = select(func.count()).select_from(r).where(r.c.user_id == user_id, r.c.used_at.is_(None))
    return int((await tx.execute(query)).scalar_one())


async def provider_names(tx: ReadTx, *, lock: bool = False) -> dict[str, tuple[str, ...]]:
    """What an organisation's names of permissions mean; ``lock``: who else is to change them waits for this."""
    if lock:
        await tx.execute(select(func.pg_advisory_xact_lock(0x6E616D6573)))
    rows = await tx.execute(select(permission_names).order_by(permission_names.c.theirs))
    return {row.theirs: tuple(row.ours) for row in rows}


async def replace_provider_names(tx: WriteTx, names: Mapping[str, Sequence[str]]) -> None:
    """Keep these and no others."""
    await tx.execute(delete(permission_names))
    if names:
        rows = [{"theirs": theirs, "ours": list(ours)} for theirs, ours in names.items()]
        await tx.execute(insert(permission_names), rows)


async def first_notice(tx: WriteTx, notice: str, at: datetime) -> bool:
    """Whether this notice was not seen before; it is from now on."""
    new = insert(iam_notices).values(id=notice, seen_at=at).on_conflict_do_nothing().returning(iam_notices.c.id)
    return (await tx.execute(new)).first() is not None


def _columns(user: User) -> dict[str, Any]:
    values = {
        one.name: getattr(user, one.name)
        for one in u.c
        if hasattr(user, one.name) and one.name not in ("claims", "camera_sources")
    }
    return values | {
        "name_key": name_key(user.name),
        "claims": sorted(user.claims),
        "told_groups": sorted(user.groups),
        "camera_sources": list(user.camera_sources),
    }


def _user(row: Row[Any], *, prefix: str = "") -> User:
    values = {one.name: getattr(row, prefix + one.name) for one in _USER}
    groups = frozenset(values.pop("told_groups"))
    values["claims"] = frozenset(values["claims"])
    values["camera_sources"] = tuple(values["camera_sources"])
    return User(groups=groups, **values)


def _session(row: Row[Any]) -> Session:
    return Session(**{one.name: getattr(row, one.name) for one in _SESSION})


def _key(row: Row[Any]) -> ApiKey:
    values = {one.name: getattr(row, one.name) for one in _KEY}
    return ApiKey(**values | {"scopes": tuple(values["scopes"])})
