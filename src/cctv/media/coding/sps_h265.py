"""Reads the sequence parameter set of H.265 (ITU-T H.265, 7.3.2.2, 7.3.7 and annex E)."""

from contextlib import suppress

from cctv.media.coding.bits import BitReader, unescape
from cctv.media.coding.sps import (
    SHORTEST_SPS,
    H265Profile,
    SpsFacts,
    Vui,
    bit_depths,
    checked_chroma,
    checked_reorder,
    cropped,
    frame_rate,
    skip_vui_picture,
)
from cctv.media.errors import DamagedMedia

_MAX_SUB_LAYERS = 7
_MAX_REFERENCE_SETS = 64
_MAX_REFERENCES = 16
_MAX_LONG_TERM = 32


def parse_sps(nal: bytes) -> SpsFacts:
    """Reads an H.265 SPS (a NAL unit of type 33). Raises DamagedMedia."""
    if len(nal) < SHORTEST_SPS or nal[0] >> 1 & 0x3F != 33:
        raise DamagedMedia("not an H.265 sequence parameter set")
    reader = BitReader(unescape(nal)[2:])
    reader.skip(4)
    sub_layers = reader.bits(3) + 1
    nested = reader.flag()
    if sub_layers > _MAX_SUB_LAYERS:
        raise DamagedMedia("parameter set has too many layers")
    space, high_tier, profile = reader.bits(2), reader.flag(), reader.bits(5)
    compatibility, constraints = reader.bits(32), reader.bits(48).to_bytes(6, "big")
    level = reader.bits(8)
    _sub_layer_levels(reader, sub_layers)
    reader.ue()
    chroma = checked_chroma(reader.ue())
    if chroma == 3:
        reader.flag()
    units = (2 if chroma in (1, 2) else 1, 2 if chroma == 1 else 1)
    width, height = cropped(reader, reader.ue(), reader.ue(), units)
    luma_depth, chroma_depth = bit_depths(reader)
    order_bits = reader.ue() + 4
    reorder = _reorder(reader, sub_layers)
    vui = Vui()
    with suppress(DamagedMedia):
        _read_rest(reader, vui, order_bits)
    profile_facts = H265Profile(space, high_tier, compatibility, constraints, sub_layers, nested)
    return SpsFacts(
        profile, level, width, height, chroma, luma_depth, chroma_depth, reorder, vui.fps, profile_facts
    )


def _sub_layer_levels(reader: BitReader, sub_layers: int) -> None:
    present = [(reader.flag(), reader.flag()) for _ in range(sub_layers - 1)]
    if present:
        reader.skip(2 * (8 - len(present)))
    for has_profile, has_level in present:
        reader.skip(88 * has_profile + 8 * has_level)


def _reorder(reader: BitReader, sub_layers: int) -> int | None:
    reorder = 0
    for _ in range(sub_layers if reader.flag() else 1):
        reader.ue()
        reorder = reader.ue()
        reader.ue()
    return checked_reorder(reorder)


def _read_rest(reader: BitReader, vui: Vui, order_bits: int) -> None:
    """From the block sizes to the frame rate."""
    for _ in range(6):
        reader.ue()
    if reader.flag() and reader.flag():
        _skip_scaling_lists(reader)
    reader.skip(2)
    if reader.flag():
        reader.skip(8)
        reader.ue()
        reader.ue()
        reader.flag()
    _skip_reference_sets(reader)
    if reader.flag():
        count = reader.ue()
        if count > _MAX_LONG_TERM:
            raise DamagedMedia("parameter set has too many references")
        reader.skip(count * (order_bits + 1))
    reader.skip(2)
    if reader.flag():
        _read_vui(reader, vui)


def _skip_scaling_lists(reader: BitReader) -> None:
    for size in range(4):
        for _ in range(6 if size < 3 else 2):
            if not reader.flag():
                reader.ue()
                continue
            if size > 1:
                reader.se()
            for _ in range(min(64, 1 << (4 + (size << 1)))):
                reader.se()


def _skip_reference_sets(reader: BitReader) -> None:
    """Short-term reference picture sets: their lengths depend on one another."""
    count = reader.ue()
    if count > _MAX_REFERENCE_SETS:
        raise DamagedMedia("parameter set has too many reference sets")
    pictures = 0
    for number in range(count):
        if number and reader.flag():
            reader.flag()
            reader.ue()
            kept = 0
            for _ in range(pictures + 1):
                kept += 1 if reader.flag() else reader.bits(1)
            pictures = kept
            continue
        before, after = reader.ue(), reader.ue()
        pictures = before + after
        if pictures > _MAX_REFERENCES:
            raise DamagedMedia("parameter set has too many references")
        for _ in range(pictures):
            reader.ue()
            reader.flag()


def _read_vui(reader: BitReader, vui: Vui) -> None:
    skip_vui_picture(reader)
    reader.skip(3)
    if reader.flag():
        for _ in range(4):
            reader.ue()
    if reader.flag():
        vui.fps = frame_rate(reader.bits(32), reader.bits(32), 1)
