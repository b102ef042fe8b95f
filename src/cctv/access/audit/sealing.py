"""The sealer: chains new entries within a second, anchors the chain each day. One works; others wait as spares.

What was not written by us gets no link, and so stays where :func:`verify` finds it.
"""

import asyncio
from datetime import timedelta
from typing import Final

from cctv.access.audit import store
from cctv.access.audit.anchors import Anchors
from cctv.access.audit.metrics import sealed_age
from cctv.access.audit.model import Link, Sign, Written, next_link
from cctv.base.clock import US_PER_S, Clock, utc_now
from cctv.base.errors import Unavailable
from cctv.infra.database import Database, WriteTx
from cctv.infra.telemetry import log

_EVERY_S: Final = 1.0
_RECENT: Final = timedelta(hours=1)
_ROUNDS_TO_FULL_LOOK: Final = 3600
_WARN_EVERY_US: Final = 600 * US_PER_S


class Sealer:
    """Runs in one service, however many processes of it there are."""

    def __init__(self, database: Database, *, sign: Sign, anchors: Anchors, clock: Clock) -> None:
        self._database = database
        self._sign = sign
        self._anchors = anchors
        self._clock = clock
        self._warned_us: int | None = None

    async def run(self) -> None:
        """Seal for ever. The first round looks for entries of any age, later ones for those of the last hour."""
        rounds = 0
        while True:
            try:
                while await self.seal(everything=rounds % _ROUNDS_TO_FULL_LOOK == 0):
                    pass
                rounds += 1
            except (Unavailable, OSError) as fault:
                log.warning("audit_not_sealed", words=str(fault))
            await asyncio.sleep(_EVERY_S)

    async def seal(self, *, everything: bool = False) -> int:
        """Chain what has no link yet, up to a limit; how many that were. 0 when somebody else seals."""
        async with self._database.write() as tx:
            if not await store.hold_sealing(tx):
                return 0
            last = await store.last_link(tx)
            added = await self._next_links(tx, last, younger_than=None if everything else _RECENT)
            await store.add_links(tx, added)
        last = added[-1] if added else last
        await asyncio.to_thread(self._anchor, last, grew=bool(added))
        return len(added)

    async def _next_links(self, tx: WriteTx, last: Link, *, younger_than: timedelta | None) -> list[Link]:
        # What an older version left without a link has no proof: it is chained, but after no entry that has one.
        unproved = await store.ends_unproved(tx, last)
        added: list[Link] = []
        strange: list[Written] = []
        async for page in store.unsealed(tx, younger_than=younger_than):
            for row in page:
                if row.is_ours(self._sign):
                    unproved = False
                elif row.mac is not None or not unproved:
                    strange.append(row)
                    continue
                last = next_link(last, row, self._sign)
                added.append(last)
            if len(added) >= store.AT_ONCE:
                break
        self._warn(strange)
        return added

    def _warn(self, strange: list[Written]) -> None:
        now_us = self._clock.monotonic_us()
        if strange and (self._warned_us is None or now_us - self._warned_us >= _WARN_EVERY_US):
            self._warned_us = now_us
            log.warning("audit_row_not_ours", rows=len(strange), first=strange[0].entry.id)

    def _anchor(self, last: Link, *, grew: bool) -> None:
        now = utc_now(self._clock)
        sealed_age.set(now.timestamp())
        if grew:
            self._anchors.renew_head(last, at=now)
        if last.seq and self._anchors.last_day() < now.date().isoformat():
            self._anchors.add(last, at=now)
