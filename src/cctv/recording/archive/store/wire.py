"""The driver under a transaction, for statements whose speed counts: binary rows straight into tuples.

A day's rows of a camera cost a fraction of what they cost through a result object. The statements take part in the
transaction like any other.
"""

import time
from collections.abc import Callable, Sequence
from typing import Any, LiteralString, TypeVar

from psycopg import AsyncConnection, AsyncCursor
from psycopg.rows import args_row, tuple_row

from cctv.infra.database import ReadTx, query_seconds

T = TypeVar("T")
Params = Sequence[Any] | dict[str, Any]


async def fetch(tx: ReadTx, query: LiteralString, params: Params = ()) -> list[tuple[Any, ...]]:
    """All rows of a statement; ``%s`` or ``%(name)s`` mark parameters, lists are arrays."""
    driver = await _driver(tx)
    began_s = time.perf_counter()
    async with driver.cursor(binary=True, row_factory=tuple_row) as cursor:
        await cursor.execute(query, params)
        rows = await cursor.fetchall() if cursor.description else []
    query_seconds.observe(time.perf_counter() - began_s)
    return rows


async def fetch_as(tx: ReadTx, shape: Callable[..., T], query: LiteralString, params: Params = ()) -> list[T]:
    """All rows, each through ``shape(*columns)``."""
    driver = await _driver(tx)
    began_s = time.perf_counter()
    cursor: AsyncCursor[T]
    async with driver.cursor(binary=True, row_factory=args_row(shape)) as cursor:
        await cursor.execute(query, params)
        rows = await cursor.fetchall()
    query_seconds.observe(time.perf_counter() - began_s)
    return rows


async def change(tx: ReadTx, query: LiteralString, params: Params = ()) -> int:
    """Run a statement for its effect; how many rows it touched."""
    driver = await _driver(tx)
    began_s = time.perf_counter()
    async with driver.cursor(binary=True) as cursor:
        await cursor.execute(query, params)
        touched = cursor.rowcount
    query_seconds.observe(time.perf_counter() - began_s)
    return touched


async def _driver(tx: ReadTx) -> AsyncConnection[Any]:
    raw = await tx.get_raw_connection()
    driver = raw.driver_connection
    if not isinstance(driver, AsyncConnection):
        raise TypeError(f"the archive speaks psycopg, not {type(driver).__name__}")
    return driver
