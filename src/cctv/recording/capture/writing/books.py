"""The books of all cameras of this process: what the runs on the disk mean for gaps, noted and counted.

Session threads say what is wrong, writer threads what was written, the lease loop what the catalogue knew; all
meet here, rarely, under one lock. A run that never ends (its disk hangs) is ended by the next one of its camera.
"""

import threading
from collections.abc import Iterable
from typing import Any
from uuid import uuid4

from cctv.base.clock import US_PER_S, from_us, to_us
from cctv.base.faults import Cause
from cctv.base.ids import CameraId
from cctv.base.span import Span
from cctv.recording.archive import Batch, Gap, Segment
from cctv.recording.capture import metrics
from cctv.recording.capture.writing.gaps import GapBook, Hole
from cctv.recording.capture.writing.notebook import Notebook
from cctv.recording.capture.writing.spool import RunTrail

_OWED = {"reason": "a recorder ended before it could say so"}


class Books:
    """Thread-safe."""

    def __init__(self, notebook: Notebook) -> None:
        self._notebook = notebook
        self._guard = threading.Lock()
        self._books: dict[CameraId, GapBook] = {}
        self._trails: dict[CameraId, RunTrail] = {}
        self._counted_us: dict[CameraId, int] = {}

    def open(self, camera: CameraId, *, planned_from_us: int | None) -> None:
        """This process answers for ``camera`` from now on; what was before it is told by :meth:`tail`."""
        with self._guard:
            self._books[camera] = book = GapBook()
            self._note(camera, book.plan_on(planned_from_us) if planned_from_us is not None else [])

    def close(self, camera: CameraId) -> None:
        """Another answers for it now."""
        with self._guard:
            self._books.pop(camera, None)
            self._trails.pop(camera, None)
            self._counted_us.pop(camera, None)

    def plan(self, camera: CameraId, at_us: int, *, on: bool) -> None:
        """What is to be recorded changed at ``at_us``."""
        with self._guard:
            if (book := self._books.get(camera)) is not None:
                self._note(camera, book.plan_on(at_us) if on else book.plan_off(at_us))

    def tail(self, camera: CameraId, recorded_until_us: int | None, still_open: Gap | None, cause: Cause) -> None:
        """What the catalogue knew of the time before this process."""
        hole = _as_hole(still_open) if still_open is not None else None
        with self._guard:
            if (book := self._books.get(camera)) is not None:
                self._note(camera, book.tail(recorded_until_us, hole, cause))

    def first_start_us(self, camera: CameraId) -> int | None:
        """When this process began to record ``camera``, if it has."""
        with self._guard:
            book = self._books.get(camera)
            return book.first_start_us if book is not None else None

    def run_started(self, trail: RunTrail) -> None:
        """The first fragment of a run is on the disk."""
        camera = trail.row.camera_id
        with self._guard:
            if (book := self._books.get(camera)) is None:
                return
            before = self._trails.get(camera)
            self._trails[camera] = trail
            if before is not None:
                self._note(camera, book.run_ended(before.written_us, Cause.DISK))
            self._note(camera, book.run_started(trail.start_us))

    def run_ended(self, trail: RunTrail, cause: Cause, *, lasting: bool, detail: dict[str, Any]) -> None:
        """A run's last fragment is on the disk, or failed to get there."""
        camera = trail.row.camera_id
        with self._guard:
            if self._trails.get(camera) is not trail:
                return
            del self._trails[camera]
            if (book := self._books.get(camera)) is not None:
                self._note(camera, book.run_ended(trail.written_us, cause, lasting=lasting, **detail))

    def lost(self, segment: Segment) -> None:
        """The disk took a file and then would not keep it."""
        hole = Hole(uuid4(), to_us(segment.start), to_us(segment.end), Cause.DISK, {"object": segment.object_name})
        with self._guard:
            self._note(segment.camera_id, [hole])

    def owed(self, camera: CameraId, span: Span, cause: Cause) -> None:
        """One before this process left time of which nothing says why it is missing."""
        with self._guard:
            self._note(camera, [Hole(uuid4(), to_us(span.start), to_us(span.end), cause, _OWED)])

    def failing(self, camera: CameraId, at_us: int, cause: Cause, **detail: Any) -> None:
        """Why nothing comes at present."""
        with self._guard:
            if (book := self._books.get(camera)) is not None:
                self._note(camera, book.failing(at_us, cause, **detail))

    def count(self, now_us: int) -> None:
        """Let the seconds of open gaps run into the metric; called every few seconds."""
        with self._guard:
            for camera, book in self._books.items():
                if book.open is not None:
                    self._count(camera, book.open, now_us)

    def _note(self, camera: CameraId, holes: Iterable[Hole]) -> None:
        gaps = [_as_gap(camera, hole) for hole in holes]
        for hole in holes:
            if hole.end_us is not None:
                self._count(camera, hole, hole.end_us)
        if gaps:
            self._notebook.note(Batch(gaps=tuple(gaps)))

    def _count(self, camera: CameraId, hole: Hole, until_us: int) -> None:
        since_us = max(hole.start_us, self._counted_us.get(camera, 0))
        if until_us > since_us:
            metrics.gap_seconds.labels(hole.cause).inc((until_us - since_us) / US_PER_S)
            self._counted_us[camera] = until_us


def _as_gap(camera: CameraId, hole: Hole) -> Gap:
    end = None if hole.end_us is None else from_us(hole.end_us)
    return Gap(
        id=hole.id, camera_id=camera, start=from_us(hole.start_us), end=end, cause=hole.cause, detail=hole.detail
    )


def _as_hole(gap: Gap) -> Hole:
    end_us = None if gap.end is None else to_us(gap.end)
    return Hole(gap.id, to_us(gap.start), end_us, gap.cause, gap.detail)
