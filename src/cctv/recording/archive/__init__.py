"""The leaf that capture, playback, retention and evidence share: sole owner of segments.

One way in (:func:`record`), one that deletes (:func:`free`, which honours :func:`lock`), one that cuts a range
out (:func:`cut`). :func:`check` proves that store and catalogue agree; :func:`rebuild` makes the catalogue from
the store. :class:`Uploader` moves what is closed from a spool volume into an object store.
"""

from cctv.recording.archive.catalogue import record
from cctv.recording.archive.checking import SETTLE_S, Depth, check
from cctv.recording.archive.cutting import cut
from cctv.recording.archive.entry import batch_from_entry, batch_to_entry
from cctv.recording.archive.errors import ImpossibleSegment, NoRecording, NoSuchLock, VolumeMissing
from cctv.recording.archive.findings import Finding, Kind, Report
from cctv.recording.archive.freeing import DOUBTED, LEAP, Freed, believed, finish_deletions, free
from cctv.recording.archive.locking import lock, locks, unlock
from cctv.recording.archive.lookups import Placed, around, bounds, placed, segment_list, segment_span
from cctv.recording.archive.model import (
    JOIN,
    LONGEST_SEGMENT,
    Batch,
    CutPiece,
    Epoch,
    Gap,
    Hidden,
    Lock,
    OpenSegment,
    Recorded,
    Run,
    Segment,
    SegmentRow,
    SegmentState,
    Timeline,
    VolumeRow,
    VolumeState,
    new_epoch,
)
from cctv.recording.archive.open_segments import forget_open, publish_open, read_open, with_open
from cctv.recording.archive.partitions import drop_empty_partitions, ensure_partitions
from cctv.recording.archive.places import save_volume, used_bytes, volumes
from cctv.recording.archive.reading import indexes, newest, open_gaps, runs, segments, timeline, unexplained
from cctv.recording.archive.rebuilding import Rebuilt, rebuild
from cctv.recording.archive.salvage import Salvage, orphans, recover, salvage
from cctv.recording.archive.uploading import Moved, Uploader

__all__ = [
    "DOUBTED",
    "JOIN",
    "LEAP",
    "LONGEST_SEGMENT",
    "SETTLE_S",
    "Batch",
    "CutPiece",
    "Depth",
    "Epoch",
    "Finding",
    "Freed",
    "Gap",
    "Hidden",
    "ImpossibleSegment",
    "Kind",
    "Lock",
    "Moved",
    "NoRecording",
    "NoSuchLock",
    "OpenSegment",
    "Placed",
    "Rebuilt",
    "Recorded",
    "Report",
    "Run",
    "Salvage",
    "Segment",
    "SegmentRow",
    "SegmentState",
    "Timeline",
    "Uploader",
    "VolumeMissing",
    "VolumeRow",
    "VolumeState",
    "around",
    "batch_from_entry",
    "batch_to_entry",
    "believed",
    "bounds",
    "check",
    "cut",
    "drop_empty_partitions",
    "ensure_partitions",
    "finish_deletions",
    "forget_open",
    "free",
    "indexes",
    "lock",
    "locks",
    "new_epoch",
    "newest",
    "open_gaps",
    "orphans",
    "placed",
    "publish_open",
    "read_open",
    "rebuild",
    "record",
    "recover",
    "runs",
    "salvage",
    "save_volume",
    "segment_list",
    "segment_span",
    "segments",
    "timeline",
    "unexplained",
    "unlock",
    "used_bytes",
    "volumes",
    "with_open",
]
