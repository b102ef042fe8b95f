"""Session descriptions (SDP, RFC 8866), read as leniently as cameras write them."""

import base64
import binascii
import re
from dataclasses import dataclass, field
from typing import Final

from cctv.media.rtsp.numbers import number

_MEDIA: Final = re.compile(r"m=([^\s/]*)\S*\s*(.*)", re.IGNORECASE)
_RTPMAP: Final = re.compile(
    r"a=rtpmap:\s*(\d{1,3})\s+([\w.\-]+)\s*/\s*(\d{1,9})(?!\d)(?:\s*/\s*(\d{1,3}))?", re.IGNORECASE | re.ASCII
)
_FMTP: Final = re.compile(r"a=fmtp:\s*(\d{1,3})\s+(.*)", re.IGNORECASE | re.ASCII)
_CONTROL: Final = re.compile(r"a=control:\s*(\S+)", re.IGNORECASE)
_STATIC: Final = {0: ("PCMU", 8000), 8: ("PCMA", 8000), 26: ("JPEG", 90_000)}
_MAX_MEDIA: Final = 64
_MAX_FMTP: Final = 256
_SPROP: Final = ("sprop-vps", "sprop-sps", "sprop-pps", "sprop-parameter-sets")


@dataclass(slots=True)
class Media:
    """One ``m=`` section. ``codec`` is the encoding name in capitals, ``control`` as written."""

    kind: str
    payload_type: int
    codec: str = ""
    clock_rate: int = 0
    channels: int = 1
    control: str = ""
    back: bool = False
    """Sound that we would send: cameras mark it ``sendonly``, and some so mark the sound that they send."""
    fmtp: dict[str, str] = field(default_factory=dict)

    def parameter_sets(self) -> list[bytes]:
        """The NAL units in ``sprop-…``; those that do not decode are left out."""
        units = []
        for name in _SPROP:
            for text in self.fmtp.get(name, "").split(","):
                units += [unit for unit in _decoded(text.strip()) if unit]
        return units


def _decoded(text: str) -> list[bytes]:
    """One base64 text; some cameras put start codes inside."""
    try:
        raw = base64.b64decode(text + "=" * (-len(text) % 4))
    except (binascii.Error, ValueError):
        return []
    return [part.rstrip(b"\0") for part in raw.split(b"\0\0\1")] if b"\0\0\1" in raw else [raw]


@dataclass(slots=True)
class Description:
    """What a camera offers: its media and the control address of the whole."""

    media: list[Media] = field(default_factory=list)
    control: str = ""

    def first(self, kind: str) -> Media | None:
        """The first media of a kind (``video``, ``audio``)."""
        return next((media for media in self.media if media.kind == kind), None)

    def sounds(self) -> list[Media]:
        """All sound, what may be a channel to speak through last."""
        return sorted((media for media in self.media if media.kind == "audio"), key=lambda media: media.back)


def parse_description(text: str) -> Description:
    """Reads what it understands and passes over the rest; never raises."""
    found = Description()
    stray: list[tuple[int, dict[str, str]]] = []
    for raw in text.splitlines():
        line = raw.strip()
        if match := _MEDIA.match(line):
            if len(found.media) == _MAX_MEDIA:
                break
            found.media.append(_media(match))
        elif (match := _FMTP.match(line)) and len(stray) < _MAX_FMTP:
            stray.append((int(match[1]), _fields(match[2])))
        elif found.media:
            _describe(found.media[-1], line)
        elif match := _CONTROL.match(line):
            found.control = match[1]
    # Some cameras write a track's parameters under another track: the payload type tells.
    for payload_type, fields in stray:
        for media in found.media:
            if media.payload_type == payload_type:
                media.fmtp |= fields
    return found


def _media(match: re.Match[str]) -> Media:
    words = match[2].split()[2:]  # behind port and profile
    formats = [found for word in words if (found := number(word, most=127)) is not None]
    payload_type = formats[0] if formats else -1
    codec, rate = _STATIC.get(payload_type, ("", 0))
    return Media(kind=match[1].lower(), payload_type=payload_type, codec=codec, clock_rate=rate)


def _describe(media: Media, line: str) -> None:
    """What a line says of the media above it."""
    if match := _CONTROL.match(line):
        media.control = match[1]
    elif match := _RTPMAP.match(line):
        if int(match[1]) == media.payload_type:
            media.codec, media.clock_rate = match[2].upper(), int(match[3])
            media.channels = int(match[4] or 1)
    elif line.lower() == "a=sendonly":
        media.back = True


def _fields(text: str) -> dict[str, str]:
    pairs = (part.partition("=") for part in text.split(";"))
    return {name.strip().lower(): value.strip() for name, _, value in pairs if name.strip()}
