"""Sockets of whole services, two replicas of one, with real sessions: who hears what, and when it ends."""

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text
from tests.conftest import UserWith
from tests.integration.access.conftest import Street
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidStatus

from cctv.access.doors import PolicyGate
from cctv.access.identity import store as people
from cctv.access.identity.model import Session, hashed
from cctv.access.identity.organisation.notices import GROUP_CHANGED, USER_DISABLED, carry_out
from cctv.access.identity.tokens import new_session_secret
from cctv.base.actor import Actor
from cctv.base.clock import SystemClock, utc_now
from cctv.base.events import ACCESS_CHANGED, CAMERA_STATUS, CAMERAS_CHANGED, EVENTS_CHANNEL
from cctv.infra.cache import Cache
from cctv.infra.database import Database, notify
from cctv.infra.http import Doorkeeper, Gate, listen, make_server, provide, serve
from cctv.infra.keys import Keyring
from cctv.services.table import service_called
from cctv.services.wiring import Wiring

REPLICAS = ("go-api", "go-api", "live-edge")


@dataclass
class Town:
    """Two replicas of go-api and a live edge, with the doorkeepers that they have in production."""

    street: Street
    database: Database
    cache: Cache
    hosts: list[str]
    wirings: list[Wiring]

    async def sign_in(self, actor: Actor) -> str:
        """A session's cookie."""
        now, secret = utc_now(SystemClock()), new_session_secret()
        session = Session(
            id=hashed(secret),
            user_id=UUID(actor.id),
            method="password",
            pending=None,
            created_at=now,
            seen_at=now,
            expires_at=now + timedelta(hours=1),
        )
        async with self.database.write() as tx:
            await people.add_session(tx, session)
        return f"cctv_session={secret}"

    def socket(self, replica: int, path: str, cookie: str, *, origin: str | None = None) -> Any:
        host = self.hosts[replica]
        headers = {"Cookie": cookie, "Origin": origin or f"http://{host}"}
        return connect(f"ws://{host}{path}", additional_headers=headers, proxy=None)


@pytest.fixture
async def town(street: Street, database: Database, cache: Cache, keyring: Keyring) -> AsyncIterator[Town]:
    async with contextlib.AsyncExitStack() as opened:
        one = Town(street, database, cache, [], [])
        for name in REPLICAS:
            wiring = replace(street.wirings[name])
            service = service_called(name).assemble(wiring)
            entrance = wiring.entrance
            assert isinstance(service.app.state.provided[Doorkeeper], type(entrance.keeper))
            provide(service.app, PolicyGate(entrance.policy, entrance.audit, entrance.keeper), as_type=Gate)
            listening = listen("127.0.0.1", 0)
            server = make_server(service.app, stop_within_s=1)
            wanted = {**entrance.loops(), **{n: loop for n, loop in service.loops.items() if n != "audit sealer"}}
            tasks = [asyncio.create_task(loop()) for loop in wanted.values()]
            tasks.append(asyncio.create_task(serve(server, listening)))
            opened.push_async_callback(_end, tasks, server)
            one.hosts.append(f"127.0.0.1:{listening.getsockname()[1]}")
            one.wirings.append(wiring)
        yield one


async def _end(tasks: list[asyncio.Task[None]], server: Any) -> None:
    server.should_exit = True
    await tasks[-1]
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


async def heard(socket: ClientConnection, kind: str) -> dict[str, Any]:
    """The next message of this kind, whatever else comes."""
    async with asyncio.timeout(10):
        while True:
            message = json.loads(await socket.recv())
            if message["type"] == kind:
                return dict(message["data"])


async def ended(socket: ClientConnection) -> int | None:
    """The code with which the other side closes, within the five seconds that a right may live on."""
    async with asyncio.timeout(5):
        with contextlib.suppress(ConnectionClosed):
            while True:
                await socket.recv()
    return socket.close_code


async def listens(socket: ClientConnection) -> None:
    """The service hears its channel."""
    while not (await heard(socket, "ALIVE"))["hears"]:
        pass


