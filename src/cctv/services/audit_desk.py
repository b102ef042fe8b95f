"""The audit beside a running system, for commands: finds database, keys and anchors."""

from pathlib import Path

from cctv.access.audit import Anchors, Report, verify
from cctv.base.errors import NotFound
from cctv.infra.database import Database
from cctv.infra.keys import Keyring
from cctv.services.addresses import found
from cctv.services.migrations.known import check_schema
from cctv.services.settings import Folders, ServeSettings


async def verify_audit(settings: ServeSettings, *, anchors: Path | None) -> Report:
    """Look at the whole audit; with ``anchors`` those of that folder, else our own."""
    url = settings.database_url or found(settings).database_url
    if url is None:
        raise NotFound("no database address is known")
    check_schema(url)
    folders = Folders(settings.data)
    keyring = Keyring.load(folders.keys, make=False)
    known = Anchors(anchors or folders.audit, sign=keyring.sign).read()  # before the chain: it only grows
    database = Database(url, pool_size=1, statement_timeout_s=300)
    try:
        return await verify(database, sign=keyring.sign, anchors=known)
    finally:
        await database.close()
