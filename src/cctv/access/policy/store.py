"""All SQL of rights."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    Row,
    Text,
    Uuid,
    and_,
    cast,
    column,
    delete,
    false,
    func,
    or_,
    select,
    table,
    true,
    update,
)
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.exc import IntegrityError

from cctv.access.policy.errors import NoSuchGrant, NoSuchRole, NoSuchTarget, RoleInUse
from cctv.access.policy.model import Grant, Owned, Part, Role, Scope
from cctv.access.policy.tables import access_grants, roles
from cctv.base.permission import parse_permission
from cctv.infra.database import ReadTx, WriteTx

_cameras = table("cameras", column("id"), column("agency"), column("group_id"))
_agencies = table("agencies", column("code"), column("purpose_required"))
_users = table("users", column("id", Uuid), column("name", Text), column("disabled_at"))


@dataclass(frozen=True, slots=True, kw_only=True)
class GrantRow:
    """A grant as it is kept. Exactly one of ``user_id`` and ``told_group`` is there."""

    id: UUID
    user_id: UUID | None
    told_group: str | None
    role: str
    part: Part
    until: datetime | None
    granted_by: str
    granted_at: datetime | None = None
    user_name: str | None = None
    """Only in lists, for people to read; so is the next."""
    granted_by_name: str | None = None


def within(
    scope: Scope, *, agency: ColumnElement[str], group: ColumnElement[Any], camera: ColumnElement[Any]
) -> ColumnElement[bool]:
    """A scope as a condition on the columns of a query that say whose a camera is."""
    if scope.everything:
        return true()
    whole: dict[str, list[Any]] = {"agency": [], "group": [], "camera": []}
    conditions: list[ColumnElement[bool]] = []
    columns = {"agency": agency, "group": group, "camera": camera}
    for part in scope.parts:
        named = {name: value for name, value in part._asdict().items() if value is not None}
        if len(named) == 1:
            (name, value), *_ = named.items()
            whole[name].append(value)
        else:
            conditions.append(and_(*(columns[name] == value for name, value in named.items())))
    conditions += [columns[name].in_(values) for name, values in whole.items() if values]
    return or_(*conditions) if conditions else false()


async def grants_of(tx: ReadTx, user_id: UUID | None, groups: Sequence[str]) -> list[Grant]:
    """What a user was granted, also through groups that the provider told of; without what has ended."""
    who: ColumnElement[bool] = access_grants.c.told_group.in_(groups) if groups else false()
    if user_id is not None:
        who = or_(access_grants.c.user_id == user_id, who)
    query = (
        select(access_grants, *_role_columns())
        .join(roles, roles.c.code == access_grants.c.role)
        .where(who, or_(access_grants.c.until.is_(None), access_grants.c.until > func.now()))
    )
    return [Grant(_joined_role(row), _part(row), row.until) for row in await tx.execute(query)]


async def owned(tx: ReadTx, cameras: Sequence[UUID]) -> dict[UUID, Owned]:
    """Whose these cameras are; those that do not exist are left out."""
    query = select(_cameras).where(_cameras.c.id.in_(cameras))
    return {row.id: Owned(row.id, row.agency, row.group_id) for row in await tx.execute(query)}


async def purpose_agencies(tx: ReadTx) -> frozenset[str]:
    """Agencies whose footage is shown for a case only."""
    query = select(_agencies.c.code).where(_agencies.c.purpose_required)
    return frozenset((await tx.execute(query)).scalars())


async def set_purpose(tx: WriteTx, agency: str, *, required: bool) -> bool:
    """Whether there is such an agency, which from now on asks for a purpose or no longer does."""
    query = update(_agencies).where(_agencies.c.code == agency).values(purpose_required=required)
    return bool((await tx.execute(query)).rowcount)


async def list_roles(tx: ReadTx) -> list[Role]:
    """All roles by code."""
    return [_role(row) for row in await tx.execute(select(roles).order_by(roles.c.code))]


async def get_role(tx: ReadTx, code: str) -> Role:
    """One role; :class:`NoSuchRole`."""
    row = (await tx.execute(select(roles).where(roles.c.code == code))).first()
    if row is None:
        raise NoSuchRole(role=code)
    return _role(row)


async def role_to_change(tx: WriteTx, code: str) -> Role | None:
    """The role as it stands, ``None`` for a new one; who else is to change a role waits for this transaction."""
    await tx.execute(select(func.pg_advisory_xact_lock(0x726F6C6573)))
    row = (await tx.execute(select(roles).where(roles.c.code == code))).first()
    return None if row is None else _role(row)


async def put_role(tx: WriteTx, role: Role) -> bool:
    """Add the role or change the one of this code; whether it was there."""
    values = {
        "name": role.name,
        "name_ar": role.name_ar,
        "permissions": sorted(map(str, role.permissions)),
        "look_back_s": int(role.look_back.total_seconds()) if role.look_back else None,
    }
    there = (await tx.execute(select(roles.c.built_in).where(roles.c.code == role.code))).first()
    if there is not None and there.built_in:
        raise RoleInUse(role=role.code)
    await tx.execute(
        insert(roles)
        .values(code=role.code, **values)
        .on_conflict_do_update(index_elements=[roles.c.code], set_=values)
    )
    return there is not None


async def grants_on_group(tx: ReadTx, group: UUID) -> int:
    """How many grants on this group of cameras hold, or will."""
    still = or_(access_grants.c.until.is_(None), access_grants.c.until > func.now())
    query = select(func.count()).where(access_grants.c.group_id == group, still)
    return int((await tx.execute(query)).scalar_one())


async def remove_role(tx: WriteTx, code: str) -> None:
    """Remove a role that nobody has; :class:`RoleInUse`."""
    role = await get_role(tx, code)
    if role.built_in:
        raise RoleInUse(role=code)
    try:
        async with tx.begin_nested():
            await tx.execute(delete(roles).where(roles.c.code == code))
    except IntegrityError as fault:
        raise RoleInUse(role=code) from fault


async def list_grants(tx: ReadTx, *, user_id: UUID | None = None, limit: int = 1000) -> list[GrantRow]:
    """Grants, newest first; of one user when one is named."""
    holder, giver = _users.alias("holder"), _users.alias("giver")
    query = (
        select(access_grants, holder.c.name.label("user_name"), giver.c.name.label("granted_by_name"))
        .join(holder, holder.c.id == access_grants.c.user_id, isouter=True)
        .join(giver, cast(giver.c.id, Text) == access_grants.c.granted_by, isouter=True)
        .order_by(access_grants.c.granted_at.desc(), access_grants.c.id)
        .limit(limit)
    )
    if user_id is not None:
        query = query.where(access_grants.c.user_id == user_id)
    return [
        replace(_grant_row(row), user_name=row.user_name, granted_by_name=row.granted_by_name)
        for row in await tx.execute(query)
    ]


async def get_grant(tx: ReadTx, grant_id: UUID) -> GrantRow:
    """One grant; :class:`NoSuchGrant`."""
    row = (await tx.execute(select(access_grants).where(access_grants.c.id == grant_id))).first()
    if row is None:
        raise NoSuchGrant(grant=str(grant_id))
    return _grant_row(row)


async def put_grant(tx: WriteTx, grant: GrantRow) -> GrantRow:
    """Keep a grant; the same one again only changes its end. :class:`NoSuchTarget` for what does not exist."""
    values = {
        "id": grant.id,
        "user_id": grant.user_id,
        "told_group": grant.told_group,
        "role": grant.role,
        "agency": grant.part.agency,
        "group_id": grant.part.group,
        "camera_id": grant.part.camera,
        "until": grant.until,
        "granted_by": grant.granted_by,
    }
    changed = {name: values[name] for name in ("until", "granted_by")} | {"granted_at": func.now()}
    query = (
        insert(access_grants)
        .values(values)
        .on_conflict_do_update(constraint="access_grants_once", set_=changed)
        .returning(access_grants)
    )
    try:
        async with tx.begin_nested():
            return _grant_row((await tx.execute(query)).one())
    except IntegrityError as fault:
        raise NoSuchTarget from fault


async def remove_grant(tx: WriteTx, grant_id: UUID) -> None:
    """Take a grant back."""
    await tx.execute(delete(access_grants).where(access_grants.c.id == grant_id))


async def administrators(tx: WriteTx) -> frozenset[UUID]:
    """Users who are administrators of everything without an end and not disabled.

    Who else asks waits for this transaction.
    """
    await tx.execute(select(func.pg_advisory_xact_lock(0x61646D696E73)))
    everything = and_(
        access_grants.c.agency.is_(None), access_grants.c.group_id.is_(None), access_grants.c.camera_id.is_(None)
    )
    query = (
        select(_users.c.id)
        .join(access_grants, access_grants.c.user_id == _users.c.id)
        .where(
            access_grants.c.role == "administrator",
            access_grants.c.until.is_(None),
            everything,
            _users.c.disabled_at.is_(None),
        )
    )
    return frozenset((await tx.execute(query)).scalars())


def _role_columns() -> list[ColumnElement[Any]]:
    return [each.label(f"role_{each.name}") for each in roles.c]


def _joined_role(row: Row[Any]) -> Role:
    return Role(
        code=row.role_code,
        name=row.role_name,
        name_ar=row.role_name_ar,
        permissions=frozenset(map(parse_permission, row.role_permissions)),
        look_back=timedelta(seconds=row.role_look_back_s) if row.role_look_back_s else None,
        built_in=row.role_built_in,
    )


def _role(row: Row[Any]) -> Role:
    return Role(
        code=row.code,
        name=row.name,
        name_ar=row.name_ar,
        permissions=frozenset(map(parse_permission, row.permissions)),
        look_back=timedelta(seconds=row.look_back_s) if row.look_back_s else None,
        built_in=row.built_in,
    )


def _part(row: Row[Any]) -> Part:
    return Part(row.agency, row.group_id, row.camera_id)


def _grant_row(row: Row[Any]) -> GrantRow:
    return GrantRow(
        id=row.id,
        user_id=row.user_id,
        told_group=row.told_group,
        role=row.role,
        part=_part(row),
        until=row.until,
        granted_by=row.granted_by,
        granted_at=row.granted_at,
    )
