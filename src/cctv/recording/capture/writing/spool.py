"""A run as it comes to the disk, and its files. Only writer threads work here; a run stays with one of them.

A file gets its head with the hash of the file before it, then whole fragments; its hash is computed as it is
written. What a file's row says is what was written: if the disk refuses, the file ends with its last
whole fragment.
"""

import hashlib
import threading
from dataclasses import dataclass
from datetime import timedelta

from cctv.base.clock import from_us, to_us
from cctv.base.ids import object_name
from cctv.infra.disks import SpoolFile, Volume
from cctv.media.model import TrackParams
from cctv.media.mp4 import fmp4
from cctv.media.mp4.index import FragmentEntry, encode_index
from cctv.recording.archive import Epoch, OpenSegment, Run, Segment


@dataclass(slots=True, kw_only=True)
class RunTrail:
    """A run on the disk. ``written_us`` is the end of its last fragment there; ``failed`` ends it for good."""

    row: Run
    params: TrackParams
    epoch: Epoch
    agency: str
    start_us: int
    written_us: int
    begun: bool = False
    failed: bool = False
    last_sha256: bytes | None = None


class SegmentFile:
    """One segment from its first to its last byte."""

    def __init__(
        self,
        *,
        trail: RunTrail,
        seq: int,
        start_us: int,
        base_90k: int,
        volume: Volume,
        camera_time_us: int | None,
    ) -> None:
        self.trail = trail
        self.seq = seq
        self.start_us = self.end_us = start_us
        self.volume = volume
        self.name = object_name(
            agency=trail.agency,
            camera=trail.row.camera_id,
            run=trail.row.id,
            seq=seq,
            started=from_us(start_us),
        )
        self.file: SpoolFile | None = None
        self.guard = threading.Lock()
        """Held by sync threads while they use the descriptor."""
        self.sealed = False
        self.lost = False
        """A sync failed: what the disk made of the data since ``synced_us`` is not known."""
        self.synced_us = start_us
        self._shown = (start_us, 0)
        self._base_90k = base_90k
        self._camera_time_us = camera_time_us
        self._head_bytes = 0
        self._entries: list[FragmentEntry] = []
        self._hash = hashlib.sha256()

    @property
    def empty(self) -> bool:
        return not self._entries

    def open(self) -> None:
        """Create the file and write its head; :class:`VolumeFault`."""
        trail, run = self.trail, self.trail.row
        head = fmp4.head(
            trail.params,
            fmp4.SegmentHead(
                camera=run.camera_id,
                run=run.id,
                seq=self.seq,
                fence=run.fence,
                agency=trail.agency,
                start_us=self.start_us,
                base_90k=self._base_90k,
                run_start_us=trail.start_us,
                epoch=trail.epoch.id,
                epoch_at_us=to_us(trail.epoch.at),
                epoch_step_us=_step_us(trail.epoch),
                node=trail.epoch.node,
                camera_time_us=self._camera_time_us,
                prev_sha256=trail.last_sha256,
            ),
        )
        self.file = self.volume.create(self.name)
        self.file.write(head)
        self._head_bytes = len(head)
        self._hash.update(head)

    def append(self, fragment: fmp4.Fragment, end_us: int) -> None:
        """Write one fragment; :class:`VolumeFault`, and the file is as it was."""
        if self.file is None:
            raise RuntimeError("a segment is opened before it is written")
        self.file.write(fragment.data)
        self._hash.update(fragment.data)
        self._entries.append(FragmentEntry(len(fragment.data), fragment.duration_90k, fragment.key_bytes))
        self.end_us = self.trail.written_us = end_us
        self._shown = (end_us, len(self._entries))

    def row(self) -> Segment:
        """The file's row, now that nothing more is written to it."""
        run = self.trail.row
        previous, self.trail.last_sha256 = self.trail.last_sha256, self._hash.digest()
        return Segment(
            camera_id=run.camera_id,
            run_id=run.id,
            seq=self.seq,
            start=from_us(self.start_us),
            end=from_us(self.end_us),
            size_bytes=self.file.bytes if self.file else 0,
            sha256=self.trail.last_sha256,
            prev_sha256=previous,
            volume=self.volume.id,
            object_name=self.name,
            fragments=encode_index(self._head_bytes, self._base_90k, self._entries),
        )

    def as_open(self) -> OpenSegment:
        """What viewers may know of the file while it is written. Called from the publishing thread."""
        end_us, number = self._shown
        return OpenSegment(
            camera_id=self.trail.row.camera_id,
            run_id=self.trail.row.id,
            seq=self.seq,
            start=from_us(self.start_us),
            end=from_us(end_us),
            volume=self.volume.id,
            object_name=self.name,
            fragments=encode_index(self._head_bytes, self._base_90k, self._entries[:number]),
        )


def _step_us(epoch: Epoch) -> int:
    return epoch.step // timedelta(microseconds=1)
