"""Rights at the gateway: nginx asks, and only the granted camera's granted time comes out."""

import asyncio
import http.client
import re
import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from urllib.parse import quote

import httpx
import pytest
from prometheus_client import REGISTRY
from sqlalchemy import text

from cctv.base.actor import Actor
from cctv.base.clock import SystemClock, to_us, utc_now
from cctv.base.span import Span
from cctv.infra.database import Database
from cctv.viewing.playback import Playback, grants
from cctv.viewing.playback.granting.withdrawals import withdraw
from cctv.viewing.playback.model import Purpose, subject_of_actor

START = utc_now(SystemClock()) - timedelta(hours=3)
S = timedelta(seconds=1)


def raw_get(base: httpx.URL, path: str) -> int:
    """A request whose path no client has tidied up."""
    connection = http.client.HTTPConnection(base.host, base.port or 80, timeout=10)
    try:
        connection.putrequest("GET", path, skip_host=False, skip_accept_encoding=True)
        connection.endheaders()
        return connection.getresponse().status
    finally:
        connection.close()


def folder_of(right: Any) -> str:
    return str(right["url"]).rsplit("/", 1)[0]


def address_of(right: Any, segment: Any) -> str:
    return f"{folder_of(right)}/{segment.volume}/{segment.object_name}"


async def test_the_right_grant_opens_the_file_and_ranges_of_it(
    recorder: Any, web: httpx.AsyncClient, grant: Callable[..., Any], volume: Any
) -> None:
    recorded = await recorder.record(start=START, seconds=12)
    right = await grant(web, recorded.camera, START, START + S * 12)
    segment = recorded.segments[0]
    content = volume.archive_path(segment.object_name).read_bytes()
    whole = await web.get(address_of(right, segment))
    assert (whole.status_code, whole.content) == (200, content)
    assert whole.headers["content-type"] == "video/mp4"
    part = await web.get(address_of(right, segment), headers={"Range": "bytes=100-199"})
    assert (part.status_code, part.content) == (206, content[100:200])


async def test_a_grant_for_one_camera_opens_no_other_whatever_the_path(
    recorder: Any, web: httpx.AsyncClient, grant: Callable[..., Any]
) -> None:
    mine = await recorder.record(start=START, seconds=12)
    theirs = await recorder.record(start=START, seconds=12)
    right = await grant(web, mine.camera, START, START + S * 12)
    own, other = mine.segments[0].object_name, theirs.segments[0].object_name
    folder = folder_of(right)
    swapped = folder.replace(str(mine.camera), str(theirs.camera))
    climb = "/".join([".."] * 6)
    tricks = [
        f"{folder}/default/{other}",
        f"{swapped}/default/{other}",
        f"{swapped}/default/{own}",
        f"{folder}/default/{own}/../../../../../../{other}",
        f"{folder}/default/{climb}/default/{other}",
        f"{folder}/default/{quote(other, safe='')}",
        f"{folder}/default/METRO%2f{mine.camera}%2f..%2f{theirs.camera}{other[42:]}",
        f"{folder}/default/METRO/{mine.camera}/..%2f{theirs.camera}{other[42:]}",
        f"{folder}/default/METRO/{mine.camera}/%2e%2e/{theirs.camera}{other[42:]}",
        f"{folder}//default/{other}",
        f"{folder}/default/../archive/{other}",
        f"{folder}/../../keys/signing.key",
        f"{folder}/elsewhere/{other}",
        f"{swapped}/index.m3u8",
        f"{swapped}/video.m3u8",
        f"{swapped}/iframes.m3u8",
        "/internal/media/check",
        "/_check",
        f"/media/{theirs.camera}/x/default/{other}",
        f"{folder}/default/{other}%00",
        f"{folder}/default/{other}%0a",
        f"/{swapped}/default/{other}",
        f"{swapped.replace(str(theirs.camera), str(theirs.camera).upper())}/default/{other}",
        f"{folder}/default/{own}/..;/{other}",
        f"{folder}/../../{theirs.camera}/{right['grant']}/iframes.m3u8",
        "/%5fcheck",
        "/%69nternal/media/fetch",
        "//internal/media/check",
        "/api/v1/playback/../../../internal/media/check",
        "/api/v1/playback/..%2f..%2f..%2finternal/media/check",
        "/%6detrics",
        "/api/v1/../../metrics",
        "/media/..%2fmetrics",
    ]
    for trick in tricks:
        status = await asyncio.to_thread(raw_get, web.base_url, trick)
        assert status in (400, 401, 403, 404, 422), (status, trick)
    assert await asyncio.to_thread(raw_get, web.base_url, f"{folder}/default/{own}") == 200


