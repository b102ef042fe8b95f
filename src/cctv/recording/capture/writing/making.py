"""A run in the making, on its session's thread: media time gets its place on the record, fragments their file.

Nothing here touches the disk: files and fragments are handed to the writers.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

from cctv.base.clock import TICKS_PER_S, US_PER_S, from_us
from cctv.base.faults import Cause
from cctv.base.ids import CameraId, new_run_id
from cctv.media.coding import codecs
from cctv.media.model import TrackParams
from cctv.media.mp4 import fmp4
from cctv.recording.archive import Run
from cctv.recording.capture.subject import Subject
from cctv.recording.capture.timing.clock import NodeClock, RunClock
from cctv.recording.capture.writing.spool import RunTrail, SegmentFile
from cctv.recording.capture.writing.writer import WriterPool


class Desk(Protocol):
    """What the process lends to each camera's recorder."""

    @property
    def clock(self) -> NodeClock: ...

    @property
    def segment_us(self) -> int: ...

    @property
    def starved(self) -> bool:
        """Whether the machine is too busy to read in time."""
        ...

    def pool_for(self, camera: CameraId) -> WriterPool | None:
        """The writers of a volume that takes video, if there is any."""
        ...

    def refused(self, camera: CameraId) -> None:
        """There is no such volume, so the camera is not recorded."""
        ...

    def take(self, camera: CameraId, size: int) -> bool:
        """Room in the queue to the disk."""
        ...

    def relieved(self, camera: CameraId) -> bool:
        """Whether there is room again after there was none."""
        ...


@dataclass(frozen=True, slots=True)
class Start:
    """Where a run begins on the record: at ``at_us``, or when its first frames came (``floor_us`` or later).

    Frames that were sent together (a camera's buffered GOP, what was read while the stream was probed) come in a
    burst; the earliest beginning that any of the first second's frames tells is the true one.
    """

    at_us: int | None = None
    floor_us: int = 0


class RunMaking:
    """One run. ``base_90k`` is the decode time of its first sample, which becomes 0."""

    def __init__(
        self, *, subject: Subject, params: TrackParams, base_90k: int, start: Start, desk: Desk, pool: WriterPool
    ) -> None:
        self.base_90k = base_90k
        self.pool = pool
        self.epoch = desk.clock.epoch
        self.trail: RunTrail | None = None
        self.fragmenter = fmp4.Fragmenter(params, wall_us=self._wall_us)
        self.clock = RunClock(start_us=start.at_us) if start.at_us is not None else None
        self.end_us = start.at_us or 0
        self.camera_time: Callable[[], int | None] = _unknown
        self._subject = subject
        self._params = params
        self._start = start
        self._desk = desk
        self._first_us: int | None = None
        self._file: SegmentFile | None = None
        self._seq = 0
        self._turn_us = 0

    @property
    def failed(self) -> bool:
        """The disk refused: nothing more of this run will be written."""
        return self.trail is not None and self.trail.failed

    def came(self, after_90k: int, now_us: int) -> None:
        """A frame ``after_90k`` behind the first one came now; told for those of the first fragment."""
        began_us = now_us - after_90k * US_PER_S // TICKS_PER_S
        if self._first_us is None or began_us < self._first_us:
            self._first_us = began_us

    def stale(self) -> Cause | None:
        """Why the run must end at the next key frame, though nothing is missing."""
        if self._desk.clock.epoch is not self.epoch:
            return Cause.CLOCK
        if self.clock is not None and self.clock.strayed:
            return Cause.OVERLOAD if self._desk.starved else Cause.CAMERA
        return None

    def store(self, fragment: fmp4.Fragment, now_us: int) -> bool:
        """Hand a fragment to the writers; ``False`` when there is no room for it, or the run has failed."""
        trail, clock = self.trail, self.clock
        if clock is None or (trail is not None and trail.failed):
            return False
        if not self._desk.take(self._subject.camera, len(fragment.data)):
            return False
        if trail is None:
            trail = self.trail = self._begin(clock)
        if self._file is None or (fragment.key_bytes and fragment.wall_us >= self._turn_us):
            self._turn(trail, fragment)
        end_90k = fragment.dts_90k + fragment.duration_90k
        self.end_us = clock.wall_us(end_90k)
        scribe = self.pool.scribe
        self.pool.put(self._subject.camera, scribe.append, self._file, fragment, self.end_us)
        clock.observe(end_90k, now_us)
        return True

    def finish(self, cause: Cause, how: dict[str, Any]) -> None:
        """End the run with what was stored. ``how``: ``lasting`` and details of the gap."""
        if self.trail is not None:
            self.pool.put(self._subject.camera, self.pool.scribe.end_run, self._file, self.trail, cause, how)

    def off_us(self, dts_90k: int, now_us: int) -> int:
        """By how much a frame that came now is later than its decode time says."""
        return now_us - self.clock.wall_us(dts_90k) if self.clock is not None else 0

    def _wall_us(self, dts_90k: int) -> int:
        if self.clock is None:
            first_us = self._first_us if self._first_us is not None else self._desk.clock.now_us()
            self.clock = RunClock(start_us=max(first_us, self._start.floor_us))
        return self.clock.wall_us(dts_90k)

    def _begin(self, clock: RunClock) -> RunTrail:
        video, subject = self._params.video, self._subject
        row = Run(
            id=new_run_id(started_us=clock.start_us, fence=subject.fence),
            camera_id=subject.camera,
            fence=subject.fence,
            epoch=self.epoch.id,
            codec=video.codec.value,
            codecs=codecs.codecs_string(self._params),
            width=video.width,
            height=video.height,
            rate=video.fps,
            init=fmp4.init_segment(self._params),
            started_at=from_us(clock.start_us),
        )
        return RunTrail(
            row=row,
            params=self._params,
            epoch=self.epoch,
            agency=subject.agency,
            start_us=clock.start_us,
            written_us=clock.start_us,
        )

    def _turn(self, trail: RunTrail, fragment: fmp4.Fragment) -> None:
        """The next file, from this fragment on. Cameras turn at different moments of the minute."""
        camera, scribe = self._subject.camera, self.pool.scribe
        if self._file is not None:
            self.pool.put(camera, scribe.close, self._file)
        self._file = SegmentFile(
            trail=trail,
            seq=self._seq,
            start_us=fragment.wall_us,
            base_90k=fragment.dts_90k,
            volume=self.pool.volume,
            camera_time_us=self.camera_time(),
        )
        self._seq += 1
        self._turn_us = next_turn_us(camera, fragment.wall_us, self._desk.segment_us)
        self.pool.put(camera, scribe.open, self._file)


def next_turn_us(camera: CameraId, now_us: int, segment_us: int) -> int:
    """When the file begun at ``now_us`` is to end: the camera's own moment of each segment's length.

    A file that would be shorter than a quarter of that runs on to the next such moment.
    """
    phase_us = camera.int % segment_us
    earliest_us = now_us + segment_us // 4 - phase_us
    return -(-earliest_us // segment_us) * segment_us + phase_us


def _unknown() -> int | None:
    return None
