"""Turns the samples of one camera into runs and segments: the sink of its session that must lose nothing.

It runs on the session's thread, never blocks, and costs a few attribute reads a frame; what is slow happens behind
queues. A run ends and another begins at a key frame, without a frame lost in between, when the parameters change,
the clock was stepped, the lease got a new fence, or the camera's timestamps left our time. Where frames are
missing the run is cut, and what follows waits for the next key frame.
"""

from collections.abc import Callable
from typing import Any

from cctv.base.clock import TICKS_PER_S, US_PER_S
from cctv.base.faults import Cause
from cctv.base.ids import CameraId
from cctv.media.model import Sample, TrackParams
from cctv.recording.capture import metrics
from cctv.recording.capture.subject import Subject
from cctv.recording.capture.writing.making import Desk, RunMaking, Start

LONGEST_STEP_90K = 2 * TICKS_PER_S
"""A frame that comes later by the camera's clock is no frame's length any more, unless the camera is that slow."""

_SLOW_FACTOR = 3
_SLOWEST_STEP_90K = 10 * TICKS_PER_S
_STUCK_S = 1.0


class CameraRecorder:
    """One a camera; used by its session's thread alone, but for :meth:`readdress`."""

    def __init__(self, subject: Subject, desk: Desk) -> None:
        self._subject = subject
        self._desk = desk
        self._params: TrackParams | None = None
        self._camera_time: Callable[[], int | None] = _unknown
        self._run: RunMaking | None = None
        self._cut: Cause | None = None
        self._shed: Cause | None = None
        self._hindrance: Cause | None = None
        self._shift_90k = 0
        self._last_90k = 0
        self._step_90k = TICKS_PER_S // 25
        self.newest_us = 0
        """The newest moment that was handed to the writers."""
        self._floor_us = 0
        self._floor_epoch = desk.clock.epoch
        self.jumps = 0

    @property
    def recording(self) -> bool:
        return self._run is not None

    @property
    def hindrance(self) -> Cause | None:
        """Why video that comes is not taken, until some of it is on the disk again."""
        return None if self.written_us else self._hindrance

    @property
    def written_us(self) -> int:
        """The end of what is on the disk of the present run; 0: nothing is."""
        run = self._run
        trail = run.trail if run is not None else None
        return trail.written_us if trail is not None and trail.begun and not trail.failed else 0

    def readdress(self, subject: Subject) -> None:
        """Another fence or agency, from the next key frame on. Any thread."""
        if subject != self._subject:
            self._subject = subject
            self._cut = Cause.RESTART

    def begin(self, params: TrackParams, camera_time: Callable[[], int | None]) -> None:
        """Parameters that hold from the next key frame on, which comes next."""
        self._params, self._camera_time = params, camera_time
        if self._run is not None:
            self._cut = Cause.CODEC

    def push(self, sample: Sample) -> None:
        """The next sample, in the order in which it came."""
        run = self._run
        if sample.track == "video":
            dts_90k = sample.dts_90k + self._shift_90k
            if run is not None:
                step_90k = dts_90k - self._last_90k
                if not 0 < step_90k <= LONGEST_STEP_90K:
                    dts_90k = self._stepped(run, dts_90k)
                    run = self._run
                elif self._step_90k > LONGEST_STEP_90K:
                    self._step_90k = step_90k
            if sample.key and (run is None or self._cut or run.stale()):
                run = self._at_key(run, sample)
                dts_90k = sample.dts_90k
            self._last_90k = dts_90k
        if run is None:
            return
        clock = self._desk.clock
        back_90k = self._shift_90k - run.base_90k
        at_90k = sample.dts_90k + back_90k
        if run.clock is None:
            run.came(at_90k, clock.now_us())
        moved = Sample(sample.track, at_90k, sample.pts_90k + back_90k, sample.key, sample.data)
        for fragment in run.fragmenter.push(moved):
            if not run.store(fragment, clock.now_us()):
                self._stop_short(run)
                return
            self._step_90k = max(1, fragment.duration_90k // fragment.video_samples)
            self.newest_us = run.end_us

    def end(self, cause: Cause, *, lasting: bool = True, **detail: Any) -> None:
        """The session's video ends here."""
        run, self._run = self._run, None
        if run is not None:
            self._finish(run, cause, {"lasting": lasting, **detail})
        self._cut = self._shed = self._hindrance = None
        self._shift_90k = 0

    def _stepped(self, run: RunMaking, dts_90k: int) -> int:
        """The camera's clock leapt. If time really passed, frames are missing; if not, its timestamps jumped."""
        step_90k = dts_90k - self._last_90k
        if 0 < step_90k < _SLOW_FACTOR * self._step_90k:
            return dts_90k
        self.jumps += 1
        metrics.jumps.inc()
        if step_90k > 0 and run.off_us(dts_90k - run.base_90k, self._desk.clock.now_us()) > -US_PER_S:
            # Or the camera is that slow: then the next frame is as late. After a quicker one it is not believed.
            self._step_90k = min(step_90k, _SLOWEST_STEP_90K)
            self.end(Cause.CAMERA, missing_s=round(step_90k / TICKS_PER_S, 3))
            return dts_90k
        self._shift_90k -= step_90k - self._step_90k
        self._cut = Cause.CAMERA
        return self._last_90k + self._step_90k

    def _at_key(self, run: RunMaking | None, sample: Sample) -> RunMaking | None:
        """End the run at hand, if any, exactly here, and begin the next."""
        desk, subject = self._desk, self._subject
        start = Start(floor_us=self._floor_us if desk.clock.epoch is self._floor_epoch else 0)
        if self.written_us:
            self._hindrance = None
        if run is not None:
            why = run.stale()
            self._finish(run, self._cut or why or Cause.CODEC, {"lasting": False})
            if why is None and run.end_us and not run.failed:
                start = Start(at_us=run.end_us)
        self._run, self._cut, self._shift_90k = None, None, 0
        if self._params is None or not self._may_begin(subject.camera):
            return None
        pool = desk.pool_for(subject.camera)
        if pool is None:
            self._hindrance = Cause.DISK
            desk.refused(subject.camera)
            return None
        self._run = RunMaking(
            subject=subject, params=self._params, base_90k=sample.dts_90k, start=start, desk=desk, pool=pool
        )
        self._run.camera_time = self._camera_time
        return self._run

    def _may_begin(self, camera: CameraId) -> bool:
        if self._shed is not None and not self._desk.relieved(camera):
            return False
        self._shed = None
        return True

    def _stop_short(self, run: RunMaking) -> None:
        """A fragment found no room, or the disk failed: the run ends before it; wait for room and a key frame."""
        self._run = None
        stuck = run.failed or run.pool.stuck_s(self._subject.camera) > _STUCK_S
        self._shed = self._hindrance = Cause.DISK if stuck else Cause.OVERLOAD
        metrics.shed.labels(self._shed).inc()
        run.finish(self._shed, {"lasting": True, "reason": "the queue to the disk is full"})
        self._floor_us, self._floor_epoch = run.end_us, run.epoch

    def _finish(self, run: RunMaking, cause: Cause, how: dict[str, Any]) -> None:
        for fragment in run.fragmenter.flush():
            run.store(fragment, self._desk.clock.now_us())
        run.finish(cause, how)
        self._floor_us, self._floor_epoch = run.end_us, run.epoch


def _unknown() -> int | None:
    return None
