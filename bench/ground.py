"""The ground that benches of playback stand on: real servers in a temporary folder, and the line they print."""

import asyncio
import contextlib
import json
import multiprocessing
import os
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any

import httpx
import structlog
import uvloop
from fastapi import FastAPI

from cctv.access.audit import Audit
from cctv.access.doors import PolicyGate
from cctv.access.policy import Policy
from cctv.base.actor import LOCAL, Actor
from cctv.base.clock import SystemClock
from cctv.infra.cache import Cache
from cctv.infra.database import Database
from cctv.infra.disks import Volume
from cctv.infra.embedded import EmbeddedPostgres, EmbeddedValkey, free_port
from cctv.infra.http import Doorkeeper, Gate, Shown, create_app, listen, make_server, provide, serve
from cctv.infra.keys import Keyring
from cctv.services.migrations import run as migrations
from cctv.viewing.playback import Machines, Playback, PlaybackSettings, Watching
from cctv.viewing.playback.routes import media_router, router


@dataclass(frozen=True)
class Ground:
    """Addresses and folders of one bench."""

    folder: Path
    database_url: str
    valkey_url: str

    @property
    def volume(self) -> Volume:
        return Volume("default", self.folder / "volume")

    @property
    def keys(self) -> Path:
        return self.folder / "keys"


@contextlib.contextmanager
def ground() -> Iterator[Ground]:
    """PostgreSQL with our schema and Valkey, as one machine has them, gone afterwards.

    ``CCTV_BENCH_DIR`` is a folder with room (an hour of video takes 1 GB); else the system's temporary one.
    """
    with tempfile.TemporaryDirectory(prefix="cctv-bench-", dir=os.environ.get("CCTV_BENCH_DIR")) as name:
        folder = Path(name)
        folder.chmod(0o755)  # the database's unprivileged user comes through here
        postgres, valkey = EmbeddedPostgres(folder / "pg"), EmbeddedValkey(folder / "valkey")
        postgres.start()
        valkey.start()
        try:
            migrations.upgrade(postgres.url)
            Keyring.load(folder / "keys", make=True)
            yield Ground(folder, postgres.url, valkey.url)
        finally:
            valkey.stop()
            postgres.stop()


@contextlib.contextmanager
def playback_service(place: Ground) -> Iterator[str]:
    """playback-service in a process of its own; gives its host and port."""
    port = free_port()
    process = multiprocessing.get_context("spawn").Process(target=_serve, args=(place, port), daemon=True)
    process.start()
    address = f"127.0.0.1:{port}"
    try:
        _await(f"http://{address}/health", process)
        yield address
    finally:
        process.terminate()
        process.join(10)


def line(claim: str, *, ours: float, other: float, ratio: float, target: str, met: bool, **more: Any) -> None:
    """The one line of a bench. ``ours`` and ``other`` carry their unit in the claim."""
    rounded = {"ours": round(ours, 4), "other": round(other, 4), "ratio": round(ratio, 3)}
    print(json.dumps({"claim": claim, **rounded, "target": target, "met": met, **more}), flush=True)


def percentile(values: list[float], share: float) -> float:
    """The value below which ``share`` of the values lie (nearest rank)."""
    ranked = sorted(values)
    return ranked[min(len(ranked) - 1, int(share * len(ranked)))]


class _Everybody:
    """A doorkeeper who takes everybody for the server's console: what is measured here is not who comes in."""

    async def identify(self, _shown: Shown) -> Actor | None:
        return LOCAL

    async def until_revoked(self, _actor: Actor) -> None:
        await asyncio.Event().wait()


def open_doors(app: FastAPI, database: Database, keyring: Keyring) -> None:
    """Give the application the gate that services have, with everybody let in."""
    policy, audit, keeper = Policy(database, clock=SystemClock()), _audit(database, keyring), _Everybody()
    provide(app, keeper, as_type=Doorkeeper)
    provide(app, PolicyGate(policy, audit, keeper), as_type=Gate)


def everybody_watches(database: Database, keyring: Keyring) -> Watching:
    """What playback asks about its viewers."""
    return Watching(policy=Policy(database, clock=SystemClock()), audit=_audit(database, keyring))


def _audit(database: Database, keyring: Keyring) -> Audit:
    return Audit(database, service="bench", sign=keyring.sign, clock=SystemClock())


def _serve(place: Ground, port: int) -> None:
    async def main() -> None:
        database, cache, volume = Database(place.database_url), Cache(place.valkey_url), place.volume
        keyring = Keyring.load(place.keys, make=False)
        playback = Playback(
            machines=Machines(
                database=database,
                cache=cache,
                signer=keyring,
                clock=SystemClock(),
                folder=place.folder / "stills",
            ),
            volumes={volume.id: volume},
            settings=PlaybackSettings(),
            watching=everybody_watches(database, keyring),
        )
        app = create_app(service="playback-service", title="Playback")
        open_doors(app, database, keyring)
        provide(app, database)
        provide(app, playback)
        app.include_router(router)
        app.include_router(media_router)
        server = make_server(app)
        running = asyncio.create_task(playback.run())
        while not playback.ready():  # noqa: ASYNC110 - a moment, once
            await asyncio.sleep(0.01)
        await serve(server, listen("127.0.0.1", port))
        running.cancel()

    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(30))
    uvloop.run(main())


def _await(url: str, process: BaseProcess) -> None:
    for _ in range(300):
        if not process.is_alive():
            raise RuntimeError("playback-service did not start")
        with contextlib.suppress(httpx.HTTPError):
            if httpx.get(url, timeout=1).status_code == 200:
                return
        time.sleep(0.1)
    raise TimeoutError(url)
