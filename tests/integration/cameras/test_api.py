"""Cameras over HTTP: what is kept, what is shown, what is refused, who is told."""

import asyncio
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import httpx
import pytest
from sqlalchemy import text
from tests.conftest import UserWith

from cctv.base.clock import utc_now
from cctv.base.events import CAMERAS_CHANGED
from cctv.cameras import registry
from cctv.cameras.registry import store
from cctv.cameras.registry.changes import changed_draft
from cctv.cameras.registry.model import Settled, World
from cctv.cameras.registry.settle import settle
from cctv.infra.database import Database
from cctv.infra.keys import Keyring

DEIRA: dict[str, Any] = {
    "name": "Deira gate 4",
    "name_ar": "بوابة ديرة 4",
    "agency": "METRO",
    "place": {"lat": 25.2697, "lon": 55.3095, "text": "Al Rigga station"},
    "main": {"url": "rtsp://viewer:s3cret%2F@10.20.0.7/main"},
    "sub": {"url": "rtsp://10.20.0.7/sub", "transport": "udp"},
}


async def add(api: httpx.AsyncClient, **changed: Any) -> dict[str, Any]:
    answer = await api.post("/cameras", json=DEIRA | changed)
    assert answer.status_code == 201, answer.text
    camera: dict[str, Any] = answer.json()
    return camera


async def test_a_camera_is_kept_and_its_password_is_never_shown(
    api: httpx.AsyncClient, database: Database, keyring: Keyring
) -> None:
    made = await add(api)
    answer = await api.get(f"/cameras/{made['id']}")
    assert answer.status_code == 200
    assert answer.headers["ETag"] == '"1"'
    seen = answer.json()
    assert seen["main"] == {"url": "rtsp://10.20.0.7/main", "transport": "tcp"}
    assert seen["sub"] == {"url": "rtsp://10.20.0.7/sub", "transport": "udp"}
    assert seen["place"] == DEIRA["place"]
    assert (seen["has_credentials"], seen["recorded"], seen["version"]) == (True, True, 1)
    assert seen["status"]["state"] == "connecting"
    assert seen["status"]["fresh"] is False
    everything = (
        answer.text + (await api.get("/cameras")).text + (await api.get("/cameras/export?format=json")).text
    )
    assert "s3cret" not in everything
    assert "viewer" not in everything
    async with database.read() as tx:
        row = (await tx.execute(text("SELECT * FROM cameras"))).one()
        assert b"s3cret" not in repr(row).encode()
        camera = await registry.get_camera(tx, row.id)
    assert registry.stream_url(camera, keyring) == "rtsp://viewer:s3cret%2F@10.20.0.7/main"
    assert registry.stream_url(camera, keyring, "sub") == "rtsp://viewer:s3cret%2F@10.20.0.7/sub"
    assert "s3cret" not in repr(camera)


async def test_every_problem_of_a_camera_is_named_at_once(api: httpx.AsyncClient) -> None:
    answer = await api.post(
        "/cameras",
        json=DEIRA
        | {"name": "a\u202eb", "agency": "NOBODY", "main": {"url": "file:///etc/passwd"}, "place": {"lat": 1.0}},
    )
    assert answer.status_code == 422
    body = answer.json()
    assert answer.headers["content-type"] == "application/problem+json"
    assert body["code"] == "camera_invalid"
    assert {problem["field"]: problem["code"] for problem in body["problems"]} == {
        "name": "text_control",
        "agency": "agency_unknown",
        "main.url": "url_scheme",
        "place.lon": "place_half",
    }
    arabic = await api.post("/cameras", json=DEIRA | {"agency": "X"}, headers={"Accept-Language": "ar"})
    assert arabic.json()["detail"] == "لا توجد جهة بهذا الرمز."


