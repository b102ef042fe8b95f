"""The cameras' part of vms-service on a real database, asked over its own HTTP."""

import asyncio
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from cctv.base.clock import Clock, SystemClock
from cctv.base.faults import Fault
from cctv.cameras.drivers import Found, Prober, ProbeSettings, Target
from cctv.cameras.drivers.model import failed
from cctv.cameras.drivers.routes import router as drivers_router
from cctv.cameras.registry.routes import router as registry_router
from cctv.cameras.status.routes import router as status_router
from cctv.infra.cache import Cache
from cctv.infra.database import Database
from cctv.infra.http import create_app, listen, make_server, provide, serve
from cctv.infra.keys import Keyring


@pytest.fixture
def app(database: Database, cache: Cache, keyring: Keyring, let_in: Callable[..., Any]) -> FastAPI:
    app = create_app(service="vms-service", title="Cameras")
    let_in(app, database)
    provide(app, database)
    provide(app, cache)
    provide(app, keyring)
    provide(app, SystemClock(), as_type=Clock)
    provide(app, Prober(ProbeSettings(probe_open_s=3)))
    app.include_router(registry_router)
    app.include_router(drivers_router)
    app.include_router(status_router)
    return app


@pytest.fixture
async def api(app: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://vms/api/v1") as client:
        yield client


class _NoCamera(Prober):
    """Says that nobody answers, at once: addresses made up by a machine are not to be connected to."""

    async def probe(self, target: Target) -> Found:
        return failed(Fault.NETWORK_LOST, why="silent")


@pytest.fixture
def served(database_url: str, keyring: Keyring, let_in: Callable[..., Any]) -> Iterator[str]:
    """The application on a real socket, in a thread with a loop of its own: the fuzzer blocks."""
    listening = listen("127.0.0.1", 0)
    started = threading.Event()
    ends: list[object] = []

    async def run() -> None:
        database = Database(database_url)
        app = create_app(service="vms-service", title="Cameras")
        let_in(app, database)
        for thing, kind in (
            (database, Database),
            (keyring, Keyring),
            (SystemClock(), Clock),
            (_NoCamera(ProbeSettings()), Prober),
        ):
            provide(app, thing, as_type=kind)
        for router in (registry_router, drivers_router, status_router):
            app.include_router(router)
        server = make_server(app, stop_within_s=1)
        ends.append(server)
        started.set()
        await serve(server, listening)
        await database.close()

    thread = threading.Thread(target=asyncio.run, args=(run(),), daemon=True)
    thread.start()
    assert started.wait(10)
    yield f"http://127.0.0.1:{listening.getsockname()[1]}"
    ends[0].should_exit = True  # type: ignore[attr-defined]
    thread.join(10)
    listening.close()
