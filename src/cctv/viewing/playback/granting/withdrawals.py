"""Which grants were taken back, kept in memory so that a check costs nothing, and followed from the database.

A row says it for good, a notification makes every playback-service read the rows at once. With the few
seconds that nginx keeps an answer, a withdrawn right has killed all its grants within five seconds.
"""

import asyncio
from collections.abc import Iterable
from datetime import timedelta
from typing import Final

import structlog

from cctv.base.clock import US_PER_S, Clock, from_us, to_us
from cctv.base.errors import Unavailable
from cctv.infra.database import Database, WriteTx, notify
from cctv.viewing.playback import store
from cctv.viewing.playback.errors import GrantWithdrawn
from cctv.viewing.playback.grants import LIFETIME, Grant
from cctv.viewing.playback.model import (
    MAX_RANGE,
    Withdrawal,
    subject_of_actor,
    subject_of_camera,
    subject_of_grant,
)

CHANNEL: Final = "cctv_media_withdrawals"
_RETRY_S: Final = 1.0
_LONGEST_GRANT: Final = LIFETIME + MAX_RANGE

_LOG = structlog.get_logger()


class Withdrawals:
    """The dead grants that this process knows of. Before they were read once, no grant passes."""

    def __init__(self) -> None:
        self._at_s: dict[str, int] | None = None

    @property
    def known(self) -> bool:
        """Whether they were read at least once."""
        return self._at_s is not None

    def replace(self, known: Iterable[Withdrawal]) -> None:
        """From now on exactly these hold."""
        self._at_s = {one.subject: to_us(one.at) // US_PER_S for one in known}

    def check(self, grant: Grant) -> None:
        """Raise :class:`GrantWithdrawn` for a dead grant, ``Unavailable`` while we cannot know."""
        if self._at_s is None:
            raise Unavailable
        for subject in (
            subject_of_grant(grant.name),
            subject_of_actor(grant.actor),
            subject_of_camera(grant.camera),
        ):
            at_s = self._at_s.get(subject)
            # A grant withdrawn by its own id stays dead: a renewal on the way must not outlive it.
            if at_s is not None and (subject.startswith("grant:") or grant.issued_s <= at_s):
                raise GrantWithdrawn


async def withdraw(tx: WriteTx, subject: str, *, clock: Clock) -> None:
    """Kill all grants of ``subject`` (see ``model.subject_of_...``) that were issued until now."""
    now = from_us(clock.wall_us())
    await store.forget_withdrawals(tx, before=now - timedelta(hours=1))
    await store.add_withdrawal(tx, Withdrawal(subject=subject, at=now, needed_until=now + _LONGEST_GRANT))
    await notify(tx, CHANNEL)


async def follow(known: Withdrawals, database: Database, *, clock: Clock) -> None:
    """Keep ``known`` as the database has it, for ever; while the database is away, what is known stays."""
    async for _ in database.listen(CHANNEL):
        while True:
            try:
                async with database.read() as tx:
                    known.replace(await store.withdrawals(tx, now=from_us(clock.wall_us())))
                break
            except Unavailable:
                _LOG.warning("withdrawn_grants_unknown", retry_s=_RETRY_S)
                await asyncio.sleep(_RETRY_S)