async def test_a_refused_password_is_not_repeated(api: httpx.AsyncClient) -> None:
    for url in ("rtsp://viewer:s3cret@h ost/x", "http://viewer:s3cret@host/x"):
        answer = await api.post("/cameras", json=DEIRA | {"main": {"url": url}})
        assert answer.status_code == 422
        assert "s3cret" not in answer.text
    answer = await api.post("/cameras", json=DEIRA | {"credentials": {"username": "a", "password": ["s3cret"]}})
    assert answer.status_code == 422
    assert "s3cret" not in answer.text


async def test_who_changes_what_was_changed_meanwhile_is_told(api: httpx.AsyncClient) -> None:
    camera = await add(api)
    where = f"/cameras/{camera['id']}"
    first = await api.patch(where, json={"name": "Gate 4"}, headers={"If-Match": '"1"'})
    assert (first.status_code, first.headers["ETag"], first.json()["version"]) == (200, '"2"', 2)
    for late in (
        await api.patch(where, json={"name": "Gate four"}, headers={"If-Match": '"1"'}),
        await api.patch(where, json={"name": "Gate four", "version": 1}),
        await api.delete(where, headers={"If-Match": '"1"'}),
    ):
        assert (late.status_code, late.json()["code"]) == (409, "camera_changed")
    assert (await api.get(where)).json()["name"] == "Gate 4"
    assert (await api.patch(where, json={"name": "x"}, headers={"If-Match": "gate"})).status_code == 422


async def test_a_change_changes_only_what_it_names(
    api: httpx.AsyncClient, database: Database, keyring: Keyring
) -> None:
    camera = await add(api)
    changed = (await api.patch(f"/cameras/{camera['id']}", json={"mode": "off", "sub": None})).json()
    same = ("name", "name_ar", "agency", "place", "main", "has_credentials", "audio", "enabled")
    assert {name: changed[name] for name in same} == {name: camera[name] for name in same}
    assert (changed["mode"], changed["sub"], changed["recorded"]) == ("off", None, False)
    async with database.read() as tx:
        kept = await registry.get_camera(tx, changed["id"])
    assert kept.mode_since == kept.updated_at > kept.created_at
    assert (registry.stream_url(kept, keyring) or "").startswith("rtsp://viewer:s3cret")
    named = (await api.patch(f"/cameras/{camera['id']}", json={"name": "Other"})).json()
    async with database.read() as tx:
        again = await registry.get_camera(tx, named["id"])
    assert again.mode_since == kept.mode_since, "a new name does not change the plan"
    forgotten = (await api.patch(f"/cameras/{camera['id']}", json={"credentials": None})).json()
    assert forgotten["has_credentials"] is False


async def test_a_sealed_password_is_not_sent_to_another_host(
    api: httpx.AsyncClient, database: Database, keyring: Keyring
) -> None:
    camera = await add(api)
    where = f"/cameras/{camera['id']}"
    stolen = await api.patch(where, json={"main": {"url": "rtsp://evil.example/main"}})
    assert stolen.status_code == 422
    assert stolen.json()["problems"][0]["code"] == "credentials_needed"
    moved = await api.patch(
        where,
        json={
            "main": {"url": "rtsp://10.20.0.8/main"},
            "sub": None,
            "credentials": {"username": "u", "password": "new"},
        },
    )
    assert moved.status_code == 200
    same_host = await api.patch(where, json={"main": {"url": "rtsp://10.20.0.8/other"}})
    assert same_host.status_code == 200
    async with database.read() as tx:
        kept = await registry.get_camera(tx, camera["id"])
    assert registry.stream_url(kept, keyring) == "rtsp://u:new@10.20.0.8/other"


async def test_a_secret_in_the_path_stays_when_the_shown_address_comes_back(
    api: httpx.AsyncClient, database: Database, keyring: Keyring
) -> None:
    camera = await add(api, main={"url": "rtsp://10.0.0.9/user=a&password=hunter2&channel=1"}, sub=None)
    assert camera["main"]["url"] == "rtsp://10.0.0.9/user=a&password={secret}&channel=1"
    back = {"url": camera["main"]["url"].replace("channel=1", "channel=2")}
    changed = await api.patch(f"/cameras/{camera['id']}", json={"main": back})
    assert changed.status_code == 200
    async with database.read() as tx:
        kept = await registry.get_camera(tx, camera["id"])
    assert registry.stream_url(kept, keyring) == "rtsp://10.0.0.9/user=a&password=hunter2&channel=2"
    alone = await api.post("/cameras", json=DEIRA | {"name": "other", "main": back, "sub": None})
    assert alone.json()["problems"][0]["code"] == "url_secret"


