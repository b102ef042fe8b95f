"""Shapes of cameras in the API. What goes in is only typed here; the rules are in `model`."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from cctv.cameras.registry.importing import ImportReport, Outcome, RowResult
from cctv.cameras.registry.model import Agency, Audio, Camera, Draft, Group, Mode, StreamSource, Transport

_STREAM_URL = "rtsp://10.20.0.7/Streaming/Channels/101"


def _without_defaults(schema: dict[str, Any]) -> None:
    for described in schema.get("properties", {}).values():
        described.pop("default", None)


class _In(BaseModel):
    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)


class PlaceIO(BaseModel):
    """Where a camera is: WGS 84 degrees, both or neither, and words."""

    model_config = ConfigDict(extra="forbid")

    lat: Annotated[float | None, Field(ge=-90, le=90, examples=[25.2048], allow_inf_nan=False)] = None
    lon: Annotated[float | None, Field(ge=-180, le=180, examples=[55.2708], allow_inf_nan=False)] = None
    text: Annotated[str, Field(max_length=500, examples=["Sheikh Zayed Road, exit 47"])] = ""


class StreamIn(_In):
    """One stream as it is given. User and password may stand in the address; they are taken out and sealed.

    In a change, `{secret}` in the address stands for the value that is already sealed.
    """

    url: Annotated[str, Field(max_length=2000, examples=[_STREAM_URL], description="`rtsp://` or `rtsps://`.")]
    transport: Transport = Transport.TCP


class StreamOut(BaseModel):
    """One stream; the address holds no user and no password (`{secret}` where one stood in the path)."""

    url: Annotated[str, Field(examples=[_STREAM_URL])]
    transport: Transport

    @classmethod
    def of(cls, source: StreamSource) -> "StreamOut":
        return cls(url=source.url, transport=source.transport)


class CredentialsIn(_In):
    """User and password for the camera's streams. Sealed at once, never shown again."""

    username: Annotated[str, Field(max_length=200)]
    password: Annotated[str, Field(max_length=200, json_schema_extra={"writeOnly": True})] = ""


class CameraIn(_In):
    """A new camera."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "name": "Deira gate 4",
                    "name_ar": "بوابة ديرة 4",
                    "agency": "METRO",
                    "place": {"lat": 25.2697, "lon": 55.3095, "text": "Al Rigga station"},
                    "main": {"url": _STREAM_URL},
                    "credentials": {"username": "viewer", "password": "s3cret"},
                }
            ]
        }
    )

    name: Annotated[str, Field(min_length=1, max_length=200)]
    name_ar: Annotated[str, Field(max_length=200)] = ""
    agency: Annotated[str, Field(max_length=32, description="Code of the agency that owns the camera.")]
    group_id: UUID | None = None
    place: PlaceIO = PlaceIO()
    main: Annotated[StreamIn, Field(description="The stream that is recorded.")]
    sub: Annotated[StreamIn | None, Field(description="A smaller stream for small tiles.")] = None
    credentials: CredentialsIn | None = None
    mode: Annotated[Mode, Field(description="What is recorded.")] = Mode.CONTINUOUS
    audio: Annotated[
        Audio, Field(description="`keep` keeps AAC and leaves other sound out; `aac` turns other sound into AAC.")
    ] = Audio.KEEP
    enabled: Annotated[bool, Field(description="False: no connection to the camera at all.")] = True

    def to_draft(self) -> Draft:
        return Draft(**_flat(self.model_dump()))


class CameraPatch(_In):
    """A change: only what is given changes. `credentials: null` forgets them, `sub: null` drops the sub stream."""

    model_config = ConfigDict(json_schema_extra=_without_defaults)

    name: Annotated[str, Field(min_length=1, max_length=200)] = ""
    name_ar: Annotated[str, Field(max_length=200)] = ""
    agency: Annotated[str, Field(max_length=32)] = ""
    group_id: UUID | None = None
    place: PlaceIO = PlaceIO()
    main: StreamIn = StreamIn(url="")
    sub: StreamIn | None = None
    credentials: CredentialsIn | None = None
    mode: Mode = Mode.CONTINUOUS
    audio: Audio = Audio.KEEP
    enabled: bool = True
    version: Annotated[
        int | None, Field(ge=1, description="The version that was seen; 409 when there is a newer one.")
    ] = None

    def given(self) -> dict[str, Any]:
        """The draft's fields that this change sets."""
        return _flat(self.model_dump(include=self.model_fields_set - {"version"}))


