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
