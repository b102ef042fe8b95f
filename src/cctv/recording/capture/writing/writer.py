"""Writes fragments to one volume: a few threads, and a camera always on the same one, so its writes stay in order.

Forcing data to the disk and closing files are the syncer's work, on threads of its own: one slow fsync must not
hold up the video of others. A write that fails ends its run at the last whole fragment; nothing is ever patched.
"""

import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from cctv.base.clock import Clock, from_us
from cctv.base.faults import Cause
from cctv.base.ids import CameraId
from cctv.infra.disks import Volume, VolumeFault
from cctv.infra.telemetry import log
from cctv.media.mp4 import fmp4
from cctv.recording.archive import Batch
from cctv.recording.capture import metrics
from cctv.recording.capture.sessions.reader import prefer_this_thread
from cctv.recording.capture.writing.books import Books
from cctv.recording.capture.writing.budget import Budget
from cctv.recording.capture.writing.notebook import Notebook
from cctv.recording.capture.writing.open_index import OpenIndex
from cctv.recording.capture.writing.spool import RunTrail, SegmentFile
from cctv.recording.capture.writing.syncer import Syncer

_GATHER_S = 0.03
"""How long work may gather: waking a writer for each fragment would take the lock from the reader each time."""

_Task = tuple[Callable[..., None], tuple[Any, ...]]


class Scribe:
    """What writer threads do. One for each volume, shared by its threads."""

    def __init__(
        self, *, budget: Budget, notebook: Notebook, books: Books, opened: OpenIndex, syncer: Syncer
    ) -> None:
        self._budget = budget
        self._notebook = notebook
        self._books = books
        self._opened = opened
        self._syncer = syncer

    def open(self, file: SegmentFile) -> None:
        """Begin a file."""
        if file.trail.failed:
            return
        try:
            file.open()
        except (VolumeFault, FileExistsError) as fault:
            self._fail(file, fault)
            return
        self._syncer.watch(file)

    def append(self, file: SegmentFile, fragment: fmp4.Fragment, end_us: int) -> None:
        """Write a fragment; with the first one the run begins to exist."""
        trail, size = file.trail, len(fragment.data)
        try:
            if not self._usable(file):
                return
            file.append(fragment, end_us)
        except VolumeFault as fault:
            self._fail(file, fault)
            return
        finally:
            self._budget.give_back(trail.row.camera_id, size)
        metrics.written_bytes.inc(size)
        if not trail.begun:
            trail.begun = True
            self._notebook.note(Batch(runs=(trail.row,), epochs=(trail.epoch,)))
            self._books.run_started(trail)
        self._opened.changed(file)

    def close(self, file: SegmentFile) -> None:
        """End a file; its run goes on in the next one."""
        if self._usable(file):
            self._syncer.close(file, file.row())

    def end_run(self, file: SegmentFile | None, trail: RunTrail, cause: Cause, how: dict[str, Any]) -> None:
        """End a run with its last file. ``how``: ``lasting`` and details of the gap."""
        if trail.failed or (file is not None and not self._usable(file)):
            return
        if file is not None:
            self._syncer.close(file, file.row())
        self._ended(trail, cause, how)

    def _usable(self, file: SegmentFile) -> bool:
        """Whether the run may go on in ``file``; a file whose sync failed ends it."""
        if file.lost and not file.trail.failed:
            self._fail(file, VolumeFault("forcing the data to the disk failed"))
        return not file.trail.failed

    def _fail(self, file: SegmentFile, fault: Exception) -> None:
        trail = file.trail
        trail.failed = True
        log.warning("write_failed", camera=str(trail.row.camera_id), segment=file.name, reason=str(fault))
        if file.lost:
            trail.written_us = min(trail.written_us, file.synced_us)
        if file.file is not None:
            self._syncer.close(file, None if file.lost or file.empty else file.row())
        if trail.begun:
            self._ended(trail, Cause.DISK, {"lasting": True, "reason": str(fault)})
        else:  # there is no run to end, but from its first frame on the open gap is the disk's
            self._books.failing(trail.row.camera_id, trail.start_us, Cause.DISK, reason=str(fault))

    def _ended(self, trail: RunTrail, cause: Cause, how: dict[str, Any]) -> None:
        if not trail.begun:
            return
        detail = dict(how)
        lasting = detail.pop("lasting")
        row = replace(trail.row, ended_at=from_us(trail.written_us), end_cause=cause)
        self._notebook.note(Batch(runs=(row,)))
        self._books.run_ended(trail, cause, lasting=lasting, detail=detail)


class WriterPool:
    """The writer threads of one volume."""

    def __init__(self, scribe: Scribe, *, volume: Volume, threads: int, clock: Clock) -> None:
        self.scribe = scribe
        self.volume = volume
        self._clock = clock
        self._queues: list[deque[_Task]] = [deque() for _ in range(threads)]
        self._ending = False
        self._busy_since_us = [0] * threads
        self._threads = [
            threading.Thread(target=self._run, args=(number,), name=f"write-{volume.id}-{number}", daemon=True)
            for number in range(threads)
        ]

    def start(self) -> None:
        for thread in self._threads:
            thread.start()

    def put(self, camera: CameraId, act: Callable[..., None], *what: Any) -> None:
        """Have ``act(*what)`` done after all that was put for ``camera`` before."""
        self._queues[camera.int % len(self._queues)].append((act, what))

    def stuck_s(self, camera: CameraId) -> float:
        """How long the camera's writer has been at one and the same write."""
        since_us = self._busy_since_us[camera.int % len(self._queues)]
        return (self._clock.monotonic_us() - since_us) / 1e6 if since_us else 0.0

    def drain(self, limit_s: float) -> None:
        """Wait until all that was put before is done."""
        for one in self._queues:
            done = threading.Event()
            one.append((done.set, ()))
            done.wait(limit_s)

    def stop(self, limit_s: float) -> None:
        """Write what was put, and end; a hanging disk is not waited for longer than ``limit_s``."""
        self._ending = True
        for thread in self._threads:
            thread.join(limit_s)

    def _run(self, number: int) -> None:
        prefer_this_thread()
        tasks, busy = self._queues[number], self._busy_since_us
        while tasks or not self._ending:
            if not tasks:
                time.sleep(_GATHER_S)
                continue
            task = tasks.popleft()
            busy[number] = self._clock.monotonic_us()
            try:
                task[0](*task[1])
            except Exception:  # noqa: BLE001 - a thread's frame: one bad task must not stop a volume
                log.exception("write_task_failed")
            busy[number] = 0
