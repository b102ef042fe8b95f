"""Keeps sound beside the pictures, whatever the clocks of a camera's two encoders do."""

from typing import Final

from cctv.base.clock import TICKS_PER_S
from cctv.media.model import Sample

_APART_90K: Final = TICKS_PER_S


class SoundTimes:
    """One stream's sound. Where it is a second or more from the pictures it came with, it is moved to them.

    Cameras begin their sound's clock anew, or set that of the pictures only. Pictures that come seldom are no
    sign of that: sound is compared when a picture has come, or when its own times leap.
    """

    def __init__(self) -> None:
        self._shift_90k = 0
        self._came_90k: int | None = None  # by the sound's own clock
        self._given_90k: int | None = None
        self._pictures_90k: int | None = None

    def place(self, samples: list[Sample], pictures_90k: int) -> list[Sample]:
        """Moves the samples that came when the pictures were at ``pictures_90k``.

        Times of sound increase, but where the pictures go back by a second or more.
        """
        before_90k, self._pictures_90k = self._pictures_90k, pictures_90k
        if before_90k is not None and pictures_90k < before_90k - _APART_90K:
            self._given_90k = None
        for sample in samples:
            came_90k = sample.dts_90k
            leapt = self._came_90k is not None and abs(came_90k - self._came_90k) > _APART_90K
            apart = abs(came_90k + self._shift_90k - pictures_90k) > _APART_90K
            if apart and (leapt or pictures_90k != before_90k):
                self._shift_90k = pictures_90k - came_90k
            before_90k, self._came_90k = pictures_90k, came_90k
            at_90k = came_90k + self._shift_90k
            if self._given_90k is not None and at_90k <= self._given_90k:
                at_90k = self._given_90k + 1
            sample.dts_90k = sample.pts_90k = self._given_90k = at_90k
        return samples
