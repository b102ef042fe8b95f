"""What playback says over HTTP: timelines, grants, lists of recordings.

Times are RFC 3339 in UTC going out; coming in, any offset is accepted but a time without one is refused.
A range is half open: `from` belongs to it, `to` does not. The wire says `from` and `to`; Python, where
`from` is a word of the language, says `start` and `end`.
"""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from cctv.infra.http import Moment
from cctv.viewing.playback.model import Purpose

CAMERA_EXAMPLE = "0192f0c1-7d2e-8a3b-9c4d-5e6f708192a3"
GRANT_EXAMPLE = "AQAAAZJ1x0sAAZLwwX0uijuCxNXm9wgZKjAKR0AACkdMAGc2xJkJYW5vbnltb3Vz7a1k0w"


class _Shape(BaseModel):
    """Fields by their wire names on both sides; unknown fields of a request are refused."""

    model_config = ConfigDict(populate_by_name=True, extra="forbid")


class SpanOut(_Shape):
    """A stretch of time, half open."""

    start: Annotated[datetime, Field(alias="from", examples=["2026-11-23T08:00:00Z"])]
    end: Annotated[datetime, Field(alias="to", examples=["2026-11-23T09:30:00Z"])]


class GapOut(_Shape):
    """Time that should have been recorded and was not."""

    start: Annotated[datetime, Field(alias="from", examples=["2026-11-23T09:30:00Z"])]
    end: Annotated[
        datetime | None,
        Field(alias="to", description="null: the fault lasts", examples=["2026-11-23T09:31:10Z"]),
    ]
    cause: Annotated[
        str,
        Field(
            description="network, camera, auth, codec, restart, node, disk, overload, clock or maintenance",
            examples=["network"],
        ),
    ]
    detail: Annotated[str, Field(description="words for the operator", examples=["connection reset"])] = ""


class HiddenOut(_Shape):
    """Footage under newer footage: the server's clock was set back, and the same hours came again."""

    start: Annotated[datetime, Field(alias="from")]
    end: Annotated[datetime, Field(alias="to")]
    epoch: Annotated[UUID, Field(description="ask for it by this: timeline, grants and downloads take `epoch`")]


class CameraTimelineOut(_Shape):
    """What one camera has inside the asked range, clipped to it."""

    camera: Annotated[UUID, Field(examples=[CAMERA_EXAMPLE])]
    spans: Annotated[list[SpanOut], Field(description="recorded, merged, in order, without overlap")]
    gaps: Annotated[list[GapOut], Field(description="not recorded although planned, in order")]
    recording_until: Annotated[
        datetime | None,
        Field(description="the growing end when the camera records into this range right now, else null"),
    ] = None
    oldest: Annotated[datetime | None, Field(description="the camera's first footage of all, null: none")] = None
    newest: Annotated[datetime | None, Field(description="the camera's last footage of all, null: none")] = None
    hidden: Annotated[list[HiddenOut], Field(description="what lies under newer footage, in order")] = []


class TimelineOut(_Shape):
    """Timelines of one or many cameras for one range."""

    start: Annotated[datetime, Field(alias="from")]
    end: Annotated[datetime, Field(alias="to")]
    now: Annotated[datetime, Field(description="the server's time, for the growing edge")]
    cameras: Annotated[list[CameraTimelineOut], Field(description="in the order asked for")]


NO_CONTROLS = r"^[^\x00-\x1f\x7f]*$"
CaseText = Annotated[
    str | None,
    Field(
        max_length=200,
        pattern=NO_CONTROLS,
        description="kept with the audit's entry; needed where the camera's agency asks for a purpose",
    ),
]


class GrantIn(_Shape):
    """Ask to look at one camera's footage of one range."""

    camera: Annotated[UUID, Field(examples=[CAMERA_EXAMPLE])]
    start: Annotated[Moment, Field(alias="from", examples=["2026-11-23T08:00:00Z"])]
    end: Annotated[
        Moment,
        Field(
            alias="to",
            description="may lie ahead of now: the playlist then grows (EVENT) until it is reached",
            examples=["2026-11-23T09:00:00Z"],
        ),
    ]
    purpose: Purpose = Purpose.PLAYBACK
    case_ref: CaseText = None
    reason: CaseText = None
    renewable: Annotated[
        bool,
        Field(
            description="true: 5 minutes, renewed by the player. false, for players that cannot renew "
            "(ffmpeg, Safari): as long as the range plus 5 minutes"
        ),
    ] = True
    epoch: Annotated[
        UUID | None,
        Field(description="show the footage of this clock epoch (see `hidden` in the timeline), not the newest"),
    ] = None


class GrantOut(_Shape):
    """The right to fetch media of one camera and range, as addresses that carry it.

    A renewed grant has the same `id` and a new text: put it in the place of the old one in every media
    address (`/media/{camera}/{grant}/...`); what is playing need not be reloaded.
    """

    id: Annotated[str, Field(description="survives renewal; what is withdrawn", examples=["a3f09c11d2e4b576"])]
    grant: Annotated[
        str, Field(description="the part of the address that changes at renewal", examples=[GRANT_EXAMPLE])
    ]
    camera: Annotated[UUID, Field(examples=[CAMERA_EXAMPLE])]
    start: Annotated[datetime, Field(alias="from")]
    end: Annotated[datetime, Field(alias="to")]
    until: Annotated[datetime, Field(description="renew before this moment")]
    renewable: bool
    purpose: Purpose
    url: Annotated[
        str,
        Field(
            description="multivariant HLS playlist; add ?from=&to= for a window inside the grant's range",
            examples=[f"/media/{CAMERA_EXAMPLE}/{GRANT_EXAMPLE}/index.m3u8"],
        ),
    ]
    video_url: Annotated[str, Field(description="the media playlist alone (for plain players)")]
    iframes_url: Annotated[str, Field(description="key frames only: speeds above 16x, stepping")]


class RenewIn(_Shape):
    """Ask for five more minutes."""

    grant: Annotated[str, Field(max_length=200, examples=[GRANT_EXAMPLE])]


class WithdrawIn(_Shape):
    """Give a grant back: every renewal of it dies within five seconds."""

    grant: Annotated[str, Field(max_length=200, examples=[GRANT_EXAMPLE])]


class RecordingOut(_Shape):
    """One stored segment (about a minute)."""

    camera: Annotated[UUID, Field(examples=[CAMERA_EXAMPLE])]
    start: Annotated[datetime, Field(alias="from")]
    end: Annotated[datetime, Field(alias="to")]
    run: Annotated[UUID, Field(description="the unbroken session that it belongs to")]
    seq: Annotated[int, Field(description="its number in the run, from 0", examples=[17])]
    bytes: Annotated[int, Field(examples=[15_000_000])]
    sha256: Annotated[str, Field(description="hexadecimal hash of the file")]
    state: Annotated[
        str,
        Field(description="stored, spooled, duplicate, missing, corrupt or to_delete", examples=["stored"]),
    ]
    volume: Annotated[str, Field(examples=["default"])]
    object: Annotated[str, Field(description="name of the file on its volume")]


class RecordingsOut(_Shape):
    """A page of segments in order of time."""

    items: list[RecordingOut]
    next: Annotated[
        str | None, Field(description="pass as `cursor`, the rest as before, for the next page; null: the last")
    ] = None
