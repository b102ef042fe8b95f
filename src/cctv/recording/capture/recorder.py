"""A recorder process, put together: leases say which cameras, posts record them, rows reach the catalogue.

:meth:`Recorder.run` is cancelled to stop in good order: all runs end, files are stored, rows written or left in
the journal. Whoever starts in the slot next writes the gap.
"""

import asyncio
import contextlib
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from cctv.base.clock import US_PER_S, Clock, SystemClock, to_us
from cctv.base.events import CAMERAS_CHANGED
from cctv.base.faults import Cause
from cctv.base.ids import CameraId
from cctv.base.tasks import finish, together
from cctv.cameras import registry
from cctv.infra.cache import Cache
from cctv.infra.database import Database, DatabaseUnavailable
from cctv.infra.disks import Journal, VolumeFault
from cctv.infra.keys import Keyring
from cctv.infra.telemetry import log
from cctv.recording import archive, schedule
from cctv.recording.capture.errors import Superseded
from cctv.recording.capture.lease import LeaseKeeper
from cctv.recording.capture.model import Grant
from cctv.recording.capture.proof import Proving
from cctv.recording.capture.roster import Roster, Wanted, wanted_of
from cctv.recording.capture.rows import Rows
from cctv.recording.capture.settings import CaptureSettings
from cctv.recording.capture.workshop import Site, Workshop
from cctv.recording.capture.writing.recovery import tell_damage

_SLOT_PATIENCE_S = 5.0
_RECOVER_EVERY_S = 60.0
_PROMPT_S = 15.0
"""A running recorder takes a new camera within a few seconds: it is told, and looks by itself besides."""
_DRAIN_S = 2.0
_ALL = registry.Wanted(removed="with")


@dataclass(frozen=True, slots=True, kw_only=True)
class Machines:
    """The outside machines that a recorder uses; any of them may be away."""

    database: Database
    cache: Cache
    keyring: Keyring
    clock: Clock = field(default_factory=SystemClock)


