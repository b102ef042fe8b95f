"""Segments as files: fragmented MP4 (CMAF) of our own, because every byte of it must be known.

A file is ``ftyp moov uuid`` and then fragments ``prft moof mdat``. The init segment (``ftyp moov``) is the
same for all files of a run and decode times run on across them; the ``uuid`` box says which file this is.
This module is the face of the parts that write (``init_segment``, ``segment_head``, ``fragmenter``) and of
the one that reads back (``scan``).
"""

from cctv.media.model import TrackParams
from cctv.media.mp4.fragmenter import Fragment, Fragmenter, WallClock
from cctv.media.mp4.init_segment import init_segment
from cctv.media.mp4.scan import SegmentScan, scan
from cctv.media.mp4.segment_head import NO_EPOCH, SegmentHead, decode_head, encode_head

__all__ = [
    "NO_EPOCH",
    "Fragment",
    "Fragmenter",
    "SegmentHead",
    "SegmentScan",
    "WallClock",
    "decode_head",
    "encode_head",
    "head",
    "init_segment",
    "scan",
]


def head(params: TrackParams, segment: SegmentHead) -> bytes:
    """The beginning of a file: init segment and the ``uuid`` box."""
    return init_segment(params) + encode_head(segment)
