"""The thread that looks after everything that is looked after by the clock: watchdogs, syncs, steps, measures."""

import threading
from collections.abc import Callable

from cctv.base.clock import US_PER_S, Clock
from cctv.infra.telemetry import log

_STEP_S = 0.1


class Rounds:
    """Calls each act about every so many seconds. Acts must be quick: they share the thread."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._due: dict[Callable[[], object], int] = {}
        self._every: dict[Callable[[], object], int] = {}
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run, name="rounds", daemon=True)

    def add(self, every_s: float, act: Callable[[], object]) -> None:
        self._every[act] = int(every_s * US_PER_S)
        self._due[act] = self._clock.monotonic_us()

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._ended.set()
        if self._thread.ident is not None:
            self._thread.join(5)

    def once(self) -> None:
        """Do what is due."""
        now_us = self._clock.monotonic_us()
        for act, every_us in self._every.items():
            if self._due[act] <= now_us:
                self._due[act] = now_us + every_us
                try:
                    act()
                except Exception:  # noqa: BLE001 - a loop's frame: one act that fails must not stop the others
                    log.exception("round_failed", act=getattr(act, "__qualname__", str(act)))

    def _run(self) -> None:
        while not self._ended.wait(_STEP_S):
            self.once()
