"""Names of cameras, runs and stored objects.

A run's id carries when it began and its lease's fencing number, so two recorders that both believe to own a
camera can never write under one name, and runs sort by time.
"""

import re
import secrets
from dataclasses import dataclass
from datetime import datetime
from typing import NewType
from uuid import UUID

CameraId = NewType("CameraId", UUID)
RunId = NewType("RunId", UUID)

_FENCE_BITS = 32
MAX_FENCE = (1 << _FENCE_BITS) - 1
_RANDOM_BITS = 42

_AGENCY = re.compile(r"[A-Z0-9][A-Z0-9_-]{0,31}")
_OBJECT = re.compile(
    r"(?P<agency>[A-Z0-9][A-Z0-9_-]{0,31})/(?P<camera>[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})/"
    r"(?P<year>\d{4})/(?P<month>\d\d)/(?P<day>\d\d)/(?P<run>[0-9a-f]{32})-(?P<seq>\d{6,9})\.mp4",
    re.ASCII,
)


def new_run_id(*, started_us: int, fence: int) -> RunId:
    """A version 8 UUID (RFC 9562, section 5.8): 48 bits of milliseconds, 32 of ``fence``, the rest random."""
    if not 0 <= fence <= MAX_FENCE:
        raise ValueError(f"a fencing number has {_FENCE_BITS} bits, {fence} does not fit")
    value = (started_us // 1000 & (1 << 48) - 1) << 80
    value |= 0x8 << 76 | (fence >> 20) << 64
    value |= 0b10 << 62 | (fence & 0xFFFFF) << _RANDOM_BITS | secrets.randbits(_RANDOM_BITS)
    return RunId(UUID(int=value))


def fence_of(run: RunId) -> int:
    """The fencing number inside a run's id."""
    return (run.int >> 64 & 0xFFF) << 20 | run.int >> _RANDOM_BITS & 0xFFFFF


def is_agency_code(text: str) -> bool:
    """Whether ``text`` may be the agency in an object's name: capitals, digits, ``_``, ``-``, 32 at most."""
    return _AGENCY.fullmatch(text) is not None


@dataclass(frozen=True, slots=True)
class ObjectName:
    """The parts of a stored segment's name."""

    agency: str
    camera: CameraId
    day: str
    """UTC day of the segment's start, ``YYYY/MM/DD``."""
    run: RunId
    seq: int

    def __str__(self) -> str:
        return f"{self.agency}/{self.camera}/{self.day}/{self.run.hex}-{self.seq:06d}.mp4"


def object_name(*, agency: str, camera: CameraId, run: RunId, seq: int, started: datetime) -> str:
    """``AGENCY/CAMERA/YYYY/MM/DD/RUN-SEQ.mp4``; ``started`` is the segment's start in UTC."""
    if not is_agency_code(agency):
        raise ValueError(f"{agency!r} cannot be part of an object's name")
    return str(ObjectName(agency=agency, camera=camera, day=f"{started:%Y/%m/%d}", run=run, seq=seq))


def parse_object_name(name: str) -> ObjectName | None:
    """The parts of ``name``, or ``None`` when it is no segment of ours (hostile names included)."""
    match = _OBJECT.fullmatch(name)
    if match is None:
        return None
    return ObjectName(
        agency=match["agency"],
        camera=CameraId(UUID(match["camera"])),
        day=f"{match['year']}/{match['month']}/{match['day']}",
        run=RunId(UUID(match["run"])),
        seq=int(match["seq"]),
    )
