"""PostgreSQL: one engine a process, read and write transactions as different types, and notifications.

Whoever opens the transaction commits it: a request's frame or a job's. Rooms receive one and never commit.
"""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Iterator
from typing import NewType

import psycopg
from prometheus_client import Histogram
from psycopg import sql
from sqlalchemy import MetaData, event, text
from sqlalchemy.engine import Connection
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine
from sqlalchemy.pool import QueuePool

from cctv.base.errors import Unavailable

metadata = MetaData()
"""All tables of all rooms; the migrations are compared with it by a test."""

ReadTx = NewType("ReadTx", AsyncConnection)
"""A transaction that reads; PostgreSQL refuses writes in it."""

WriteTx = NewType("WriteTx", ReadTx)
"""A transaction that may write; its opener commits."""

_RECONNECT_S = 1.0
_CLOSE_S = 2.0
_CLOSE_LOOK_S = 0.01
_UNWELL = (
    psycopg.OperationalError,
    psycopg.InterfaceError,
    psycopg.InternalError,
    psycopg.errors.InsufficientPrivilege,
    psycopg.errors.InvalidSchemaName,
    psycopg.errors.UndefinedColumn,
    psycopg.errors.UndefinedFunction,
    psycopg.errors.UndefinedTable,
)
"""The server as a whole cannot serve us, whatever is asked: away, a standby after a failover, damaged inside,
without our schema or our rights. Rows wait for it; to take it for a refusal of these rows would lose them."""

query_seconds = Histogram(
    "db_query_duration_seconds",
    "Time of one database statement, without the wait for a connection.",
    buckets=(0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5),
)


class DatabaseUnavailable(Unavailable):
    """The database does not answer; try again in a moment."""

    code = "database_unavailable"
    message_ar = "قاعدة البيانات لا تستجيب؛ حاول مرة أخرى بعد قليل."


class Database:
    """Transactions on one PostgreSQL. ``url`` is libpq's form, ``postgresql://user:password@host:port/name``."""

    def __init__(self, url: str, *, pool_size: int = 5, statement_timeout_s: float = 30.0) -> None:
        self._url = url
        self.engine: AsyncEngine = create_async_engine(
            url.replace("postgresql://", "postgresql+psycopg://", 1),
            pool_size=pool_size,
            max_overflow=pool_size,
            pool_timeout=5.0,
            pool_pre_ping=True,
            pool_recycle=1800,
            connect_args={
                "connect_timeout": 5,
                "options": f"-c timezone=UTC -c statement_timeout={int(statement_timeout_s * 1000)}",
                "keepalives_idle": 10,
            },
        )
        _time_queries(self.engine)

    @contextlib.asynccontextmanager
    async def read(self) -> AsyncIterator[ReadTx]:
        """A read-only transaction at one moment (``REPEATABLE READ``); :class:`DatabaseUnavailable` when down."""
        with _translated(writing=False):
            async with self.engine.connect() as connection:
                await connection.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
                async with connection.begin():
                    yield ReadTx(connection)

    @contextlib.asynccontextmanager
    async def write(self) -> AsyncIterator[WriteTx]:
        """A writing transaction, committed when the block ends well; :class:`DatabaseUnavailable` when down."""
        with _translated():
            async with self.engine.begin() as connection:
                yield WriteTx(ReadTx(connection))

    async def listen(self, *channels: str) -> AsyncIterator[tuple[str, str]]:
        """Notifications as (channel, payload), for ever. After each (re)connection one ("", "") comes first:

        what was said while nobody listened is lost, so the caller looks at everything anew then.
        """
        while True:
            try:
                async with await psycopg.AsyncConnection.connect(
                    self._url, autocommit=True, connect_timeout=5, keepalives_idle=10
                ) as connection:
                    for channel in channels:
                        await connection.execute(sql.SQL("LISTEN {}").format(sql.Identifier(channel)))
                    yield "", ""
                    async for said in connection.notifies():
                        yield said.channel, said.payload
            except _UNWELL:  # a standby refuses LISTEN
                await asyncio.sleep(_RECONNECT_S)

    async def ping(self) -> str | None:
        """What is wrong with the database, or ``None``."""
        try:
            async with asyncio.timeout(3), self.read() as tx:
                await tx.execute(text("SELECT 1"))
        except (DatabaseUnavailable, TimeoutError) as fault:
            return str(fault) or "no answer within 3 s"
        return None

    async def close(self) -> None:
        """Close all connections. One that is in use is waited for, as long as :data:`_CLOSE_S`.

        Whoever is cancelled gives its connection back a moment later; one that came back after the end would stay
        open until the garbage collector finds it.
        """
        try:
            for _ in range(int(_CLOSE_S / _CLOSE_LOOK_S)):
                if not self._in_use():
                    break
                await asyncio.sleep(_CLOSE_LOOK_S)
        finally:
            await self.engine.dispose()

    def _in_use(self) -> int:
        pool = self.engine.pool
        return pool.checkedout() if isinstance(pool, QueuePool) else 0


async def notify(tx: WriteTx, channel: str, payload: str = "") -> None:
    """Tell the listeners of ``channel``; they hear it when the transaction commits, and not if it does not."""
    await tx.execute(text("SELECT pg_notify(:channel, :payload)"), {"channel": channel, "payload": payload})


@contextlib.contextmanager
def _translated(*, writing: bool = True) -> Iterator[None]:
    """What pool, SQLAlchemy or the driver says of a server that is unwell, as :class:`DatabaseUnavailable`."""
    try:
        yield
    except PoolTimeout as fault:
        raise DatabaseUnavailable(cause=type(fault).__name__) from fault
    except (DBAPIError, psycopg.Error) as fault:
        said = fault.orig if isinstance(fault, DBAPIError) else fault
        if not writing and isinstance(said, psycopg.errors.ReadOnlySqlTransaction):
            raise  # our own mistake: somebody writes with a transaction that reads
        if isinstance(said, _UNWELL) or (isinstance(fault, DBAPIError) and fault.connection_invalidated):
            raise DatabaseUnavailable(cause=type(said).__name__) from fault
        raise


def _time_queries(engine: AsyncEngine) -> None:
    def began(connection: Connection, *_: object) -> None:
        connection.info["statement_began_s"] = time.perf_counter()

    def ended(connection: Connection, *_: object) -> None:
        query_seconds.observe(time.perf_counter() - connection.info["statement_began_s"])

    event.listen(engine.sync_engine, "before_cursor_execute", began)
    event.listen(engine.sync_engine, "after_cursor_execute", ended)
