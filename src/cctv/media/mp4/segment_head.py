"""The ``uuid`` box after ``moov``: whose file this is. The catalogue can be rebuilt from it.

Its body after the box's own UUID begins with a format number and the length of the fixed part, so that an
older reader finds what it knows at the same place and a newer writer may only append.
"""

import struct
from dataclasses import dataclass
from uuid import UUID

from cctv.media.errors import DamagedMedia
from cctv.media.mp4.boxes import box

NO_EPOCH = UUID(int=0)
BOX_UUID = UUID("8f0c5d1e-6b1d-4d0e-9a51-c0a7d2c4f3b6").bytes
FORMAT = 1

# format, length | camera, run, epoch | seq, fence | start, base, run start, epoch begin, epoch step, camera
# time | flags | prev_sha256 | agency, node (UTF-8, zero padded)
_FIXED = struct.Struct(">HH16s16s16sIQqQqqqqI32s32s64s")
_HAS_CAMERA_TIME = 1
_HAS_PREV = 2
_DUPLICATE = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class SegmentHead:
    """What a file says of itself, so that the catalogue can be rebuilt from files alone.

    ``start_us`` is the wall clock of the first sample, ``base_90k`` its decode time; ``run_start_us`` the
    wall clock of the run's decode time 0. ``camera_time_us`` is the camera's own clock at the first sample,
    when it tells. ``prev_sha256`` is the hash of the run's previous file. ``epoch`` is the clock epoch with
    when it began and by how much the clock was stepped. ``agency`` has at most 32 bytes, ``node`` 64.
    """

    camera: UUID
    run: UUID
    seq: int
    fence: int
    agency: str
    start_us: int
    base_90k: int
    run_start_us: int
    epoch: UUID = NO_EPOCH
    epoch_at_us: int = 0
    epoch_step_us: int = 0
    node: str = ""
    camera_time_us: int | None = None
    prev_sha256: bytes | None = None
    duplicate: bool = False


def encode_head(head: SegmentHead) -> bytes:
    """The whole box, always of the same size."""
    flags = _HAS_CAMERA_TIME * (head.camera_time_us is not None)
    flags |= _HAS_PREV * (head.prev_sha256 is not None) | _DUPLICATE * head.duplicate
    fixed = _FIXED.pack(
        FORMAT,
        _FIXED.size,
        head.camera.bytes,
        head.run.bytes,
        head.epoch.bytes,
        head.seq,
        head.fence,
        head.start_us,
        head.base_90k,
        head.run_start_us,
        head.epoch_at_us,
        head.epoch_step_us,
        head.camera_time_us or 0,
        flags,
        head.prev_sha256 or bytes(32),
        _text(head.agency, 32),
        _text(head.node, 64),
    )
    return box(b"uuid", BOX_UUID, fixed)


def _text(text: str, limit: int) -> bytes:
    coded = text.encode()
    if len(coded) > limit:
        raise ValueError(f"{text!r} is longer than {limit} bytes")
    return coded


def decode_head(body: bytes) -> SegmentHead | None:
    """Reads the body of a ``uuid`` box; None when it is another's. Raises DamagedMedia."""
    if not body.startswith(BOX_UUID):
        return None
    fixed = body[len(BOX_UUID) :]
    if len(fixed) < _FIXED.size:
        raise DamagedMedia("segment head is cut short")
    (version, length, *rest) = _FIXED.unpack_from(fixed)
    if version < 1 or not _FIXED.size <= length <= len(fixed):
        raise DamagedMedia(f"segment head of unknown format {version}")
    camera, run, epoch, seq, fence, start, base, run_start, epoch_at, epoch_step, camera_time = rest[:11]
    flags, prev, agency, node = rest[11:]
    return SegmentHead(
        camera=UUID(bytes=camera),
        run=UUID(bytes=run),
        seq=seq,
        fence=fence,
        agency=agency.rstrip(b"\0").decode("utf-8", "replace"),
        start_us=start,
        base_90k=base,
        run_start_us=run_start,
        epoch=UUID(bytes=epoch),
        epoch_at_us=epoch_at,
        epoch_step_us=epoch_step,
        node=node.rstrip(b"\0").decode("utf-8", "replace"),
        camera_time_us=camera_time if flags & _HAS_CAMERA_TIME else None,
        prev_sha256=prev if flags & _HAS_PREV else None,
        duplicate=bool(flags & _DUPLICATE),
    )
