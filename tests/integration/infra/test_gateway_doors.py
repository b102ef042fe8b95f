"""The gateway's own part of keeping people out: TLS, headers, small bodies, floods."""

import asyncio
import os
import ssl
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Annotated, Any
from uuid import UUID, uuid4

import httpx
import pytest
from fastapi import Query, Request
from tests.authority import Authority

from cctv.infra.embedded import free_port
from cctv.infra.gateway import EmbeddedNginx, Gateway, Route, Upstream
from cctv.infra.http import Public, create_app, listen, make_server, serve


@pytest.fixture
async def gateway(tmp_path: Path, authority: Authority) -> AsyncIterator[str]:
    """A gateway with TLS before one service, which says what it is told of who asks."""
    app = create_app(service="go-api", title="Doors")

    @app.post("/api/v1/session", dependencies=[Public("a test")])
    @app.get("/told", dependencies=[Public("a test")])
    async def told(request: Request) -> dict[str, str]:
        return {name: request.headers.get(name, "") for name in ("x-forwarded-proto", "x-forwarded-for")}

    @app.get("/cameras", dependencies=[Public("a test")])
    async def cameras(camera: Annotated[list[UUID], Query()]) -> int:
        return len(set(camera))

    listening = listen("127.0.0.1", 0)
    server = make_server(app, stop_within_s=1)
    serving = asyncio.create_task(serve(server, listening))
    port = free_port(0)
    os.chmod(tmp_path, 0o755)  # noqa: PTH101 - nginx's workers come through here
    pair = authority.issue("localhost")
    nginx = EmbeddedNginx(
        Gateway(
            listen=(f"127.0.0.1:{port}",),
            folder=tmp_path / "gateway",
            upstreams=(Upstream("go-api", (f"127.0.0.1:{listening.getsockname()[1]}",)),),
            routes=(Route("/", "go-api"),),
            media_upstream="go-api",
            hosts=("localhost",),
            certificate=(pair.certificate, pair.key),
        )
    )
    nginx.start()
    yield f"https://localhost:{port}"
    nginx.stop()
    server.should_exit = True
    await serving


@pytest.fixture
def trust(authority: Authority) -> ssl.SSLContext:
    return ssl.create_default_context(cafile=str(authority.path))


async def test_tls_is_all_there_is_and_services_are_told(
    gateway: str, trust: ssl.SSLContext, authority: Authority
) -> None:
    async with httpx.AsyncClient(base_url=gateway, verify=trust) as browser:
        answer = await browser.get("/told", headers={"x-forwarded-for": "10.6.6.6", "x-forwarded-proto": "http"})
        assert answer.json() == {"x-forwarded-proto": "https", "x-forwarded-for": "127.0.0.1"}
        plain = await browser.get(f"http://localhost:{httpx.URL(gateway).port}/told")
        assert plain.status_code == 400
    old = ssl.create_default_context(cafile=str(authority.path))
    old.maximum_version = ssl.TLSVersion.TLSv1_2
    old.set_ciphers("AES128-SHA:AES128-GCM-SHA256")  # without forward secrecy
    async with httpx.AsyncClient(verify=old) as browser:
        with pytest.raises(httpx.ConnectError):
            await browser.get(gateway)


async def test_headers_of_every_answer(gateway: str, trust: ssl.SSLContext) -> None:
    async with httpx.AsyncClient(base_url=gateway, verify=trust) as browser:
        for path in ("/told", "/nothing", "/metrics"):
            headers = (await browser.get(path)).headers
            assert headers["strict-transport-security"] == "max-age=31536000", path
            assert headers["x-content-type-options"] == "nosniff"
            assert headers["x-frame-options"] == "DENY"
            policy = headers["content-security-policy"]
            assert "script-src 'self';" in policy
            assert "frame-ancestors 'none'" in policy
            assert "unsafe-eval" not in policy


