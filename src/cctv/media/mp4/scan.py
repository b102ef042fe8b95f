"""Reads a segment back from its file: after a crash, to rebuild the catalogue, to check it."""

import os
from dataclasses import dataclass
from typing import BinaryIO

from cctv.media.errors import DamagedMedia
from cctv.media.model import TrackParams
from cctv.media.mp4.boxes import BOX_HEADER, BoxHeader, find, read_header
from cctv.media.mp4.index import FragmentEntry, SegmentIndex
from cctv.media.mp4.init_reader import read_init
from cctv.media.mp4.init_segment import VIDEO_TRACK
from cctv.media.mp4.moof import TrackRun, read_moof, read_prft
from cctv.media.mp4.segment_head import SegmentHead, decode_head

_MAX_HEADER_BOX = 4 << 20  # no moov, uuid or moof of ours comes near it
_MAX_FRAGMENTS = 1 << 20
_LARGE_HEADER = 16


@dataclass(frozen=True, slots=True)
class SegmentScan:
    """What a file holds up to its first torn or foreign byte.

    ``init`` is ``ftyp moov``; ``index.head_bytes`` counts the ``uuid`` box too. ``valid_bytes`` is where the
    last whole fragment ends: cut the file there. ``end_us`` is the wall clock of that end.
    """

    init: bytes
    head: SegmentHead
    params: TrackParams
    index: SegmentIndex
    valid_bytes: int
    end_us: int
    video_samples: int

    @property
    def fragments(self) -> list[FragmentEntry]:
        """The whole fragments, in order."""
        return self.index.entries


@dataclass(frozen=True, slots=True)
class _Found:
    entry: FragmentEntry
    dts_90k: int
    wall_us: int
    samples: int


def scan(file: BinaryIO) -> SegmentScan:
    """Reads headers only (seeks over media), stops at the first torn fragment.

    Raises DamagedMedia when the file's beginning is not ours; any other content only ends the list early.
    """
    size = file.seek(0, os.SEEK_END)
    init, head, head_bytes = _read_beginning(file, size)
    params = read_init(init)
    found: list[_Found] = []
    at = head_bytes
    while len(found) < _MAX_FRAGMENTS:
        fragment = _read_fragment(file, at, size)
        if fragment is None:
            break
        found.append(fragment)
        at += fragment.entry.bytes
    end_us = head.start_us
    if found:
        last = found[-1]
        end_us = last.wall_us + last.entry.duration_90k * 100 // 9
    base_90k = found[0].dts_90k if found else head.base_90k
    index = SegmentIndex(head_bytes, base_90k, [one.entry for one in found])
    return SegmentScan(init, head, params, index, at, end_us, sum(one.samples for one in found))


def _peek(file: BinaryIO, at: int, size: int) -> BoxHeader | None:
    """The header of the whole box at ``at``; None for a torn one or one that runs to the file's end."""
    file.seek(at)
    header = read_header(file.read(_LARGE_HEADER))
    if header is None or not header.size or at + header.size > size:
        return None
    return header


def _body(file: BinaryIO, at: int, header: BoxHeader) -> bytes | None:
    if header.size > _MAX_HEADER_BOX:
        return None
    file.seek(at + header.header)
    body = file.read(header.size - header.header)
    return body if len(body) == header.size - header.header else None


def _read_beginning(file: BinaryIO, size: int) -> tuple[bytes, SegmentHead, int]:
    """The init segment, the head, and how many bytes they take together."""
    at = 0
    init_bytes = 0
    for wanted in (b"ftyp", b"moov", b"uuid"):
        header = _peek(file, at, size)
        body = _body(file, at, header) if header is not None and header.kind == wanted else None
        if header is None or body is None:
            raise DamagedMedia("file does not begin as a segment does", box=wanted.decode(), offset=at)
        if wanted == b"uuid":
            init_bytes = at
        at += header.size
    head = decode_head(body or b"")
    if head is None:
        raise DamagedMedia("file was not written by this system")
    file.seek(0)
    return file.read(init_bytes), head, at


def _read_fragment(file: BinaryIO, at: int, size: int) -> _Found | None:
    start = at
    clock: tuple[int, int] | None = None
    runs: list[TrackRun] = []
    moof_at = 0
    for wanted in (b"prft", b"moof", b"mdat"):
        header = _peek(file, at, size)
        if header is None or header.kind != wanted:
            return None
        if wanted != b"mdat":
            body = _body(file, at, header)
            if body is None:
                return None
            if wanted == b"prft":
                clock = read_prft(body)
            else:
                moof_at = at
                try:
                    runs = read_moof(body)
                except DamagedMedia:
                    return None
        at += header.size
    return _describe(runs, clock, moof_at - start, at - start)


def _describe(runs: list[TrackRun], clock: tuple[int, int] | None, moof_at: int, size: int) -> _Found | None:
    """The entry of a whole fragment; None when its tables point outside of it."""
    video = next((run for run in runs if run.track == VIDEO_TRACK), None)
    if video is None or clock is None or not video.sizes or not sum(video.durations):
        return None
    for run in runs:
        if run.data_at < BOX_HEADER or moof_at + run.data_at + sum(run.sizes) > size:
            return None
    key_bytes = moof_at + video.data_at + video.sizes[0] if video.keys[0] else 0
    entry = FragmentEntry(size, min(sum(video.durations), 0xFFFFFFFF), key_bytes)
    return _Found(entry, video.dts_90k, clock[0], len(video.sizes))


def init_of(file_start: bytes) -> bytes:
    """``ftyp moov`` from the first bytes of a segment. Raises DamagedMedia."""
    moov = find(file_start, b"moov")
    if moov is None:
        raise DamagedMedia("init segment has no moov box")
    return file_start[: moov[1]]
