"""Ends the blocked calls of one stream from another thread, at once and for good."""

from collections.abc import Callable


class Interruption:
    """Set once, by anybody; whatever blocks under it registers how it is woken."""

    def __init__(self) -> None:
        self.is_set = False
        self._wakers: list[Callable[[], None]] = []

    def set(self) -> None:
        """Makes the present call, or else the next one, raise StreamInterrupted within 0.1 s. For any thread."""
        self.is_set = True
        for wake in tuple(self._wakers):
            wake()

    def on_set(self, wake: Callable[[], None]) -> None:
        """``wake`` is called when the interruption is set, and at once if it is already. Twice does no harm."""
        self._wakers.append(wake)
        if self.is_set:
            wake()
