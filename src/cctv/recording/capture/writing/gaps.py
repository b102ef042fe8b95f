"""The book of one camera: every second of its plan is recorded or lies in a gap with a cause.

A pure state machine. It is told when the plan begins and ends, when runs begin and end (as written to the disk),
what is wrong meanwhile, and, once, what the catalogue knew when the camera was taken over. It answers with gap
rows to write; a row is written again under its id when it ends or moves. Times are microseconds on the record.

Invariants, while the plan holds and the catalogue's tail is known:
- between two runs lies exactly one chain of gaps, from the end of the first to the start of the second;
- at most one gap is open (its end is ``None``), and only while nothing is recorded;
- a gap is open from the moment at which something is known to be wrong, not only in hindsight.
"""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any
from uuid import UUID, uuid4

from cctv.base.clock import US_PER_S
from cctv.base.faults import Cause

SPLIT_US = 30 * US_PER_S
"""A gap whose cause changes becomes two only if the first lasted this long: causes flap while a camera boots."""

_OURS = frozenset((Cause.RESTART, Cause.NODE, Cause.CLOCK))
"""Causes that end when the camera is first tried: what it does then is another matter, however short they were."""

_FIRST_PICTURE = {"reason": "waiting for the first picture"}
"""Why nothing is there right after recording was asked for: no fault is known, and the camera is at work. If one
shows before the first picture does, that is what the whole wait was for."""


@dataclass(frozen=True, slots=True)
class Hole:
    """A gap row: ``end_us`` is ``None`` while it lasts. ``end_us == start_us`` takes the row back."""

    id: UUID
    start_us: int
    end_us: int | None
    cause: Cause
    detail: dict[str, Any] = field(default_factory=dict, compare=False)


class GapBook:
    """Not thread-safe; ``new_id`` names gaps."""

    def __init__(self, *, new_id: Callable[[], UUID] = uuid4) -> None:
        self._new_id = new_id
        self._planned_from_us: int | None = None
        self._tail_us: int | None = None
        self._tail_known = False
        self.first_start_us: int | None = None
        self._recording = False
        self._unsettled: list[tuple[int, int]] = []
        self._cause = Cause.RESTART
        self._detail: dict[str, Any] = {}
        self._first = False
        self.open: Hole | None = None

    def plan_on(self, at_us: int) -> list[Hole]:
        """From ``at_us`` on everything is to be recorded."""
        if self._planned_from_us is None:
            self._planned_from_us = at_us
            if self._told and not self._recording:
                self._begin(Cause.CAMERA)
        return self._reopen()

    def plan_off(self, at_us: int) -> list[Hole]:
        """From ``at_us`` on nothing is."""
        since_us, holes = self._since_us(), self._close(at_us)
        if not self._recording and not holes and since_us is not None:
            if self._told and since_us < at_us:
                holes = [Hole(self._new_id(), since_us, at_us, self._cause, self._detail)]
            self._remember(at_us)
        self._planned_from_us = None
        return holes

    def tail(self, recorded_until_us: int | None, still_open: Hole | None, cause: Cause) -> list[Hole]:
        """What the catalogue knows of the time before us: the last recorded moment and a gap left open.

        The camera was taken over for ``cause``; ``camera``: it is new, nobody had it before. May come after the
        first run has started.
        """
        if self._tail_known:
            return []
        self._tail_known = True
        unsettled, self._unsettled = self._unsettled, []
        holes = []
        if still_open is not None and unsettled:
            holes.append(replace(still_open, end_us=max(still_open.start_us, unsettled.pop(0)[1])))
        for start_us, end_us in unsettled:
            since_us = start_us if recorded_until_us is None else max(start_us, recorded_until_us)
            if since_us < end_us:
                detail = _FIRST_PICTURE if cause is Cause.CAMERA else {}
                holes.append(Hole(self._new_id(), since_us, end_us, cause, detail))
        if self.first_start_us is None:
            self._tail_us = recorded_until_us
            self._begin(cause)
            if not holes:
                self.open = still_open
            holes += self._reopen()
        return holes

    def run_started(self, at_us: int) -> list[Hole]:
        """The first frame of a run is on the disk."""
        self._recording = True
        self._first = False
        holes = self._close(at_us)
        since_us = self._since_us()
        if self.first_start_us is None and not self._tail_known:
            self._remember(at_us)
        elif not holes and since_us is not None and since_us < at_us:
            holes = [Hole(self._new_id(), since_us, at_us, self._cause, self._detail)]
        if self.first_start_us is None:
            self.first_start_us = at_us
        self._tail_us = at_us
        return holes

    def run_ended(self, at_us: int, cause: Cause, *, lasting: bool = True, **detail: Any) -> list[Hole]:
        """The run's last frame ends at ``at_us``. Without ``lasting``, the next run is expected to abut."""
        self._recording = False
        self._tail_us, self._cause, self._detail = at_us, cause, detail
        return self._reopen() if lasting else []

    def failing(self, at_us: int, cause: Cause, **detail: Any) -> list[Hole]:
        """Why nothing comes at present: the cause of the open gap, or of its rest from ``at_us`` on."""
        if self._recording:
            return []
        opened = [] if self.open is not None else self._reopen()
        if self._first and self.open is not None:
            self._first, self._cause, self._detail = False, cause, detail
            self.open = replace(self.open, cause=cause, detail=detail)
            return [*opened, self.open]
        if self.open is None or cause is self.open.cause:
            self._cause, self._detail = cause, detail
            return opened
        ours = self.open.cause in _OURS and at_us > self.open.start_us
        if not ours and at_us - self.open.start_us < SPLIT_US:
            return opened
        self._cause, self._detail = cause, detail
        ended = replace(self.open, end_us=at_us)
        self.open = Hole(self._new_id(), at_us, None, cause, detail)
        return [*opened, ended, self.open]

    def _begin(self, cause: Cause) -> None:
        """Recording is asked for anew, or taken over for ``cause``."""
        self._first = cause is Cause.CAMERA
        self._cause, self._detail = cause, _FIRST_PICTURE if self._first else {}

    def _remember(self, until_us: int) -> None:
        """Planned time up to ``until_us`` of which only the catalogue knows whether it is recorded."""
        if self.first_start_us is None and not self._tail_known and self._planned_from_us is not None:
            self._unsettled.append((self._planned_from_us, until_us))

    @property
    def _told(self) -> bool:
        """Whether we know what the time from which nothing is covered is."""
        return self._tail_known or self.first_start_us is not None

    def _since_us(self) -> int | None:
        """From when on planned time is not covered."""
        if self._planned_from_us is None:
            return None
        return self._planned_from_us if self._tail_us is None else max(self._planned_from_us, self._tail_us)

    def _reopen(self) -> list[Hole]:
        since_us = self._since_us()
        if self._recording or not self._told or self.open is not None or since_us is None:
            return []
        self.open = Hole(self._new_id(), since_us, None, self._cause, self._detail)
        return [self.open]

    def _close(self, at_us: int) -> list[Hole]:
        if self.open is None:
            return []
        ended = replace(self.open, end_us=max(self.open.start_us, at_us))
        self.open = None
        return [ended]
