"""Identity's API under requests that nobody would write, signed in and not: refused in order, never our fault."""

import asyncio
import contextlib
import os
import threading
from collections.abc import Iterator
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from hypothesis.errors import Unsatisfiable
from schemathesis.core.result import Ok
from tests.integration.identity.conftest import Site

from cctv.access.identity import IdentitySettings, add_first
from cctv.access.identity.model import ADMINISTRATOR
from cctv.access.identity.organisation.flow import Flow
from cctv.access.identity.organisation.provider import Provider
from cctv.access.identity.signing_in import From, begin
from cctv.access.identity.store import user_called
from cctv.base.actor import LOCAL
from cctv.infra.cache import Cache
from cctv.infra.database import Database
from cctv.infra.embedded import EmbeddedValkey
from cctv.infra.http import listen, make_server, provide, serve
from cctv.infra.keys import Keyring

EXAMPLES = 200 if os.environ.get("CCTV_TEST_LONG") else 6


class Served:
    """The application on a socket, in a thread with a loop of its own: the fuzzer blocks."""

    def __init__(self) -> None:
        self.url = ""
        self.headers: dict[str, str] = {}
        self.started = threading.Event()
        self.server: Any = None

    async def run(self, url: str, valkey: str, keyring: Keyring) -> None:
        database, cache = Database(url), Cache(valkey)
        one = Site(database, cache, keyring, IdentitySettings(oidc_issuer="http://127.0.0.1:1")).replica()
        provide(one.app, Flow(provider=Provider(one.desk.settings), desk=one.desk, database=database))
        async with database.write() as tx:
            await add_first(tx, one.desk, LOCAL)
            user = await user_called(tx, ADMINISTRATOR)
            assert user is not None
            done = await begin(tx, one.desk, user, method="password", origin=From())
            from cctv.access.identity import store

            await store.change_session(tx, done.session.id, pending=None)
        listening = listen("127.0.0.1", 0)
        host = f"127.0.0.1:{listening.getsockname()[1]}"
        self.url = f"http://{host}"
        self.headers = {"Cookie": f"cctv_session={done.secret}", "Origin": self.url}
        self.server = make_server(one.app, stop_within_s=1)
        self.app = one.app
        self.started.set()
        await serve(self.server, listening)
        await cache.close()
        await database.close()


@pytest.fixture
def served(database_url: str, valkey: EmbeddedValkey, keyring: Keyring) -> Iterator[Served]:
    one = Served()
    thread = threading.Thread(target=asyncio.run, args=(one.run(database_url, valkey.url, keyring),), daemon=True)
    thread.start()
    assert one.started.wait(20)
    yield one
    one.server.should_exit = True
    thread.join(10)


@pytest.mark.parametrize("signed_in", [True, False], ids=["signed in", "nobody"])
def test_no_request_makes_us_fail(served: Served, signed_in: bool) -> None:
    schema = schemathesis.openapi.from_dict(served.app.openapi())
    tried = 0
    for found in schema.get_all_operations():
        assert isinstance(found, Ok)
        operation = found.ok()
        if str(operation.definition.raw.get("operationId", "")).startswith("sign_out"):
            continue
        _try(operation, served, schemathesis.GenerationMode.POSITIVE, signed_in=signed_in)
        with contextlib.suppress(Unsatisfiable):  # there is nothing to get wrong in it
            _try(operation, served, schemathesis.GenerationMode.NEGATIVE, signed_in=signed_in)
        tried += 1
    assert tried >= 25


def _try(operation: Any, served: Served, mode: schemathesis.GenerationMode, *, signed_in: bool) -> None:
    @settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck), database=None)
    @given(case=operation.as_strategy(generation_mode=mode))
    def ask(case: Any) -> None:
        headers = served.headers if signed_in else {"Origin": served.url}
        answer = case.call(base_url=served.url, headers=headers, timeout=30, allow_redirects=False)
        away = answer.status_code == 503 and b"provider_away" in answer.content
        assert answer.status_code < 500 or away, case.as_curl_command()
        if answer.status_code >= 400:
            assert answer.headers["content-type"] == ["application/problem+json"], case.as_curl_command()

    ask()