async def test_many_ranges_in_one_request_are_one_answer(
    recorder: Any, web: httpx.AsyncClient, grant: Callable[..., Any]
) -> None:
    """Else a request of a few bytes would have us read and send parts of a file a thousand times."""
    recorded = await recorder.record(start=START, seconds=12)
    right = await grant(web, recorded.camera, START, START + S * 12)
    address = address_of(right, recorded.segments[0])
    many = await web.get(address, headers={"Range": "bytes=" + ",".join(f"{at}-{at}" for at in range(500))})
    assert (many.status_code, many.headers["content-type"]) == (200, "video/mp4")
    for odd in ("bytes=-0", "bytes=9999999999999999999999-", "lines=1-2", "bytes=5-2", "bytes=0-x"):
        answer = await web.get(address, headers={"Range": odd})
        assert answer.status_code in (200, 400, 416), odd


async def test_the_granted_time_is_all_that_opens(
    recorder: Any, web: httpx.AsyncClient, grant: Callable[..., Any]
) -> None:
    recorded = await recorder.record(start=START, seconds=50)
    right = await grant(web, recorded.camera, START + S * 15, START + S * 25)
    statuses = [(await web.get(address_of(right, segment))).status_code for segment in recorded.segments]
    assert statuses == [403, 200, 200, 403, 403]


async def test_an_expired_grant_opens_nothing(recorder: Any, web: httpx.AsyncClient, playback: Playback) -> None:
    recorded = await recorder.record(start=START, seconds=12)
    six_minutes_ago = to_us(utc_now(SystemClock())) - 360_000_000
    old = grants.issue(
        actor="x",
        camera=recorded.camera,
        span=Span(START, START + S * 12),
        now_us=six_minutes_ago,
        purpose=Purpose.PLAYBACK,
        renewable=True,
    )
    folder = f"/media/{recorded.camera}/{playback.rights.seal(old)}"
    assert (await web.get(f"{folder}/default/{recorded.segments[0].object_name}")).status_code == 401
    for name in ("index", "video", "iframes"):
        answer = await web.get(f"{folder}/{name}.m3u8")
        assert (answer.status_code, answer.json()["code"]) == (401, "grant_expired")
    renewal = await web.post("/api/v1/playback/grants/renew", json={"grant": playback.rights.seal(old)})
    assert renewal.status_code == 401


async def test_a_renewed_grant_goes_on_under_its_new_text(
    recorder: Any, web: httpx.AsyncClient, grant: Callable[..., Any]
) -> None:
    recorded = await recorder.record(start=START, seconds=12)
    right = await grant(web, recorded.camera, START, START + S * 12)
    await asyncio.sleep(1.1)
    renewed = (await web.post("/api/v1/playback/grants/renew", json={"grant": right["grant"]})).json()
    assert renewed["id"] == right["id"]
    assert renewed["until"] > right["until"]
    moved = address_of(right, recorded.segments[0]).replace(right["grant"], renewed["grant"])
    assert (await web.get(moved)).status_code == 200
    fixed = await grant(web, recorded.camera, START, START + S * 12, renewable=False)
    refused = await web.post("/api/v1/playback/grants/renew", json={"grant": fixed["grant"]})
    assert (refused.status_code, refused.json()["code"]) == (403, "outside_grant")


