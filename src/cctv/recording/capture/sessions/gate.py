"""Spreads connects over time: 500 cameras that are opened at one moment would starve those that are recording."""

import threading

from cctv.base.clock import US_PER_S, Clock


class Gate:
    """Lets ``per_s`` sessions through in a second, in the order in which they come."""

    def __init__(self, *, clock: Clock, per_s: float) -> None:
        self._clock = clock
        self._step_us = int(US_PER_S / per_s)
        self._guard = threading.Lock()
        self._next_us = 0

    def delay_s(self) -> float:
        """How long the caller has to wait for its turn."""
        now_us = self._clock.monotonic_us()
        with self._guard:
            turn_us = max(now_us, self._next_us)
            self._next_us = turn_us + self._step_us
        return (turn_us - now_us) / US_PER_S
