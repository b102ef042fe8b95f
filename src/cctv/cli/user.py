"""``cctv user``: who may sign in, from the server's own console."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Annotated, TypeVar

import typer
from rich.table import Table

from cctv.access.identity import Handed, User, accounts, store
from cctv.access.policy import make_administrator
from cctv.base.actor import LOCAL
from cctv.base.errors import NotFound
from cctv.cli.printing import console
from cctv.infra.database import WriteTx
from cctv.services.first_start import first_start
from cctv.services.identity_desk import Accounts, open_accounts
from cctv.services.settings import ServeSettings

app = typer.Typer(add_completion=False, rich_markup_mode="markdown", no_args_is_help=True)
T = TypeVar("T")

Data = Annotated[Path | None, typer.Option("--data", help="The system's data folder [CCTV_DATA, ./cctv-data].")]
Name = Annotated[str, typer.Argument(metavar="NAME", help="The name to sign in with.")]


@app.callback()
def users() -> None:
    """Add, list, recover and disable users of the system that runs on this data folder.

    Whoever may read the key files in the data folder may do this: it is how one gets in again when nobody can sign
    in any more. Everything is kept in the audit as done by the console. Roles and grants are given in the
    dashboard or over the API.

    Exit codes: 0 done; 2 could not, nothing was changed.
    """


@app.command()
def add(
    name: Name,
    data: Data = None,
    full_name: Annotated[str, typer.Option("--full-name", help="The person's name.")] = "",
    full_name_ar: Annotated[str, typer.Option("--full-name-ar", help="The same in Arabic.")] = "",
    agency: Annotated[str | None, typer.Option("--agency", help="The agency that the person works for.")] = None,
    administrator: Annotated[bool, typer.Option("--administrator", help="May do everything.")] = False,
) -> None:
    """Add a local user and print its one-time password, which the first sign-in replaces."""

    async def work(tx: WriteTx, here: Accounts) -> Handed:
        made = await accounts.add(
            tx, here.desk, LOCAL, name=name, full_name=full_name, full_name_ar=full_name_ar, agency=agency
        )
        if administrator:
            await make_administrator(tx, made.user.id, by=LOCAL, audit=here.desk.audit)
        return made

    _say_password(_run(data, work))


@app.command(name="list")
def list_users(data: Data = None) -> None:
    """Show all users."""

    async def work(tx: WriteTx, _here: Accounts) -> list[User]:
        return await store.all_users(tx)

    table = Table("name", "full name", "agency", "from", "signed in", "state", box=None)
    for user in _run(data, work):
        seen = "" if user.signed_in_at is None else f"{user.signed_in_at:%Y-%m-%d %H:%M}"
        table.add_row(user.name, user.full_name, user.agency or "", user.issuer or "here", seen, _state(user))
    console().print(table)


@app.command()
def recover(
    name: Annotated[str, typer.Argument(metavar="NAME", help="Whose password is lost.")] = "administrator",
    data: Data = None,
) -> None:
    """Print a new one-time password for a user who cannot sign in any more.

    The second factor is taken off, a disabled user is let in again, every sign-in and API key of
    the user ends.
    """
    first_start(ServeSettings.from_options(data=data))  # where there is no user at all, nobody can be recovered

    async def work(tx: WriteTx, here: Accounts) -> Handed:
        user = await _called(tx, name)
        if not user.active:
            await accounts.enable(tx, here.desk, LOCAL, user.id)
        return await accounts.recover(tx, here.desk, LOCAL, user.id)

    _say_password(_run(data, work))


@app.command()
def disable(name: Name, data: Data = None) -> None:
    """Shut a user out: sign-ins, keys, media addresses and running streams end within five seconds."""

    async def work(tx: WriteTx, here: Accounts) -> User:
        return await accounts.disable(tx, here.desk, LOCAL, (await _called(tx, name)).id)

    typer.echo(f"{_run(data, work).name} is disabled.")


@app.command()
def enable(name: Name, data: Data = None) -> None:
    """Let a disabled user in again."""

    async def work(tx: WriteTx, here: Accounts) -> User:
        return await accounts.enable(tx, here.desk, LOCAL, (await _called(tx, name)).id)

    typer.echo(f"{_run(data, work).name} may sign in again.")


@app.command(name="break-glass")
def break_glass(data: Data = None) -> None:
    """Make the account of last resort, or give it a new password, for a sealed envelope.

    It signs in as `break-glass` also while the organisation's provider is away, may do everything for an hour, and
    raises an alarm with each use. After a use, run this again and seal the new password.
    """

    async def work(tx: WriteTx, here: Accounts) -> Handed:
        made = await accounts.seal_break_glass(tx, here.desk, LOCAL)
        await make_administrator(tx, made.user.id, by=LOCAL, audit=here.desk.audit)
        return made

    made = _run(data, work)
    typer.echo(f"Name:     {made.user.name}\nPassword: {made.password}")
    typer.echo("Seal both in an envelope; they are not shown again.")


def _run(data: Path | None, work: Callable[[WriteTx, Accounts], Awaitable[T]]) -> T:
    async def running() -> T:
        async with open_accounts(ServeSettings.from_options(data=data)) as here, here.database.write() as tx:
            return await work(tx, here)

    return asyncio.run(running())


async def _called(tx: WriteTx, name: str) -> User:
    user = await store.user_called(tx, name)
    if user is None:
        raise NotFound(f"there is no user called {name}; see cctv user list")
    return user


def _state(user: User) -> str:
    if not user.active:
        return "disabled"
    return "one-time password" if user.one_time else "sealed" if user.break_glass else "active"


def _say_password(made: Handed) -> None:
    typer.echo(f"Name:              {made.user.name}\nOne-time password: {made.password}")
    typer.echo("It is replaced at the first sign-in, and is not shown again.")
