"""What a sequence parameter set says: size, profile, how far frames are reordered, the claimed frame rate.

Parameter sets come from the network, so every loop is bounded and nonsense raises DamagedMedia. Where the
bits that follow the size cannot be read (vendors get them wrong), the size still stands. The codecs' own
parts are in ``sps_h264`` and ``sps_h265``.
"""

from dataclasses import dataclass

from cctv.media.coding.bits import BitReader
from cctv.media.errors import DamagedMedia

SHORTEST_SPS = 4
_MAX_SIDE = 16_384
_MAX_BIT_DEPTH = 16
_MAX_REORDER = 16
_EXTENDED_SAR = 255


@dataclass(frozen=True, slots=True)
class H265Profile:
    """The profile, tier and level fields that ``hvcC`` and the codec string repeat."""

    space: int
    high_tier: bool
    compatibility: int
    constraints: bytes
    sub_layers: int
    nested: bool


@dataclass(frozen=True, slots=True)
class SpsFacts:
    """``reorder`` is None when the set does not say (then only the frames' times tell)."""

    profile: int
    level: int
    width: int
    height: int
    chroma_format: int
    bit_depth_luma: int
    bit_depth_chroma: int
    reorder: int | None
    fps: float | None
    h265: H265Profile | None = None


@dataclass(slots=True)
class Vui:
    """What the optional part of a set may tell."""

    reorder: int | None = None
    fps: float | None = None


def checked_size(width: int, height: int) -> tuple[int, int]:
    """The size, when it can be one."""
    if not (0 < width <= _MAX_SIDE and 0 < height <= _MAX_SIDE):
        raise DamagedMedia(f"parameter set has an impossible size of {width} by {height}")
    return width, height


def checked_chroma(chroma: int) -> int:
    """The chroma format, when it is one."""
    if chroma > 3:
        raise DamagedMedia("parameter set names no chroma format")
    return chroma


def bit_depths(reader: BitReader) -> tuple[int, int]:
    """Bits of luma and chroma."""
    depths = 8 + reader.ue(), 8 + reader.ue()
    if max(depths) > _MAX_BIT_DEPTH:
        raise DamagedMedia("parameter set has an impossible bit depth")
    return depths


def checked_reorder(reorder: int) -> int | None:
    """The number of reordered frames, or None when it cannot be one."""
    return reorder if reorder <= _MAX_REORDER else None


def cropped(reader: BitReader, width: int, height: int, units: tuple[int, int]) -> tuple[int, int]:
    """The size that is shown: reads the optional cropping, counted in ``units``."""
    if reader.flag():
        left, right, top, bottom = reader.ue(), reader.ue(), reader.ue(), reader.ue()
        width -= units[0] * (left + right)
        height -= units[1] * (top + bottom)
    return checked_size(width, height)


def frame_rate(tick: int, scale: int, ticks_per_frame: int) -> float | None:
    """Frames a second, when the timing fields make sense."""
    if not tick or not scale:
        return None
    fps = scale / (tick * ticks_per_frame)
    return round(fps, 3) if 0.1 <= fps <= 1000 else None


def skip_vui_picture(reader: BitReader) -> None:
    """Passes over what both codecs begin with: aspect, overscan, colours, chroma position."""
    if reader.flag() and reader.bits(8) == _EXTENDED_SAR:
        reader.skip(32)
    if reader.flag():
        reader.flag()
    if reader.flag():
        reader.skip(4)
        if reader.flag():
            reader.skip(24)
    if reader.flag():
        reader.ue()
        reader.ue()
