"""How much room must be made, and whether this machine's clock is to be believed: pure rules."""

from cctv.base.clock import Clock
from cctv.infra.disks import Usage
from cctv.recording.archive import DOUBTED, LEAP

_MOST_RESERVED = 0.05
_LEAP_US = int(LEAP.total_seconds() * 1e6)
_DOUBTED_US = int(DOUBTED.total_seconds() * 1e6)


class Leaps:
    """Whether the wall clock was set forward by an hour or more while we watched, less than a day ago.

    Recorders tell the same of their nodes, but only when they have begun a new run: by then all could be deleted.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._off_us = clock.wall_us() - clock.monotonic_us()
        self._since_us: int | None = None

    def look(self) -> bool:
        """Compare both clocks; in doubt until the wall clock is set back, or a day has passed by the other one."""
        now_us = self._clock.monotonic_us()
        off_us = self._clock.wall_us() - now_us
        since_us = now_us if self._since_us is None else self._since_us
        if off_us - self._off_us < _LEAP_US or now_us - since_us >= _DOUBTED_US:
            self._off_us, self._since_us = off_us, None
            return False
        self._since_us = since_us
        return True


def missing_bytes(usage: Usage, *, reserve_bytes: int) -> int:
    """Bytes to free so that ``reserve_bytes``, but never more than a twentieth of the volume, are free again."""
    reserve = min(reserve_bytes, int(usage.total_bytes * _MOST_RESERVED))
    return max(0, reserve - usage.free_bytes)
