"""Reads the sequence parameter set of H.264 (ITU-T H.264, 7.3.2.1.1 and annex E)."""

from contextlib import suppress

from cctv.media.coding.bits import BitReader, unescape
from cctv.media.coding.sps import (
    SHORTEST_SPS,
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

_HIGH_PROFILES = frozenset((100, 110, 122, 244, 44, 83, 86, 118, 128, 138, 139, 134, 135))
_NO_REORDER_PROFILES = frozenset((66,))
_INTRA_PROFILE = 44
_MAY_BE_INTRA = frozenset((100, 110, 122, 244))


def parse_sps(nal: bytes) -> SpsFacts:
    """Reads an H.264 SPS (a NAL unit of type 7). Raises DamagedMedia."""
    if len(nal) < SHORTEST_SPS or nal[0] & 0x1F != 7:
        raise DamagedMedia("not an H.264 sequence parameter set")
    reader = BitReader(unescape(nal)[1:])
    profile, constraints, level = reader.bits(8), reader.bits(8), reader.bits(8)
    reader.ue()
    chroma, luma_depth, chroma_depth = 1, 8, 8
    if profile in _HIGH_PROFILES:
        chroma, luma_depth, chroma_depth = _chroma(reader)
    reader.ue()  # log2_max_frame_num
    never_reordered = _picture_order(reader) == 2 or profile in _NO_REORDER_PROFILES
    reader.ue()  # max_num_ref_frames
    reader.flag()
    width, height = _size(reader, chroma)
    vui = Vui()
    with suppress(DamagedMedia):
        if reader.flag():
            _read_vui(reader, vui)
    intra_only = profile == _INTRA_PROFILE or (profile in _MAY_BE_INTRA and bool(constraints & 0x10))
    reorder = 0 if never_reordered or intra_only else vui.reorder
    return SpsFacts(profile, level, width, height, chroma, luma_depth, chroma_depth, reorder, vui.fps)


def _chroma(reader: BitReader) -> tuple[int, int, int]:
    chroma = checked_chroma(reader.ue())
    if chroma == 3:
        reader.flag()
    luma_depth, chroma_depth = bit_depths(reader)
    reader.flag()
    if reader.flag():
        for matrix in range(8 if chroma != 3 else 12):
            if reader.flag():
                _scaling_list(reader, 16 if matrix < 6 else 64)
    return chroma, luma_depth, chroma_depth


def _scaling_list(reader: BitReader, size: int) -> None:
    last = following = 8
    for _ in range(size):
        if following:
            following = (last + reader.se()) % 256
        last = following or last


def _picture_order(reader: BitReader) -> int:
    kind = reader.ue()
    if kind == 0:
        reader.ue()
    elif kind == 1:
        reader.flag()
        reader.se()
        reader.se()
        cycle = reader.ue()
        if cycle > 255:
            raise DamagedMedia("parameter set has an impossible picture order")
        for _ in range(cycle):
            reader.se()
    return kind


def _size(reader: BitReader, chroma: int) -> tuple[int, int]:
    width, height = 16 * (reader.ue() + 1), 16 * (reader.ue() + 1)
    frames_only = reader.flag()
    if not frames_only:
        height *= 2
        reader.flag()
    reader.flag()
    unit_x = 2 if chroma in (1, 2) else 1
    unit_y = (2 if chroma == 1 else 1) * (1 if frames_only else 2)
    return cropped(reader, width, height, (unit_x, unit_y))


def _read_vui(reader: BitReader, vui: Vui) -> None:
    skip_vui_picture(reader)
    if reader.flag():
        vui.fps = frame_rate(reader.bits(32), reader.bits(32), 2)
        reader.flag()
    rate_model = False
    for _ in range(2):
        if reader.flag():
            _skip_rate_model(reader)
            rate_model = True
    if rate_model:
        reader.flag()
    reader.flag()
    if reader.flag():
        reader.flag()
        for _ in range(4):
            reader.ue()
        reorder, buffered = reader.ue(), reader.ue()
        if reorder <= buffered:
            vui.reorder = checked_reorder(reorder)


def _skip_rate_model(reader: BitReader) -> None:
    count = reader.ue() + 1
    if count > 32:
        raise DamagedMedia("parameter set has an impossible rate model")
    reader.skip(8)
    for _ in range(count):
        reader.ue()
        reader.ue()
        reader.flag()
    reader.skip(20)
