"""What a door leaves to its handler: lists, bodies, how far back, why, and rights that end meanwhile."""

import asyncio
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text

from cctv.base.clock import SystemClock, utc_now
from cctv.base.events import ACCESS_CHANGED
from cctv.base.permission import Verb
from cctv.infra.database import Database, notify

DAY = timedelta(days=1)


def now() -> datetime:
    return utc_now(SystemClock())


def new_camera(agency: str, name: str = "New", **more: Any) -> dict[str, Any]:
    return {"name": name, "agency": agency, "main": {"url": "rtsp://192.0.2.9/s"}} | more


def wanted(camera: UUID, start: datetime, **more: Any) -> dict[str, Any]:
    return {"camera": str(camera), "from": start.isoformat(), "to": (start + DAY / 24).isoformat()} | more


async def names(street: Any, path: str, **params: Any) -> list[str]:
    answer = await street.client("vms-service").get(f"/api/v1/cameras{path}", params=params)
    assert answer.status_code == 200, answer.text
    return [one.get("id") or one.get("code") for one in answer.json()["items"]]


@pytest.mark.parametrize("how", ["agency", "group_id", "camera_id"])
async def test_lists_have_what_was_granted_and_nothing_else(
    street: Any, user_with: Callable[..., Any], how: str
) -> None:
    target = {"agency": "METRO", "group_id": street.group, "camera_id": street.own}[how]
    street.come_as(await user_with("viewer", **{how: target}))
    assert await names(street, "") == [str(street.own)]
    assert await names(street, "", agency="BUS") == []
    assert await names(street, "/agencies") == ["METRO"]
    assert await names(street, "/groups") == [str(street.group)]
    api = street.client("vms-service")
    assert (await api.get("/api/v1/cameras")).json()["total"] == 1
    assert (await api.get("/api/v1/cameras/summary")).json()["total"] == 1


async def test_without_a_grant_there_is_nothing(street: Any, user_with: Callable[..., Any]) -> None:
    street.come_as(await user_with())
    assert await names(street, "") == []
    assert await names(street, "/agencies") == []
    street.come_as(await user_with("supervisor", until=now() - DAY))
    assert await names(street, "") == []


async def test_cameras_are_added_and_moved_where_one_manages(street: Any, user_with: Callable[..., Any]) -> None:
    street.come_as(await user_with("supervisor", agency="METRO"))
    api = street.client("vms-service")
    assert (await api.post("/api/v1/cameras", json=new_camera("METRO"))).status_code == 201
    assert (await api.post("/api/v1/cameras", json=new_camera("BUS"))).json()["code"] == "may_not"
    # The name is taken there, which is not ours to know.
    assert (await api.post("/api/v1/cameras", json=new_camera("BUS", "Gate"))).json()["code"] == "may_not"
    moved = await api.patch(f"/api/v1/cameras/{street.own}", json={"agency": "BUS"})
    assert moved.json()["code"] == "may_not"
    assert (await api.patch(f"/api/v1/cameras/{street.own}", json={"name": "G2"})).status_code == 200


async def test_who_manages_a_group_cannot_take_a_camera_out_of_it(
    street: Any, user_with: Callable[..., Any]
) -> None:
    street.come_as(await user_with("supervisor", group_id=street.group))
    api = street.client("vms-service")
    answer = await api.patch(f"/api/v1/cameras/{street.own}", json={"group_id": None})
    assert answer.json()["code"] == "may_not"
    assert (await api.get(f"/api/v1/cameras/{street.own}")).json()["group_id"] == str(street.group)


@pytest.mark.parametrize("on", ["camera_id", "group_id"])
async def test_whose_a_camera_is_chooses_only_who_manages_the_whole_agency(
    street: Any, user_with: Callable[..., Any], on: str
) -> None:
    """Else a camera could be taken out of an agency that asks for a purpose."""
    street.come_as(await user_with("supervisor", **{on: street.own if on == "camera_id" else street.group}))
    api = street.client("vms-service")
    camera = f"/api/v1/cameras/{street.own}"
    assert (await api.patch(camera, json={"agency": "BUS", "name": "G9"})).json()["code"] == "may_not"
    assert (await api.patch(camera, json={"agency": "METRO", "name": "G9"})).status_code == 200
    added = new_camera("BUS", "New") | {"group_id": str(street.group)}
    assert (await api.post("/api/v1/cameras", json=added)).json()["code"] == "may_not"
    rows = "name,agency,main_url\nG9,BUS,rtsp://192.0.2.1/main\n"
    answer = await api.post(
        "/api/v1/cameras/import?existing=update", content=rows, headers={"Content-Type": "text/csv"}
    )
    assert (answer.json()["updated"], answer.json()["bad"]) == (0, 1), answer.text


