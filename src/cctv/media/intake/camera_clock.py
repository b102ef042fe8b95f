"""Whether a camera's timestamps pass as time does; if they do not, the moments at which pictures come are taken.

Cameras jump, drift and wrap, which is for the recorder to judge: the durations between the jumps are good. This is
about those whose clock stands still, counts in another unit than it says, or runs backwards. By such times an hour
would lie in a second of film, and a fragment of one second would never end.
"""

from typing import Final

from cctv.base.clock import TICKS_PER_S

_LOOK_S: Final = 2.0
_LOOKS: Final = 3
_SLOWEST: Final = 0.1
_FASTEST: Final = 10.0


class CameraClock:
    """One stream's times. ``ignored`` once the camera's own are of no use; that lasts as long as the stream.

    It takes three looks of two seconds in a row at which the camera's clock was ten times too slow (or each time
    as much too fast): a connection that stalls and then catches up is slow once and fast once.
    """

    def __init__(self) -> None:
        self.ignored = False
        self._begin: tuple[int, float] | None = None
        self._first: tuple[int, float] = (0, 0.0)
        self._last_90k = 0
        self._slow = self._fast = 0

    def time_of(self, pts_90k: int, now_s: float) -> int:
        """The time of a picture that came at ``now_s`` (monotonic): the camera's own, or when it came."""
        if self.ignored:
            self._last_90k = max(self._by_arrival(now_s), self._last_90k + 1)
            return self._last_90k
        if self._begin is None:
            self._begin = self._first = pts_90k, now_s
            return pts_90k
        passed_s = now_s - self._begin[1]
        if passed_s >= _LOOK_S:
            self._look((pts_90k - self._begin[0]) / TICKS_PER_S / passed_s)
            self._begin = pts_90k, now_s
            if self.ignored:
                self._last_90k = self._by_arrival(now_s)
                return self._last_90k
        return pts_90k

    def _look(self, speed: float) -> None:
        self._slow = self._slow + 1 if speed < _SLOWEST else 0
        self._fast = self._fast + 1 if speed > _FASTEST else 0
        self.ignored = max(self._slow, self._fast) >= _LOOKS

    def _by_arrival(self, now_s: float) -> int:
        first_90k, first_s = self._first
        return first_90k + round((now_s - first_s) * TICKS_PER_S)
