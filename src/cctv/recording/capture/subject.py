"""What a recorder must know of a camera to record it; changes of it take effect at the next key frame."""

from dataclasses import dataclass, field
from typing import Literal

from cctv.base.ids import CameraId
from cctv.media.model import AudioWish


@dataclass(frozen=True, slots=True)
class Subject:
    """Whose video this is, and under which fence. Part of every object's name."""

    camera: CameraId
    agency: str
    fence: int


@dataclass(frozen=True, slots=True)
class Source:
    """Where the video comes from. ``url`` holds user and password: never logged, never shown."""

    url: str = field(repr=False)
    transport: Literal["tcp", "udp"]
    audio: AudioWish