async def test_removing_keeps_the_row_and_restoring_is_the_undo(api: httpx.AsyncClient) -> None:
    camera = await add(api)
    where = f"/cameras/{camera['id']}"
    removed = (await api.delete(where)).json()
    assert removed["removed_at"] is not None
    assert (await api.get("/cameras")).json()["total"] == 0
    assert (await api.get("/cameras?removed=only")).json()["total"] == 1
    assert (await api.get(where)).json()["status"]["state"] == "off"
    assert (await api.patch(where, json={"name": "x"})).json()["code"] == "camera_removed"
    assert (await api.delete(where)).json()["version"] == removed["version"], "twice is once"
    taken = await add(api)
    assert (await api.post(f"{where}/restore")).json()["code"] == "camera_name_taken"
    await api.delete(f"/cameras/{taken['id']}")
    restored = await api.post(f"{where}/restore")
    assert (restored.status_code, restored.json()["removed_at"]) == (200, None)


async def test_a_name_is_taken_once_within_an_agency(api: httpx.AsyncClient) -> None:
    await add(api)
    same = await api.post("/cameras", json=DEIRA | {"name": "  DEIRA  gate\u200f 4 "})
    assert (same.status_code, same.json()["code"]) == (409, "camera_name_taken")
    other = await add(api, agency="BUS")
    renamed = await api.patch(f"/cameras/{other['id']}", json={"agency": "METRO"})
    assert (renamed.status_code, renamed.json()["code"]) == (409, "camera_name_taken")


async def test_what_is_not_there(api: httpx.AsyncClient) -> None:
    nobody = "/cameras/00000000-0000-4000-8000-000000000000"
    for answer in (
        await api.get(nobody),
        await api.get(f"{nobody}/status"),
        await api.patch(nobody, json={}),
        await api.delete(nobody),
        await api.post(f"{nobody}/restore"),
    ):
        assert (answer.status_code, answer.json()["code"]) == (404, "camera_not_found")
    assert (await api.get("/cameras/not-an-id")).status_code == 404


async def test_the_list_is_filtered_sorted_and_paged(api: httpx.AsyncClient) -> None:
    for number in range(5):
        await add(api, name=f"gate {number}", agency="BUS" if number % 2 else "METRO", sub=None)
    await add(api, name="100% tunnel_1", name_ar="نفق الخليج", agency="OTHER", enabled=False, sub=None)

    async def names(query: str) -> list[str]:
        answer = await api.get(f"/cameras?{query}")
        assert answer.status_code == 200, answer.text
        return [item["name"] for item in answer.json()["items"]]

    assert await names("agency=BUS") == ["gate 1", "gate 3"]
    assert await names("source=bus&sort=-name") == ["gate 3", "gate 1"]
    assert await names("agency=BUS&agency=OTHER") == ["100% tunnel_1", "gate 1", "gate 3"]
    assert await names("q=نفق") == ["100% tunnel_1"]
    assert await names("q=TUNNEL 100%25") == ["100% tunnel_1"]
    assert await names("q=%25") == ["100% tunnel_1"], "a percent sign is a letter, not a pattern"
    assert await names("q=rigga&enabled=true&limit=2&offset=1") == ["gate 1", "gate 2"]
    assert (await api.get("/cameras?q=rigga&limit=2")).json()["total"] == 6
    assert await names("state=off") == ["100% tunnel_1"]
    assert len(await names("state=connecting")) == 5
    for bad in ("sort=password", "limit=0", "limit=1001", "agency=%00", "q=%00", "state=well", "offset=-1"):
        assert (await api.get(f"/cameras?{bad}")).status_code == 422, bad


