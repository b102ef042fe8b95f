"""How entries get into the audit: with the transaction of what they tell of, or within a moment by a queue."""

import asyncio
import contextlib
from collections import deque
from collections.abc import Hashable
from dataclasses import dataclass, replace
from typing import Final

from cctv.access.audit import store
from cctv.access.audit.errors import AuditFull
from cctv.access.audit.metrics import entries_total, waiting
from cctv.access.audit.model import Entry, Sign, as_row
from cctv.base.clock import Clock, utc_now
from cctv.base.errors import Unavailable
from cctv.infra.database import Database, WriteTx
from cctv.infra.telemetry import log

MOST_WAITING: Final = 10_000
SELDOM_S: Final = 10.0
"""How far apart entries of one kind are that anybody can bring about at will."""
_MOST_KINDS: Final = 5000
_BATCH: Final = 500
_GATHER_S: Final = 0.2
_RETRY_S: Final = 1.0
_LAST_WRITE_S: Final = 3.0


@dataclass(slots=True)
class _Kind:
    """When an entry of this kind was kept last, and how many were left out since."""

    kept_at_s: float
    left_out: int = 0


class Audit:
    """One a process. :meth:`run` writes what was queued; without it :meth:`soon` fills up and then refuses."""

    def __init__(self, database: Database, *, service: str, sign: Sign, clock: Clock) -> None:
        self._database = database
        self._service = service
        self._sign = sign
        self._clock = clock
        self._queue: deque[Entry] = deque()
        self._there = asyncio.Event()
        self._kinds: dict[Hashable, _Kind] = {}

    async def note(self, tx: WriteTx, *entries: Entry) -> None:
        """Keep entries in the transaction of what they tell of: both are there, or neither is."""
        at = utc_now(self._clock)
        rows = [as_row(entry, service=self._service, at=at, sign=self._sign) for entry in entries]
        await store.insert_entries(tx, rows)
        for entry in entries:
            entries_total.labels(entry.result).inc()

    async def now(self, *entries: Entry) -> None:
        """Keep entries before going on: what comes next must not happen without them."""
        async with self._database.write() as tx:
            await self.note(tx, *entries)

    def soon(self, entry: Entry) -> None:
        """Keep an entry within a second; :class:`AuditFull` when 10,000 wait because the database is away."""
        if len(self._queue) >= MOST_WAITING:
            raise AuditFull
        self._queue.append(entry)
        waiting.set(len(self._queue))
        self._there.set()

    def seldom(self, entry: Entry, *, kind: Hashable, now_s: float) -> None:
        """As :meth:`soon`, but of one ``kind`` of refusal at most one in ten seconds: nobody fills the audit.

        The next one that is kept says in ``left_out`` how many were not. Of 5,000 kinds at most: the one that was
        kept longest ago is forgotten first, and its number with it. ``now_s`` is monotonic time.
        """
        before = self._kinds.get(kind)
        if before is not None and now_s - before.kept_at_s < SELDOM_S:
            before.left_out += 1
            return
        if before is not None and before.left_out:
            entry = replace(entry, detail={**entry.detail, "left_out": before.left_out})
        self.soon(entry)
        self._kinds.pop(kind, None)
        if len(self._kinds) >= _MOST_KINDS:
            del self._kinds[next(iter(self._kinds))]
        self._kinds[kind] = _Kind(now_s)

    async def run(self) -> None:
        """Write what is queued, until cancelled; then what is left."""
        try:
            while True:
                await self._there.wait()
                await asyncio.sleep(_GATHER_S)
                self._there.clear()
                while self._queue:
                    await self._write_some()
        finally:
            with contextlib.suppress(TimeoutError, Unavailable):
                async with asyncio.timeout(_LAST_WRITE_S):
                    await self.flush()

    async def flush(self) -> None:
        """Write all that is queued; :class:`Unavailable` when the database is away."""
        while self._queue:
            batch = [self._queue[n] for n in range(min(_BATCH, len(self._queue)))]
            await self.now(*batch)
            for _ in batch:
                self._queue.popleft()
            waiting.set(len(self._queue))

    async def _write_some(self) -> None:
        try:
            await self.flush()
        except Unavailable:
            log.warning("audit_waits", entries=len(self._queue), retry_s=_RETRY_S)
            await asyncio.sleep(_RETRY_S)
