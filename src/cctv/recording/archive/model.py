"""What the archive holds: runs, segments, gaps, clock epochs, locks, volumes; and the rules that need no database.

    recording_plan  =  recorded spans  +  gaps (each with a cause)  +  what was freed since

A *run* is an unbroken session with one set of codec parameters; its *segments* are the files. Times are aware UTC
``datetime``; a segment's ``start`` is part of its key, so the same (run, seq, start) is always the same footage.

What covers what: recordings of one camera are ranked by (fence, epoch). The lease's fencing number grows with each
new holder, and inside one lease an epoch's id grows with each step of the clock (:func:`new_epoch`), so the
greater rank was recorded later in truth, whatever the wall clock said. Timelines show it on top.
"""

import secrets
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, NamedTuple
from uuid import UUID

from cctv.base.clock import to_us
from cctv.base.faults import Cause
from cctv.base.ids import CameraId, RunId
from cctv.base.span import Span

LONGEST_SEGMENT = timedelta(minutes=15)
"""No file covers more: sixty seconds and then at most ten minutes until a key frame comes. Look-ups rely on it."""

JOIN = timedelta(milliseconds=250)
"""Holes up to this are the distance of two frames, not missing footage; spans are joined over them."""


class SegmentState(StrEnum):
    """Where a segment stands. Only `stored` and `spooled` are shown."""

    STORED = "stored"
    SPOOLED = "spooled"
    """Closed and durable, still waiting in the spool for a store that is away."""
    DUPLICATE = "duplicate"
    """Recorded by somebody whose lease had been taken: kept, not shown."""
    MISSING = "missing"
    CORRUPT = "corrupt"
    TO_DELETE = "to_delete"


SHOWN = (SegmentState.STORED, SegmentState.SPOOLED)


class VolumeState(StrEnum):
    """What a volume is used for."""

    ACTIVE = "active"
    READ_ONLY = "read_only"
    FAILING = "failing"
    RETIRED = "retired"


@dataclass(frozen=True, slots=True, kw_only=True)
class Epoch:
    """From `at` on (in the new time) a node's wall clock is another one; `step` is by how much it was moved."""

    id: UUID
    node: str
    at: datetime
    step: timedelta = timedelta(0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """An unbroken session. `codec` is ``h264|h265|mjpeg``, `codecs` RFC 6381 of all tracks, `rate` frames/s."""

    id: RunId
    camera_id: CameraId
    fence: int
    epoch: UUID
    codec: str
    codecs: str
    width: int
    height: int
    rate: float | None
    init: bytes = field(repr=False)
    started_at: datetime
    ended_at: datetime | None = None
    end_cause: Cause | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Segment:
    """A closed file. `fragments` is the index as ``media.index`` packs it; the hashes are 32 raw bytes."""

    camera_id: CameraId
    run_id: RunId
    seq: int
    start: datetime
    end: datetime
    size_bytes: int
    sha256: bytes = field(repr=False)
    prev_sha256: bytes | None = field(default=None, repr=False)
    volume: str
    object_name: str
    state: SegmentState = SegmentState.STORED
    fragments: bytes = field(repr=False)

    @property
    def span(self) -> Span:
        return Span(self.start, self.end)


@dataclass(frozen=True, slots=True, kw_only=True)
class Gap:
    """Planned and not recorded. `end` is ``None`` while it lasts; saying it again with the same `id` closes it."""

    id: UUID
    camera_id: CameraId
    start: datetime
    end: datetime | None
    cause: Cause
    detail: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Batch:
    """What a recorder has to say at once. Saying it twice changes nothing."""

    runs: tuple[Run, ...] = ()
    segments: tuple[Segment, ...] = ()
    gaps: tuple[Gap, ...] = ()
    epochs: tuple[Epoch, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.runs or self.segments or self.gaps or self.epochs)


@dataclass(frozen=True, slots=True)
class Recorded:
    """What was new in a batch."""

    segments: int
    bytes: int


class Hidden(NamedTuple):
    """Footage of a clock epoch that lies under newer footage: the clock was set back, and the hour came twice."""

    epoch: UUID
    span: Span


@dataclass(frozen=True, slots=True)
class Timeline:
    """A camera's spans and gaps in the asked time: spans sorted and disjoint, gaps cut where footage exists.

    `hidden` is what is there besides, by start: to be asked for by its epoch.
    """

    spans: list[Span]
    gaps: list[Gap]
    hidden: list[Hidden] = field(default_factory=list)


class SegmentRow(NamedTuple):
    """A shown segment as playlists need it. `shown` is less than the segment where newer footage lies over it."""

    run_id: RunId
    seq: int
    start: datetime
    end: datetime
    volume: str
    object_name: str
    fragments: bytes
    size_bytes: int
    shown: Span | None = None
    """``None``: all of it (nearly always)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenSegment:
    """The file being written, as its recorder last told; renewed with each fragment."""

    camera_id: CameraId
    run_id: RunId
    seq: int
    start: datetime
    end: datetime
    volume: str
    object_name: str
    fragments: bytes = field(repr=False)

    @property
    def span(self) -> Span:
        return Span(self.start, self.end)


@dataclass(frozen=True, slots=True, kw_only=True)
class Lock:
    """Footage of `span` is never deleted while this holds: until released, or until `until` when that is given."""

    id: UUID
    camera_id: CameraId
    span: Span
    case_ref: str
    by: str
    created_at: datetime
    until: datetime | None = None
    released_at: datetime | None = None
    released_by: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class VolumeRow:
    """A place for objects. `address`: a folder or ``s3://…``; `keep_days` ``None`` keeps until space is needed.

    `uploads_to` names the store for which the volume is only a spool: what is closed on it waits to go there.
    """

    id: str
    address: str
    state: VolumeState = VolumeState.ACTIVE
    capacity_bytes: int | None = None
    keep_days: float | None = None
    uploads_to: str | None = None


class CutPiece(NamedTuple):
    """Whole GOPs of one object that cover a part of the asked time.

    Bytes ``offset … offset + length`` of `object_name` on `volume`, to be played after `init`; `span` is the time
    that they cover, which begins at a key frame at or before the asked start.
    """

    run_id: RunId
    volume: str
    object_name: str
    init: bytes
    offset: int
    length: int
    start_90k: int
    duration_90k: int
    span: Span


def new_epoch(*, node: str, at: datetime, step: timedelta = timedelta(0), after: Epoch | None = None) -> Epoch:
    """The epoch that begins now. Its id is greater than that of `after`, the one before on this recorder,

    even when the clock went back: 48 bits of milliseconds (never fewer than the predecessor's plus one), the rest
    random, as a version 8 UUID (RFC 9562).
    """
    ms = to_us(at) // 1000
    if after is not None:
        ms = max(ms, (after.id.int >> 80) + 1)
    value = (ms & (1 << 48) - 1) << 80 | 0x8 << 76 | secrets.randbits(12) << 64
    return Epoch(id=UUID(int=value | 0b10 << 62 | secrets.randbits(62)), node=node, at=at, step=step)
