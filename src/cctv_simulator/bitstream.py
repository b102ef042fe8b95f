"""NAL units and JPEG parts: taking coded pictures to pieces, without decoding them."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass

from cctv_simulator.kinds import Codec

START_CODE = b"\x00\x00\x00\x01"
_H264_PARAMETER_SETS = frozenset({7, 8, 13, 15})
_H265_PARAMETER_SETS = frozenset({32, 33, 34})


def split_annex_b(data: bytes) -> list[bytes]:
    """The NAL units of an Annex B byte stream (start codes of three or four bytes), in order."""
    units = []
    start = data.find(b"\x00\x00\x01")
    while start >= 0:
        start += 3
        following = data.find(b"\x00\x00\x01", start)
        end = len(data) if following < 0 else following
        unit = data[start:end].rstrip(b"\x00") if following >= 0 else data[start:]
        if unit:
            units.append(unit)
        start = following
    return units


def split_lengths(data: bytes) -> list[bytes]:
    """The NAL units of a sample in MP4 form (four-byte lengths)."""
    units, at = [], 0
    while at + 4 <= len(data):
        length = int.from_bytes(data[at : at + 4], "big")
        units.append(data[at + 4 : at + 4 + length])
        at += 4 + length
    return units


def nal_type(codec: Codec, unit: bytes) -> int:
    """The type field of a NAL unit's header."""
    return unit[0] & 0x1F if codec == "h264" else (unit[0] >> 1) & 0x3F


def is_parameter_set(codec: Codec, unit: bytes) -> bool:
    """SPS and PPS (with their extensions), and for H.265 VPS."""
    return nal_type(codec, unit) in (_H264_PARAMETER_SETS if codec == "h264" else _H265_PARAMETER_SETS)


def is_delimiter(codec: Codec, unit: bytes) -> bool:
    """Access unit delimiter, end of sequence or stream, filler."""
    return nal_type(codec, unit) in ({9, 10, 11, 12} if codec == "h264" else {35, 36, 37, 38})


def is_key(codec: Codec, unit: bytes) -> bool:
    """A slice of a picture at which decoding can start (IDR; for H.265 any IRAP)."""
    kind = nal_type(codec, unit)
    return kind == 5 if codec == "h264" else 16 <= kind <= 23


def parameter_sets(codec: Codec, units: Iterable[bytes]) -> tuple[bytes, ...]:
    """The parameter sets among `units`, in order: SPS, PPS or VPS, SPS, PPS."""
    return tuple(unit for unit in units if is_parameter_set(codec, unit))


def fingerprint(codec: str, data: bytes, *, form: str = "annexb") -> str:
    """SHA-256 (hex) of what must survive recording of one coded picture, however it is packed.

    * H.264, H.265: every NAL unit, each behind the start code 00 00 00 01, in order, without parameter sets
      (a recorder may move them into its header), access unit delimiters, end marks and filler. SEI counts.
      `form` is "annexb" (as sent) or "lengths" (four-byte lengths, as in MP4).
    * MJPEG: the entropy-coded scan alone: RFC 2435 does not carry the headers, a receiver makes its own.
    * Anything else (sound): the bytes as they are.
    """
    if codec == "mjpeg":
        return hashlib.sha256(split_jpeg(data).scan).hexdigest()
    if codec not in ("h264", "h265"):
        return hashlib.sha256(data).hexdigest()
    known: Codec = "h264" if codec == "h264" else "h265"
    digest = hashlib.sha256()
    for unit in split_annex_b(data) if form == "annexb" else split_lengths(data):
        if not is_parameter_set(known, unit) and not is_delimiter(known, unit):
            digest.update(START_CODE)
            digest.update(unit)
    return digest.hexdigest()


@dataclass(frozen=True)
class JpegParts:
    """What RFC 2435 needs of a JPEG: size in pixels, sampling (0: 4:2:2, 1: 4:2:0), tables, scan."""

    width: int
    height: int
    sampling: int
    tables: bytes
    restart_interval: int
    scan: bytes


def split_jpeg(data: bytes) -> JpegParts:
    """Take a baseline JPEG to pieces; ValueError if it is none."""
    if data[:2] != b"\xff\xd8":
        raise ValueError("not a JPEG")
    at, width, height, sampling, restart = 2, 0, 0, 1, 0
    tables: dict[int, bytes] = {}
    while data[at] == 0xFF:
        marker, length = data[at + 1], int.from_bytes(data[at + 2 : at + 4], "big")
        body = data[at + 4 : at + 2 + length]
        at += 2 + length
        if marker == 0xDB:
            for start in range(0, len(body), 65):
                tables[body[start] & 0x0F] = body[start + 1 : start + 65]
        elif marker == 0xC0:
            height, width = int.from_bytes(body[1:3], "big"), int.from_bytes(body[3:5], "big")
            sampling = 1 if body[7] == 0x22 else 0
        elif marker == 0xDD:
            restart = int.from_bytes(body[:2], "big")
        elif marker == 0xDA:
            break
    end = data.rfind(b"\xff\xd9")
    luma = tables[min(tables)]
    return JpegParts(
        width, height, sampling, luma + tables.get(1, luma), restart, data[at : end if end >= at else len(data)]
    )
