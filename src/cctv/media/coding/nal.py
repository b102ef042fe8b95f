"""NAL units of H.264 and H.265: Annex B (start codes, as RTP gives them) and MP4 form (4-byte lengths).

The bytes inside NAL units are never touched, none is dropped and none is added, so what is recorded is what
the camera sent: delimiters, SEI and repeated parameter sets stay where they were. Only start codes become
lengths, and zero bytes around start codes (which belong to no NAL unit) vanish.
"""

from enum import IntEnum

from cctv.media.coding.bits import unescape
from cctv.media.model import VideoCodec

_START_CODE = b"\x00\x00\x01"


class H264(IntEnum):
    """Types of H.264 NAL units that matter here."""

    IDR = 5
    SEI = 6
    SPS = 7
    PPS = 8
    AUD = 9


class H265(IntEnum):
    """Types of H.265 NAL units that matter here; 16 to 21 are the random access pictures."""

    FIRST_KEY = 16
    BLA_N_LP = 18
    IDR_W_RADL = 19
    IDR_N_LP = 20
    LAST_KEY = 21
    VPS = 32
    SPS = 33
    PPS = 34
    AUD = 35
    SEI = 39


def split_annexb(data: bytes) -> list[bytes]:
    """The NAL units between start codes, in order. Data without any start code is one NAL unit."""
    return [unit for part in data.split(_START_CODE) if (unit := part.rstrip(b"\x00"))]


def join_lengths(units: list[bytes]) -> bytes:
    """NAL units behind 4-byte lengths."""
    parts: list[bytes] = []
    for unit in units:
        parts += (len(unit).to_bytes(4, "big"), unit)
    return b"".join(parts)


def annexb_to_lengths(data: bytes) -> bytes:
    """Converts an access unit; data that already is in MP4 form would be mistaken, so never call it twice."""
    return join_lengths(split_annexb(data))


def split_lengths(data: bytes) -> list[bytes]:
    """The NAL units of a sample in MP4 form; a torn last one is left out."""
    units: list[bytes] = []
    at = 0
    while at + 4 <= len(data):
        end = at + 4 + int.from_bytes(data[at : at + 4], "big")
        if end > len(data):
            break
        units.append(data[at + 4 : end])
        at = end
    return units


def kind_of(codec: VideoCodec, unit: bytes) -> int:
    """The NAL unit type, -1 for an empty one."""
    if not unit:
        return -1
    return unit[0] >> 1 & 0x3F if codec is VideoCodec.H265 else unit[0] & 0x1F


_PARAMETER_SETS = {
    VideoCodec.H264: frozenset((H264.SPS, H264.PPS)),
    VideoCodec.H265: frozenset((H265.VPS, H265.SPS, H265.PPS)),
    VideoCodec.MJPEG: frozenset[int](),
}


def parameter_sets(codec: VideoCodec, units: list[bytes]) -> list[bytes]:
    """The parameter sets among ``units``, in the order in which MP4 wants them, repeats left out."""
    wanted = _PARAMETER_SETS[codec]
    found = dict.fromkeys(unit for unit in units if kind_of(codec, unit) in wanted)
    return sorted(found, key=lambda unit: kind_of(codec, unit))


def is_key(codec: VideoCodec, units: list[bytes]) -> bool:
    """Whether decoding can begin at this access unit, by its NAL units and not by what libav thinks."""
    if codec is VideoCodec.H264:
        return any(kind_of(codec, unit) == H264.IDR for unit in units)
    if codec is VideoCodec.H265:
        return any(H265.FIRST_KEY <= kind_of(codec, unit) <= H265.LAST_KEY for unit in units)
    return True


_ANEW = frozenset((H265.BLA_N_LP, H265.IDR_W_RADL, H265.IDR_N_LP))


def begins_anew(codec: VideoCodec, units: list[bytes]) -> bool:
    """Whether all pictures after this access unit can be decoded from here: not so after an open GOP's key frame,

    whose leading pictures need what was before, nor where the picture is refreshed bit by bit.
    """
    if codec is VideoCodec.H265:
        return any(kind_of(codec, unit) in _ANEW for unit in units)
    return is_key(codec, units)


_RECOVERY_POINT = 6


def recovery_begins(sei: bytes) -> bool:
    """Whether an H.264 SEI says that decoding can begin here: cameras with open GOPs send no IDR but this."""
    data = unescape(sei)
    at = 1
    while at + 2 <= len(data):
        numbers = []
        for _ in range(2):
            number = 0
            while at < len(data) and data[at] == 0xFF:
                number, at = number + 0xFF, at + 1
            if at >= len(data):
                return False
            numbers.append(number + data[at])
            at += 1
        if numbers[0] == _RECOVERY_POINT:
            return True
        at += numbers[1]
    return False
