"""What asking a camera brings: a report of its stream, or the fault in the words of the fault table."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from cctv.base.faults import FAULTS, CameraState, Cause, Fault


@dataclass(frozen=True, slots=True)
class Target:
    """What is to be probed. `url` has user and password inside: it goes to the child's input and nowhere else."""

    url: str = field(repr=False)
    host: str
    port: int
    transport: str = "tcp"
    seconds: float = 5.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """The stream as it was measured. Rates in frames and bits a second, times in seconds."""

    codec: str
    profile: str
    level: str
    width: int
    height: int
    fps: float
    gop_s: float | None
    bit_rate: int
    reorder: int
    audio: str | None
    codecs: str
    seconds: float
    first_frame_s: float
    warnings: tuple[str, ...]

    @classmethod
    def from_child(cls, said: Mapping[str, Any]) -> "Seen":
        return cls(**{**said, "warnings": tuple(said["warnings"])})


@dataclass(frozen=True, slots=True, kw_only=True)
class Failed:
    """Why there is nothing to see. `words` are the camera's or the network's own; `why` a code of `words`."""

    fault: Fault
    cause: Cause
    state: CameraState
    words: str = ""
    why: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """A probe's outcome: exactly one of `seen` and `failed`."""

    seen: Seen | None = None
    failed: Failed | None = None


def failed(fault: Fault, words: str = "", *, why: str | None = None) -> Found:
    """A failure with the cause and state that the fault table gives it."""
    row = next(row for row in FAULTS if row.fault is fault)
    assert row.cause is not None
    assert row.state is not None
    return Found(failed=Failed(fault=fault, cause=row.cause, state=row.state, words=words, why=why))


def fault_of(cause: str, state: str) -> Fault:
    """The row of the fault table with this cause and state; an unusable stream when there is none."""
    for row in FAULTS:
        if (row.cause, row.state) == (cause, state):
            return row.fault
    return Fault.NO_KEY_FRAME