async def test_recorders_hear_of_a_change_when_it_is_committed(api: httpx.AsyncClient, database: Database) -> None:
    heard: asyncio.Queue[str] = asyncio.Queue()

    async def listen() -> None:
        async for channel, payload in database.listen(CAMERAS_CHANGED):
            await heard.put(payload if channel else "connected")

    listener = asyncio.create_task(listen())
    try:
        async with asyncio.timeout(20):
            assert await heard.get() == "connected"
            camera = await add(api)
            assert await heard.get() == camera["id"]
            await api.patch(f"/cameras/{camera['id']}", json={"agency": "NOBODY"})
            await api.patch(f"/cameras/{camera['id']}", json={"enabled": False})
            assert await heard.get() == camera["id"]
            await api.delete(f"/cameras/{camera['id']}")
            assert await heard.get() == camera["id"]
            rows = "name,agency,main_url\n" + "".join(f"c{n},BUS,rtsp://h/{n}\n" for n in range(9))
            await api.post("/cameras/import", content=rows, headers={"Content-Type": "text/csv"})
            assert await heard.get() == "", "an import is told once"
        assert heard.empty()
    finally:
        listener.cancel()


async def test_agencies_and_groups(api: httpx.AsyncClient) -> None:
    codes = [agency["code"] for agency in (await api.get("/cameras/agencies")).json()["items"]]
    assert codes == sorted(agency.code for agency in registry.FIRST_AGENCIES)
    made = await api.put("/cameras/agencies/TUNNELS", json={"name": "Tunnels", "name_ar": "الأنفاق"})
    assert made.status_code == 200
    assert (await add(api, agency="TUNNELS"))["agency"] == "TUNNELS"
    assert (await api.put("/cameras/agencies/a%20b", json={"name": "x"})).status_code == 422
    group = (await api.post("/cameras/groups", json={"name": "Red line", "name_ar": "الخط الأحمر"})).json()
    camera = await add(api, name="in group", group_id=group["id"])
    assert [one["id"] for one in (await api.get(f"/cameras?group={group['id']}")).json()["items"]] == [
        camera["id"]
    ]


async def _audited(database: Database) -> list[tuple[str, str, str | None, Any]]:
    async with database.read() as tx:
        rows = await tx.execute(text("SELECT action, thing_id, agency, detail FROM audit_entries ORDER BY id"))
        return [tuple(row) for row in rows]


async def test_an_import_tells_of_each_camera_that_it_adds_or_changes(
    api: httpx.AsyncClient, database: Database
) -> None:
    there = await add(api)
    rows = "name,agency,main_url,enabled,password\nDeira gate 4,METRO,rtsp://10.20.0.7/main,no,\nNew,BUS,rtsp://h/1,,\n"
    answer = await api.post("/cameras/import?existing=update", content=rows, headers={"Content-Type": "text/csv"})
    assert (answer.json()["added"], answer.json()["updated"]) == (1, 1)
    told = (await _audited(database))[-2:]
    assert [(action, agency) for action, _, agency, _ in told] == [
        ("camera.change", "METRO"),
        ("camera.add", "BUS"),
    ]
    assert told[0][1] == there["id"]
    assert told[0][3]["given"] == ["agency", "enabled", "main_url", "name"]


async def test_a_group_is_renamed_and_keeps_its_cameras(api: httpx.AsyncClient) -> None:
    group = (await api.post("/cameras/groups", json={"name": "Red line", "name_ar": "الخط الأحمر"})).json()
    camera = await add(api, group_id=group["id"])
    named = await api.put(f"/cameras/groups/{group['id']}", json={"name": "Red line, north", "name_ar": "شمال"})
    assert named.json() == {"id": group["id"], "name": "Red line, north", "name_ar": "شمال"}
    assert (await api.get("/cameras/groups")).json()["items"] == [named.json()]
    assert (await api.get(f"/cameras/{camera['id']}")).json()["group_id"] == group["id"]
    other = (await api.post("/cameras/groups", json={"name": "Gates"})).json()
    taken = await api.put(f"/cameras/groups/{other['id']}", json={"name": "Red line, north"})
    assert (taken.status_code, taken.json()["code"]) == (409, "camera_group_name_taken")
    assert (await api.put(f"/cameras/groups/{uuid4()}", json={"name": "Nowhere"})).status_code == 404
    assert (await api.put(f"/cameras/groups/{other['id']}", json={"name": " "})).status_code == 422


