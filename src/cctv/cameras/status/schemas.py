"""Shapes of a camera's state in the API and in events."""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from cctv.access.policy import Scope
from cctv.base.errors import InvalidInput
from cctv.base.faults import CameraState, Cause, Fault
from cctv.cameras.registry import Camera, CameraOut, Mode, Page, Wanted
from cctv.cameras.status.model import Past, Status, StreamFacts
from cctv.cameras.status.words import reason

AgencyCode = Annotated[str, StringConstraints(pattern="^[A-Za-z0-9_-]{1,32}$")]
Sort = Literal[
    "name", "-name", "agency", "-agency", "place", "-place",
    "created_at", "-created_at", "updated_at", "-updated_at",
]  # fmt: skip


class CameraFilter(BaseModel):
    """Which cameras."""

    agency: Annotated[
        list[AgencyCode], Field(max_length=50, description="Code of an agency; may be repeated.")
    ] = []  # pydantic copies it
    source: Annotated[
        list[AgencyCode], Field(max_length=50, deprecated=True, description="Old name of `agency`.")
    ] = []
    group: Annotated[UUID | None, Field(description="Id of a camera group.")] = None
    mode: Mode | None = None
    enabled: bool | None = None
    removed: Annotated[
        Literal["without", "only", "with"], Field(description="Cameras that were taken out of use.")
    ] = "without"
    q: Annotated[str, Field(max_length=200, description="Words to be found in name, Arabic name or place.")] = ""

    def wanted(self, scope: Scope) -> Wanted:
        """What of `scope` is wanted; :class:`InvalidInput` when the search has control characters."""
        if not self.q.isprintable():
            raise InvalidInput("q has control characters; leave them out.", arabic="في q محارف تحكم؛ احذفها.")
        agencies = (*self.agency, *self.__dict__["source"])  # read past the warning that it is deprecated
        return Wanted(
            agencies=tuple(code.upper() for code in agencies),
            group_id=self.group,
            mode=self.mode,
            enabled=self.enabled,
            removed=self.removed,
            search=self.q,
            scope=scope,
        )


class CameraQuery(CameraFilter):
    """Which cameras, in which order, which part of them."""

    state: Annotated[list[CameraState], Field(max_length=20, description="Only cameras in one of these.")] = []
    sort: Annotated[Sort, Field(description="A leading minus turns the order round.")] = "name"
    limit: Annotated[int, Field(ge=1, le=1000)] = 100
    offset: Annotated[int, Field(ge=0, le=1_000_000)] = 0

    def page(self) -> Page:
        return Page(sort=self.sort, limit=self.limit, offset=self.offset)


class StreamFactsOut(BaseModel):
    """What flows from the camera at present."""

    codec: Annotated[str, Field(examples=["h264"])]
    width: int
    height: int
    fps: Annotated[float | None, Field(description="Frames a second, as measured.")] = None
    bit_rate: Annotated[int | None, Field(description="Bits a second, as measured.")] = None
    recording: Annotated[bool | None, Field(description="Whether it gets to the disk.")] = None

    @classmethod
    def of(cls, facts: StreamFacts) -> "StreamFactsOut":
        return cls(**facts.to_json())


class StatusOut(BaseModel):
    """How a camera is: one word, one cause, the reason in words, since when, and whether that is still known."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "state": "no_video",
                    "cause": "camera",
                    "fault": "sends_nothing",
                    "reason": "no video for 12 s: camera answers, sends nothing",
                    "reason_ar": "لا فيديو منذ 12 ث: الكاميرا تستجيب ولا ترسل شيئاً",
                    "since": "2026-11-23T10:00:00Z",
                    "fresh": True,
                    "reported_at": "2026-11-23T10:00:02Z",
                    "reporter": "recorder-1",
                    "next_try_at": "2026-11-23T10:00:08Z",
                    "stream": None,
                }
            ]
        }
    )

    state: CameraState
    cause: Cause | None
    fault: Annotated[Fault | None, Field(description="The row of the fault table, when something is wrong.")]
    reason: Annotated[str, Field(description="Why, in English, with ages as of now.")]
    reason_ar: Annotated[str, Field(description="The same in Arabic.")]
    since: Annotated[datetime, Field(description="When this state began.")]
    fresh: Annotated[
        bool,
        Field(description="False: whoever reported this has gone silent, so the state is the last known one."),
    ]
    reported_at: datetime | None
    reporter: Annotated[str | None, Field(description="The recorder that says so.")]
    next_try_at: datetime | None
    stream: Annotated[StreamFactsOut | None, Field(description="Null when nothing flows, or nothing is known.")]

    @classmethod
    def of(cls, status: Status) -> "StatusOut":
        stream = status.stream if status.fresh else None
        return cls(
            state=status.state,
            cause=status.cause,
            fault=status.fault,
            reason=reason(status),
            reason_ar=reason(status, arabic=True),
            since=status.since,
            fresh=status.fresh,
            reported_at=status.reported_at,
            reporter=status.reporter,
            next_try_at=status.details.next_try_at,
            stream=StreamFactsOut.of(stream) if stream is not None else None,
        )


class CameraWithStatus(CameraOut):
    """A camera and how it is."""

    status: StatusOut

    @classmethod
    def of_both(cls, camera: Camera, status: Status) -> "CameraWithStatus":
        return cls(**cls.fields_of(camera), status=StatusOut.of(status))


class StatusSummary(BaseModel):
    """Cameras by state; `stale` are those among them whose state nobody vouches for at present."""

    total: int
    stale: int
    states: dict[CameraState, int]
    agencies: dict[str, dict[CameraState, int]]

    @classmethod
    def of(cls, cameras: Sequence[Camera], how: Mapping[UUID, Status]) -> "StatusSummary":
        by_agency: dict[str, Counter[CameraState]] = {}
        for camera in cameras:
            by_agency.setdefault(camera.agency, Counter())[how[camera.id].state] += 1
        states = sum(by_agency.values(), Counter[CameraState]())
        stale = sum(not status.fresh for status in how.values())
        return cls(total=len(cameras), stale=stale, states=dict(states), agencies=by_agency)


class CameraList(BaseModel):
    """One page of cameras."""

    items: list[CameraWithStatus]
    total: Annotated[int, Field(description="Cameras that match, on all pages.")]
    limit: int
    offset: int


class PastState(BaseModel):
    """A state that the camera was in from `since` until the entry before it in the list."""

    state: CameraState
    cause: Cause | None
    fault: Fault | None
    since: datetime
    words: Annotated[str | None, Field(description="What the camera itself said.")]
    reporter: str

    @classmethod
    def of(cls, past: Past) -> "PastState":
        return cls(
            state=past.state,
            cause=past.cause,
            fault=past.fault,
            since=past.since,
            words=past.details.words,
            reporter=past.reporter,
        )


class StatusHistory(BaseModel):
    """The state now and those before, newest first."""

    camera: UUID
    now: StatusOut
    history: list[PastState]
