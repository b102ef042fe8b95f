"""Boxes of ISO base media files (ISO/IEC 14496-12): writing them, and walking over those of others."""

import struct
from collections.abc import Iterator
from typing import NamedTuple

_U32 = struct.Struct(">I")
_U64 = struct.Struct(">Q")

BOX_HEADER = 8
_LARGE_HEADER = 16


def box(kind: bytes, *parts: bytes) -> bytes:
    """A box of four-letter ``kind`` around ``parts``."""
    body = b"".join(parts)
    return _U32.pack(BOX_HEADER + len(body)) + kind + body


def full_box(kind: bytes, version: int, flags: int, *parts: bytes) -> bytes:
    """A box that begins with a version and 24 flags."""
    return box(kind, _U32.pack(version << 24 | flags), *parts)


def u8(value: int) -> bytes:
    """One byte."""
    return bytes((value,))


def u16(*values: int) -> bytes:
    """Big-endian 16-bit numbers."""
    return struct.pack(f">{len(values)}H", *values)


def u32(*values: int) -> bytes:
    """Big-endian 32-bit numbers."""
    return struct.pack(f">{len(values)}I", *values)


def u64(*values: int) -> bytes:
    """Big-endian 64-bit numbers."""
    return struct.pack(f">{len(values)}Q", *values)


class BoxHeader(NamedTuple):
    """A box's kind, the length of its header (8 or 16) and its whole size; size 0 means to the file's end."""

    kind: bytes
    header: int
    size: int


def read_header(data: bytes, offset: int = 0) -> BoxHeader | None:
    """The header at ``offset``, or None when it is cut short or contradicts itself."""
    if len(data) - offset < BOX_HEADER:
        return None
    size = _U32.unpack_from(data, offset)[0]
    kind = data[offset + 4 : offset + 8]
    if size != 1:
        return BoxHeader(kind, BOX_HEADER, size) if size == 0 or size >= BOX_HEADER else None
    if len(data) - offset < _LARGE_HEADER:
        return None
    size = _U64.unpack_from(data, offset + BOX_HEADER)[0]
    return BoxHeader(kind, _LARGE_HEADER, size) if size >= _LARGE_HEADER else None


def children(data: bytes, start: int = 0, end: int | None = None) -> Iterator[tuple[bytes, int, int]]:
    """Whole boxes in ``data[start:end]`` as (kind, begin of body, end of body); stops at the first torn one."""
    end = len(data) if end is None else end
    while start < end:
        header = read_header(data, start)
        if header is None or not header.size or start + header.size > end:
            return
        yield header.kind, start + header.header, start + header.size
        start += header.size


def find(data: bytes, *path: bytes, start: int = 0, end: int | None = None) -> tuple[int, int] | None:
    """The body (begin, end) of the first box at ``path``, or None."""
    end = len(data) if end is None else end
    for wanted in path:
        for kind, begin, stop in children(data, start, end):
            if kind == wanted:
                start, end = begin, stop
                break
        else:
            return None
    return start, end