async def test_agencies_that_are_not_ours_are_not_told_of(street: Any, user_with: Callable[..., Any]) -> None:
    street.come_as(await user_with("supervisor", agency="METRO"))
    rows = "name,agency,main_url\nA,NOBODY,rtsp://192.0.2.5/a\n"
    answer = await street.client("vms-service").post(
        "/api/v1/cameras/import", content=rows, headers={"Content-Type": "text/csv"}
    )
    assert "METRO" in answer.text
    assert "BUS" not in answer.text


async def test_a_probe_stands_in_the_audit(street: Any, user_with: Callable[..., Any], database: Database) -> None:
    street.come_as(await user_with("supervisor", agency="METRO"))
    api = street.client("vms-service")
    given = {"url": "rtsp://op:s3cret@192.0.2.9:8554/x", "seconds": 1}
    await api.post("/api/v1/cameras/probe", json=given)
    async with database.read() as tx:
        rows = await tx.execute(
            text("SELECT thing_kind, thing_id FROM audit_entries WHERE action = 'camera.probe'")
        )
        assert [tuple(row) for row in rows] == [("address", "192.0.2.9:8554")]


async def test_an_import_touches_and_tells_of_own_cameras_only(street: Any, user_with: Callable[..., Any]) -> None:
    street.come_as(await user_with("supervisor", agency="METRO"))
    rows = "name,agency,main_url\nA,METRO,rtsp://192.0.2.5/a\nGate,BUS,rtsp://192.0.2.2/main\n"
    answer = await street.client("vms-service").post(
        "/api/v1/cameras/import", content=rows.encode(), headers={"Content-Type": "text/csv"}
    )
    assert answer.status_code == 200, answer.text
    assert [answer.json()[name] for name in ("added", "bad")] == [1, 1], answer.text
    assert str(street.foreign) not in answer.text
    exported = await street.client("vms-service").get("/api/v1/cameras/export", params={"format": "json"})
    assert {one["agency"] for one in exported.json()["cameras"]} == {"METRO"}


async def test_grants_of_media_ask_about_the_camera_in_the_body(
    street: Any, user_with: Callable[..., Any]
) -> None:
    street.come_as(await user_with("operator", agency="METRO"))
    api = street.client("playback-service")
    grants = "/api/v1/playback/grants"
    own = await api.post(grants, json=wanted(street.own, now() - DAY))
    assert own.status_code == 201, own.text
    for camera in (street.foreign, street.nowhere):
        assert (await api.post(grants, json=wanted(camera, now() - DAY))).json()["code"] == "camera_not_found"
    export = wanted(street.own, now() - DAY, purpose="export")
    assert (await api.post(grants, json=export)).json()["code"] == "may_not"
    street.come_as(await user_with("operator", agency="METRO"))  # somebody else with the same rights
    async with street.playing():
        for act in ("renew", "withdraw"):
            answer = await api.post(f"{grants}/{act}", json={"grant": own.json()["grant"]})
            assert answer.json()["code"] == "outside_grant", act


async def test_how_far_back_a_role_may_look(street: Any, user_with: Callable[..., Any]) -> None:
    street.come_as(await user_with("operator", agency="METRO"))  # seven days
    api = street.client("playback-service")
    long_ago = now() - 9 * DAY
    asked = {"camera": str(street.own), "from": long_ago.isoformat(), "to": (long_ago + DAY).isoformat()}
    answer = await api.post("/api/v1/playback/grants", json=wanted(street.own, long_ago))
    assert answer.json()["code"] == "too_far_back"
    still = await api.get("/api/v1/playback/still", params={"camera": str(street.own), "at": long_ago.isoformat()})
    assert still.json()["code"] == "too_far_back"
    assert (await api.get("/api/v1/recordings", params=asked)).json()["code"] == "too_far_back"
    assert (await api.get("/api/v1/playback/timeline", params=asked)).json()["cameras"][0]["spans"] == []
    street.come_as(await user_with("investigator", agency="METRO"))  # no limit
    assert (await api.post("/api/v1/playback/grants", json=wanted(street.own, long_ago))).status_code == 201


