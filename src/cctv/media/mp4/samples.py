"""Takes the coded frames out of fragments again: their bytes and times, by the tables of the fragments."""

from collections.abc import Iterator
from typing import NamedTuple

from cctv.media.mp4.boxes import BOX_HEADER, read_header
from cctv.media.mp4.init_segment import VIDEO_TRACK
from cctv.media.mp4.moof import TrackRun, read_moof


class CodedFrame(NamedTuple):
    """A coded picture in MP4 form."""

    dts_90k: int
    pts_90k: int
    key: bool
    data: bytes


def coded_frames(fragments: bytes) -> Iterator[CodedFrame]:
    """The pictures in whole fragments, in decode order; what is cut off at the end is left out.

    Raises DamagedMedia when a fragment's tables are damaged.
    """
    at = 0
    while (header := read_header(fragments, at)) is not None and header.size >= BOX_HEADER:
        if header.kind == b"moof":
            body = fragments[at + header.header : at + header.size]
            for run in read_moof(body):
                if run.track == VIDEO_TRACK:
                    yield from _frames_of(run, fragments, at + run.data_at)
        at += header.size


def _frames_of(run: TrackRun, data: bytes, at: int) -> Iterator[CodedFrame]:
    dts_90k = run.dts_90k
    offsets = run.offsets or [0] * len(run.sizes)
    for duration, size, key, offset in zip(run.durations, run.sizes, run.keys, offsets, strict=True):
        if at + size > len(data):
            return
        yield CodedFrame(dts_90k, dts_90k + offset, key, data[at : at + size])
        at += size
        dts_90k += duration
