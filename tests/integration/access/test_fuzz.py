"""Every service under requests that nobody would write, with all rights, with few, with none: refused in order,
never our fault, and not a word about cameras that whoever asks may not see.
"""

import asyncio
import contextlib
import json
import os
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st
from hypothesis.errors import Unsatisfiable
from schemathesis.core.result import Ok
from tests.conftest import KnownAs, UserWith, user_maker
from tests.integration.access.conftest import Silent

from cctv.access.doors import PolicyGate
from cctv.base.actor import Actor
from cctv.base.clock import SystemClock, utc_now
from cctv.base.ids import CameraId
from cctv.base.span import Span
from cctv.cameras import registry
from cctv.cameras.drivers import Prober, ProbeSettings
from cctv.infra.embedded import EmbeddedValkey
from cctv.infra.http import Doorkeeper, Gate, listen, make_server, provide, serve
from cctv.infra.http.inject import provided_to
from cctv.infra.keys import Keyring
from cctv.services.settings import Folders, ServeSettings
from cctv.services.table import SERVICES
from cctv.services.wiring import Wiring, open_wiring
from cctv.viewing.playback import Playback
from cctv.viewing.playback.model import Purpose

EXAMPLES = 200 if os.environ.get("CCTV_TEST_LONG") else 3
"""For each operation and kind of request."""

SECRET = "Hidden Quay"
HOST = "192.0.2.77"
ELSEWHERE = ("/api/v1/session", "/api/v1/profile", "/api/v1/keys", "/api/v1/users", "/api/v1/oidc", "/api/v1/iam")
"""Identity has its own: tests/integration/identity/test_fuzz.py."""


@dataclass
class Served:
    """All services on sockets, in a thread with a loop of its own: the fuzzer blocks."""

    urls: dict[str, str] = field(default_factory=dict)
    described: dict[str, dict[str, Any]] = field(default_factory=dict)
    keeper: KnownAs = field(default_factory=lambda: KnownAs(None))
    own: list[str] = field(default_factory=list)
    foreign: list[str] = field(default_factory=list)
    playback: list[Playback] = field(default_factory=list)
    grants: list[str] = field(default_factory=list)
    actors: dict[str, Actor | None] = field(default_factory=dict)
    started: threading.Event = field(default_factory=threading.Event)
    stop: asyncio.Event = field(default_factory=asyncio.Event)
    loop: asyncio.AbstractEventLoop | None = None

    async def run(self, database_url: str, valkey_url: str, folder: Path) -> None:
        self.loop = asyncio.get_running_loop()
        Keyring.load(folder / "keys", make=True)
        Folders(folder).make()
        given = ServeSettings(data=folder, database_url=database_url, valkey_url=valkey_url)
        async with contextlib.AsyncExitStack() as opened:
            servers = []
            for service in SERVICES:
                wiring = await opened.enter_async_context(
                    open_wiring(given, service=service.name, index=0, address="127.0.0.1:1")
                )
                if not self.own:
                    await self._fill(wiring)
                servers.append(self._serve(service.name, service.assemble(wiring).app, wiring))
            playing = asyncio.create_task(self.playback[0].run())
            while not self.playback[0].ready():
                await asyncio.sleep(0.01)
            self.started.set()
            await self.stop.wait()
            playing.cancel()
            await asyncio.gather(playing, return_exceptions=True)
            for server, task in servers:
                server.should_exit = True
                await task

    def _serve(self, name: str, app: Any, wiring: Wiring) -> tuple[Any, asyncio.Task[None]]:
        provide(app, self.keeper, as_type=Doorkeeper)
        provide(app, PolicyGate(wiring.entrance.policy, wiring.entrance.audit, self.keeper), as_type=Gate)
        provide(app, Silent(ProbeSettings()), as_type=Prober)
        playback: Playback | None = provided_to(app).get(Playback)
        if playback is not None:
            self.playback.append(playback)
            now = datetime.now(UTC)
            span = Span(now - timedelta(hours=2), now - timedelta(hours=1))
            user = self.actors["few"]
            assert user is not None
            for camera in (self.own[0], self.foreign[0]):
                grant = playback.grant(
                    user, CameraId(UUID(camera)), span, purpose=Purpose.PLAYBACK, renewable=True
                )
                self.grants.append(playback.rights.seal(grant))
        listening = listen("127.0.0.1", 0)
        self.urls[name] = f"http://127.0.0.1:{listening.getsockname()[1]}"
        self.described[name] = app.openapi()
        server = make_server(app, stop_within_s=1)
        return server, asyncio.create_task(serve(server, listening))

    async def _fill(self, wiring: Wiring) -> None:
        at = utc_now(SystemClock())
        async with wiring.database.write() as tx:
            for agency, name, host in (("METRO", "Gate", "192.0.2.1"), ("BUS", SECRET, HOST)):
                draft = registry.Draft(name=name, agency=agency, main_url=f"rtsp://{host}/main", keep=False)
                camera = await registry.add_camera(tx, draft, keyring=wiring.keyring, at=at)
                (self.own if agency == "METRO" else self.foreign).append(str(camera.id))
        make: UserWith = user_maker(wiring.database)
        self.actors = {
            "all": await make("administrator"),
            "few": await make("investigator", agency="METRO"),
            "none": None,
        }


