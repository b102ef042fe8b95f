"""The fragment index of a segment: what the catalogue keeps so that playlists never open the file.

A segment is `head_bytes` of boxes and then fragments back to back, so lengths alone give every offset. The
packed form starts with a format number; format 1 is the byte 1 and a zlib stream of little-endian u32: head
bytes, the base decode time as two words (low, high), the count, then all sizes, all durations, all key sizes
(columns compress better than rows: durations and zeros repeat).
"""

import struct
import zlib
from collections.abc import Sequence
from typing import NamedTuple

from cctv.media.errors import DamagedMedia

FORMAT = 1
_MAX_ENTRIES = 1 << 20
_HEADER_WORDS = 4


class FragmentEntry(NamedTuple):
    """One fragment: its whole size, its video duration, and where its key frame ends.

    `key_bytes` is 0 when the fragment does not begin with a key frame, else the number of bytes from the
    fragment's first byte to the end of the key frame's data (what an I-frame playlist asks for).
    """

    bytes: int
    duration_90k: int
    key_bytes: int


class SegmentIndex(NamedTuple):
    """The decoded index of one segment."""

    head_bytes: int
    base_90k: int
    entries: list[FragmentEntry]


class Gop(NamedTuple):
    """A key frame and all that follows it up to the next one; offsets count from the file's first byte.

    `key_bytes` is 0 only for a first GOP that does not begin with a key frame.
    """

    offset: int
    bytes: int
    start_90k: int
    duration_90k: int
    key_bytes: int


def encode_index(head_bytes: int, base_90k: int, entries: Sequence[FragmentEntry]) -> bytes:
    """Packs an index for the catalogue; a minute of 1 s fragments takes about 200 bytes."""
    words = [head_bytes, base_90k & 0xFFFFFFFF, base_90k >> 32, len(entries)]
    for column in zip(*entries, strict=True):
        words += column
    return bytes((FORMAT,)) + zlib.compress(struct.pack(f"<{len(words)}I", *words), 1)


def decode_index(packed: bytes) -> SegmentIndex:
    """Reads what `encode_index` wrote, in this format or an older one; raises DamagedMedia."""
    if not packed or packed[0] != FORMAT:
        raise DamagedMedia(f"fragment index of unknown format {packed[:1].hex() or 'none'}")
    limit = 4 * (_HEADER_WORDS + 3 * _MAX_ENTRIES)
    try:
        raw = zlib.decompressobj().decompress(packed[1:], limit)
    except zlib.error as error:
        raise DamagedMedia("fragment index does not unpack") from error
    if len(raw) % 4 or len(raw) < 4 * _HEADER_WORDS:
        raise DamagedMedia("fragment index is cut short")
    words = struct.unpack(f"<{len(raw) // 4}I", raw)
    count = words[3]
    if len(words) != _HEADER_WORDS + 3 * count:
        raise DamagedMedia("fragment index has the wrong length")
    columns = (words[start : start + count] for start in range(_HEADER_WORDS, len(words), count or 1))
    entries = list(map(FragmentEntry._make, zip(*columns, strict=True)))
    return SegmentIndex(words[0], words[1] | words[2] << 32, entries)


def gops(index: SegmentIndex) -> list[Gop]:
    """Joins fragments into GOPs, in order; their bytes and durations add up to the segment's."""
    found: list[Gop] = []
    offset, start_90k = index.head_bytes, index.base_90k
    size = duration = key = 0
    for entry_bytes, entry_90k, key_bytes in index.entries:
        if key_bytes and size:
            found.append(Gop(offset, size, start_90k, duration, key))
            offset, start_90k = offset + size, start_90k + duration
            size = duration = 0
        if not size:
            key = key_bytes
        size += entry_bytes
        duration += entry_90k
    if size:
        found.append(Gop(offset, size, start_90k, duration, key))
    return found
