"""The threaded half of a recorder, put together: clock, journal, volumes, queues, sessions."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from cctv.base.clock import Clock
from cctv.infra.disks import Claims, Journal, Volume
from cctv.infra.telemetry import log
from cctv.recording.capture import metrics
from cctv.recording.capture.live.origin import LiveOrigin
from cctv.recording.capture.model import Slot
from cctv.recording.capture.posts import Posts, Shared
from cctv.recording.capture.rounds import Rounds
from cctv.recording.capture.sessions.gate import Gate
from cctv.recording.capture.sessions.reader import Reader
from cctv.recording.capture.sessions.refusals import Refusals
from cctv.recording.capture.sessions.session import Ending, Frame
from cctv.recording.capture.sessions.turns import Turns
from cctv.recording.capture.settings import CaptureSettings
from cctv.recording.capture.statusboard import StatusBoard
from cctv.recording.capture.timing.clock import NodeClock
from cctv.recording.capture.timing.epochs import EpochFile
from cctv.recording.capture.writing.books import Books
from cctv.recording.capture.writing.budget import Budget
from cctv.recording.capture.writing.desk import Shelf, VolumeDesk
from cctv.recording.capture.writing.notebook import Notebook
from cctv.recording.capture.writing.open_index import OpenIndex
from cctv.recording.capture.writing.recovery import recover
from cctv.recording.capture.writing.syncer import Syncer
from cctv.recording.capture.writing.writer import Scribe, WriterPool


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """Where a recorder works: its slot, its volumes in order of preference, the node's folder for small files."""

    slot: Slot
    volumes: Sequence[Volume]
    folder: Path

    @property
    def journal(self) -> Path:
        return self.folder / f"recorder-{self.slot.number}.journal"

    @property
    def roster(self) -> Path:
        return self.folder / f"recorder-{self.slot.number}.roster"

    @property
    def claims(self) -> Path:
        """Which process of this node reads which camera."""
        return self.folder / "cameras.claims"


class Workshop:
    """Everything of a recorder that needs no database."""

    def __init__(self, *, site: Site, settings: CaptureSettings, clock: Clock, journal: Journal) -> None:
        self.site = site
        self.settings = settings
        self._machine = clock
        self._epochs = EpochFile(site.folder / "clock.json", node=site.slot.node)
        self.clock = NodeClock(clock, self._epochs)
        self.notebook = Notebook(journal)
        self.books = Books(self.notebook)
        self.opened = OpenIndex()
        self.board = StatusBoard(site.slot.holder)
        budget = Budget(camera_bytes=settings.camera_queue_bytes, all_bytes=settings.queue_bytes)
        self.desk = VolumeDesk(
            clock=self.clock,
            machine=clock,
            shelves=[self._shelf(volume, budget) for volume in site.volumes],
            budget=budget,
            books=self.books,
            segment_us=int(settings.segment_s * 1e6),
        )
        gate = Gate(clock=clock, per_s=settings.connects_per_s)
        self._reader = Reader(clock)
        self.desk.is_starved = lambda: self._reader.starved
        refusals = Refusals[Ending](clock=clock, wait_s=settings.retry_auth_s)
        frame = Frame(clock=clock, gate=gate, reader=self._reader, refusals=refusals, settings=settings)
        self.turns = Turns(
            Claims(site.claims), clock=clock, heartbeat_s=settings.heartbeat_s, lease_s=settings.lease_s
        )
        self.posts = Posts(
            Shared(frame=frame, turns=self.turns, desk=self.desk, books=self.books, board=self.board)
        )
        self.live = LiveOrigin(posts=self.posts, board=self.board, frame=frame, clock=self.clock)
        self._rounds = Rounds(clock)

    def start(self) -> None:
        """Start all threads but those of sessions."""
        self.notebook.start()
        self.desk.start()
        self._reader.start()
        metrics.newest.ask(self.posts.ages)
        look_s = min(1.0, self.settings.silence_s / 4)
        for every_s, act in (
            (0.25, self.desk.tick),
            (0.5, self._tick_clock),
            (look_s, self.posts.look),
            (look_s, self.live.look),
            (1.0, self.desk.look),
            (1.0, self.posts.count),
            (5.0, self._count),
            (10.0, self._note_clock),
            (30.0, self.posts.measure),
        ):
            self._rounds.add(every_s, act)
        self._rounds.start()

    def recover(self) -> int:
        """Note what dead recorders left on this machine. Blocking."""
        return recover(self.site.volumes, self.site.folder, self.notebook, own=self.site.journal)

    def drain(self, limit_s: float) -> None:
        """Wait until files of runs that have ended are stored and their rows noted. Blocking."""
        self.desk.drain(limit_s)

    def stop(self, limit_s: float) -> None:
        """End all runs and store all files; the notebook goes on until its owner stops it. Blocking."""
        self.live.stop()
        self.posts.end(list(self.posts.all))
        self._reader.stop()
        self.turns.close()
        self._rounds.stop()
        metrics.newest.forget(self.posts.ages)
        self.desk.stop(limit_s)

    def _tick_clock(self) -> None:
        epoch = self.clock.tick()
        if epoch is not None:
            metrics.epochs.inc()
            log.warning("clock_stepped", step_s=epoch.step.total_seconds(), epoch=str(epoch.id))

    def _note_clock(self) -> None:
        wall_us, monotonic_us = self._machine.wall_us(), self._machine.monotonic_us()
        self._epochs.seen(self.clock.epoch, wall_us=wall_us, monotonic_us=monotonic_us)

    def _count(self) -> None:
        self.books.count(self.clock.now_us())

    def _shelf(self, volume: Volume, budget: Budget) -> Shelf:
        settings, clock = self.settings, self._machine
        syncer = Syncer(
            volume_id=volume.id,
            notebook=self.notebook,
            books=self.books,
            clock=clock,
            every_s=settings.sync_s,
            threads=settings.syncers,
        )
        scribe = Scribe(budget=budget, notebook=self.notebook, books=self.books, opened=self.opened, syncer=syncer)
        pool = WriterPool(scribe, volume=volume, threads=settings.writers, clock=clock)
        return Shelf(volume=volume, pool=pool, syncer=syncer, reserve_bytes=settings.reserve_bytes)
