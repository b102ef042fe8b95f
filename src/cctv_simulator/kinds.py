"""The kinds of cameras: what a stream is made of, and how a kind is written.

A kind is written `NAME[-SIZE][-fpsN][-gopN][@KBIT][+AUDIO]`, for example `h264-high-b-1080p@4000+aac`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

Codec = Literal["h264", "h265", "mjpeg"]
AudioCodec = Literal["aac", "pcmu", "pcma"]

SIZES = {"180p": (320, 180), "360p": (640, 360), "720p": (1280, 720), "1080p": (1920, 1080)}
KBIT_OF_HEIGHT = {180: 100, 360: 500, 720: 1000, 1080: 2000}
NAMES: dict[str, str] = {
    "h264-baseline": "H.264 Baseline profile",
    "h264-main": "H.264 Main profile, no B-frames",
    "h264-high": "H.264 High profile, no B-frames",
    "h264-high-b": "H.264 High profile with B-frames: pictures arrive out of display order",
    "h265": "H.265 Main profile, no B-frames",
    "mjpeg": "Motion JPEG, 10 pictures a second",
    "timecode": "H.264 encoded live, with a clock and a machine-readable time code in the picture",
    "sub": "what a camera's second stream is: small H.264 Baseline at a low rate",
}
_PIECE = re.compile(r"^(?:(?P<size>\d+p)|fps(?P<fps>\d+)|gop(?P<gop>\d+))$")


class UnknownKind(ValueError):
    """The text does not name a kind of camera."""


@dataclass(frozen=True)
class Kind:
    """One make of stream. `name` is a key of NAMES; rates are pictures a second and kbit a second."""

    name: str
    width: int = 640
    height: int = 360
    fps: int = 25
    gop_s: int = 1
    kbit: int = 500
    audio: AudioCodec | None = None

    @property
    def codec(self) -> Codec:
        """The codec of the video track."""
        if self.name == "h265":
            return "h265"
        return "mjpeg" if self.name == "mjpeg" else "h264"

    @property
    def profile(self) -> Literal["baseline", "main", "high"]:
        """The H.264 profile (for other codecs without meaning)."""
        if self.name in ("h264-baseline", "sub"):
            return "baseline"
        return "high" if self.name in ("h264-high", "h264-high-b") else "main"

    @property
    def b_frames(self) -> bool:
        """Whether pictures are sent in an order other than that in which they are shown."""
        return self.name == "h264-high-b"

    @property
    def live(self) -> bool:
        """Whether it is encoded while it is sent (the time code), not looped."""
        return self.name == "timecode"

    @property
    def video_name(self) -> str:
        """The kind without its sound, in full: names the rendition in the cache."""
        return f"{self.name}-{self.height}p-fps{self.fps}-gop{self.gop_s}@{self.kbit}"

    def __str__(self) -> str:
        return self.video_name + (f"+{self.audio}" if self.audio else "")


def parse_kind(text: str) -> Kind:
    """The kind that `text` names; UnknownKind says what is wrong with it."""
    body, plus, audio = text.strip().lower().partition("+")
    if plus and audio not in ("aac", "pcmu", "pcma"):
        raise UnknownKind(f"{text}: sound is +aac, +pcmu or +pcma")
    body, at, kbit = body.partition("@")
    name = max((known for known in NAMES if f"{body}-".startswith(f"{known}-")), key=len, default="")
    if not name or (at and not kbit.isdigit()):
        raise UnknownKind(f"{text}: a kind begins with one of {', '.join(NAMES)}")
    width, height = SIZES["180p" if name == "sub" else "360p"]
    fps, gop_s = (10 if name in ("mjpeg", "sub") else 25), 1
    for piece in filter(None, body[len(name) :].split("-")):
        match = _PIECE.match(piece)
        if match is None or (match["size"] and match["size"] not in SIZES):
            raise UnknownKind(f"{text}: after the name come {', '.join(SIZES)}, fpsN or gopN, not {piece}")
        width, height = SIZES[match["size"]] if match["size"] else (width, height)
        fps = int(match["fps"] or fps)
        gop_s = int(match["gop"] or gop_s)
    if not 1 <= fps <= 60 or not 1 <= gop_s <= 10:
        raise UnknownKind(f"{text}: 1 to 60 pictures a second, 1 to 10 seconds a group of pictures")
    return Kind(
        name, width, height, fps=fps, gop_s=gop_s, kbit=int(kbit or KBIT_OF_HEIGHT[height]), audio=_sound(audio)
    )


def _sound(text: str) -> AudioCodec | None:
    for known in ("aac", "pcmu", "pcma"):
        if text == known:
            return known
    return None


SUB = parse_kind("sub")
