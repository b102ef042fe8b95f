"""Takes the journal to the catalogue, in order, whenever PostgreSQL is there; and asks it what was before us.

When a camera is taken over, the catalogue must first know all that its former recorder left on this machine: only
then is "the last recorded moment" true, and the gap up to our first frame can be written. What lies further back
is asked too: a recorder that was killed before it had asked took the gap before its own first frame with it.
"""

import asyncio
from collections.abc import Sequence
from datetime import datetime, timedelta

from cctv.base.clock import from_us, to_us
from cctv.base.faults import Cause
from cctv.base.ids import CameraId
from cctv.base.span import Span
from cctv.infra.database import Database, DatabaseUnavailable, ReadTx
from cctv.infra.telemetry import log
from cctv.recording import schedule
from cctv.recording.archive import Batch, Gap, newest, open_gaps, timeline, unexplained
from cctv.recording.capture import metrics, store
from cctv.recording.capture.writing.books import Books
from cctv.recording.capture.writing.notebook import Notebook, batches_of

_AT_ONCE = 200
_LOOK_BACK = timedelta(days=1)
_AWAY_S = 1.0


class Rows:
    """One a process, on its event loop."""

    def __init__(self, *, database: Database, notebook: Notebook, books: Books) -> None:
        self._database = database
        self._notebook = notebook
        self._books = books
        self._taken: dict[CameraId, Cause] = {}
        self.wanted = self._recovered = 0
        self._away = False

    def taken(self, camera: CameraId, cause: Cause) -> None:
        """``camera`` is ours from now on; what was before is to be asked once recovery is done."""
        self._taken[camera] = cause

    def dropped(self, camera: CameraId) -> None:
        """It is ours no longer."""
        self._taken.pop(camera, None)

    def recovery_wanted(self) -> int:
        """Ask no tails before a recovery that begins from now on has ended; its number, for :meth:`recovered`."""
        self.wanted += 1
        return self.wanted

    def recovered(self, number: int) -> None:
        self._recovered = max(self._recovered, number)

    async def flush(self) -> bool:
        """Everything that waits, to the catalogue; whether the database took it."""
        try:
            while await self._some():
                pass
            if self._taken and self._recovered == self.wanted:
                await self._ask_tails()
            while await self._some():
                pass
        except DatabaseUnavailable as fault:
            if not self._away:
                log.warning("database_away", waiting=len(self._notebook), reason=fault.detail.get("cause"))
            self._away = True
            return False
        finally:
            metrics.queue_depth.set(len(self._notebook))
        self._away = False
        return True

    async def run(self, every_s: float) -> None:
        """Flush, for ever."""
        while True:
            took = await self.flush()
            await asyncio.sleep(every_s if took else max(every_s, _AWAY_S))

    async def _some(self) -> int:
        """Record the oldest entries; how many there were."""
        entries = self._notebook.waiting(_AT_ONCE)
        if not entries:
            return 0
        batches = batches_of(entries)
        if batches and await store.put(self._database, joined(batches)) is not None:
            await self._one_by_one(batches)
        self._notebook.forget(len(entries))
        return len(entries)

    async def _one_by_one(self, batches: Sequence[Batch]) -> None:
        """Something among them is not acceptable: record the others, and say which it was."""
        for batch in batches:
            reason = await store.put(self._database, batch)
            if reason is not None:
                metrics.rejected.inc()
                log.error("row_rejected", reason=reason, segments=[one.object_name for one in batch.segments])

    async def _ask_tails(self) -> None:
        asked = dict(self._taken)
        async with self._database.read() as tx:
            ends = await newest(tx, list(asked))
            lasting = {gap.camera_id: gap for gap in await open_gaps(tx, list(asked))}
            untils = {camera: await self._recorded_until(tx, camera, ends) for camera in asked}
            await self._explain(tx, {one: from_us(us) for one, us in untils.items() if us is not None}, asked)
            for camera, cause in asked.items():
                until_us = untils[camera]
                self._books.tail(camera, until_us, self._before_us(camera, lasting.get(camera)), cause)
                if self._taken.get(camera) is cause:
                    del self._taken[camera]

    async def _recorded_until(self, tx: ReadTx, camera: CameraId, ends: dict[CameraId, datetime]) -> int | None:
        """The end of what was recorded before our own first frame."""
        end, first_us = ends.get(camera), self._books.first_start_us(camera)
        end_us = to_us(end) if end is not None else None
        if end_us is None or first_us is None or end_us <= first_us:
            return end_us
        before = Span(from_us(first_us) - _LOOK_BACK, from_us(first_us))
        spans = (await timeline(tx, [camera], before))[camera].spans
        return to_us(spans[-1].end) if spans else None

    async def _explain(self, tx: ReadTx, until: dict[CameraId, datetime], causes: dict[CameraId, Cause]) -> None:
        """Write the gaps that those before us owed: planned time before ``until`` of which nothing says why."""
        if not until:
            return
        newest_end = max(until.values())
        looked_at = Span(min(until.values()) - _LOOK_BACK, newest_end)
        plans = await schedule.all_planned(tx, looked_at, now=newest_end, cameras=until)
        for camera, end in until.items():
            for hole in await unexplained(tx, camera, plans.get(camera, ()), Span(end - _LOOK_BACK, end)):
                cause = causes[camera]
                self._books.owed(camera, hole, Cause.RESTART if cause is Cause.CAMERA else cause)

    def _before_us(self, camera: CameraId, gap: Gap | None) -> Gap | None:
        """An open gap that is not our own."""
        first_us = self._books.first_start_us(camera)
        if gap is None or (first_us is not None and to_us(gap.start) >= first_us):
            return None
        return gap


def joined(batches: Sequence[Batch]) -> Batch:
    """One batch of many."""
    return Batch(
        runs=tuple(run for batch in batches for run in batch.runs),
        segments=tuple(segment for batch in batches for segment in batch.segments),
        gaps=tuple(gap for batch in batches for gap in batch.gaps),
        epochs=tuple(epoch for batch in batches for epoch in batch.epochs),
    )
