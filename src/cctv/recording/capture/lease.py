"""Keeps this recorder's leases: one transaction a heartbeat renews, takes and finds out what was lost.

A recorder that cannot reach PostgreSQL goes on recording what it had: a heartbeat that fails changes nothing. What
it lost meanwhile it learns with the first one that succeeds. Others do the same, and their leases run out while
they record on; so whoever was away or has just started takes a camera of one that is not there only after all had
the time of a lease to come back. What nobody has, or was given up, is free at once.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta

from cctv.base.clock import US_PER_S, Clock
from cctv.base.ids import CameraId
from cctv.infra.database import Database
from cctv.recording.capture import store
from cctv.recording.capture.errors import Superseded
from cctv.recording.capture.model import Grant, Slot
from cctv.recording.capture.settings import CaptureSettings
from cctv.recording.capture.sharing import View, free_to_take, own_again, surplus, to_hand_over


@dataclass(frozen=True, slots=True)
class Beat:
    """What a heartbeat changed: cameras to begin with, to stop at once, and to hand over in good order."""

    granted: list[Grant]
    lost: list[CameraId]
    hand_over: list[CameraId]


class LeaseKeeper:
    """The leases of one slot. ``held`` maps each camera to its fence."""

    def __init__(self, *, database: Database, slot: Slot, settings: CaptureSettings, clock: Clock) -> None:
        self._database = database
        self._slot = slot
        self._settings = settings
        self._clock = clock
        self._lease = timedelta(seconds=settings.lease_s)
        self._beat_us: int | None = None
        self._take_from_us = 0
        self._inherit_from_us = 0
        self._surplus_beats = 0
        self._offered: frozenset[CameraId] = frozenset()
        self.held: dict[CameraId, int] = {}

    async def beat(self, enabled: Iterable[CameraId]) -> Beat:
        """One heartbeat; :class:`DatabaseUnavailable`, nothing changes; :class:`Superseded`, we must end."""
        wanted = frozenset(enabled)
        async with self._database.write() as tx:
            await store.seen(tx, self._slot, capacity=self._settings.capacity)
            renewed = await store.renew(tx, self._slot.holder, self.held, self._lease)
            leases = await store.all_leases(tx)
            live = await store.live_recorders(tx, self._lease)
            view = View(self._slot.holder, wanted, leases, live)
            lost = [camera for camera in self.held if camera not in renewed]
            if any((row := leases.get(camera)) and row.holder == self._slot.holder for camera in lost):
                raise Superseded(f"another process records as {self._slot.holder}")
            kept = {camera: fence for camera, fence in self.held.items() if camera in renewed}
            takings = own_again(view, kept)
            self._wait_for_takers(one.camera for one in takings)
            may_take, may_inherit = self._settled()
            if may_take:
                takings += free_to_take(view.with_taken(takings), inherit=may_inherit)
            causes = {taking.camera: taking.cause for taking in takings}
            got = await store.take(tx, self._slot.holder, takings, self._lease)
        self.held = kept | got
        return Beat([Grant(one, fence, causes[one]) for one, fence in got.items()], lost, self._surplus(view))

    async def release(self, cameras: Iterable[CameraId]) -> None:
        """Give up leases of cameras that are no longer recorded here (their sessions have ended)."""
        gone = [camera for camera in cameras if camera in self.held]
        async with self._database.write() as tx:
            await store.release(tx, self._slot.holder, gone)
        for camera in gone:
            del self.held[camera]

    async def leave(self) -> None:
        """Say that this recorder stops. Its leases stay until they run out, for whoever starts in the slot."""
        async with self._database.write() as tx:
            await store.leave(tx, self._slot)

    def _settled(self) -> tuple[bool, bool]:
        """Whether all others had their turn to take what is free, and time to come back to what was theirs."""
        now_us, before_us = self._clock.monotonic_us(), self._beat_us
        self._beat_us = now_us
        lease_us = int(self._settings.lease_s * US_PER_S)
        if before_us is None:
            self._take_from_us = now_us + int(self._settings.settle_s * US_PER_S)
        if before_us is None or now_us - before_us > lease_us // 2:
            self._inherit_from_us = now_us + lease_us
        return now_us >= self._take_from_us, now_us >= self._inherit_from_us

    def _wait_for_takers(self, back: Iterable[CameraId]) -> None:
        """What was handed over comes back: it was meant for one that died. Nothing is, until its lease is over.

        Each hand-over costs the camera a connection and a picture or more.
        """
        if not self._offered.isdisjoint(back):
            self._surplus_beats = -int(self._settings.lease_s / self._settings.heartbeat_s)
        self._offered = frozenset()

    def _surplus(self, view: View) -> list[CameraId]:
        number = surplus(view)
        self._surplus_beats = self._surplus_beats + 1 if number else min(0, self._surplus_beats)
        if self._surplus_beats <= self._settings.handover_beats:
            return []
        some = max(1, int(number * self._settings.handover_share))
        going = to_hand_over(self.held, self._slot.holder, min(some, number))
        self._offered = frozenset(going)
        return going
