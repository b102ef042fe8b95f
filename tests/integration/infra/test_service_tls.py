"""TLS between our own processes: the gateway and the edge believe only what the authority says is ours."""

import asyncio
import contextlib
import ssl
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest
from fastapi import WebSocket
from tests.authority import Authority, Pair

from cctv.base.errors import InvalidInput
from cctv.base.ids import CameraId
from cctv.infra.embedded import free_port
from cctv.infra.gateway import EmbeddedNginx, Gateway, Inside, Route, Upstream
from cctv.infra.http import Public, create_app, listen, make_server, serve
from cctv.infra.tls import ServiceTls
from cctv.services.settings import ServeSettings
from cctv.viewing.feed import Origin
from cctv.viewing.feed.errors import FeedUnavailable

NAME = "cctv-service"


@contextlib.asynccontextmanager
async def service(pair: Pair, authority: Authority) -> AsyncIterator[tuple[str, ServiceTls, ssl.SSLContext]]:
    """A service with that certificate; its address and its TLS."""
    app = create_app(service="go-api", title="Inside")

    @app.get("/here", dependencies=[Public("a test")])
    async def here() -> str:
        return "here"

    @app.websocket("/internal/live/{camera}/{stream}", dependencies=[Public("a test")])
    async def live(socket: WebSocket) -> None:
        await socket.accept()
        await socket.send_text("frame")
        await socket.close()

    tls = ServiceTls(pair.certificate, pair.key, authority.path, NAME)
    context = tls.listening()
    listening = listen("127.0.0.1", 0)
    server = make_server(app, stop_within_s=1, tls=context)
    serving = asyncio.create_task(serve(server, listening))
    while not server.started:
        await asyncio.sleep(0.01)
    yield f"127.0.0.1:{listening.getsockname()[1]}", tls, context
    server.should_exit = True
    await serving


@contextlib.contextmanager
def gateway(folder: Path, upstream: str, authority: Authority) -> Iterator[str]:
    port = free_port(0)
    folder.chmod(0o755)  # nginx's workers come through here
    nginx = EmbeddedNginx(
        Gateway(
            listen=(f"127.0.0.1:{port}",),
            folder=folder / "gateway",
            upstreams=(Upstream("go-api", (upstream,)),),
            routes=(Route("/", "go-api"),),
            media_upstream="go-api",
            inside=Inside(authority.path, NAME),
            workers=1,
        )
    )
    nginx.start()
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        nginx.stop()


async def heard(address: str, tls: ssl.SSLContext, name: str = NAME) -> list[str | bytes]:
    return [one async for one in Origin(address, "t", tls, name).messages(CameraId(uuid4()), "main")]


async def test_gateway_and_edge_speak_with_a_service_of_ours(authority: Authority, tmp_path: Path) -> None:
    async with service(authority.issue(NAME), authority) as (address, tls, _):
        with gateway(tmp_path, address, authority) as url:
            async with httpx.AsyncClient() as browser:
                assert (await browser.get(f"{url}/here")).text == '"here"'
        assert await heard(address, tls.calling()) == ["frame"]
        async with httpx.AsyncClient() as plain:
            with pytest.raises(httpx.TransportError):
                await plain.get(f"http://{address}/here")
        old = ssl.create_default_context(cafile=str(authority.path))
        old.maximum_version = ssl.TLSVersion.TLSv1_2
        old.set_ciphers("AES128-SHA:AES128-GCM-SHA256")  # without forward secrecy
        async with httpx.AsyncClient(verify=old) as weak:
            with pytest.raises(httpx.ConnectError):
                await weak.get(f"https://{address}/here")


@pytest.mark.parametrize("wrong", ["another authority", "another name"])
async def test_who_is_not_ours_gets_nothing(authority: Authority, tmp_path: Path, wrong: str) -> None:
    stranger = Authority(tmp_path, "stranger")
    pair = stranger.issue(NAME) if wrong == "another authority" else authority.issue("somebody-else")
    async with service(pair, authority) as (address, tls, _):
        with gateway(tmp_path, address, authority) as url:
            async with httpx.AsyncClient() as browser:
                answer = await browser.get(f"{url}/here", headers={"Authorization": "Bearer secret"})
                assert (answer.status_code, answer.json()["code"]) == (503, "unavailable")
        with pytest.raises(FeedUnavailable):
            await heard(address, tls.calling())


async def test_a_renewed_certificate_is_shown_without_a_restart(authority: Authority, tmp_path: Path) -> None:
    async with service(authority.issue(NAME, file="renewed"), authority) as (address, tls, context):
        keeping = asyncio.create_task(tls.keep_up(context, every_s=0.02))
        await asyncio.sleep(0.05)
        host, _, port = address.partition(":")

        def shown() -> str:
            return ssl.get_server_certificate((host, int(port)))

        before = await asyncio.to_thread(shown)
        tls.key.write_text("half a key")
        await asyncio.sleep(0.1)
        assert await asyncio.to_thread(shown) == before
        authority.issue(NAME, file="renewed")
        async with asyncio.timeout(10):
            while await asyncio.to_thread(shown) == before:
                await asyncio.sleep(0.02)
        assert await heard(address, tls.calling()) == ["frame"]
        keeping.cancel()


def test_a_part_of_the_files_is_no_tls_but_a_mistake(authority: Authority, tmp_path: Path) -> None:
    pair = authority.issue(NAME)
    given: dict[str, Any] = {"service_tls_certificate": pair.certificate, "service_tls_key": pair.key}
    with pytest.raises(InvalidInput, match="must all name files"):
        _ = ServeSettings(data=tmp_path, **given).service_tls
    with pytest.raises(InvalidInput, match="must all name files"):
        _ = ServeSettings(data=tmp_path, **given, service_tls_ca=tmp_path / "none").service_tls
    tls = ServeSettings(data=tmp_path, **given, service_tls_ca=authority.path).service_tls
    assert tls is not None
    other = ServiceTls(authority.issue("x").certificate, tls.key, tls.authority, NAME)
    with pytest.raises(InvalidInput, match="no certificate with its key"):
        other.listening()
    assert ServeSettings(data=tmp_path).service_tls is None
