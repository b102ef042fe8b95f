"""Identity's part of go-api on a real database and a real Valkey, asked over its own HTTP."""

from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import httpx
import pytest
from argon2 import PasswordHasher
from fastapi import FastAPI
from starlette.requests import HTTPConnection

from cctv.access.audit import Audit
from cctv.access.audit.store import Wanted, search
from cctv.access.identity import Desk, Handed, IdentitySettings, Keeper, Lockout, ServiceTokens, add_first
from cctv.access.identity.passwords import Passwords
from cctv.access.identity.routes import router
from cctv.base.actor import LOCAL, Actor
from cctv.base.clock import Clock, ManualClock, SystemClock
from cctv.base.errors import Forbidden
from cctv.base.permission import SIGNED_IN, Need
from cctv.infra.cache import Cache
from cctv.infra.database import Database, WriteTx
from cctv.infra.http import ActorDep, Doorkeeper, Gate, Requires, create_app, provide
from cctv.infra.keys import Keyring

ADMIN = "administrator"
PASSWORD = "a long sentence of eleven words, or nearly so"
HOST = "https://cctv.example"


class AdministratorsGate:
    """Rights are another room's: the administrator and its keys may all, others what only asks to be signed in."""

    async def admit(self, connection: HTTPConnection, actor: Actor, need: Need) -> None:
        if need.kind != "sign_in" and actor.name.partition(" / ")[0] != ADMIN and actor.kind != "console":
            raise Forbidden


@dataclass
class Replica:
    """A process of go-api: its application, what it keeps in memory, its clock."""

    app: FastAPI
    keeper: Keeper
    desk: Desk
    clock: ManualClock

    def browser(self) -> httpx.AsyncClient:
        """A browser on this replica; it says where its pages come from, as browsers do."""
        return httpx.AsyncClient(
            transport=httpx.ASGITransport(self.app),
            base_url=HOST,
            headers={"x-forwarded-proto": "https", "sec-fetch-site": "same-origin"},
        )

    def program(self, bearer: str | None = None) -> httpx.AsyncClient:
        headers = {"authorization": f"Bearer {bearer}"} if bearer else {}
        return httpx.AsyncClient(transport=httpx.ASGITransport(self.app), base_url=HOST, headers=headers)


@dataclass
class Site:
    """Replicas over one database; ``ended`` collects whose media addresses were withdrawn."""

    database: Database
    cache: Cache
    keyring: Keyring
    settings: IdentitySettings = field(default_factory=IdentitySettings)
    ended: list[UUID] = field(default_factory=list)

    def replica(self, **more: Any) -> Replica:
        clock = ManualClock(SystemClock().wall_us())

        async def end_media(_tx: WriteTx, user_id: UUID) -> None:
            self.ended.append(user_id)

        desk = Desk(
            keyring=self.keyring,
            clock=clock,
            audit=Audit(self.database, service="go-api", sign=self.keyring.sign, clock=SystemClock()),
            lockout=Lockout(self.cache),
            settings=self.settings,
            endings=(end_media,),
            passwords=Passwords(PasswordHasher(time_cost=1, memory_cost=64, parallelism=1)),
        )
        keeper = Keeper(
            database=self.database,
            tokens=ServiceTokens(self.keyring, clock),
            clock=clock,
            settings=self.settings,
            audit=desk.audit,
            **more,
        )
        app = create_app(service="go-api", title="Identity")
        provide(app, self.database)
        provide(app, self.cache)
        provide(app, self.keyring)
        provide(app, desk)
        provide(app, desk.audit)
        provide(app, clock, as_type=Clock)
        provide(app, keeper, as_type=Doorkeeper)
        provide(app, AdministratorsGate(), as_type=Gate)
        app.include_router(router)

        @app.get("/api/v1/picture", dependencies=[Requires(SIGNED_IN)])
        async def picture(actor: ActorDep) -> dict[str, str]:
            return {"for": actor.name}

        return Replica(app, keeper, desk, clock)


@pytest.fixture
def site(database: Database, cache: Cache, keyring: Keyring) -> Site:
    return Site(database, cache, keyring)


@pytest.fixture
def replica(site: Site) -> Replica:
    return site.replica()


@pytest.fixture
async def first(site: Site, replica: Replica) -> Handed:
    """The administrator as the first start makes it."""
    async with site.database.write() as tx:
        made = await add_first(tx, replica.desk, LOCAL)
    assert made is not None
    return made


@pytest.fixture
async def admin(replica: Replica, first: Handed) -> AsyncIterator[httpx.AsyncClient]:
    """A browser in which the administrator is signed in, with a password of its own."""
    async with replica.browser() as browser:
        await sign_in(browser, ADMIN, first.password)
        await choose_password(browser, first.password, PASSWORD)
        yield browser


async def sign_in(browser: httpx.AsyncClient, name: str, password: str) -> dict[str, Any]:
    answer = await browser.post("/api/v1/session", json={"name": name, "password": password})
    assert answer.status_code == 200, answer.text
    said: dict[str, Any] = answer.json()
    return said


async def refusals(replica: Replica) -> list[tuple[str, str, str, str]]:
    """Of what the audit keeps of refusals: who, what, on what, why."""
    await replica.desk.audit.flush()
    async with replica.desk.audit._database.read() as tx:
        kept = await search(tx, Wanted(result="refused"), limit=1000)
    return [(one.actor_name, one.action, one.thing_id, one.detail["why"]) for one in reversed(kept)]


async def choose_password(browser: httpx.AsyncClient, current: str, new: str) -> None:
    answer = await browser.post("/api/v1/profile/password", json={"current": current, "new": new})
    assert answer.status_code == 200, answer.text


Joining = Callable[[str], Awaitable[httpx.AsyncClient]]


@pytest.fixture
async def join(replica: Replica, admin: httpx.AsyncClient) -> AsyncIterator[Joining]:
    """Makes a user and signs it in, with a password of its own."""
    browsers: list[httpx.AsyncClient] = []

    async def joined(name: str) -> httpx.AsyncClient:
        answer = await admin.post("/api/v1/users", json={"name": name})
        assert answer.status_code == 201, answer.text
        browser = replica.browser()
        browsers.append(browser)
        await sign_in(browser, name, answer.json()["one_time_password"])
        await choose_password(browser, answer.json()["one_time_password"], PASSWORD)
        return browser

    yield joined
    for browser in browsers:
        await browser.aclose()
