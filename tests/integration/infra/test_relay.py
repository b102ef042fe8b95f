"""Events reach every open socket, over real Valkey and a real port; losses are said."""

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator
from typing import Any

import pytest
from fastapi import WebSocket
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosedError

from cctv.base.clock import SystemClock
from cctv.infra.cache import Cache
from cctv.infra.http import Public, Relay, create_app, listen, make_server, serve


@pytest.fixture
async def port(cache: Cache) -> AsyncIterator[int]:
    relay = Relay(cache, "rooms", clock=SystemClock())
    app = create_app(service="test", title="Test")

    @app.websocket("/events", dependencies=[Public("a test")])
    async def events(socket: WebSocket) -> None:
        await relay.serve(socket)

    listening = listen("127.0.0.1", 0)
    server = make_server(app, stop_within_s=1)
    serving, relaying = asyncio.create_task(serve(server, listening)), asyncio.create_task(relay.run())
    yield int(listening.getsockname()[1])
    server.should_exit = True
    await serving
    listening.close()
    relaying.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await relaying


async def heard(socket: ClientConnection, kind: str) -> dict[str, Any]:
    async with asyncio.timeout(10):
        while True:
            message: dict[str, Any] = json.loads(await socket.recv())
            if message["type"] == kind:
                return message


async def said_until_heard(cache: Cache, socket: ClientConnection) -> None:
    """What is said while the relay is not yet subscribed is lost, so it is said again."""
    hearing = asyncio.create_task(heard(socket, "CAMERA_STATUS"))
    while not hearing.done():
        await cache.publish("rooms", {"type": "CAMERA_STATUS", "data": {"state": "online"}})
        await asyncio.sleep(0.1)
    await hearing


async def test_everybody_hears_and_silence_is_alive(port: int, cache: Cache) -> None:
    url = f"ws://127.0.0.1:{port}/events"
    async with connect(url) as one, connect(url) as other:
        await heard(one, "ALIVE")
        await said_until_heard(cache, other)
        assert (await heard(one, "CAMERA_STATUS"))["data"] == {"state": "online"}
        assert (await heard(one, "ALIVE"))["data"]["hears"] is True


async def test_a_lost_valkey_connection_is_a_resync(port: int, cache: Cache) -> None:
    async with connect(f"ws://127.0.0.1:{port}/events") as socket:
        await said_until_heard(cache, socket)
        await cache.client.client_kill_filter(_type="pubsub")
        await heard(socket, "RESYNC")
        await said_until_heard(cache, socket)


async def test_who_says_much_is_hung_up_on(port: int) -> None:
    async with connect(f"ws://127.0.0.1:{port}/events") as socket:
        await socket.send("x" * 4096)
        await heard(socket, "ALIVE")
        await socket.send("x" * 4097)
        with pytest.raises(ConnectionClosedError) as closed:
            while True:
                await heard(socket, "ALIVE")
        assert closed.value.rcvd is not None
        assert closed.value.rcvd.code == 1009, "message too big (RFC 6455, section 7.4.1)"