async def test_an_agency_may_want_to_know_why(
    street: Any, user_with: Callable[..., Any], database: Database
) -> None:
    street.come_as(await user_with("administrator"))
    rule = await street.client("go-api").put("/api/v1/access/agencies/METRO/purpose", json={"required": True})
    assert rule.status_code == 200, rule.text
    rules = await street.client("go-api").get("/api/v1/access/purposes")
    assert rules.json() == {"agencies": ["METRO"]}
    street.forget()  # in production the notification does it
    street.come_as(await user_with("investigator", agency="METRO"))
    api = street.client("playback-service")
    at = (now() - DAY).isoformat()
    asked = wanted(street.own, now() - DAY)
    assert (await api.post("/api/v1/playback/grants", json=asked)).json()["code"] == "purpose_needed"
    blank = asked | {"case_ref": " ", "reason": "x"}
    assert (await api.post("/api/v1/playback/grants", json=blank)).json()["code"] == "purpose_needed"
    why = {"case_ref": "2026/77", "reason": "collision at gate 4"}
    still = {"camera": str(street.own), "at": at}
    download = {name: asked[name] for name in ("camera", "from", "to")}
    for path, params in (("playback/still", still), ("recordings/download", download)):
        assert (await api.get(f"/api/v1/{path}", params=params)).json()["code"] == "purpose_needed"
        answer = await api.get(f"/api/v1/{path}", params=params | why)
        assert answer.json()["code"] in ("no_footage", "no_recording")
    assert (await api.post("/api/v1/playback/grants", json=asked | why)).status_code == 201
    async with database.read() as tx:
        query = text("SELECT case_ref, reason, agency FROM audit_entries WHERE action = 'playback.grant'")
        assert (await tx.execute(query)).all() == [("2026/77", "collision at gate 4", "METRO")]


async def test_a_withdrawn_grant_ends_what_goes_on_and_what_was_believed(
    street: Any, user_with: Callable[..., Any], database: Database
) -> None:
    actor = await user_with("operator", agency="METRO")
    policy = street.wirings["playback-service"].entrance.policy
    street.come_as(actor)
    api = street.client("playback-service")
    async with street.playing():
        grant = (await api.post("/api/v1/playback/grants", json=wanted(street.own, now() - DAY))).json()
        assert (await api.get(grant["video_url"])).json()["code"] == "no_footage"
        watching = asyncio.create_task(policy.until_withdrawn(actor, Verb.LIVE, street.own))
        await asyncio.sleep(0.2)
        assert not watching.done()
        async with database.write() as tx:
            await tx.execute(text("DELETE FROM access_grants WHERE user_id = CAST(:id AS uuid)"), {"id": actor.id})
            await notify(tx, ACCESS_CHANGED, actor.id)
        async with asyncio.timeout(5):
            await watching
            while (await api.get(grant["video_url"])).json()["code"] != "grant_withdrawn":
                await asyncio.sleep(0.02)
    again = await api.post("/api/v1/playback/grants", json=wanted(street.own, now() - DAY))
    assert again.json()["code"] == "may_not"


async def test_rights_are_handed_out_by_who_holds_them(
    street: Any, user_with: Callable[..., Any], database: Database
) -> None:
    boss, somebody = await user_with("administrator"), await user_with()
    street.come_as(boss)
    api = street.client("go-api")
    given = {"user_id": somebody.id, "role": "viewer", "on": "camera", "target": str(street.own)}
    made = await api.post("/api/v1/access/grants", json=given)
    assert made.status_code == 201, made.text
    (listed,) = (await api.get("/api/v1/access/grants", params={"user": somebody.id})).json()["items"]
    assert (listed["user_name"], listed["granted_by_name"]) == (somebody.name, boss.name)
    street.forget()
    street.come_as(somebody)
    assert await names(street, "") == [str(street.own)]
    mine = (await api.get("/api/v1/session/rights")).json()
    assert [(one["verb"], one["camera"]) for one in mine["cameras"]] == [("live", str(street.own))]
    async with database.write() as tx:  # a role that may grant, and holds nothing to give
        insert = "INSERT INTO roles VALUES ('granter', 'Granter', '', '{system:roles}', NULL, false)"
        await tx.execute(text(insert))
    granter = await user_with("granter")
    street.come_as(granter)
    for role in ("viewer", "administrator"):
        answer = await api.post("/api/v1/access/grants", json={"user_id": granter.id, "role": role})
        assert answer.json()["code"] == "cannot_hand_out"
    mine_too = {"name": "Mine", "permissions": ["camera:*:live"]}
    assert (await api.put("/api/v1/roles/mine", json=mine_too)).json()["code"] == "cannot_hand_out"
    street.come_as(boss)
    grants = (await api.get("/api/v1/access/grants", params={"user": boss.id})).json()["items"]
    last = await api.delete(f"/api/v1/access/grants/{grants[0]['id']}")
    assert last.json()["code"] == "last_administrator"
    assert (await api.put("/api/v1/roles/viewer", json=mine_too)).json()["code"] == "role_in_use"
