"""Decode times from presentation times: the n-th decode time is the n-th presentation time in order of showing.

RTP carries one time a frame, that of showing. Where frames are reordered their order of showing is known only
``reorder`` frames later, so that many are held back; other streams pass straight through. libav's own guess
is not used: it has no times for the first frames and lags by the reorder depth.
"""

from bisect import insort
from collections import deque
from dataclasses import dataclass
from itertools import pairwise
from typing import Final, Generic, TypeVar

from cctv.base.clock import TICKS_PER_S

T = TypeVar("T")

MAX_REORDER: Final = 16
_JUMP_90K: Final = TICKS_PER_S  # further back than this is a jump of the camera's clock, not reordering
_USUAL_90K: Final = TICKS_PER_S // 25
_JITTER_90K: Final = TICKS_PER_S // 10


@dataclass(frozen=True, slots=True)
class Timed(Generic[T]):
    """An item with its times."""

    item: T
    dts_90k: int
    pts_90k: int


class DecodeTimes(Generic[T]):
    """Takes items in decode order, gives them back in the same order with both times.

    Decode times increase strictly, except where the camera's clock goes back by a second or more: that is
    passed on, for whoever records to judge. ``reorder`` grows when frames turn out to be reordered further
    than announced. Where it is known that none ever is (``in_order``), a tenth of a second back is such a jump,
    too, and a frame that goes back by less is shown a tick after the one before.
    """

    def __init__(self, reorder: int, *, in_order: bool = False) -> None:
        self.reorder = min(reorder, MAX_REORDER)
        self.in_order = in_order
        self._held: list[tuple[T, int]] = []
        self._times: list[int] = []
        self._untimed: list[T] = []
        self._last_pts_90k: int | None = None
        self._last_dts_90k: int | None = None
        self._recent: deque[int] = deque(maxlen=MAX_REORDER)

    def push(self, item: T, pts_90k: int | None) -> list[Timed[T]]:
        """Takes the next item; gives those whose times are now known (usually one)."""
        last_90k = self._last_pts_90k
        if pts_90k is None:
            if last_90k is None:
                self._untimed.append(item)
                return []
            pts_90k = last_90k + _USUAL_90K
        done: list[Timed[T]] = []
        if self.in_order and last_90k is not None and last_90k - _JITTER_90K <= pts_90k <= last_90k:
            pts_90k = last_90k + 1
        if last_90k is not None and (
            abs(pts_90k - last_90k) > _JUMP_90K or (self.in_order and pts_90k < last_90k)
        ):
            done = self.flush()
            self._recent.clear()
            if pts_90k < last_90k:
                self._last_dts_90k = None
        if last_90k is not None and pts_90k < last_90k and not self.in_order:
            self.reorder = max(self.reorder, sum(earlier > pts_90k for earlier in self._recent))
        self._last_pts_90k = pts_90k
        self._recent.append(pts_90k)
        self._held.append((item, pts_90k))
        insort(self._times, pts_90k)
        if self._untimed:
            if len(self._held) <= max(self.reorder, 1):
                return done
            self._time_the_first()
        return done + self._give(keep=self.reorder)

    def _later(self, dts_90k: int) -> int:
        if self._last_dts_90k is not None and dts_90k <= self._last_dts_90k:
            dts_90k = self._last_dts_90k + 1
        self._last_dts_90k = dts_90k
        return dts_90k

    def _time_the_first(self) -> None:
        """libav gives the first frame no time; it was shown one interval before the earliest of the others."""
        interval = min((later - time for time, later in pairwise(self._times)), default=0)
        interval = interval if 0 < interval <= 5 * TICKS_PER_S else _USUAL_90K
        first = self._times[0]
        count = len(self._untimed)
        early = [(item, first - (count - number) * interval) for number, item in enumerate(self._untimed)]
        self._held = early + self._held
        self._times = [time for _, time in early] + self._times
        self._untimed = []

    def _give(self, keep: int) -> list[Timed[T]]:
        done = []
        while len(self._held) > keep:
            item, pts_90k = self._held.pop(0)
            done.append(Timed(item, self._later(self._times.pop(0)), pts_90k))
        return done

    def flush(self) -> list[Timed[T]]:
        """Gives all that is held back, at the end or before a jump."""
        if self._untimed:
            if not self._held:
                self._held, self._times = [(self._untimed.pop(), 0)], [0]
            self._time_the_first()
        return self._give(keep=0)
