"""Shapes of the API of the audit."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Literal, Self
from uuid import UUID

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, StringConstraints

from cctv.access.audit.model import Kept
from cctv.access.audit.store import CameraName, Wanted
from cctv.infra.http import Moment

Text = Annotated[str, StringConstraints(max_length=200, pattern=r"^[^\x00]*$")]


class AuditQuery(BaseModel):
    """Which entries are wanted; what is not said is any."""

    model_config = ConfigDict(extra="forbid", populate_by_name=True)

    start: Moment | None = Field(default=None, alias="from")
    end: Moment | None = Field(default=None, alias="to")
    actor: Text | None = Field(default=None, description="An id, or a part of the name.")
    action: Text | None = Field(default=None, description="`playback.grant`, or `playback` for all of them.")
    thing: Text | None = None
    camera: UUID | None = None
    agency: Text | None = None
    result: Literal["done", "refused", "failed", "began"] | None = None
    case_ref: Text | None = None
    address: Text | None = None

    def wanted(self, *, before: int | None = None) -> Wanted:
        return Wanted(
            start=self.start,
            end=self.end,
            actor=self.actor,
            action=self.action,
            thing=self.thing,
            camera=self.camera,
            agency=self.agency,
            result=self.result,
            case_ref=self.case_ref,
            address=self.address,
            before=before,
        )


class AuditPage(AuditQuery):
    """A search, a page at a time."""

    before: Annotated[int | None, Field(ge=1, le=2**62, description="`next` of the page before.")] = None
    limit: Annotated[int, Field(ge=1, le=500)] = 100


class AuditEntryOut(BaseModel):
    """Who did what to which thing, when, from where, with what result."""

    id: int
    at: AwareDatetime
    actor_id: str
    actor_name: str
    actor_kind: str
    session: str | None
    address: str | None
    request_id: str | None
    service: str
    action: str
    thing_kind: str
    thing_id: str
    camera_id: UUID | None
    agency: str | None
    result: str
    case_ref: str | None
    reason: str | None
    seconds: float | None
    detail: dict[str, Any]
    camera_name: str | None = Field(description="What the camera is called now; the entry itself keeps its id.")
    camera_name_ar: str | None
    thing_name: str | None = Field(description="What the user that it was done to is called now.")

    @classmethod
    def of(cls, kept: Kept, names: "Names") -> Self:
        camera = names.cameras.get(kept.camera_id) if kept.camera_id else None
        return cls(
            **{name: getattr(kept, name) for name in Kept.__slots__},
            camera_name=camera.name if camera else None,
            camera_name_ar=camera.name_ar if camera else None,
            thing_name=names.users.get(kept.thing_id),
        )


@dataclass(frozen=True, slots=True)
class Names:
    """What the things of some entries are called now."""

    cameras: Mapping[UUID, CameraName]
    users: Mapping[str, str]


class AuditList(BaseModel):
    """Entries, newest first; ``next`` is ``before`` of the next page, null at the end."""

    items: list[AuditEntryOut]
    next: int | None


class WatchedOut(BaseModel):
    """How much of a camera somebody watched."""

    camera_id: UUID
    camera_name: str | None
    camera_name_ar: str | None
    actor_id: str
    actor_name: str
    seconds: float
    times: int


class WatchedList(BaseModel):
    """Most watched first."""

    items: list[WatchedOut]
