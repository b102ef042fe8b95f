"""What every service is handed, and what it hands back: the seam between processes and rooms."""

import contextlib
from collections.abc import AsyncIterator, Callable, Coroutine
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from fastapi import FastAPI

from cctv.base.clock import Clock, SystemClock
from cctv.base.errors import InvalidInput
from cctv.infra.cache import Cache
from cctv.infra.database import Database
from cctv.infra.disks import Volume
from cctv.infra.http import add_health, create_app, provide
from cctv.infra.keys import Keyring
from cctv.infra.objects import ObjectStore, configured_store
from cctv.infra.places import Place
from cctv.services.entrance import Entrance
from cctv.services.settings import Folders, ServeSettings

Loop = Callable[[], Coroutine[Any, Any, None]]


@dataclass(frozen=True, kw_only=True)
class Wiring:
    """Outside machines and files, opened once a process."""

    service: str
    index: int
    """Which process of the service on this machine, from 0."""
    address: str
    """Where other processes reach this one, ``host:port``."""
    settings: ServeSettings
    database: Database
    cache: Cache
    keyring: Keyring
    volumes: dict[str, Volume]
    store: ObjectStore | None = None
    """Where closed files go; without one they stay on the volumes."""
    clock: Clock = field(default_factory=SystemClock)

    @cached_property
    def entrance(self) -> Entrance:
        """Who asks and what they may, for this process."""
        return Entrance(
            service=self.service,
            database=self.database,
            cache=self.cache,
            keyring=self.keyring,
            clock=self.clock,
        )

    @property
    def folders(self) -> Folders:
        return Folders(self.settings.data)

    @property
    def places(self) -> dict[str, Place]:
        """The volumes and the store, by id."""
        return {**self.volumes, **({self.store.id: self.store} if self.store is not None else {})}


@dataclass(frozen=True, slots=True, kw_only=True)
class Assembled:
    """A service: what answers requests, and what runs beside that for as long as the process lives.

    A loop that ends or fails ends the process, and the supervisor starts it anew. Loops are cancelled at the end
    and have a few seconds for what they must still write.
    """

    app: FastAPI
    loops: dict[str, Loop] = field(default_factory=dict)


@contextlib.asynccontextmanager
async def open_wiring(settings: ServeSettings, *, service: str, index: int, address: str) -> AsyncIterator[Wiring]:
    """Open what ``settings`` name; nothing connects before it is used, so this works while machines are away."""
    if settings.database_url is None or settings.valkey_url is None:
        raise InvalidInput("CCTV_DATABASE_URL and CCTV_VALKEY_URL are needed to run one service by itself")
    folders = Folders(settings.data)
    database = Database(settings.database_url)
    cache = Cache(settings.valkey_url)
    try:
        yield Wiring(
            service=service,
            index=index,
            address=address,
            settings=settings,
            database=database,
            cache=cache,
            keyring=Keyring.load(folders.keys, make=False),
            volumes={settings.volume: Volume(settings.volume, folders.default_volume)},
            store=configured_store(),
        )
    finally:
        await cache.close()
        await database.close()


def service_app(wiring: Wiring, *, title: str, needs_database: bool = True) -> FastAPI:
    """An application with what all services have: shared objects for handlers, shared health checks.

    Without ``needs_database`` the service works while PostgreSQL is away; its health says degraded then, no worse.
    """
    app = create_app(service=wiring.service, title=title)
    provide(app, wiring.database)
    provide(app, wiring.cache)
    provide(app, wiring.keyring)
    provide(app, wiring.clock, as_type=Clock)
    wiring.entrance.provide_to(app)
    add_health(app, "postgres", wiring.database.ping, vital=needs_database)
    add_health(app, "valkey", wiring.cache.ping, vital=False)
    return app