class Recorder:
    """One a process. :class:`Superseded` when another process works in the slot."""

    def __init__(self, *, machines: Machines, site: Site, settings: CaptureSettings | None = None) -> None:
        self._database, self._cache = machines.database, machines.cache
        self._keyring = machines.keyring
        self._settings = settings or CaptureSettings()
        self._journal = _own_journal(site.journal)
        self.workshop = Workshop(site=site, settings=self._settings, clock=machines.clock, journal=self._journal)
        self._keeper = LeaseKeeper(
            database=machines.database, slot=site.slot, settings=self._settings, clock=machines.clock
        )
        self._rows = Rows(database=machines.database, notebook=self.workshop.notebook, books=self.workshop.books)
        self._roster = Roster(site.roster, machines.keyring)
        self._wanted: dict[CameraId, Wanted] = {}
        self._versions: dict[CameraId, int] | None = None
        self._read_at = 0.0
        self._look = asyncio.Event()
        self._recover = asyncio.Event()
        self._changed = True
        self._known: tuple[dict[CameraId, Wanted], dict[CameraId, int]] = ({}, {})

    async def run(self) -> None:
        """Record until cancelled."""
        workshop, settings = self.workshop, self._settings
        workshop.start()
        try:
            await together(
                self._beats(),
                self._listen(),
                self._recoveries(),
                self._make_room(),
                self._rows.run(settings.rows_s),
                workshop.opened.run(self._cache, settings.publish_s),
                Proving(workshop.posts.each).run(),
                workshop.board.run(self._database, self._cache, settings.status_s),
            )
        finally:
            await finish(self._stop())

    async def _beats(self) -> None:
        """Heartbeats, and at once when somebody says that cameras have changed."""
        while True:
            self._look.clear()
            try:
                await self._beat()
            except DatabaseUnavailable:
                if self._versions is None and not self._wanted:
                    self._begin_without_database()
            await _wait(self._look, self._settings.heartbeat_s)

    async def _beat(self) -> None:
        if self._changed or time.monotonic() - self._read_at >= self._settings.poll_s:
            self._changed = False
            try:
                await self._read_cameras()
            except DatabaseUnavailable:
                self._changed = True
                raise
        posts = self.workshop.posts
        beat = await self._keeper.beat(self._wanted)
        self.workshop.turns.beat()
        lost = [camera for camera in posts.all if camera not in self._keeper.held]
        if lost:
            log.warning("leases_lost", cameras=len(lost))
            await self._end(lost)
        going = [*beat.hand_over, *(camera for camera in posts.all if camera not in self._wanted)]
        if going:
            await self._release(going)
        self._begin(beat.granted)
        known = (self._wanted, dict(self._keeper.held))
        if known[0] is not self._known[0] or known[1] != self._known[1]:
            self._known = known
            await asyncio.to_thread(self._update)

    def _begin(self, grants: Sequence[Grant]) -> None:
        """Record what we were granted. What was before is asked when the dead one's files are salvaged."""
        new = [grant for grant in grants if grant.camera not in self.workshop.posts.all]
        if not new:
            return
        self._rows.recovery_wanted()
        for grant in new:
            wanted = self._wanted[grant.camera]
            self._rows.taken(grant.camera, self._cause_of(grant, wanted))
            self.workshop.posts.begin(wanted, grant.fence)
        self._recover.set()

    def _cause_of(self, grant: Grant, wanted: Wanted) -> Cause:
        """Why there is no recording yet; that no recorder was there to take a new camera is our doing."""
        since_us = wanted.recorded_since_us
        late = since_us is not None and self.workshop.clock.now_us() - since_us > _PROMPT_S * US_PER_S
        return Cause.RESTART if grant.cause is Cause.CAMERA and late else grant.cause

    def _update(self) -> None:
        """Tell posts and roster what cameras and leases are like now. Blocking."""
        posts, held = self.workshop.posts, self._keeper.held
        ours = [one for one in self._wanted.values() if one.camera in posts.all and one.camera in held]
        for one in ours:
            posts.update(one, held[one.camera])
        self._roster.save(ours, held)

    async def _read_cameras(self) -> None:
        """The registry, and what it means for the plan."""
        async with self._database.read() as tx:
            cameras = await registry.list_cameras(tx, _ALL)
        self._read_at = time.monotonic()
        versions = {camera.id: camera.version for camera in cameras}
        if versions == self._versions:
            return
        async with self._database.write() as tx:
            await schedule.sync(tx, cameras)
        in_use = (camera for camera in cameras if camera.enabled and camera.removed_at is None)
        found = [wanted for camera in in_use if (wanted := wanted_of(camera, self._keyring)) is not None]
        self._wanted = {wanted.camera: wanted for wanted in found}
        self._versions = versions
        for camera in cameras:
            if camera.id in self.workshop.posts.all and camera.id not in self._wanted:
                self.workshop.books.plan(camera.id, to_us(camera.mode_since), on=False)

    def _begin_without_database(self) -> None:
        """PostgreSQL is away and we have just started: go on with what this slot had last."""
        wanted, held = self._roster.load()
        self._wanted = {one.camera: one for one in wanted}
        if self._wanted:
            log.warning("cameras_from_roster", cameras=len(self._wanted))
        self._begin([Grant(camera, held[camera], Cause.RESTART) for camera in self._wanted])

    async def _end(self, cameras: list[CameraId]) -> None:
        """Stop recording these; what they wrote is stored and in the journal."""
        for camera in cameras:
            self._rows.dropped(camera)
            self.workshop.board.forget(camera)
        await asyncio.to_thread(self.workshop.posts.end, cameras)
        await asyncio.to_thread(self.workshop.drain, _DRAIN_S)
        for camera in cameras:
            self.workshop.books.close(camera)

    async def _release(self, cameras: list[CameraId]) -> None:
        """Hand these over: our rows first, then the leases, so that the next recorder sees where we ended."""
        await self._end(cameras)
        await self._rows.flush()
        await self._keeper.release(cameras)

    async def _listen(self) -> None:
        async for _ in self._database.listen(CAMERAS_CHANGED):
            self._changed = True
            self._look.set()

    async def _recoveries(self) -> None:
        """At the start, after each taking over, and once a minute: what the dead left on this machine."""
        while True:
            self._recover.clear()
            number = self._rows.wanted
            await asyncio.to_thread(self.workshop.recover)
            self._rows.recovered(number)
            await _wait(self._recover, _RECOVER_EVERY_S)

    async def _make_room(self) -> None:
        """Ask the archive for room where a volume gets full. The cleaner should have come before."""
        while True:
            await asyncio.sleep(1.0)
            for shelf in self.workshop.desk.shelves:
                if shelf.wanted_bytes:
                    with contextlib.suppress(DatabaseUnavailable, VolumeFault):
                        freed = await archive.free(self._database, shelf.volume, shelf.wanted_bytes)
                        if freed.bytes:  # that nothing is left to free, storage-service says
                            log.warning("room_made", volume=shelf.volume.id, bytes=freed.bytes, short=freed.short)

    async def _stop(self) -> None:
        """In good order, within :attr:`CaptureSettings.stop_s`."""
        log.info("recorder_stopping", cameras=len(self.workshop.posts.all))
        await asyncio.to_thread(self.workshop.stop, self._settings.stop_s / 4)
        with contextlib.suppress(DatabaseUnavailable, TimeoutError):
            async with asyncio.timeout(self._settings.stop_s / 4):
                await self._rows.flush()  # what was before us may be asked only now, and its gap noted
        await asyncio.to_thread(self.workshop.notebook.stop)
        with contextlib.suppress(DatabaseUnavailable, TimeoutError):
            async with asyncio.timeout(self._settings.stop_s / 4):
                await self._rows.flush()
                await self.workshop.board.leave(self._database)
                await self._keeper.leave()
        self.workshop.notebook.close()
        log.info("recorder_stopped", waiting=len(self.workshop.notebook))


async def _wait(event: asyncio.Event, limit_s: float) -> None:
    """Until ``event``, at most ``limit_s``.

    Not by ``wait_for``: Python 3.11's loses a cancellation that comes with the event, and a recorder that was told
    to stop goes on.
    """
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(limit_s):
            await event.wait()


def _own_journal(path: Path) -> Journal:
    """The slot's journal, which is its lock, too; a colleague may be reading what our predecessor left in it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    until = time.monotonic() + _SLOT_PATIENCE_S
    while True:
        try:
            journal = Journal(path)
        except BlockingIOError as fault:
            if time.monotonic() > until:
                raise Superseded(f"another process records with {path.name}") from fault
            time.sleep(0.05)
        else:
            tell_damage(journal)
            return journal
