"""HTTP of rights: what an organisation's names mean, roles, grants, purposes, and what whoever asks may."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Path, Query

from cctv.access import identity, policy
from cctv.access.audit import Entry
from cctv.access.doors.gate import Access, AccessDep
from cctv.access.doors.schemas import (
    PurposeRule,
    PurposeRules,
    RightsGrantIn,
    RightsGrantList,
    RightsGrantOut,
    RightsOut,
    RoleIn,
    RoleList,
    RoleOut,
)
from cctv.access.identity import PermissionNames
from cctv.access.policy import Granter, NoSuchTarget
from cctv.base.errors import InvalidInput
from cctv.base.events import ACCESS_CHANGED
from cctv.base.permission import SIGNED_IN, System, parse_permission, system
from cctv.infra.database import notify
from cctv.infra.http import Problem, ReadDep, Requires, WriteDep

router = APIRouter(prefix="/api/v1", tags=["access"])

_PROBLEM: dict[str, Any] = {"model": Problem}
_GONE: dict[int | str, dict[str, Any]] = {404: _PROBLEM | {"description": "There is no such thing."}}
_NO: dict[int | str, dict[str, Any]] = {
    403: _PROBLEM | {"description": "Not your right, or not one that you could hand out."},
    409: _PROBLEM | {"description": "In use, built in, or the last administrator's."},
    422: _PROBLEM | {"description": "Not valid."},
}
_ROLES = [Requires(system(System.ROLES))]
Code = Annotated[str, Path(pattern=r"^[a-z][a-z0-9_-]{0,39}$")]
AgencyCode = Annotated[str, Path(pattern=r"^[A-Z0-9][A-Z0-9_-]{0,31}$")]


def _granter(access: Access) -> Granter:
    return Granter(access.actor, access.rights, access.audit, access.policy.now())


@router.get("/iam/permission-names", dependencies=_ROLES)
async def names(tx: ReadDep) -> PermissionNames:
    """What the organisation's names of permissions mean here; an asterisk stands for an agency."""
    standing = await identity.provider_names(tx)
    return PermissionNames(names={theirs: list(ours) for theirs, ours in standing.items()})


@router.put("/iam/permission-names", dependencies=_ROLES)
async def put_names(given: PermissionNames, tx: WriteDep, access: AccessDep) -> PermissionNames:
    """Replace the table; it holds from everybody's next token on."""
    if len(given.names) > 200:
        raise InvalidInput("200 names at most", arabic="200 اسم على الأكثر.")
    wanted = {theirs: [str(parse_permission(one)) for one in ours] for theirs, ours in given.names.items()}
    await _granter(access).put_names(tx, wanted)
    return PermissionNames(names=wanted)


@router.get("/session/rights", dependencies=[Requires(SIGNED_IN)])
async def my_rights(access: AccessDep) -> RightsOut:
    """What whoever asks may do."""
    return RightsOut.of(access.rights)


@router.get("/roles", dependencies=_ROLES)
async def roles(tx: ReadDep) -> RoleList:
    """The roles, those that came with the system and your own."""
    return RoleList(items=[RoleOut.of(role) for role in await policy.list_roles(tx)])


@router.put("/roles/{code}", dependencies=_ROLES, responses=_NO)
async def put_role(code: Code, given: RoleIn, tx: WriteDep, access: AccessDep) -> RoleOut:
    """Add a role, or change one of your own. Nobody puts into a role what they do not hold on everything."""
    return RoleOut.of(await _granter(access).put_role(tx, given.to_role(code)))


@router.delete("/roles/{code}", status_code=204, dependencies=_ROLES, responses=_GONE | _NO)
async def remove_role(code: Code, tx: WriteDep, access: AccessDep) -> None:
    """Remove a role that nobody has."""
    await _granter(access).remove_role(tx, code)


@router.get("/access/grants", dependencies=_ROLES)
async def grants(
    tx: ReadDep, user: Annotated[UUID | None, Query(description="Of this user only.")] = None
) -> RightsGrantList:
    """Who was granted what, newest first."""
    return RightsGrantList(items=[RightsGrantOut.of(row) for row in await policy.list_grants(tx, user_id=user)])


@router.post("/access/grants", status_code=201, dependencies=_ROLES, responses=_GONE | _NO)
async def grant(given: RightsGrantIn, tx: WriteDep, access: AccessDep) -> RightsGrantOut:
    """Grant a role on everything, an agency, a group of cameras or one camera; it holds within a second."""
    return RightsGrantOut.of(await _granter(access).grant(tx, given.to_granted()))


@router.delete("/access/grants/{grant_id}", dependencies=_ROLES, responses=_GONE | _NO)
async def withdraw(grant_id: UUID, tx: WriteDep, access: AccessDep) -> RightsGrantOut:
    """Take a grant back. Streams, media addresses and sockets that live by it end within five seconds."""
    return RightsGrantOut.of(await _granter(access).withdraw(tx, grant_id))


@router.get("/access/purposes", dependencies=[Requires(system(System.AGENCIES))])
async def purposes(tx: ReadDep) -> PurposeRules:
    """The agencies that ask for a case number and a reason."""
    return PurposeRules(agencies=sorted(await policy.purpose_agencies(tx)))


@router.get("/access/agencies/{code}/purpose", dependencies=[Requires(SIGNED_IN)])
async def purpose(code: AgencyCode, tx: ReadDep) -> PurposeRule:
    """Whether playback and download of this agency's cameras ask for a case number and a reason."""
    return PurposeRule(required=code in await policy.purpose_agencies(tx))


@router.put(
    "/access/agencies/{code}/purpose",
    dependencies=[Requires(system(System.AGENCIES))],
    responses={422: _PROBLEM | {"description": "There is no such agency."}},
)
async def set_purpose(code: AgencyCode, given: PurposeRule, tx: WriteDep, access: AccessDep) -> PurposeRule:
    """Ask for a purpose from now on, or no longer."""
    if not await policy.set_purpose(tx, code, required=given.required):
        raise NoSuchTarget(agency=code)
    await notify(tx, ACCESS_CHANGED)
    entry = Entry(
        actor=access.actor,
        action="agency.purpose",
        thing_kind="agency",
        thing_id=code,
        agency=code,
        detail={"required": given.required},
    )
    await access.audit.note(tx, entry)
    return given
