"""Forces data of one volume to the disk, and closes files: the slow calls, on threads of their own.

Every open file is synced about every five seconds, spread out: the files stand in a ring by when each is due. A
closed file is synced, its row noted in the journal, and only then renamed into the archive, so that a crash at any
point leaves either a spool file to salvage or a stored file with its row.
"""

import contextlib
import heapq
import itertools
import queue
import threading
from collections.abc import Callable

from cctv.base.clock import US_PER_S, Clock
from cctv.infra.disks import SpoolFile, VolumeFault
from cctv.infra.telemetry import log
from cctv.recording.archive import Batch, Segment
from cctv.recording.capture import metrics
from cctv.recording.capture.writing.books import Books
from cctv.recording.capture.writing.notebook import Notebook
from cctv.recording.capture.writing.spool import SegmentFile


class Syncer:
    """The sync threads of one volume."""

    def __init__(
        self, *, volume_id: str, notebook: Notebook, books: Books, clock: Clock, every_s: float, threads: int
    ) -> None:
        self._notebook = notebook
        self._books = books
        self._clock = clock
        self._every_us = int(every_s * US_PER_S)
        self._due: list[tuple[int, int, SegmentFile]] = []
        self._numbers = itertools.count()
        self._guard = threading.Lock()
        self._work: queue.SimpleQueue[Callable[[], None] | None] = queue.SimpleQueue()
        self._unfinished = 0
        self._threads = [
            threading.Thread(target=self._run, name=f"sync-{volume_id}-{number}", daemon=True)
            for number in range(threads)
        ]

    def start(self) -> None:
        for thread in self._threads:
            thread.start()

    def watch(self, file: SegmentFile) -> None:
        """Sync ``file`` from now on, until it is closed."""
        self._again(file, self._every_us)

    def close(self, file: SegmentFile, row: Segment | None) -> None:
        """Nothing more will be written: make the file safe, note its ``row``, store it; without, let it go."""
        with self._guard:
            self._unfinished += 1
        self._work.put(lambda: self._seal(file, row))

    def tick(self) -> None:
        """Hand out the syncs that are due; called several times a second by one thread."""
        now_us = self._clock.monotonic_us()
        with self._guard:
            late_us = now_us - self._due[0][0] if self._due else 0
            while self._due and self._due[0][0] <= now_us:
                file = heapq.heappop(self._due)[2]
                self._work.put(lambda file=file: self._sync(file))  # type: ignore[misc]
        metrics.sync_seconds.set(max(0, late_us) / US_PER_S)

    def settle(self, limit_s: float) -> bool:
        """Wait until all closed files are stored; whether they are."""
        until_us = self._clock.monotonic_us() + int(limit_s * US_PER_S)
        pause = threading.Event()
        while self._unfinished and self._clock.monotonic_us() < until_us:
            pause.wait(0.01)
        return not self._unfinished

    def stop(self, limit_s: float) -> None:
        for _ in self._threads:
            self._work.put(None)
        for thread in self._threads:
            thread.join(limit_s)

    def _again(self, file: SegmentFile, after_us: int) -> None:
        with self._guard:
            heapq.heappush(self._due, (self._clock.monotonic_us() + after_us, next(self._numbers), file))

    def _sync(self, file: SegmentFile) -> None:
        with file.guard:
            if file.file is None or file.sealed:
                return
            until_us = file.end_us
            try:
                file.file.sync()
            except VolumeFault as fault:
                log.warning("sync_failed", segment=file.name, reason=str(fault))
                file.lost = True
                return
            file.synced_us = until_us
        self._again(file, self._every_us)

    def _seal(self, file: SegmentFile, row: Segment | None) -> None:
        """First half of closing: data on the disk, then the row in the journal."""
        with file.guard:
            file.sealed = True
            noted = file.file is not None and self._secured(file, file.file, row)
        if row is not None and noted:
            self._notebook.note(Batch(segments=(row,)), lambda: self._work.put(lambda: self._store(file)))
        else:
            if row is not None:
                self._books.lost(row)
            self._finished()

    def _secured(self, file: SegmentFile, spool: SpoolFile, row: Segment | None) -> bool:
        """Sync; a file that is empty goes, one that the disk lost is left to whoever salvages the spool.

        Until then its time is a gap, and for good if there is nothing to be salvaged.
        """
        try:
            if file.empty:
                with contextlib.suppress(VolumeFault):
                    file.volume.discard(spool)
                return False
            if row is not None and not file.lost:
                spool.sync()
                return True
        except VolumeFault as fault:
            log.warning("sync_failed", segment=file.name, reason=str(fault))
        spool.close()
        return False

    def _store(self, file: SegmentFile) -> None:
        """Second half: the rename into the archive. Until it works the file is served from the spool."""
        with file.guard:
            if file.file is not None:
                try:
                    file.volume.store(file.file)
                    metrics.segments.inc()
                except VolumeFault as fault:
                    log.warning("store_failed", segment=file.name, reason=str(fault))
                    file.file.close()
        self._finished()

    def _finished(self) -> None:
        with self._guard:
            self._unfinished -= 1

    def _run(self) -> None:
        while (act := self._work.get()) is not None:
            try:
                act()
            except Exception:  # noqa: BLE001 - a thread's frame: one bad file must not stop a volume
                log.exception("sync_task_failed")
