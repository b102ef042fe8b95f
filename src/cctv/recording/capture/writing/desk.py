"""The volumes as this process uses them: which one takes a camera's video, and when room is needed."""

from collections.abc import Callable, Sequence

from cctv.base.clock import US_PER_S, Clock
from cctv.base.faults import Cause
from cctv.base.ids import CameraId
from cctv.infra.disks import Volume, VolumeFault
from cctv.infra.telemetry import log
from cctv.recording.capture import metrics
from cctv.recording.capture.timing.clock import NodeClock
from cctv.recording.capture.writing.books import Books
from cctv.recording.capture.writing.budget import Budget
from cctv.recording.capture.writing.syncer import Syncer
from cctv.recording.capture.writing.writer import WriterPool

STUCK_S = 5.0
_SMALLEST_BYTES = 1 << 20


class Shelf:
    """A volume with its threads. ``full`` until there is room again."""

    def __init__(self, *, volume: Volume, pool: WriterPool, syncer: Syncer, reserve_bytes: int) -> None:
        self.volume = volume
        self.pool = pool
        self.syncer = syncer
        self._reserve_bytes = reserve_bytes
        self.full = False
        self.wanted_bytes = 0

    def look(self) -> int:
        """Measure; the free bytes. Below the reserve room is wanted, near nothing the volume is full.

        A file system that was made read-only, as the system does after errors, is full: it takes nothing.
        """
        try:
            usage = self.volume.usage()
        except VolumeFault as fault:
            return self._failing(str(fault))
        if usage.read_only:
            return self._failing("the file system is read-only")
        reserve = min(self._reserve_bytes, usage.total_bytes // 20)
        self.wanted_bytes = max(0, reserve - usage.free_bytes)
        full = usage.free_bytes < min(_SMALLEST_BYTES, reserve // 4)
        if full != self.full:
            log.warning("volume_full" if full else "volume_has_room", volume=self.volume.id)
        self.full = full
        return usage.free_bytes

    def _failing(self, reason: str) -> int:
        if not self.full:
            log.warning("volume_failing", volume=self.volume.id, reason=reason)
        self.full = True
        self.wanted_bytes = 0
        return 0


class VolumeDesk:
    """What is lent to each camera's recorder: the clock, the volumes, the room in the queues."""

    def __init__(
        self,
        *,
        clock: NodeClock,
        machine: Clock,
        shelves: Sequence[Shelf],
        budget: Budget,
        books: Books,
        segment_us: int,
    ) -> None:
        self.clock = clock
        self.segment_us = segment_us
        self.budget = budget
        self.shelves = list(shelves)
        self._books = books
        self.is_starved: Callable[[], bool] = bool
        self._machine = machine
        self._rate = (machine.monotonic_us(), 0)

    @property
    def starved(self) -> bool:
        return self.is_starved()

    def pool_for(self, camera: CameraId) -> WriterPool | None:
        """The first volume that takes video and whose writer is not stuck."""
        for shelf in self.shelves:
            if not shelf.full and shelf.pool.stuck_s(camera) < STUCK_S:
                return shelf.pool
        return None

    def refused(self, camera: CameraId) -> None:
        """The camera's open gap is the disk's fault."""
        self._books.failing(camera, self.clock.now_us(), Cause.DISK, reason="no volume takes video")

    def take(self, camera: CameraId, size: int) -> bool:
        return self.budget.take(camera, size)

    def relieved(self, camera: CameraId) -> bool:
        return self.budget.relieved(camera)

    def start(self) -> None:
        for shelf in self.shelves:
            shelf.look()
            shelf.syncer.start()
            shelf.pool.start()

    def tick(self) -> None:
        """Hand out the syncs that are due."""
        for shelf in self.shelves:
            shelf.syncer.tick()

    def look(self) -> None:
        """Measure volumes and queue; about once a second."""
        free = sum(shelf.look() for shelf in self.shelves)
        metrics.queue_bytes.set(self.budget.waiting_bytes)
        at_us, before = self._rate
        now_us, written = self._machine.monotonic_us(), self.budget.passed_bytes
        if now_us - at_us >= 10 * US_PER_S:
            self._rate = (now_us, written)
            per_hour = (written - before) * 3600 * US_PER_S / (now_us - at_us)
            metrics.reach_hours.set(free / per_hour if per_hour > 0 else 0)

    def drain(self, limit_s: float) -> None:
        """Wait until what was put so far is written, and closed files are stored."""
        for shelf in self.shelves:
            shelf.pool.drain(limit_s)
            shelf.syncer.settle(limit_s)

    def stop(self, limit_s: float) -> None:
        """Write and store what there is; a hanging disk is not waited for."""
        for shelf in self.shelves:
            shelf.pool.stop(limit_s)
        for shelf in self.shelves:
            shelf.syncer.settle(limit_s)
            shelf.syncer.stop(limit_s)
