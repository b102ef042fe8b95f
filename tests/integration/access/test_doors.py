"""Every route of every service, every role, own and foreign camera. A route that is not in the table fails."""

import asyncio
import json
from collections.abc import Callable
from typing import Any
from uuid import UUID

import pytest
from fastapi import APIRouter

from cctv.access.policy.model import BUILT_IN
from cctv.base.actor import SERVICE, Actor
from cctv.base.permission import System, Verb
from cctv.infra.http import UnmarkedDoor, create_app, doors, refuse_unmarked

OPEN, FINISHING, SIGNED_IN = "nothing", "identified", "sign_in"
SEE = "cameras:{}"

COMMON = {
    ("GET", "/health"): OPEN,
    ("GET", "/metrics"): "system:metrics",
    ("GET", "/internal/openapi.json"): "system:describe",
}
TABLE: dict[str, dict[tuple[str, str], str]] = {
    "recording-service": {
        ("GET", "/internal/sessions"): "system:internal",
        ("GET", "/internal/spool/{volume}/{name:path}"): "system:internal",
        ("WS", "/internal/live/{camera}/{stream}"): "system:internal",
    },
    "vms-service": {
        ("POST", "/api/v1/cameras"): "some_camera:manage",
        ("POST", "/api/v1/cameras/import"): "some_camera:manage",
        ("GET", "/api/v1/cameras/export"): "some_camera:manage",
        ("GET", "/api/v1/cameras/agencies"): SIGNED_IN,
        ("PUT", "/api/v1/cameras/agencies/{code}"): "system:agencies",
        ("GET", "/api/v1/cameras/groups"): SIGNED_IN,
        ("POST", "/api/v1/cameras/groups"): "system:agencies",
        ("PUT", "/api/v1/cameras/groups/{group_id}"): "system:agencies",
        ("DELETE", "/api/v1/cameras/groups/{group_id}"): "system:agencies",
        ("PATCH", "/api/v1/cameras/{camera_id:uuid}"): "cameras:manage:camera_id",
        ("DELETE", "/api/v1/cameras/{camera_id:uuid}"): "cameras:manage:camera_id",
        ("POST", "/api/v1/cameras/{camera_id:uuid}/restore"): "cameras:manage:camera_id",
        ("POST", "/api/v1/cameras/probe"): "some_camera:manage",
        ("POST", "/api/v1/cameras/{camera_id:uuid}/probe"): "cameras:manage:camera_id",
        ("GET", "/api/v1/cameras"): SIGNED_IN,
        ("GET", "/api/v1/cameras/summary"): SIGNED_IN,
        ("GET", "/api/v1/cameras/{camera_id:uuid}"): "cameras:camera_id",
        ("GET", "/api/v1/cameras/{camera_id:uuid}/status"): "cameras:camera_id",
    },
    "storage-service": {("GET", "/api/v1/storage"): "system:storage"},
    "playback-service": {
        ("GET", "/api/v1/playback/timeline"): "cameras:playback:camera",
        ("POST", "/api/v1/playback/grants"): "some_camera:playback",
        ("POST", "/api/v1/playback/grants/renew"): "some_camera:playback",
        ("POST", "/api/v1/playback/grants/withdraw"): SIGNED_IN,
        ("GET", "/api/v1/playback/still"): "cameras:playback:camera",
        ("GET", "/api/v1/recordings"): "cameras:playback:camera",
        ("GET", "/api/v1/recordings/download"): "cameras:export:camera",
        # Their credential is the grant in the address: tests/integration/playback/test_rights.py and below.
        ("GET", "/media/{camera}/{grant}/index.m3u8"): OPEN,
        ("GET", "/media/{camera}/{grant}/video.m3u8"): OPEN,
        ("GET", "/media/{camera}/{grant}/iframes.m3u8"): OPEN,
        ("GET", "/internal/media/check"): OPEN,
        ("GET", "/internal/media/fetch"): OPEN,
    },
    "live-edge": {("WS", "/ws/live/{camera}"): "cameras:live:camera"},
    "go-api": {
        ("GET", "/api/v1/session/ways"): OPEN,
        ("POST", "/api/v1/session"): OPEN,
        ("POST", "/api/v1/session/code"): FINISHING,
        ("GET", "/api/v1/session"): FINISHING,
        ("DELETE", "/api/v1/session"): FINISHING,
        ("GET", "/api/v1/session/rights"): SIGNED_IN,
        ("GET", "/api/v1/profile"): SIGNED_IN,
        ("POST", "/api/v1/profile/password"): FINISHING,
        ("POST", "/api/v1/profile/totp"): SIGNED_IN,
        ("POST", "/api/v1/profile/totp/confirm"): SIGNED_IN,
        ("POST", "/api/v1/profile/totp/off"): SIGNED_IN,
        ("POST", "/api/v1/profile/recovery-codes"): SIGNED_IN,
        ("DELETE", "/api/v1/profile/sign-ins/{sign_in}"): SIGNED_IN,
        ("GET", "/api/v1/keys"): SIGNED_IN,
        ("POST", "/api/v1/keys"): SIGNED_IN,
        ("DELETE", "/api/v1/keys/{key_id}"): SIGNED_IN,
        ("GET", "/api/v1/users"): "system:users",
        ("POST", "/api/v1/users"): "system:users",
        ("GET", "/api/v1/users/keys"): "system:users",
        ("DELETE", "/api/v1/users/keys/{key_id}"): "system:users",
        ("GET", "/api/v1/users/{user_id}"): "system:users",
        ("PATCH", "/api/v1/users/{user_id}"): "system:users",
        ("POST", "/api/v1/users/{user_id}/disable"): "system:users",
        ("POST", "/api/v1/users/{user_id}/enable"): "system:users",
        ("POST", "/api/v1/users/{user_id}/recover"): "system:users",
        ("GET", "/api/v1/oidc/start"): OPEN,
        ("GET", "/api/v1/oidc/callback"): OPEN,
        ("POST", "/api/v1/iam/webhook"): OPEN,  # signed by the provider; see the tests of identity
        ("GET", "/api/v1/iam/permission-names"): "system:roles",
        ("PUT", "/api/v1/iam/permission-names"): "system:roles",
        ("GET", "/api/v1/roles"): "system:roles",
        ("PUT", "/api/v1/roles/{code}"): "system:roles",
        ("DELETE", "/api/v1/roles/{code}"): "system:roles",
        ("GET", "/api/v1/access/grants"): "system:roles",
        ("POST", "/api/v1/access/grants"): "system:roles",
        ("DELETE", "/api/v1/access/grants/{grant_id}"): "system:roles",
        ("GET", "/api/v1/access/agencies/{code}/purpose"): SIGNED_IN,
        ("GET", "/api/v1/access/purposes"): "system:agencies",
        ("PUT", "/api/v1/access/agencies/{code}/purpose"): "system:agencies",
        ("GET", "/api/v1/audit"): "system:audit",
        ("GET", "/api/v1/audit/watched"): "system:audit",
        ("GET", "/api/v1/audit/export"): "system:audit",
        ("GET", "/api/v1/system"): SIGNED_IN,
        ("WS", "/ws/events"): SIGNED_IN,
        ("GET", "/"): OPEN,
        ("GET", "/*"): OPEN,
    },
}
MAYBE = {("GET", "/"), ("GET", "/*")}
"""One of the two, as the dashboard is built or not."""

