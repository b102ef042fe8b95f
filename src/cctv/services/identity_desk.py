"""Identity put together: what ends with a user reaches into playback, and who must stay is known to policy.

Identity knows neither.
"""

import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass
from functools import partial
from uuid import UUID

from cctv.access.audit import Audit
from cctv.access.identity import Desk, IdentitySettings, Lockout
from cctv.access.policy import keep_an_administrator, may_let_in
from cctv.base.clock import Clock, SystemClock
from cctv.infra.cache import Cache
from cctv.infra.database import Database, WriteTx
from cctv.infra.keys import Keyring
from cctv.services.addresses import found
from cctv.services.migrations.known import check_schema
from cctv.services.settings import Folders, ServeSettings
from cctv.viewing.playback.granting.withdrawals import withdraw
from cctv.viewing.playback.model import subject_of_actor


def identity_desk(*, keyring: Keyring, clock: Clock, audit: Audit, cache: Cache) -> Desk:
    """With a user end the addresses of recorded video that the user holds; the last administrator stays.

    Whoever lets a user in holds the user's rights.
    """
    return Desk(
        keyring=keyring,
        clock=clock,
        audit=audit,
        lockout=Lockout(cache),
        settings=IdentitySettings(),
        endings=(partial(_end_media, clock),),
        guards=(keep_an_administrator,),
        letting_in=(may_let_in,),
    )


async def _end_media(clock: Clock, tx: WriteTx, user_id: UUID) -> None:
    await withdraw(tx, subject_of_actor(str(user_id)), clock=clock)


@dataclass(frozen=True, slots=True)
class Accounts:
    """Users from beside a running system: for commands."""

    database: Database
    desk: Desk


@contextlib.asynccontextmanager
async def open_accounts(settings: ServeSettings, *, service: str = "console") -> AsyncIterator[Accounts]:
    """Whoever may read the key files of the data folder may do this."""
    settings = found(settings)
    check_schema(str(settings.database_url))
    database, cache = Database(str(settings.database_url), pool_size=1), Cache(str(settings.valkey_url))
    try:
        keyring = Keyring.load(Folders(settings.data).keys, make=False)
        clock = SystemClock()
        audit = Audit(database, service=service, sign=keyring.sign, clock=clock)
        yield Accounts(database, identity_desk(keyring=keyring, clock=clock, audit=audit, cache=cache))
    finally:
        await cache.close()
        await database.close()