class CameraOut(BaseModel):
    """A camera. There is no way to read its user or password back."""

    id: UUID
    name: str
    name_ar: str
    agency: str
    group_id: UUID | None
    place: PlaceIO
    main: StreamOut
    sub: StreamOut | None
    has_credentials: bool
    mode: Mode
    audio: Audio
    enabled: bool
    recorded: Annotated[bool, Field(description="Whether it is to be recorded now.")]
    created_at: datetime
    updated_at: datetime
    removed_at: Annotated[datetime | None, Field(description="Set: taken out of use; its recordings remain.")]
    version: Annotated[int, Field(description="Grows by one with each change; also the ETag.")]

    @classmethod
    def fields_of(cls, camera: Camera) -> dict[str, Any]:
        return {
            "id": camera.id,
            "name": camera.name,
            "name_ar": camera.name_ar,
            "agency": camera.agency,
            "group_id": camera.group_id,
            "place": PlaceIO(lat=camera.place.lat, lon=camera.place.lon, text=camera.place.text),
            "main": StreamOut.of(camera.main),
            "sub": StreamOut.of(camera.sub) if camera.sub is not None else None,
            "has_credentials": camera.has_credentials,
            "mode": camera.mode,
            "audio": camera.audio,
            "enabled": camera.enabled,
            "recorded": camera.recorded,
            "created_at": camera.created_at,
            "updated_at": camera.updated_at,
            "removed_at": camera.removed_at,
            "version": camera.version,
        }

    @classmethod
    def of(cls, camera: Camera) -> "CameraOut":
        return cls(**cls.fields_of(camera))


class AgencyOut(BaseModel):
    """An agency."""

    code: str
    name: str
    name_ar: str

    @classmethod
    def of(cls, agency: Agency) -> "AgencyOut":
        return cls(code=agency.code, name=agency.name, name_ar=agency.name_ar)


class GroupOut(BaseModel):
    """A group of cameras."""

    id: UUID
    name: str
    name_ar: str

    @classmethod
    def of(cls, group: Group) -> "GroupOut":
        return cls(id=group.id, name=group.name, name_ar=group.name_ar)


class AgencyIn(_In):
    """An agency's names."""

    name: Annotated[str, Field(min_length=1, max_length=200)]
    name_ar: Annotated[str, Field(max_length=200)] = ""


class GroupIn(AgencyIn):
    """A group's names."""


class AgencyList(BaseModel):
    items: list[AgencyOut]


class GroupList(BaseModel):
    items: list[GroupOut]


class ProblemOut(BaseModel):
    """One thing that is wrong with one field, and what to do about it, in English and Arabic."""

    field: Annotated[str, Field(examples=["main.url"])]
    code: Annotated[str, Field(examples=["url_scheme"])]
    message: str
    message_ar: str
    hint: str
    hint_ar: str


class RowOut(BaseModel):
    """One row of an imported file."""

    row: Annotated[
        int, Field(description="Row in the file: 1 is the first line of a CSV, the first entry of JSON.")
    ]
    name: str
    outcome: Outcome
    camera: Annotated[
        UUID | None, Field(description="Null in a dry run for what would be added, and for bad rows.")
    ]
    problems: list[ProblemOut]

    @classmethod
    def of(cls, result: RowResult) -> "RowOut":
        return cls(
            row=result.number,
            name=result.name,
            outcome=result.outcome,
            camera=result.camera,
            problems=[ProblemOut(**problem.as_dict()) for problem in result.problems],
        )


class ImportOut(BaseModel):
    """What an import did; with `dry_run`, what it would do."""

    dry_run: bool
    rows: Annotated[int, Field(description="Rows in the file, without header and empty lines.")]
    added: int
    updated: int
    unchanged: int
    skipped: Annotated[int, Field(description="Already there, and left as they are.")]
    bad: int
    unknown_columns: Annotated[list[str], Field(description="Columns that were not understood and left out.")]
    results: list[RowOut]

    @classmethod
    def of(cls, report: ImportReport) -> "ImportOut":
        return cls(
            dry_run=report.dry_run,
            rows=len(report.results),
            added=report.count(Outcome.ADDED),
            updated=report.count(Outcome.UPDATED),
            unchanged=report.count(Outcome.UNCHANGED),
            skipped=report.count(Outcome.SKIPPED),
            bad=report.count(Outcome.BAD),
            unknown_columns=report.unknown_columns,
            results=[RowOut.of(result) for result in report.results],
        )


def _flat(given: dict[str, Any]) -> dict[str, Any]:
    """Nested API fields as the draft's flat ones."""
    flat = {name: value for name, value in given.items() if name not in ("place", "main", "sub", "credentials")}
    if "place" in given:
        flat |= {"lat": given["place"]["lat"], "lon": given["place"]["lon"], "place": given["place"]["text"]}
    for stream in ("main", "sub"):
        if stream in given:
            source = given[stream] or {"url": None, "transport": Transport.TCP}
            flat |= {f"{stream}_url": source["url"], f"{stream}_transport": source["transport"]}
    if "credentials" in given:
        who = given["credentials"] or {"username": None, "password": None}
        flat |= {"username": who["username"], "password": who["password"]}
    return flat
