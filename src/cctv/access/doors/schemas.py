"""Shapes of the API of rights."""

from datetime import timedelta
from typing import Annotated, Self
from uuid import UUID

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, StringConstraints

from cctv.access.policy import EVERYTHING, Granted, GrantRow, Part, Rights, Role, TargetKind, part_of
from cctv.base.permission import parse_permission
from cctv.infra.http import Moment

Words = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200, pattern=r"^[^\x00]*$")
]
MaybeWords = Annotated[str, StringConstraints(strip_whitespace=True, max_length=200, pattern=r"^[^\x00]*$")]
_LONGEST_DAYS = 36_500


class RoleIn(BaseModel):
    """A role as it is to be."""

    model_config = ConfigDict(extra="forbid")

    name: Words
    name_ar: MaybeWords = ""
    permissions: Annotated[list[Annotated[str, StringConstraints(max_length=80)]], Field(max_length=200)]
    look_back_days: Annotated[int | None, Field(ge=1, le=_LONGEST_DAYS, description="null: no limit")] = None

    def to_role(self, code: str) -> Role:
        return Role(
            code=code,
            name=self.name,
            name_ar=self.name_ar,
            permissions=frozenset(map(parse_permission, self.permissions)),
            look_back=timedelta(days=self.look_back_days) if self.look_back_days else None,
        )


class RoleOut(BaseModel):
    """A role: permissions as ``camera:AGENCY:verb`` or ``system:right``."""

    code: str
    name: str
    name_ar: str
    permissions: list[str]
    look_back_days: float | None
    built_in: bool

    @classmethod
    def of(cls, role: Role) -> Self:
        return cls(
            code=role.code,
            name=role.name,
            name_ar=role.name_ar,
            permissions=sorted(map(str, role.permissions)),
            look_back_days=role.look_back / timedelta(days=1) if role.look_back else None,
            built_in=role.built_in,
        )


class RoleList(BaseModel):
    """All roles."""

    items: list[RoleOut]


class RightsGrantIn(BaseModel):
    """A role for a user, or for everybody of a group that the organisation's provider tells of."""

    model_config = ConfigDict(extra="forbid")

    user_id: UUID | None = None
    told_group: Words | None = None
    role: Annotated[str, StringConstraints(max_length=40)]
    on: TargetKind = TargetKind.EVERYTHING
    target: Annotated[str | None, StringConstraints(max_length=64, pattern=r"^[^\x00]*$")] = Field(
        default=None, description="An agency's code, a group's id or a camera's id; none for everything."
    )
    until: Moment | None = None

    def to_granted(self) -> Granted:
        return Granted(
            user_id=self.user_id,
            told_group=self.told_group,
            role=self.role,
            part=part_of(self.on, self.target),
            until=self.until,
        )


class RightsGrantOut(BaseModel):
    """A grant as it is kept."""

    id: UUID
    user_id: UUID | None
    told_group: str | None
    role: str
    on: TargetKind
    target: str | None
    until: AwareDatetime | None
    granted_by: str
    granted_at: AwareDatetime | None
    user_name: str | None = Field(description="In lists: the name that the user signs in with.")
    granted_by_name: str | None = Field(description="In lists: who gave it, where that is a user.")

    @classmethod
    def of(cls, row: GrantRow) -> Self:
        kind, target = _target(row.part)
        return cls(
            id=row.id,
            user_id=row.user_id,
            told_group=row.told_group,
            role=row.role,
            on=kind,
            target=target,
            until=row.until,
            granted_by=row.granted_by,
            granted_at=row.granted_at,
            user_name=row.user_name,
            granted_by_name=row.granted_by_name,
        )


class RightsGrantList(BaseModel):
    """Grants, newest first."""

    items: list[RightsGrantOut]


class HoldOut(BaseModel):
    """One verb on one part of the cameras; what is null is any."""

    verb: str
    agency: str | None
    group: UUID | None
    camera: UUID | None
    look_back_days: float | None
    until: AwareDatetime | None


class RightsOut(BaseModel):
    """What whoever asks may: what a page need not show is left out by it. Services ask anew at every request."""

    system: list[str]
    cameras: list[HoldOut]

    @classmethod
    def of(cls, rights: Rights) -> Self:
        return cls(
            system=sorted({str(right) for right, _ in rights.system}),
            cameras=[
                HoldOut(
                    verb=hold.verb,
                    agency=hold.part.agency,
                    group=hold.part.group,
                    camera=hold.part.camera,
                    look_back_days=hold.look_back / timedelta(days=1) if hold.look_back else None,
                    until=hold.until,
                )
                for hold in rights.holds
            ],
        )


class PurposeRule(BaseModel):
    """Whether an agency's footage is shown for a case only."""

    required: bool


class PurposeRules(BaseModel):
    """The agencies whose footage is shown for a case only."""

    agencies: list[str]


def _target(part: Part) -> tuple[TargetKind, str | None]:
    if part == EVERYTHING:
        return TargetKind.EVERYTHING, None
    if part.agency is not None:
        return TargetKind.AGENCY, part.agency
    if part.group is not None:
        return TargetKind.GROUP, str(part.group)
    return TargetKind.CAMERA, str(part.camera)
