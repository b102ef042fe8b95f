"""What an edge holds of a camera stream, and what it hands to viewers."""

from dataclasses import dataclass
from typing import Literal

from cctv.media.live_wire import LiveParams

Stream = Literal["main", "sub"]


@dataclass(frozen=True, slots=True)
class Frame:
    """One frame as a fragment of its own (``moof mdat``), made once and sent to every viewer.

    ``wall_us`` is when the camera's picture was taken by the server's clock.
    """

    data: bytes
    key: bool
    pts_90k: int
    wall_us: int


@dataclass(frozen=True, slots=True)
class Announced:
    """From here on frames have these parameters; the next frame is a key frame."""

    params: LiveParams


@dataclass(frozen=True, slots=True)
class FeedState:
    """How the camera is: ``state`` and ``cause`` in the words of the table of faults."""

    state: str
    cause: str | None = None
    words: str | None = None


Message = Frame | Announced | FeedState