async def test_a_group_that_is_added_again_keeps_its_arabic_name(api: httpx.AsyncClient) -> None:
    first = (await api.post("/cameras/groups", json={"name": "Red line", "name_ar": "الخط الأحمر"})).json()
    assert (await api.post("/cameras/groups", json={"name": "Red line"})).json() == first
    given = (await api.post("/cameras/groups", json={"name": "Red line", "name_ar": "الأحمر"})).json()
    assert given == first | {"name_ar": "الأحمر"}


async def test_a_group_is_removed_once_it_is_empty_and_nothing_is_granted_on_it(
    api: httpx.AsyncClient, database: Database, user_with: UserWith
) -> None:
    group = (await api.post("/cameras/groups", json={"name": "Gates"})).json()["id"]
    camera = await add(api, group_id=group)
    await user_with("viewer", group_id=group)
    await user_with("viewer", group_id=group, until=datetime(2020, 1, 1, tzinfo=UTC))

    async def refused() -> tuple[int, dict[str, Any]]:
        answer = await api.delete(f"/cameras/groups/{group}")
        assert answer.json()["code"] == "camera_group_in_use"
        return answer.status_code, {key: answer.json()[key] for key in ("cameras", "grants")}

    assert await refused() == (409, {"cameras": 1, "grants": 1}), "grants that ended do not count"
    await api.patch(f"/cameras/{camera['id']}", json={"group_id": None})
    assert await refused() == (409, {"cameras": 0, "grants": 1})
    async with database.write() as tx:
        await tx.execute(text("DELETE FROM access_grants WHERE until IS NULL"))
    assert (await api.delete(f"/cameras/groups/{group}")).status_code == 204
    assert (await api.get("/cameras/groups")).json()["items"] == []
    assert (await api.delete(f"/cameras/groups/{group}")).status_code == 404


@pytest.mark.parametrize("name", ["", "   ", "\u200f\u200e", "x" * 201, "a\x00b", "a\nb", "a\u2028b"])
async def test_names_that_are_none(api: httpx.AsyncClient, name: str) -> None:
    assert (await api.post("/cameras", json=DEIRA | {"name": name})).status_code == 422


async def test_halves_of_characters_are_refused_everywhere(api: httpx.AsyncClient) -> None:
    half = "\\ud800"
    for body in (
        f'{{"{half}": 1}}',
        f'{{"name": "{half}", "agency": "METRO", "main": {{"url": "rtsp://h/1"}}}}',
        f'{{"name": "a", "agency": "{half}", "main": {{"url": "rtsp://{half}/1"}}}}',
    ):
        answer = await api.post("/cameras", content=body, headers={"Content-Type": "application/json"})
        assert answer.status_code == 422, answer.text


async def test_what_was_read_before_a_change_is_not_written_over_it(
    api: httpx.AsyncClient, database: Database, keyring: Keyring
) -> None:
    """An import reads all cameras first and holds none of them: the version in the row is its only guard."""
    camera = await add(api)
    async with database.read() as tx:
        before = await registry.get_camera(tx, camera["id"])
    await api.patch(f"/cameras/{camera['id']}", json={"name": "Gate 4"})
    late = settle(changed_draft(before, {"name": "Late", "keep": False}), World(frozenset({"METRO"})))
    assert isinstance(late, Settled)
    with pytest.raises(registry.CameraChanged):
        async with database.write() as tx:
            await store.update_camera(tx, before, late, credentials=None, at=utc_now())
    assert (await api.get(f"/cameras/{camera['id']}")).json()["name"] == "Gate 4"
