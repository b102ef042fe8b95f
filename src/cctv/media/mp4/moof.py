"""Reads fragments' boxes: times, sizes and places of samples. Input may be damaged or hostile."""

import struct
from dataclasses import dataclass

from cctv.media.errors import DamagedMedia
from cctv.media.mp4.boxes import children, find
from cctv.media.mp4.fragmenter import NTP_TO_UNIX_S

_TFHD_BASE_OFFSET = 0x1
_TFHD_DESCRIPTION = 0x2
_TFHD_DURATION = 0x8
_TFHD_SIZE = 0x10
_TFHD_FLAGS = 0x20
_TRUN_DATA_OFFSET = 0x1
_TRUN_FIRST_FLAGS = 0x4
_TRUN_DURATION = 0x100
_TRUN_SIZE = 0x200
_TRUN_FLAGS = 0x400
_TRUN_OFFSET = 0x800
_NOT_SYNC = 0x00010000
_U32_MAX = 0xFFFFFFFF
_PRFT_V1 = struct.Struct(">IIIIQ")


@dataclass(frozen=True, slots=True)
class TrackRun:
    """A track's samples in one fragment, in columns. ``data_at`` counts from the first byte of ``moof``."""

    track: int
    dts_90k: int
    data_at: int
    durations: list[int]
    sizes: list[int]
    keys: list[bool]
    offsets: list[int]
    """Signed pts minus dts, empty when all are 0."""


def read_prft(body: bytes) -> tuple[int, int] | None:
    """Wall clock (us since 1970) and media time of a ``prft`` box's body; None when it is none of ours."""
    if len(body) < _PRFT_V1.size or body[0] != 1:
        return None
    _, _, seconds, fraction, media_90k = _PRFT_V1.unpack_from(body)
    wall_us = (seconds - NTP_TO_UNIX_S) * 1_000_000 + (fraction * 1_000_000 + (1 << 31) >> 32)
    return wall_us, media_90k


def read_moof(body: bytes) -> list[TrackRun]:
    """The runs in the body of a ``moof`` box (without its 8-byte header). Raises DamagedMedia."""
    try:
        return [_read_traf(body, begin, end) for kind, begin, end in children(body) if kind == b"traf"]
    except (struct.error, IndexError) as error:
        raise DamagedMedia("fragment's header is cut short") from error


def _numbers(data: bytes, at: int, count: int, end: int) -> tuple[int, ...]:
    if at + 4 * count > end:
        raise DamagedMedia("fragment's table is cut short")
    return struct.unpack_from(f">{count}I", data, at)


def _read_traf(data: bytes, start: int, stop: int) -> TrackRun:
    tfhd, tfdt, trun = (find(data, kind, start=start, end=stop) for kind in (b"tfhd", b"tfdt", b"trun"))
    if tfhd is None or tfdt is None or trun is None:
        raise DamagedMedia("fragment lacks a table")
    flags, track = _numbers(data, tfhd[0], 2, tfhd[1])
    at = tfhd[0] + 8 + 8 * bool(flags & _TFHD_BASE_OFFSET) + 4 * bool(flags & _TFHD_DESCRIPTION)
    defaults = []
    for wanted in (_TFHD_DURATION, _TFHD_SIZE, _TFHD_FLAGS):
        defaults.append(_numbers(data, at, 1, tfhd[1])[0] if flags & wanted else 0)
        at += 4 * bool(flags & wanted)
    words = _numbers(data, tfdt[0], (tfdt[1] - tfdt[0]) // 4, tfdt[1])
    dts_90k = words[1] << 32 | words[2] if data[tfdt[0]] == 1 else words[1]
    return _read_trun(data, trun, track, dts_90k, defaults)


def _read_trun(data: bytes, trun: tuple[int, int], track: int, dts_90k: int, defaults: list[int]) -> TrackRun:
    begin, end = trun
    flags, count = _numbers(data, begin, 2, end)
    at = begin + 8
    data_at = 0
    first_flags: int | None = None
    if flags & _TRUN_DATA_OFFSET:
        data_at, at = _numbers(data, at, 1, end)[0], at + 4
    if flags & _TRUN_FIRST_FLAGS:
        first_flags, at = _numbers(data, at, 1, end)[0], at + 4
    present = [flags & wanted for wanted in (_TRUN_DURATION, _TRUN_SIZE, _TRUN_FLAGS, _TRUN_OFFSET)]
    width = sum(map(bool, present))
    if not width and count > end - begin:
        raise DamagedMedia("fragment claims samples that it does not have")
    rows = _numbers(data, at, width * count, end)
    columns: list[list[int]] = []
    column = 0
    for number, has in enumerate(present):
        if has:
            columns.append(list(rows[column::width]))
            column += 1
        else:
            columns.append([defaults[number]] * count if number < len(defaults) else [])
    durations, sizes, sample_flags, offsets = columns
    if first_flags is not None and sample_flags:
        sample_flags[0] = first_flags
    keys = [not value & _NOT_SYNC for value in sample_flags]
    signed = [value - (1 << 32) if value > _U32_MAX >> 1 else value for value in offsets]
    return TrackRun(track, dts_90k, data_at, durations, sizes, keys, signed)
