"""What a check says: findings by invariant, and what was looked at."""

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Any, NamedTuple
from uuid import UUID

from cctv.base.ids import CameraId
from cctv.base.span import Span


class Kind(StrEnum):
    """What is wrong. The number of the invariant that it breaks is in :data:`INVARIANT`."""

    OBJECT_MISSING = "object_missing"
    OBJECT_SIZE = "object_size"
    OBJECT_HASH = "object_hash"
    RUN_MISSING = "run_missing"
    OBJECT_UNKNOWN = "object_unknown"
    STRANGER = "stranger"
    SPOOL_UNREADABLE = "spool_unreadable"
    PLAN_UNCOVERED = "plan_uncovered"
    PLAN_OPEN = "plan_open"
    GAP_CAUSE = "gap_cause"
    OVERLAP = "overlap"
    BACKWARDS = "backwards"
    TIMELINE = "timeline"


INVARIANT = {
    Kind.OBJECT_MISSING: 1,
    Kind.OBJECT_SIZE: 1,
    Kind.OBJECT_HASH: 1,
    Kind.RUN_MISSING: 1,
    Kind.OBJECT_UNKNOWN: 2,
    Kind.STRANGER: 2,
    Kind.SPOOL_UNREADABLE: 2,
    Kind.PLAN_UNCOVERED: 3,
    Kind.PLAN_OPEN: 3,
    Kind.GAP_CAUSE: 3,
    Kind.OVERLAP: 4,
    Kind.BACKWARDS: 4,
    Kind.TIMELINE: 4,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing that is wrong, in words, and where: a camera's time or an object of a volume."""

    kind: Kind
    words: str
    camera: CameraId | None = None
    span: Span | None = None
    volume: str | None = None
    object_name: str | None = None

    @property
    def key(self) -> tuple[object, ...]:
        """The same in two looks is the same finding; its end may have moved meanwhile."""
        return (self.kind, self.camera, self.span.start if self.span else None, self.volume, self.object_name)

    def to_dict(self) -> dict[str, Any]:
        """For JSON; what does not apply is left out."""
        facts = {
            "kind": self.kind.value,
            "invariant": INVARIANT[self.kind],
            "camera": str(self.camera) if self.camera else None,
            "from": self.span.start.isoformat() if self.span else None,
            "to": self.span.end.isoformat() if self.span else None,
            "volume": self.volume,
            "object": self.object_name,
            "words": self.words,
        }
        return {name: value for name, value in facts.items() if value is not None}


class CheckedRow(NamedTuple):
    """A segment with what its run says; `fence` is ``None`` when the run is unknown."""

    run_id: UUID
    seq: int
    start: datetime
    end: datetime
    size_bytes: int
    sha256: bytes
    volume: str
    object_name: str
    state: str
    fence: int | None
    epoch: UUID | None


class CameraDay(NamedTuple):
    """What is compared at once: a UTC day of a camera."""

    day: date
    camera: CameraId


@dataclass(slots=True)
class Seen:
    """How much was looked at."""

    camera_days: int = 0
    segments: int = 0
    objects: int = 0
    bytes: int = 0
    hashed: int = 0
    elsewhere: int = 0
    """Segments on volumes that are not on this machine; their objects were not looked for."""


@dataclass(frozen=True, slots=True)
class Report:
    """The result of a check. `healthy` when nothing was found; `spooled` files are still on their way in."""

    findings: list[Finding]
    seen: Seen
    spooled: int = 0
    seconds: float = 0.0

    @property
    def healthy(self) -> bool:
        return not self.findings

    def to_dict(self) -> dict[str, Any]:
        """For JSON: counts, ``invariants`` 1 to 4 as ``true`` where they hold, and the findings."""
        broken = {INVARIANT[finding.kind] for finding in self.findings}
        return {
            "healthy": self.healthy,
            "invariants": {str(number): number not in broken for number in (1, 2, 3, 4)},
            "segments": self.seen.segments,
            "objects": self.seen.objects,
            "bytes": self.seen.bytes,
            "hashed": self.seen.hashed,
            "elsewhere": self.seen.elsewhere,
            "camera_days": self.seen.camera_days,
            "spooled": self.spooled,
            "seconds": round(self.seconds, 3),
            "findings": [finding.to_dict() for finding in self.findings],
        }
