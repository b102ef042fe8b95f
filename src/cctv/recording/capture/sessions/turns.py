"""Turns: of all processes on this machine, one reads a camera's main stream at a time.

Leases say whose a camera is, but a heartbeat tells it late: when PostgreSQL comes back, one recorder takes the
camera while the other, which had it meanwhile, has not heard yet. For that second both would record the same
pictures. So the second waits here until the first has let go of it.
"""

from cctv.base.clock import US_PER_S, Clock
from cctv.base.ids import CameraId
from cctv.infra.disks import Claims
from cctv.infra.disks.claims import LARGEST
from cctv.infra.telemetry import log


class Turns:
    """All cameras of a process. Another must have heard within ``patience_beats`` of ours, those of a lease.

    Only heartbeats that reached PostgreSQL count: while it is away nobody can hear, and waiting is right for as
    long as the other lives and records. One that lives and does not hear while we do hangs.
    """

    def __init__(self, claims: Claims, *, clock: Clock, heartbeat_s: float, lease_s: float) -> None:
        self._claims = claims
        self._clock = clock
        self._heartbeat_us = int(heartbeat_s * US_PER_S)
        self._beat_us = 0
        self.patience_beats = round(lease_s / heartbeat_s)
        self.beats = 0

    def beat(self) -> None:
        """A heartbeat of ours reached PostgreSQL. One between regular ones gives others no time."""
        now_us = self._clock.monotonic_us()
        if now_us - self._beat_us >= self._heartbeat_us:
            self._beat_us = now_us
            self.beats += 1

    def of(self, camera: CameraId) -> "Turn":
        return Turn(self, self._claims, camera)

    def close(self) -> None:
        self._claims.close()


class Turn:
    """One session's turn at one camera. Used by one thread."""

    def __init__(self, turns: Turns, claims: Claims, camera: CameraId) -> None:
        self._turns = turns
        self._claims = claims
        self._camera = camera
        self._number = camera.int & LARGEST
        self._since: int | None = None
        self._claimed = False

    def come(self) -> bool:
        """Whether the camera may be read now; ask again in a moment."""
        self.hold()
        if self._claimed:
            return True
        turns = self._turns
        if self._since is None:
            self._since = turns.beats
            log.info("camera_awaited", camera=str(self._camera))
        if turns.beats - self._since < turns.patience_beats:
            return False
        log.warning("camera_not_let_go", camera=str(self._camera))
        return True

    def hold(self) -> None:
        """Claim the camera if nobody does: who came without a claim gets it when the one that hung is gone."""
        if not self._claimed:
            self._claimed = self._claims.take(self._number)

    def over(self) -> None:
        """The session has ended: whoever is next may read the camera."""
        if self._claimed:
            self._claims.leave(self._number)
        self._claimed = False
