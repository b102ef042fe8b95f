"""A plain MP4 (moov first) of a range of recordings, as byte ranges of their files, nothing re-encoded.

Only headers of fragments are read to plan it; whoever sends it copies the ranges. Several sample entries are
allowed, so a range may cross from one run into another; gaps between sources are closed up. A skipped beginning
is hidden by an edit list, which players obey exactly.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import BinaryIO

from cctv.media.errors import DamagedMedia
from cctv.media.model import TrackParams
from cctv.media.mp4.boxes import box, read_header, u32, u64
from cctv.media.mp4.init_reader import read_init
from cctv.media.mp4.init_segment import (
    AUDIO_TRACK,
    VIDEO_TRACK,
    audio_entry,
    audio_track,
    movie_header,
    video_entry,
    video_track,
)
from cctv.media.mp4.moof import TrackRun, read_moof
from cctv.media.mp4.sample_tables import TrackTable

_MAX_MOOF = 4 << 20
_LONGEST_HEADER = 16
_MDAT_HEADER = 16
_FTYP = box(b"ftyp", b"isom", u32(0x200), b"isom", b"iso2", b"mp41")


@dataclass(frozen=True, slots=True)
class Source:
    """GOPs of one segment: the run's init segment, the open file, and the byte range of whole fragments."""

    init: bytes
    file: BinaryIO
    offset: int
    length: int


@dataclass(frozen=True, slots=True)
class ByteRange:
    """A range of the n-th source's file, to be sent as it is."""

    source: int
    offset: int
    length: int


@dataclass(frozen=True, slots=True)
class PlainMp4:
    """``head`` is to be sent first, then the ranges in order; ``size`` is the whole length."""

    head: bytes
    ranges: list[ByteRange]
    size: int
    duration_90k: int


class _Movie:
    """What is gathered while the sources are read."""

    def __init__(self) -> None:
        self.params: TrackParams | None = None
        self.video = TrackTable()
        self.audio = TrackTable()
        self.ranges: list[ByteRange] = []
        self.media_bytes = 0
        self._source_at_90k = 0  # where the source at hand begins on the new time line
        self._source_from_90k: int | None = None  # and in its own

    def begin_source(self, init: bytes) -> None:
        """The next fragments follow this init segment, and whatever was between is closed up."""
        found = read_init(init)
        self.params = self.params or found
        self.video.describe(video_entry(found.video))
        if found.audio is not None:
            self.audio.describe(audio_entry(found.audio))
        self._source_at_90k = self.video.end_90k
        self._source_from_90k = None

    def add(self, runs: list[TrackRun], moof_at: int, media: ByteRange) -> None:
        """A fragment: its tables, where its ``moof`` begins in the file, and its media."""
        if self._source_from_90k is None:
            self._source_from_90k = min((run.dts_90k for run in runs if run.track == VIDEO_TRACK), default=None)
        for run in runs:
            inside = moof_at + run.data_at - media.offset
            if inside < 0 or inside + sum(run.sizes) > media.length:
                raise DamagedMedia("a fragment's table points outside of it", offset=moof_at)
            table = {VIDEO_TRACK: self.video, AUDIO_TRACK: self.audio}.get(run.track)
            if table is not None and self._source_from_90k is not None:
                at_90k = self._source_at_90k + run.dts_90k - self._source_from_90k
                table.add(run, self.media_bytes + inside, at_90k)
        if media.length:
            self.ranges.append(media)
            self.media_bytes += media.length


def plan(sources: Sequence[Source], *, skip_90k: int = 0) -> PlainMp4:
    """Reads the fragments' tables and builds the head. Gaps between sources are closed up.

    ``skip_90k`` hides the beginning by an edit list, so that it begins at the asked moment and not at the
    key frame before. Raises DamagedMedia.
    """
    movie = _Movie()
    for number, source in enumerate(sources):
        movie.begin_source(source.init)
        _read_source(movie, number, source)
    if movie.params is None or not movie.video.count:
        raise DamagedMedia("there is nothing recorded in this range")
    skip_90k = max(skip_90k, 0)
    # The moov's size does not depend on the places in it, so it is built twice.
    media_at = len(_FTYP) + len(_moov(movie, movie.params, skip_90k, 0)) + _MDAT_HEADER
    moov = _moov(movie, movie.params, skip_90k, media_at)
    head = _FTYP + moov + u32(1) + b"mdat" + u64(_MDAT_HEADER + movie.media_bytes)
    shown_90k = max(movie.video.end_90k - skip_90k, 0)
    return PlainMp4(head, movie.ranges, len(head) + movie.media_bytes, shown_90k)


def _moov(movie: _Movie, params: TrackParams, skip_90k: int, media_at: int) -> bytes:
    video, audio = movie.video, movie.audio
    shown_90k = max(video.end_90k - skip_90k, 0)
    edits = video.edits(skip_90k, shown_90k)
    tables = video.boxes(media_at)
    tracks = [video_track(params.video, tables, duration_90k=video.duration_90k, shown_90k=shown_90k, edits=edits)]
    if audio.count:
        heard_90k = max(audio.end_90k - max(skip_90k, audio.begin_90k), 0)
        edits = audio.edits(skip_90k, heard_90k)
        tables = audio.boxes(media_at)
        tracks.append(audio_track(tables, duration_90k=audio.duration_90k, shown_90k=heard_90k, edits=edits))
    return box(b"moov", movie_header(shown_90k, AUDIO_TRACK + 1), *tracks)


def _read_source(movie: _Movie, number: int, source: Source) -> None:
    at, end = source.offset, source.offset + source.length
    runs: list[TrackRun] = []
    moof_at = at
    while at < end:
        source.file.seek(at)
        header = read_header(source.file.read(_LONGEST_HEADER))
        if header is None or not header.size or at + header.size > end:
            raise DamagedMedia("a fragment is cut short", offset=at)
        body_at, body_bytes = at + header.header, header.size - header.header
        if header.kind == b"moof":
            if header.size > _MAX_MOOF:
                raise DamagedMedia("a fragment's header is too long", offset=at)
            source.file.seek(body_at)
            runs, moof_at = read_moof(source.file.read(body_bytes)), at
        elif header.kind == b"mdat":
            movie.add(runs, moof_at, ByteRange(number, body_at, body_bytes))
            runs = []
        at += header.size