async def test_nobody_hears_of_cameras_that_they_may_not_see(town: Town, user_with: UserWith) -> None:
    """What is not for somebody comes before what is: had it been sent, it would have been heard first."""
    own, foreign = str(town.street.own), str(town.street.foreign)
    few, everything = await user_with("viewer", agency="METRO"), await user_with("administrator")
    async with (
        town.socket(0, "/ws/events", await town.sign_in(few)) as narrow,
        town.socket(0, "/ws/events", await town.sign_in(everything)) as wide,
    ):
        for socket in (narrow, wide):
            await listens(socket)
        for camera in (foreign, own):
            await town.cache.publish(EVENTS_CHANNEL, {"type": CAMERA_STATUS, "data": {"camera": camera}})
        assert (await heard(wide, CAMERA_STATUS))["camera"] == foreign
        assert (await heard(narrow, CAMERA_STATUS))["camera"] == own
        async with town.database.write() as tx:
            await notify(tx, CAMERAS_CHANGED, foreign)
            await notify(tx, CAMERAS_CHANGED, own)
        assert (await heard(wide, "CAMERAS_CHANGED"))["camera"] == foreign
        assert (await heard(narrow, "CAMERAS_CHANGED"))["camera"] == own


async def test_pages_of_other_sites_open_no_socket(town: Town, user_with: UserWith) -> None:
    cookie = await town.sign_in(await user_with("administrator"))
    for replica, path in ((0, "/ws/events"), (2, f"/ws/live/{town.street.own}")):
        for origin in ("https://evil.example", "null", f"http://{town.hosts[replica]}.evil.example"):
            with pytest.raises(InvalidStatus) as refused:
                async with town.socket(replica, path, cookie, origin=origin):
                    pass
            assert refused.value.response.status_code == 403, origin
            assert json.loads(refused.value.response.body or b"")["code"] == "foreign_origin"


@pytest.mark.parametrize("event", [USER_DISABLED, GROUP_CHANGED])
async def test_a_notice_ends_every_socket_of_a_user_on_every_replica(
    town: Town, user_with: UserWith, event: str
) -> None:
    actor = await user_with("operator", agency="METRO")
    cookie = await town.sign_in(actor)
    async with (
        town.socket(0, "/ws/events", cookie) as first,
        town.socket(1, "/ws/events", cookie) as second,
        town.socket(2, f"/ws/live/{town.street.own}", cookie) as live,
    ):
        await heard(first, "ALIVE")
        async with town.database.write() as tx:
            desk = town.wirings[0].entrance.desk
            assert await carry_out(tx, desk, name=f"test-{event}", event=event, subject=actor.name)
        codes = await asyncio.gather(ended(first), ended(second), ended(live))
    assert list(codes) == [4401, 4401, 4403]
    with pytest.raises(InvalidStatus) as refused:
        async with town.socket(1, "/ws/events", cookie):
            pass
    assert refused.value.response.status_code == 401


async def test_a_withdrawn_right_ends_the_pictures_and_the_seconds_are_kept(
    town: Town, user_with: UserWith, tmp_path: Path
) -> None:
    actor = await user_with("operator", agency="METRO")
    cookie = await town.sign_in(actor)
    path = f"/ws/live/{town.street.own}?stream=sub"
    async with town.socket(0, "/ws/events", cookie) as events, town.socket(2, path, cookie) as live:
        async with town.database.write() as tx:
            await tx.execute(text("DELETE FROM access_grants WHERE user_id = CAST(:id AS uuid)"), {"id": actor.id})
            await notify(tx, ACCESS_CHANGED, actor.id)
        assert await ended(live) == 4403
        await heard(events, "ALIVE")
    query = text(
        "SELECT result, agency, seconds, detail FROM audit_entries WHERE action = 'live.watch'"
        " AND camera_id = :camera AND actor_id = :actor ORDER BY id"
    )
    given = {"camera": town.street.own, "actor": actor.id}
    async with asyncio.timeout(10):
        while True:
            async with town.database.read() as tx:
                rows = (await tx.execute(query, given)).all()
            if len(rows) == 2:
                break
            await asyncio.sleep(0.05)
    assert [(row.result, row.agency, row.detail) for row in rows] == [
        ("began", "METRO", {"stream": "sub"}),
        ("done", "METRO", {"stream": "sub"}),
    ]
    assert rows[0].seconds is None
    assert rows[1].seconds >= 0