async def test_what_the_gateway_refuses_by_itself_is_a_problem_in_the_readers_language(
    gateway: str, trust: ssl.SSLContext
) -> None:
    async with httpx.AsyncClient(base_url=gateway, verify=trust) as browser:
        asked: list[tuple[str, str, dict[str, Any], int, str]] = [
            ("GET", "/metrics", {}, 404, "not_found"),
            ("GET", "/media/x", {}, 404, "not_found"),
            ("POST", "/told", {"headers": {"Sec-Fetch-Site": "cross-site"}}, 403, "forbidden"),
            ("POST", "/api/v1/session", {"content": b"x" * 70_000}, 413, "too_large"),
            ("GET", "/told", {"headers": {"Host": "foreign.example"}}, 421, "misdirected"),
            ("TRACE", "/told", {}, 405, "method_not_allowed"),
            ("GET", "/_refusal/414", {}, 404, "not_found"),
        ]
        for method, path, more, status, code in asked:
            english = await browser.request(method, path, **more)
            assert (english.status_code, english.json()["code"]) == (status, code), path
            assert english.headers["content-type"] == "application/problem+json"
            assert english.headers["x-content-type-options"] == "nosniff"
            headers = more.get("headers", {}) | {"Accept-Language": "ar-AE, en;q=0.5"}
            arabic = await browser.request(method, path, **(more | {"headers": headers}))
            assert arabic.headers["content-language"] == "ar"
            assert arabic.json()["detail"] > "\u0600", "Arabic"
            assert english.json()["detail"] < "\u0600"


async def test_a_request_that_was_not_read_to_its_end_is_answered_by_a_problem_too(
    gateway: str, trust: ssl.SSLContext
) -> None:
    """In English: what language is wanted was not read."""
    plain = gateway.replace("https", "http")
    asked: list[tuple[str, dict[str, str], int, str]] = [
        (f"{gateway}/told?{'x' * 40_000}", {}, 414, "uri_too_long"),
        (f"{gateway}/told/%00", {}, 400, "bad_request"),
        (f"{gateway}/told", {"x": "y" * 40_000}, 400, "bad_request"),
        (f"{plain}/told", {}, 400, "bad_request"),
    ]
    async with httpx.AsyncClient(verify=trust) as browser:
        for url, headers, status, code in asked:
            answer = await browser.get(url, headers=headers)
            assert (answer.status_code, answer.json()["code"]) == (status, code), url[:60]
            assert answer.headers.get_list("content-type") == ["application/problem+json"]
            assert answer.headers.get_list("cache-control") == ["no-store"]
            assert answer.headers.get_list("x-content-type-options") == ["nosniff"]


async def test_a_timeline_of_500_cameras_comes_through_to_the_service(gateway: str, trust: ssl.SSLContext) -> None:
    cameras = [str(uuid4()) for _ in range(500)]
    async with httpx.AsyncClient(base_url=gateway, verify=trust) as browser:
        answer = await browser.get("/cameras", params={"camera": cameras})
        assert len(answer.request.url.raw_path) > 22_000
        assert (answer.status_code, answer.json()) == (200, 500)


async def test_bodies_are_small_but_where_files_are_taken(gateway: str, trust: ssl.SSLContext) -> None:
    reached = 401  # the service's own word to a stranger who sends much
    async with httpx.AsyncClient(base_url=gateway, verify=trust) as browser:
        for path, size, status in (
            ("/told", 250_000, reached),
            ("/told", 270_000, 413),
            ("/api/v1/cameras", 270_000, 413),
            ("/api/v1/cameras/import?dry_run=true", 5_300_000, reached),
            ("/api/v1/cameras/import", 17_000_000, 413),
        ):
            answer = await browser.post(path, content=b"x" * size)
            assert answer.status_code == status, (path, size)
            if status == 413:
                assert answer.headers["content-type"] == "application/problem+json"
                assert answer.json()["code"] == "too_large"


async def test_public_doors_are_narrow(gateway: str, trust: ssl.SSLContext) -> None:
    async with httpx.AsyncClient(base_url=gateway, verify=trust) as browser:
        big = await browser.post("/api/v1/session", content=b"x" * 70_000)
        assert big.status_code == 413
        long = await browser.get("/told", headers={"x": "y" * 40_000})
        assert long.status_code == 400


def test_floods_at_the_doors_that_ask_nobody_are_held_off(tmp_path: Path) -> None:
    """The configuration alone: a flood's answer would depend on how fast this machine is."""
    text = str(
        Gateway(
            listen=("127.0.0.1:1",),
            folder=tmp_path,
            upstreams=(Upstream("go-api", ("127.0.0.1:2",)),),
            routes=(Route("/", "go-api"),),
            media_upstream="go-api",
        )
    )
    for path in ("/api/v1/session", "/api/v1/oidc/", "/api/v1/iam/webhook"):
        block = text.partition(f"location {path} {{")[2].partition("}")[0]
        assert "limit_req zone=sign_in" in block, path
        assert "client_max_body_size 64k;" in block, path
