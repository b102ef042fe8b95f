"""What handlers are given: objects provided to the app by type, and transactions that the request's frame owns."""

from collections.abc import AsyncIterator
from typing import Annotated, Any, TypeVar

from fastapi import Depends, FastAPI, Request
from starlette.requests import HTTPConnection

from cctv.infra.database import Database, ReadTx, WriteTx

T = TypeVar("T")


def provide(app: FastAPI, thing: T, *, as_type: type[Any] | None = None) -> T:
    """Make ``thing`` available to handlers as ``Inject(its type)``."""
    provided_to(app)[as_type or type(thing)] = thing
    return thing


def Inject(kind: type[Any]) -> Any:  # noqa: N802 - reads like fastapi.Depends
    """For ``Annotated[Kind, Inject(Kind)]``: the object that the service provided."""

    def give(connection: HTTPConnection) -> Any:  # a request or a socket
        return provided_to(connection.app)[kind]

    return Depends(give)


async def _read(request: Request) -> AsyncIterator[ReadTx]:
    database: Database = provided_to(request.app)[Database]
    async with database.read() as tx:
        yield tx


async def _write(request: Request) -> AsyncIterator[WriteTx]:
    database: Database = provided_to(request.app)[Database]
    async with database.write() as tx:
        yield tx


ReadDep = Annotated[ReadTx, Depends(_read, scope="function")]
"""A read transaction for the handler."""

WriteDep = Annotated[WriteTx, Depends(_write, scope="function")]
"""A write transaction, committed *before* the answer is sent, so that who reads 200 can rely on it."""


def provided_to(app: FastAPI) -> dict[type[Any], Any]:
    """What the service provided, by type."""
    if not hasattr(app.state, "provided"):
        app.state.provided = {}
    provided: dict[type[Any], Any] = app.state.provided
    return provided