@pytest.fixture
def served(database_url: str, valkey: EmbeddedValkey, tmp_path: Path) -> Iterator[Served]:
    one = Served()
    thread = threading.Thread(target=asyncio.run, args=(one.run(database_url, valkey.url, tmp_path),), daemon=True)
    thread.start()
    assert one.started.wait(30)
    yield one
    assert one.loop is not None
    one.loop.call_soon_threadsafe(one.stop.set)
    thread.join(20)


def test_no_request_makes_any_service_fail_or_tell_of_hidden_cameras(served: Served) -> None:
    tried = set()
    for who in served.actors:
        served.keeper.actor = served.actors[who]
        for name, description in served.described.items():
            if not description.get("paths"):
                continue
            for found in schemathesis.openapi.from_dict(description).get_all_operations():
                assert isinstance(found, Ok)
                operation = found.ok()
                if operation.path.startswith(ELSEWHERE) and operation.path != "/api/v1/session/rights":
                    continue
                for mode in (schemathesis.GenerationMode.POSITIVE, schemathesis.GenerationMode.NEGATIVE):
                    with contextlib.suppress(Unsatisfiable):  # there is nothing to get wrong in it
                        _try(operation, served, name, mode, who)
                tried.add((name, operation.label))
    assert {name for name, _ in tried} == {service.name for service in SERVICES} - {"live-edge"}
    assert len(tried) >= 40, len(tried)


def _try(operation: Any, served: Served, service: str, mode: schemathesis.GenerationMode, who: str) -> None:
    @seed(20_261_126)
    @settings(
        max_examples=EXAMPLES if who != "none" else 2,
        deadline=None,
        phases=[Phase.explicit, Phase.generate],
        suppress_health_check=list(HealthCheck),
        database=None,
    )
    @given(case=operation.as_strategy(generation_mode=mode), data=st.data())
    def ask(case: Any, data: st.DataObject) -> None:
        asked_of = _point_at_cameras(case, served, data)
        answer = case.call(base_url=served.urls[service], timeout=30, allow_redirects=False)
        told = answer.content.decode(errors="replace")
        words = f"{who}: {case.as_curl_command()} -> {answer.status_code} {told[:300]}"
        assert answer.status_code < 500, words
        if answer.status_code >= 400:
            assert answer.headers["content-type"] == ["application/problem+json"], words
        if who != "all":
            assert SECRET not in told, words
            assert HOST not in told, words
            if served.foreign[0] in told:
                assert 400 <= answer.status_code < 500, words
        if who == "none":
            public = operation.path.startswith(("/media/", "/health"))
            # A body is parsed before a door is asked: of strangers little is (test_doors.py).
            unread = any(f'"code":"{code}"' in told for code in ("json_invalid", "bad_request", "not_found"))
            assert answer.status_code == 401 or public or unread, words
        if who == "few" and asked_of == {"camera": served.foreign[0]}:
            assert 400 <= answer.status_code < 500, words

    ask()


def _point_at_cameras(case: Any, served: Served, data: st.DataObject) -> dict[str, str]:
    """Ask for cameras that there are, in most requests; which, when it is one."""
    there = st.sampled_from([served.own[0], served.foreign[0], "as it is"])
    chosen = data.draw(there)
    path = case.path_parameters
    if isinstance(path, dict):
        if "grant" in path:
            path["grant"] = data.draw(st.sampled_from([*served.grants, path["grant"]]))
        for name in {"camera", "camera_id"} & set(path):
            if chosen != "as it is":
                path[name] = chosen
                return {"camera": chosen}
    if chosen != "as it is":
        if isinstance(case.query, dict) and "camera" in case.query:
            case.query["camera"] = [chosen] if isinstance(case.query["camera"], list) else chosen
            return {"camera": chosen}
        if isinstance(case.body, dict) and "camera" in case.body:
            case.body["camera"] = chosen
            return {"camera": chosen}
    return {}


def test_what_is_described_is_what_there_is(served: Served) -> None:
    """Who may not may read nothing of how the API is made either."""
    import httpx

    served.keeper.actor = served.actors["few"]
    for url in served.urls.values():
        answer = httpx.get(f"{url}/internal/openapi.json")
        assert (answer.status_code, answer.json()["code"]) == (403, "may_not")
        assert json.loads(answer.text).get("paths") is None