SHUT = {"unauthenticated", "may_not", "camera_not_found"}
FROM_TO = {"from": "2026-11-22T10:00:00Z", "to": "2026-11-22T10:10:00Z", "at": "2026-11-22T10:00:00Z"}


def inventory(street: Any, service: str) -> dict[tuple[str, str], str]:
    found = {}
    for path, methods, need in doors(street.apps[service]):
        assert need is not None, path
        for method in methods - {"HEAD"}:
            found[method, path] = OPEN if need.kind == "nothing" else str(need)
    return found


async def test_every_route_is_known_with_what_it_needs(street: Any) -> None:
    for service in street.apps:
        found, known = inventory(street, service), COMMON | TABLE[service]
        assert {door: need for door, need in known.items() if door not in MAYBE} == {
            door: need for door, need in found.items() if door not in MAYBE
        }, service


def expected(need: str, role: str | None, *, own: bool) -> str:
    """What a door says to somebody who has ``role`` on METRO: ``in``, or why not."""
    kind, _, rest = need.partition(":")
    if kind == OPEN:
        return "in"
    if role is None:
        return "unauthenticated"
    if kind in (FINISHING, SIGNED_IN):
        return "in"
    if kind == "system":
        return "may_not"  # rights on the system come from grants on everything only
    held = {one.verb for one in next(one for one in BUILT_IN if one.code == role).permissions}
    verbs = held & set(Verb)
    verb = rest.partition(":")[0]
    if kind == "some_camera":
        return "in" if verb in verbs else "may_not"
    if not own or not verbs:
        return "camera_not_found"
    return "in" if verb not in set(Verb) or verb in verbs else "may_not"


async def knock(street: Any, service: str, door: tuple[str, str], camera: UUID) -> str:
    """``in``, or the code of the refusal."""
    method, path = door
    for name in ("{camera_id:uuid}", "{camera}"):
        path = path.replace(name, str(camera))
    for name in ("{user_id}", "{key_id}", "{grant_id}"):
        path = path.replace(name, str(street.nowhere))
    for name in ("{code}", "{name:path}", "{volume}", "{sign_in}", "{grant}"):
        path = path.replace(name, "x")
    path = path.replace("{stream}", "main")
    if method == "WS":
        return await open_socket(street.apps[service], path)
    query = {"camera": str(camera), **FROM_TO} if method == "GET" and "audit" not in path else {}
    sent: dict[str, Any] | None = {} if method != "GET" else None
    answer = await street.client(service).request(method, path, params=query, json=sent)
    code = answer.json().get("code") if "problem" in answer.headers.get("content-type", "") else None
    assert answer.status_code < 500, (door, answer.text)
    return code if code in SHUT else "in"


