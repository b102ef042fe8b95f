"""Transactions, notifications and a database that goes away, on the real one."""

import asyncio
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import text
from sqlalchemy.exc import InternalError

from cctv.infra.database import Database, DatabaseUnavailable, notify
from cctv.infra.embedded import EmbeddedPostgres


async def test_a_read_transaction_cannot_write(database: Database) -> None:
    with pytest.raises(InternalError, match="read-only"):
        async with database.read() as tx:
            await tx.execute(text("CREATE TABLE t (a int)"))


UNWELL = [
    "SET TRANSACTION READ ONLY; CREATE TABLE t (a int)",  # a standby after a failover
    "SELECT 1 FROM not_migrated",
    "SET LOCAL ROLE pg_monitor; DELETE FROM cameras",
    "DO $$ BEGIN RAISE EXCEPTION 'page 7 is damaged' USING ERRCODE = 'index_corrupted'; END $$",
]


@pytest.mark.parametrize("statement", UNWELL)
async def test_a_server_that_cannot_serve_us_is_like_one_that_is_away(database: Database, statement: str) -> None:
    """Whether SQLAlchemy says so or the driver under it, with which the archive speaks."""
    with pytest.raises(DatabaseUnavailable):
        async with database.write() as tx:
            for one in statement.split("; ") if "$$" not in statement else [statement]:
                await tx.execute(text(one))
    with pytest.raises(DatabaseUnavailable):
        async with database.write() as tx:
            driver = (await tx.get_raw_connection()).driver_connection
            assert isinstance(driver, psycopg.AsyncConnection)
            await driver.execute(statement.encode())


async def test_what_is_wrong_with_the_rows_is_said_as_it_is(database: Database) -> None:
    with pytest.raises(psycopg.errors.CheckViolation):
        async with database.write() as tx:
            driver = (await tx.get_raw_connection()).driver_connection
            assert isinstance(driver, psycopg.AsyncConnection)
            await driver.execute("INSERT INTO volumes (id, address) VALUES ('NO', '/')")


async def test_a_notification_is_heard_when_committed_and_only_then(database: Database) -> None:
    heard: list[tuple[str, str]] = []

    async def hear() -> None:
        async for said in database.listen("rooms"):
            heard.append(said)

    listening = asyncio.create_task(hear())
    while not heard:
        await asyncio.sleep(0.01)
    with pytest.raises(ZeroDivisionError):
        async with database.write() as tx:
            await notify(tx, "rooms", "never said")
            raise ZeroDivisionError
    async with database.write() as tx:
        await notify(tx, "rooms", "said")
    while len(heard) < 2:
        await asyncio.sleep(0.01)
    listening.cancel()
    assert heard == [("", ""), ("rooms", "said")]


async def test_what_is_in_use_when_the_end_comes_is_closed_a_moment_later(database_url: str) -> None:
    ending, done = Database(database_url), asyncio.Event()

    async def hold() -> None:
        async with ending.read():
            await done.wait()

    holding = asyncio.create_task(hold())
    async with ending.read() as tx:  # so two are there: one in use, one at rest
        us = await tx.scalar(text("SELECT datname FROM pg_stat_activity WHERE pid = pg_backend_pid()"))
    asyncio.get_running_loop().call_later(0.1, done.set)
    await ending.close()
    await holding
    with psycopg.connect(database_url) as other:
        count = "SELECT count(*) FROM pg_stat_activity WHERE datname = %s AND pid <> pg_backend_pid()"
        left = [1]
        for _ in range(100):  # a server process ends a moment after its connection
            left = list(other.execute(count, (us,)).fetchone() or ())
            other.rollback()
            if left == [0]:
                break
            await asyncio.sleep(0.02)
    assert left == [0]


async def test_away_and_back(tmp_path: Path) -> None:
    server = EmbeddedPostgres(tmp_path / "pg")
    server.start()
    database = Database(server.url)
    try:
        assert await database.ping() is None
        port = server.port
        server.stop()
        assert await database.ping() is not None
        with pytest.raises(DatabaseUnavailable):
            async with database.read() as tx:
                await tx.execute(text("SELECT 1"))
        again = EmbeddedPostgres(tmp_path / "pg", port=port)
        again.start()
        assert await database.ping() is None
        await database.close()
        again.stop()
    finally:
        server.stop()
