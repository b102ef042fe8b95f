"""What an edge says to a player, in text messages; binary messages are bytes for the SourceBuffer.

``codec`` comes first and whenever parameters change; the next binary message is the init segment. ``skip`` says
that this viewer was too slow. ``state`` says how the camera is while no pictures come, in the words of the table
of faults.
"""

from typing import Literal

from pydantic import BaseModel


class CodecMessage(BaseModel):
    """New decoder parameters; an init segment follows."""

    type: Literal["codec"] = "codec"
    mime: str
    """For ``MediaSource.isTypeSupported`` and ``addSourceBuffer``."""
    codec: str
    width: int
    height: int
    b_frames: bool
    stream: Literal["main", "sub"]


class SkipMessage(BaseModel):
    """Frames were left out for this viewer, who continues at a key frame."""

    type: Literal["skip"] = "skip"
    frames: int


class StateMessage(BaseModel):
    """How the camera is."""

    type: Literal["state"] = "state"
    state: str
    cause: str | None = None
    words: str | None = None


class ClockMessage(BaseModel):
    """Ties media time to the wall clock: the picture at ``media_s`` was taken at ``wall_ms``."""

    type: Literal["clock"] = "clock"
    media_s: float
    wall_ms: float
    server_ms: float
