"""Coded pictures and sound into RTP payloads.

H.264: RFC 6184 (single NAL units and FU-A); H.265: RFC 7798 (single and FU); JPEG: RFC 2435 (tables in-band);
AAC: RFC 3640 (AAC-hbr, one access unit a packet); G.711: RFC 3551.
"""

from __future__ import annotations

from collections.abc import Iterable

from cctv_simulator.bitstream import split_jpeg

MAX_PAYLOAD = 1400


def h264(units: Iterable[bytes], limit: int = MAX_PAYLOAD) -> list[bytes]:
    """Payloads of one access unit; a NAL unit above `limit` bytes goes out as FU-A fragments."""
    payloads = []
    for unit in units:
        if len(unit) <= limit:
            payloads.append(unit)
            continue
        indicator, kind = (unit[0] & 0xE0) | 28, unit[0] & 0x1F
        payloads += [bytes((indicator, flags | kind)) + part for flags, part in _cut(unit[1:], limit - 2)]
    return payloads


def h265(units: Iterable[bytes], limit: int = MAX_PAYLOAD) -> list[bytes]:
    """Payloads of one access unit; a NAL unit above `limit` bytes goes out as fragmentation units (type 49)."""
    payloads = []
    for unit in units:
        if len(unit) <= limit:
            payloads.append(unit)
            continue
        head, kind = bytes(((unit[0] & 0x81) | (49 << 1), unit[1])), (unit[0] >> 1) & 0x3F
        payloads += [head + bytes((flags | kind,)) + part for flags, part in _cut(unit[2:], limit - 3)]
    return payloads


def _cut(body: bytes, size: int) -> list[tuple[int, bytes]]:
    """Parts of `size` bytes with the start (0x80) and end (0x40) flags of a fragment header."""
    starts = range(0, len(body), size)
    last = starts[-1]
    return [
        ((0x80 if start == 0 else 0) | (0x40 if start == last else 0), body[start : start + size])
        for start in starts
    ]


def jpeg(picture: bytes, limit: int = MAX_PAYLOAD) -> list[bytes]:
    """Payloads of one JPEG: Q is 255, so the quantisation tables travel in the first packet."""
    parts = split_jpeg(picture)
    kind = parts.sampling + (64 if parts.restart_interval else 0)
    payloads: list[bytes] = []
    at = 0
    while at < len(parts.scan) or not payloads:
        head = b"\x00" + at.to_bytes(3, "big") + bytes((kind, 255, parts.width // 8, parts.height // 8))
        if parts.restart_interval:
            head += parts.restart_interval.to_bytes(2, "big") + b"\xff\xff"
        if at == 0:
            head += b"\x00\x00" + len(parts.tables).to_bytes(2, "big") + parts.tables
        size = limit - len(head)
        payloads.append(head + parts.scan[at : at + size])
        at += size
    return payloads


def aac(access_unit: bytes) -> list[bytes]:
    """One packet: a header section of 16 bits (13 bits of size, 3 of index), then the access unit."""
    return [b"\x00\x10" + (len(access_unit) << 3).to_bytes(2, "big") + access_unit]


def g711(samples: bytes) -> list[bytes]:
    """One packet: the samples as they are."""
    return [samples]