async def open_socket(app: Any, path: str) -> str:
    """Knock as a browser does; ``in`` when the socket is accepted."""
    said: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
    heard: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
    heard.put_nowait({"type": "websocket.connect"})
    scope = {
        "type": "websocket",
        "path": path,
        "raw_path": path.encode(),
        "query_string": b"",
        "headers": [(b"host", b"test")],
        "client": ("127.0.0.1", 1),
        "server": ("test", 80),
        "scheme": "ws",
        "subprotocols": [],
        "extensions": {"websocket.http.response": {}},
    }
    running = asyncio.create_task(app(scope, heard.get, said.put))
    async with asyncio.timeout(5):
        first = await said.get()
        if first["type"] == "websocket.accept":
            heard.put_nowait({"type": "websocket.disconnect", "code": 1000})
            await running
            return "in"
        assert first["type"] == "websocket.http.response.start", first
        body = await said.get()
        await running
    return str(json.loads(body["body"])["code"])


@pytest.mark.parametrize("role", [None, *(role.code for role in BUILT_IN)])
async def test_each_door_for_each_role(street: Any, user_with: Callable[..., Any], role: str | None) -> None:
    actor = None if role is None else await user_with(role, agency="METRO")
    street.come_as(actor)
    wrong = []
    for service, table in TABLE.items():
        for door, need in (COMMON | table).items():
            if door in MAYBE:
                continue
            for own, camera in ((True, street.own), (False, street.foreign), (False, street.nowhere)):
                if door[0] == "DELETE" and own:
                    continue  # its own test; the camera is still needed here
                said = await knock(street, service, door, camera)
                if said != expected(need, role, own=own):
                    wrong.append((service, door, need, own, said, expected(need, role, own=own)))
    assert not wrong


async def test_an_administrator_enters_everywhere_but_inside(street: Any, user_with: Callable[..., Any]) -> None:
    street.come_as(await user_with("administrator"))
    for service, table in TABLE.items():
        for door, need in (COMMON | table).items():
            if door not in MAYBE and door[0] != "DELETE":
                said = await knock(street, service, door, street.own)
                assert said == ("may_not" if need == "system:internal" else "in"), (service, door)


async def test_only_services_come_inside(street: Any) -> None:
    claims = frozenset({f"system:{System.INTERNAL}"})
    street.come_as(Actor("live-edge", SERVICE, claims=claims))
    assert await knock(street, "recording-service", ("GET", "/internal/sessions"), street.own) == "in"
    assert await knock(street, "vms-service", ("GET", "/api/v1/cameras/{camera_id:uuid}"), street.own) != "in"


async def test_a_foreign_camera_answers_as_one_that_does_not_exist(
    street: Any, user_with: Callable[..., Any]
) -> None:
    """Byte for byte, but for the ids: nobody learns that there is a camera."""
    for role in BUILT_IN:
        street.come_as(await user_with(role.code, agency="METRO"))
        for service, table in TABLE.items():
            for (method, path), need in table.items():
                if not need.startswith("cameras:") or method == "WS":
                    continue
                said = []
                for camera in (street.foreign, street.nowhere):
                    where = path.replace("{camera_id:uuid}", str(camera))
                    query = {"camera": str(camera), **FROM_TO}
                    answer = await street.client(service).request(
                        method, where, params=query, headers={"X-Request-Id": "the-same-one"}
                    )
                    headers = {name: value for name, value in answer.headers.items() if name != "content-length"}
                    said.append((answer.status_code, answer.text.replace(str(camera), "ID"), headers))
                assert said[0] == said[1], (role.code, path)
                assert said[0][0] == 404


async def test_a_route_that_says_nothing_is_not_served() -> None:
    app = create_app(service="test", title="Test")
    refuse_unmarked(app)
    router = APIRouter()

    @router.get("/forgotten")
    async def forgotten() -> None: ...

    app.include_router(router)
    with pytest.raises(UnmarkedDoor, match="GET /forgotten"):
        refuse_unmarked(app)


@pytest.mark.parametrize("headers", [[(b"content-length", b"65537")], [(b"transfer-encoding", b"chunked")]])
async def test_a_large_body_of_a_stranger_is_not_even_read(
    street: Any, headers: list[tuple[bytes, bytes]]
) -> None:
    street.come_as(None)
    sent: list[Any] = []

    async def body() -> Any:
        raise AssertionError("the body was asked for")

    async def send(message: Any) -> None:
        sent.append(message)

    scope = {
        "type": "http",
        "method": "POST",
        "path": "/api/v1/cameras",
        "raw_path": b"/api/v1/cameras",
        "query_string": b"",
        "headers": [(b"host", b"test"), (b"content-type", b"application/json"), *headers],
        "client": ("127.0.0.1", 1),
        "server": ("test", 80),
        "scheme": "http",
        "http_version": "1.1",
    }
    await street.apps["vms-service"](scope, body, send)
    assert sent[0]["status"] == 401
    assert json.loads(sent[1]["body"])["code"] == "unauthenticated"
