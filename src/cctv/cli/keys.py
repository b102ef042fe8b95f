"""``cctv keys``: the keys that seal what is stored."""

import asyncio
from pathlib import Path
from typing import Annotated

import typer

from cctv.access.audit import Entry
from cctv.access.identity import profile
from cctv.base.actor import LOCAL
from cctv.cameras.registry import changes
from cctv.services.identity_desk import open_accounts
from cctv.services.settings import Folders, ServeSettings

app = typer.Typer(add_completion=False, rich_markup_mode="markdown", no_args_is_help=True)


@app.callback()
def keys() -> None:
    """Replace the key that seals camera passwords and authenticators.

    Keys lie in the folder `keys` of the data folder, `sealing-1.key` and so on: the highest number seals, all of
    them open. They are never printed.
    """


@app.command()
def rotate(
    data: Annotated[Path | None, typer.Option("--data", help="The data folder [CCTV_DATA, ./cctv-data].")] = None,
    reseal: Annotated[
        bool, typer.Option("--reseal", help="Only seal anew, with the newest key that is there.")
    ] = False,
) -> None:
    """Make a new key and seal everything stored with it anew, in one transaction; services go on meanwhile.

    Where several machines serve one database, put a new `sealing-N.key` on all of them first and run this with
    `--reseal`. Old key files stay: backups are sealed with them. Take them off when no backup needs them any more.

    Exit codes: 0 done; 2 could not, nothing was sealed anew.
    """
    settings = ServeSettings.from_options(data=data)
    number, cameras, factors = asyncio.run(_rotate(settings, make=not reseal))
    file = Folders(settings.data).keys / f"sealing-{number}.key"
    typer.echo(f"{cameras} cameras and {factors} authenticators are sealed with key {number} ({file}).")


async def _rotate(settings: ServeSettings, *, make: bool) -> tuple[int, int, int]:
    async with open_accounts(settings) as here:
        keyring = here.desk.keyring
        number = keyring.add_sealing_key() if make else keyring.newest
        async with here.database.write() as tx:
            cameras = await changes.reseal(tx, keyring)
            factors = await profile.reseal(tx, here.desk)
            detail = {"key": number, "cameras": cameras, "authenticators": factors}
            entry = Entry(actor=LOCAL, action="keys.rotate", thing_kind="key", thing_id=str(number), detail=detail)
            await here.desk.audit.note(tx, entry)
    return number, cameras, factors
