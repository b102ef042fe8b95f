"""What a segment's file says of itself: all of its catalogue row, its run and its clock epoch.

The catalogue can be made from files alone because of this. Salvage, check and rebuild read files through here.
"""

import hashlib
from datetime import timedelta
from typing import BinaryIO

from cctv.base.clock import from_us
from cctv.base.faults import Cause
from cctv.base.ids import CameraId, RunId, parse_object_name
from cctv.media.coding.codecs import codecs_string
from cctv.media.errors import DamagedMedia
from cctv.media.mp4.fmp4 import NO_EPOCH, SegmentHead, SegmentScan, scan
from cctv.media.mp4.index import encode_index
from cctv.recording.archive.model import Batch, Epoch, Run, Segment, SegmentState

_CHUNK_BYTES = 1 << 20


def scan_object(file: BinaryIO, name: str) -> SegmentScan:
    """Read a file's headers. :class:`DamagedMedia` when it is no segment, or another one than its name says."""
    found = scan(file)
    parts = parse_object_name(name)
    head = found.head
    if parts is None or (parts.camera, parts.run, parts.seq) != (head.camera, head.run, head.seq):
        raise DamagedMedia(f"{name} says of itself that it is number {head.seq} of run {head.run}")
    return found


def sha256_of(file: BinaryIO) -> bytes:
    """The hash of a whole file, 32 bytes."""
    digest = hashlib.sha256()
    file.seek(0)
    while chunk := file.read(_CHUNK_BYTES):
        digest.update(chunk)
    return digest.digest()


def described(found: SegmentScan, *, volume: str, name: str, sha256: bytes) -> Batch | None:
    """The rows of a scanned file; ``None`` when it holds no whole fragment.

    The run is told as ended where this file ends (a later file of the run says later), by our restart.
    """
    head = found.head
    start, end = from_us(head.start_us), from_us(found.end_us)
    if not found.fragments or end <= start:
        return None
    segment = Segment(
        camera_id=CameraId(head.camera),
        run_id=RunId(head.run),
        seq=head.seq,
        start=start,
        end=end,
        size_bytes=found.valid_bytes,
        sha256=sha256,
        prev_sha256=head.prev_sha256,
        volume=volume,
        object_name=name,
        state=SegmentState.DUPLICATE if head.duplicate else SegmentState.STORED,
        fragments=encode_index(found.index.head_bytes, found.index.base_90k, found.index.entries),
    )
    return Batch((_run(found, segment),), (segment,), (), _epochs(head))


def _run(found: SegmentScan, segment: Segment) -> Run:
    video = found.params.video
    return Run(
        id=segment.run_id,
        camera_id=segment.camera_id,
        fence=found.head.fence,
        epoch=found.head.epoch,
        codec=video.codec.value,
        codecs=codecs_string(found.params),
        width=video.width,
        height=video.height,
        rate=video.fps,
        init=found.init,
        started_at=from_us(found.head.run_start_us),
        ended_at=segment.end,
        end_cause=Cause.RESTART,
    )


def _epochs(head: SegmentHead) -> tuple[Epoch, ...]:
    if head.epoch == NO_EPOCH:
        return ()
    step = timedelta(microseconds=head.epoch_step_us)
    return (Epoch(id=head.epoch, node=head.node, at=from_us(head.epoch_at_us), step=step),)
