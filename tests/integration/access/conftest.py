"""All services as they are put together for production, with a doorkeeper who is told who comes."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
from fastapi import FastAPI

from cctv.access.doors import PolicyGate
from cctv.base.actor import Actor
from cctv.base.clock import SystemClock, utc_now
from cctv.base.faults import Fault
from cctv.cameras import registry
from cctv.cameras.drivers import Found, Prober, ProbeSettings, Target
from cctv.cameras.drivers.model import failed
from cctv.cameras.registry.groups import add_group
from cctv.infra.cache import Cache
from cctv.infra.database import Database
from cctv.infra.disks import Volume
from cctv.infra.http import Doorkeeper, Gate, Shown, provide
from cctv.infra.http.inject import provided_to
from cctv.infra.keys import Keyring
from cctv.services.settings import ServeSettings
from cctv.services.table import SERVICES
from cctv.services.wiring import Wiring
from cctv.viewing.playback import Playback


class Silent(Prober):
    """Nobody answers: the addresses of these cameras are made up."""

    async def probe(self, target: Target) -> Found:
        return failed(Fault.NETWORK_LOST, why="silent")


@dataclass
class Street:
    """A camera of METRO in a group, one of BUS, one that does not exist; and all services."""

    own: UUID
    foreign: UUID
    group: UUID
    nowhere: UUID
    apps: dict[str, FastAPI]
    wirings: dict[str, Wiring]
    keepers: dict[str, Any] = field(default_factory=dict)
    _clients: dict[str, httpx.AsyncClient] = field(default_factory=dict)

    def come_as(self, actor: Actor | None) -> None:
        """From now on everybody who comes is ``actor``."""
        for keeper in self.keepers.values():
            keeper.actor = actor

    def client(self, service: str) -> httpx.AsyncClient:
        """One a service: making one reads the machine's certificates each time."""
        if service not in self._clients:
            transport = httpx.ASGITransport(self.apps[service])
            self._clients[service] = httpx.AsyncClient(transport=transport, base_url="http://test", verify=False)
        return self._clients[service]

    @contextlib.asynccontextmanager
    async def playing(self) -> AsyncIterator[None]:
        """While playback and the entrance of its service run, as in its process."""
        playback = provided_to(self.apps["playback-service"])[Playback]
        follow = self.wirings["playback-service"].entrance.loops()["access"]
        tasks = [asyncio.create_task(playback.run()), asyncio.create_task(follow())]
        async with asyncio.timeout(10):
            while not playback.ready():
                await asyncio.sleep(0.01)
        yield
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def close(self) -> None:
        for client in self._clients.values():
            await client.aclose()

    def forget(self) -> None:
        for wiring in self.wirings.values():
            wiring.entrance.policy.forget("")


class KnownAs:
    """Takes everybody for ``actor``."""

    actor: Actor | None = None

    async def identify(self, _shown: Shown) -> Actor | None:
        return self.actor

    async def until_revoked(self, _actor: Actor) -> None:
        await asyncio.Event().wait()


@pytest.fixture
async def street(
    database: Database, cache: Cache, keyring: Keyring, tmp_path: Path, valkey: Any, database_url: str
) -> AsyncIterator[Street]:
    settings = ServeSettings(data=tmp_path, database_url=database_url, valkey_url=valkey.url)
    settings.data.joinpath("volumes").mkdir(exist_ok=True)
    at = utc_now(SystemClock())
    async with database.write() as tx:
        group = await add_group(tx, name="Gates", name_ar="")
        own, foreign = [
            await registry.add_camera(
                tx,
                registry.Draft(
                    name="Gate", agency=agency, group_id=within, main_url=f"rtsp://{host}/main", keep=False
                ),
                keyring=keyring,
                at=at,
            )
            for agency, within, host in (("METRO", group.id, "192.0.2.1"), ("BUS", None, "192.0.2.2"))
        ]
    there = Street(own.id, foreign.id, group.id, uuid4(), {}, {})
    for service in SERVICES:
        wiring = Wiring(
            service=service.name,
            index=0,
            address="127.0.0.1:1",
            settings=settings,
            database=database,
            cache=cache,
            keyring=keyring,
            volumes={"default": Volume("default", tmp_path / "volume")},
        )
        app = service.assemble(wiring).app
        keeper = KnownAs()
        provide(app, keeper, as_type=Doorkeeper)
        provide(app, PolicyGate(wiring.entrance.policy, wiring.entrance.audit, keeper), as_type=Gate)
        provide(app, Silent(ProbeSettings()), as_type=Prober)
        there.apps[service.name], there.wirings[service.name] = app, wiring
        there.keepers[service.name] = keeper
    yield there
    await there.close()
    for wiring in there.wirings.values():
        await wiring.entrance.audit.flush()
