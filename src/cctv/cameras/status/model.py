"""The state of a camera: one word, one cause, since when; and whether whoever said so is still there.

A state is a statement by a *reporter* (a recorder). It is `fresh` while the reporter renews its own row; when it
has gone, the last state is kept and shown as what it is: old.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from cctv.base.faults import CameraState, Cause, Fault
from cctv.cameras.drivers import harmless

FRESH_FOR = timedelta(seconds=5)
"""How long after its last sign of life a reporter's word counts. Recorders give one every second."""

HISTORY_KEPT = 500
"""States kept for each camera."""


@dataclass(frozen=True, slots=True)
class StreamFacts:
    """What flows at present. `bit_rate` in bits a second; `recording`: it gets to the disk."""

    codec: str
    width: int
    height: int
    fps: float | None = None
    bit_rate: int | None = None
    recording: bool | None = None

    def to_json(self) -> dict[str, Any]:
        return {
            "codec": self.codec,
            "width": self.width,
            "height": self.height,
            "fps": self.fps,
            "bit_rate": self.bit_rate,
            "recording": self.recording,
        }

    @classmethod
    def from_json(cls, kept: Mapping[str, Any]) -> "StreamFacts":
        rest = (kept.get(name) for name in ("fps", "bit_rate", "recording"))
        return cls(kept["codec"], kept["width"], kept["height"], *rest)


@dataclass(frozen=True, slots=True)
class Details:
    """What the words beside a state are made of; all may be missing.

    `words` are the camera's own ("454 Session Not Found"): hostile text, cut and without credentials.
    """

    words: str | None = None
    last_video_at: datetime | None = None
    next_try_at: datetime | None = None
    attempts: int | None = None
    losses: int | None = None

    def to_json(self) -> dict[str, Any]:
        """Only what is there; moments in ISO 8601."""
        moments = {"last_video_at": self.last_video_at, "next_try_at": self.next_try_at}
        values: dict[str, Any] = {name: at.isoformat() for name, at in moments.items() if at is not None}
        if self.words is not None:
            values["words"] = harmless(self.words)
        numbers = {"attempts": self.attempts, "losses": self.losses}
        return values | {name: number for name, number in numbers.items() if number is not None}

    @classmethod
    def from_json(cls, kept: Mapping[str, Any]) -> "Details":
        def moment(name: str) -> datetime | None:
            return datetime.fromisoformat(kept[name]) if name in kept else None

        return cls(
            words=kept.get("words"),
            last_video_at=moment("last_video_at"),
            next_try_at=moment("next_try_at"),
            attempts=kept.get("attempts"),
            losses=kept.get("losses"),
        )


NO_DETAILS = Details()


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What a recorder says of one camera. `fence` is its lease's fencing number (0: not by a lease)."""

    camera_id: UUID
    state: CameraState
    since: datetime
    cause: Cause | None = None
    fault: Fault | None = None
    details: Details = NO_DETAILS
    stream: StreamFacts | None = None
    fence: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Status:
    """How a camera is, as far as anybody knows at `now`, the database's time."""

    camera_id: UUID
    state: CameraState
    since: datetime
    cause: Cause | None = None
    fault: Fault | None = None
    details: Details = NO_DETAILS
    stream: StreamFacts | None = None
    reporter: str | None = None
    """`None`: nobody ever reported, or nobody has to (switched off)."""
    fresh: bool
    reported_at: datetime | None = None
    seen_at: datetime | None = None
    """The reporter's last sign of life."""
    now: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Past:
    """One state that a camera was in, until the next one of its history began."""

    state: CameraState
    since: datetime
    cause: Cause | None
    fault: Fault | None
    details: Details = field(default=NO_DETAILS)
    reporter: str


def is_news(before: Mapping[str, Any] | None, report: Report) -> bool:
    """Whether `report` says something else than the row `before` (not only newer numbers)."""
    if before is None:
        return True
    return (before["state"], before["cause"], before["fault"]) != (report.state, report.cause, report.fault)


def is_to_be_told(before: Mapping[str, Any] | None, report: Report) -> bool:
    """Whether who shows states must hear of `report`: it is news, or recording began or ended."""
    if is_news(before, report) or before is None:
        return True
    recording = report.stream.recording if report.stream is not None else None
    return (before["stream"] or {}).get("recording") != recording


def may_speak(before: Mapping[str, Any] | None, report: Report, reporter: str) -> bool:
    """Whether `reporter` has the say: its lease is not older than that of whoever spoke last."""
    return before is None or before["reporter"] == reporter or before["fence"] <= report.fence