async def test_seconds_that_were_watched_are_kept_with_the_case(
    recorder: Any, web: httpx.AsyncClient, grant: Callable[..., Any], playback: Playback, database: Database
) -> None:
    recorded = await recorder.record(start=START, seconds=12)
    case = {"case_ref": "2026/77", "reason": "collision at gate 4"}
    right = await grant(web, recorded.camera, START, START + S * 12, **case)
    for _ in range(2):
        assert (await web.get(right["video_url"])).status_code == 200
        await asyncio.sleep(0.6)
    await playback.watching.write(everything=True)
    await playback.watching._audit.flush()
    query = text("SELECT action, camera_id, case_ref, reason, seconds FROM audit_entries ORDER BY id")
    async with database.read() as tx:
        granted, watched = (await tx.execute(query)).all()
    assert (granted.action, watched.action) == ("playback.grant", "playback.watch")
    for row in (granted, watched):
        assert (row.camera_id, row.case_ref, row.reason) == (recorded.camera, *case.values())
    assert granted.seconds is None
    assert watched.seconds >= 1.6, "the first fetch counts for a second, the next for what lies between"


async def test_an_address_that_fetches_what_another_was_granted_is_kept(
    recorder: Any,
    api: httpx.AsyncClient,
    web: httpx.AsyncClient,
    grant: Callable[..., Any],
    playback: Playback,
    database: Database,
) -> None:
    recorded = await recorder.record(start=START, seconds=12)
    own, lent = [await grant(api, recorded.camera, START, START + S * 12) for _ in range(2)]  # from 127.0.0.1
    elsewhere = httpx.AsyncHTTPTransport(local_address="127.0.0.2")
    async with httpx.AsyncClient(base_url=web.base_url, transport=elsewhere) as other:
        for client, right in ((web, own), (web, lent), (other, lent)):
            assert (await client.get(right["video_url"])).status_code == 200
        assert (await other.get(address_of(own, recorded.segments[0]))).status_code == 200, (
            "by the gateway's check"
        )
    await playback.watching.write(everything=True)
    await playback.watching._audit.flush()
    query = text("SELECT detail FROM audit_entries WHERE action = 'playback.watch' ORDER BY id")
    async with database.read() as tx:
        kept = [row.detail["fetched_from"] for row in (await tx.execute(query)).all()]
    assert kept == [["127.0.0.2"], ["127.0.0.2"]]


async def test_a_withdrawn_grant_dies_within_five_seconds_renewals_too(
    recorder: Any, web: httpx.AsyncClient, grant: Callable[..., Any]
) -> None:
    recorded = await recorder.record(start=START, seconds=12)
    right = await grant(web, recorded.camera, START, START + S * 12)
    renewed = (await web.post("/api/v1/playback/grants/renew", json={"grant": right["grant"]})).json()
    address = address_of(right, recorded.segments[0])
    assert (await web.get(address)).status_code == 200
    withdrawn = time.monotonic()
    answer = await web.post("/api/v1/playback/grants/withdraw", json={"grant": right["grant"]})
    assert answer.status_code == 204
    while (await web.get(address)).status_code != 403:
        assert time.monotonic() - withdrawn < 6
        await asyncio.sleep(0.1)
    assert (await web.get(address.replace(right["grant"], renewed["grant"]))).status_code == 403
    assert (await web.get(renewed["video_url"])).json()["code"] == "grant_withdrawn"


async def test_withdrawing_a_persons_rights_kills_all_their_grants(
    recorder: Any, playback: Playback, api: httpx.AsyncClient, database: Database, user_with: Callable[..., Any]
) -> None:
    recorded = await recorder.record(start=START, seconds=12)
    span = Span(START, START + S * 12)

    def right_of(actor: Actor) -> str:
        one = playback.grant(actor, recorded.camera, span, purpose=Purpose.CHECK, renewable=True)
        return f"/media/{recorded.camera}/{playback.rights.seal(one)}/video.m3u8"

    person = await user_with("supervisor")
    fired, staying = right_of(person), right_of(await user_with("supervisor"))
    assert (await api.get(fired)).status_code == 200
    async with database.write() as tx:
        await withdraw(tx, subject_of_actor(person.id), clock=SystemClock())
    async with asyncio.timeout(5):
        while (await api.get(fired)).status_code == 200:
            await asyncio.sleep(0.02)
    assert (await api.get(fired)).status_code == 403
    assert (await api.get(staying)).status_code == 200


