"""What a new system has from its first start: one administrator with a one-time password, and monitoring's key.

Both are files of mode 600 beside the keys. The one-time password's file goes once it has been replaced. Each start
says, too, whether the database protects the audit.
"""

import asyncio
from pathlib import Path

from cctv.access.audit.store import is_protected
from cctv.access.identity import ServiceTokens, add_first
from cctv.access.identity.model import ADMINISTRATOR
from cctv.access.identity.store import user_called
from cctv.access.policy import make_administrator
from cctv.base.actor import LOCAL
from cctv.infra.database import Database
from cctv.infra.disks import write_whole
from cctv.infra.telemetry import log
from cctv.services.identity_desk import Accounts, open_accounts
from cctv.services.settings import Folders, ServeSettings

_UNPROTECTED = (
    "services sign in to PostgreSQL as somebody who may change the audit; CCTV_DATABASE_URL should name the role"
    " cctv_app, CCTV_OWNER_URL the owner of the tables: docs/security.md, 'A PostgreSQL of your own'"
)


def first_start(settings: ServeSettings) -> bool:
    """Make what is missing; whether the administrator's one-time password waits in its file."""
    return asyncio.run(_first_start(settings))


async def _first_start(settings: ServeSettings) -> bool:
    folders = Folders(settings.data)
    async with open_accounts(settings, service="first-start") as accounts:
        await _say_if_unprotected(accounts.database)
        write_whole(folders.metrics_credential, ServiceTokens(accounts.desk.keyring).metrics() + "\n")
        if await _made(accounts, folders.first_password):
            return True
        waits = await _still_one_time(accounts.database)
    if not waits:
        folders.first_password.unlink(missing_ok=True)
    return waits and folders.first_password.exists()


async def _say_if_unprotected(database: Database) -> None:
    async with database.read() as tx:
        protected = await is_protected(tx)
    if not protected:
        log.warning("audit_not_protected", words=_UNPROTECTED)


async def _made(accounts: Accounts, file: Path) -> bool:
    """The password is on disk before the account is there: nobody is locked out by a crash between the two."""
    async with accounts.database.write() as tx:
        handed = await add_first(tx, accounts.desk, LOCAL)
        if handed is None:
            return False
        await make_administrator(tx, handed.user.id, by=LOCAL, audit=accounts.desk.audit)
        write_whole(file, handed.password + "\n")
    return True


async def _still_one_time(database: Database) -> bool:
    async with database.read() as tx:
        user = await user_called(tx, ADMINISTRATOR)
    return user is not None and user.one_time