async def test_the_open_file_is_checked_too(
    recorder: Any, web: httpx.AsyncClient, grant: Callable[..., Any]
) -> None:
    now = utc_now(SystemClock())
    recorded = await recorder.record(start=now - S * 16, seconds=16, leave_open=True)
    assert recorded.opened is not None
    right = await grant(web, recorded.camera, now - S * 16, now)
    assert (await web.get(address_of(right, recorded.opened))).status_code == 200
    before = await grant(web, recorded.camera, now - S * 60, now - S * 30)
    assert (await web.get(address_of(before, recorded.opened))).status_code == 403


async def test_nothing_but_reading_is_allowed(
    recorder: Any, web: httpx.AsyncClient, grant: Callable[..., Any]
) -> None:
    recorded = await recorder.record(start=START, seconds=12)
    right = await grant(web, recorded.camera, START, START + S * 12)
    for method in ("PUT", "POST", "DELETE"):
        answer = await web.request(method, address_of(right, recorded.segments[0]))
        assert answer.status_code in (403, 404, 405)


async def test_sessions_are_counted(recorder: Any, api: httpx.AsyncClient, grant: Callable[..., Any]) -> None:
    recorded = await recorder.record(start=START, seconds=12)
    assert REGISTRY.get_sample_value("playback_active_sessions") == 0
    for _ in range(2):
        right = await grant(api, recorded.camera, START, START + S * 12)
        await api.get(right["video_url"])
        await api.get(right["iframes_url"])
    assert REGISTRY.get_sample_value("playback_active_sessions") == 2


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"to": START.isoformat()}, "bad_range"),
        ({"to": (START + timedelta(days=3)).isoformat()}, "bad_range"),
        ({"to": "2026-11-23T08:00:00"}, "invalid_input"),
        ({"from": "0093-06-20T16:27:54Z", "to": "0093-06-20T16:27:55Z"}, "invalid_input"),
        ({"to": "9999-12-31T23:59:59-12:00"}, "invalid_input"),
        ({"camera": "me"}, "invalid_input"),
        ({"purpose": "fun"}, "invalid_input"),
        ({"else": 1}, "invalid_input"),
    ],
)
async def test_bad_wishes_are_refused(api: httpx.AsyncClient, change: dict[str, Any], code: str) -> None:
    wish = {"camera": "0192f0c1-7d2e-8a3b-9c4d-5e6f708192a3", "from": START.isoformat()}
    wish |= {"to": (START + S).isoformat()} | change
    answer = await api.post("/api/v1/playback/grants", json=wish)
    assert (answer.status_code, answer.json()["code"]) == (422, code)


async def test_the_grant_is_short_and_safe_in_an_address(
    api: httpx.AsyncClient, grant: Callable[..., Any]
) -> None:
    right = await grant(api, "0192f0c1-7d2e-8a3b-9c4d-5e6f708192a3", START, START + S)
    assert len(right["grant"]) < 200
    assert re.fullmatch(r"[A-Za-z0-9_-]+", right["grant"])


async def test_a_stranger_does_not_hear_which_volumes_there_are(
    recorder: Any, web: httpx.AsyncClient, grant: Callable[..., Any]
) -> None:
    recorded = await recorder.record(start=START, seconds=12)
    right = await grant(web, recorded.camera, START, START + S * 12)
    name = recorded.segments[0].object_name
    for volume in ("default", "elsewhere"):
        answer = await web.get(f"/media/{recorded.camera}/{'x' * 40}/{volume}/{name}")
        assert answer.status_code == 401, volume
    assert (await web.get(f"{folder_of(right)}/elsewhere/{name}")).status_code == 404


async def test_an_answer_to_a_range_outside_of_a_file_is_kept_by_nobody(
    recorder: Any, web: httpx.AsyncClient, grant: Callable[..., Any]
) -> None:
    recorded = await recorder.record(start=START, seconds=12)
    right = await grant(web, recorded.camera, START, START + S * 12)
    segment = recorded.segments[0]
    outside = await web.get(address_of(right, segment), headers={"Range": "bytes=999999999-"})
    assert outside.status_code == 416
    assert outside.headers["content-range"] == f"bytes */{segment.size_bytes}"
    assert "no-store" in outside.headers["cache-control"]
    assert outside.headers.get_list("x-content-type-options") == ["nosniff"]
