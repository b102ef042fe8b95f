"""Who hands out and takes back: nobody gives what they have not, and somebody is always left who may give."""

import asyncio
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import text

from cctv.access.identity import accounts
from cctv.access.policy import Granter, Role
from cctv.access.policy.errors import CannotHandOut, LastAdministrator
from cctv.base.actor import LOCAL
from cctv.base.clock import SystemClock, utc_now
from cctv.base.permission import parse_permission
from cctv.infra.database import Database, WriteTx

HOUR = timedelta(hours=1)
GRANTS = "/api/v1/access/grants"
NAMES = "/api/v1/iam/permission-names"


def now() -> datetime:
    return utc_now(SystemClock())


def administrator(user: Any, until: datetime | None = None) -> dict[str, Any]:
    return {"user_id": user.id, "role": "administrator"} | ({"until": until.isoformat()} if until else {})


async def grant_of(api: Any, user: Any) -> str:
    """The address of the user's one grant."""
    (found,) = (await api.get(GRANTS, params={"user": user.id})).json()["items"]
    return f"{GRANTS}/{found['id']}"


def desk_of(street: Any) -> Any:
    return street.wirings["go-api"].entrance.desk


async def with_role(street: Any, user_with: Callable[..., Any], *permissions: str, days: int | None = None) -> Any:
    """Somebody with a new role of these permissions on everything, made by a new administrator."""
    street.come_as(await user_with("administrator"))
    code = f"role-{uuid4().hex}"
    role = {"name": code, "permissions": permissions, "look_back_days": days}
    made = await street.client("go-api").put(f"/api/v1/roles/{code}", json=role)
    assert made.status_code == 200, made.text
    return await user_with(code)


async def test_who_has_a_right_until_a_day_gives_it_until_then_at_most(
    street: Any, user_with: Callable[..., Any]
) -> None:
    end = now() + HOUR
    deputy, lasting, somebody = (
        await user_with("administrator", until=end),
        await user_with("viewer"),
        await user_with(),
    )
    street.come_as(deputy)
    api = street.client("go-api")
    for user in (deputy, somebody):
        for until in (None, end + HOUR):
            answer = await api.post(GRANTS, json=administrator(user, until))
            assert answer.json()["code"] == "cannot_hand_out"
    viewer = {"user_id": somebody.id, "role": "viewer"}
    assert (await api.post(GRANTS, json=viewer)).json()["code"] == "cannot_hand_out"
    assert (await api.post(GRANTS, json=viewer | {"until": end.isoformat()})).status_code == 201
    role = {"name": "Mine", "permissions": ["system:audit"]}
    assert (await api.put("/api/v1/roles/mine", json=role)).json()["code"] == "cannot_hand_out"
    assert (await api.delete(await grant_of(api, lasting))).status_code == 200, "taking back needs it now only"


async def test_names_of_permissions_are_given_a_meaning_by_who_holds_it(
    street: Any, user_with: Callable[..., Any]
) -> None:
    api = street.client("go-api")
    keeper = await with_role(street, user_with, "system:roles")
    within_days = await with_role(street, user_with, "system:roles", "camera:*:live", days=7)
    lasting = await with_role(street, user_with, "system:roles", "camera:*:live")
    deputy = await user_with("administrator", until=now() + HOUR)
    standing = (await api.get(NAMES)).json()["names"]
    live = standing | {"watch": ["camera:METRO:live"]}
    for somebody in (keeper, within_days, deputy):
        street.come_as(somebody)
        without = {theirs: ours for theirs, ours in standing.items() if theirs != "camera:*:view"}
        for wanted in (live, standing | {"camera:*:live": ["system:users"]}, without):
            answer = await api.put(NAMES, json={"names": wanted})
            assert (answer.status_code, answer.json()["code"]) == (403, "cannot_hand_out")
        assert (await api.get(NAMES)).json()["names"] == standing
        assert (await api.put(NAMES, json={"names": standing})).status_code == 200
    street.come_as(lasting)
    assert (await api.put(NAMES, json={"names": live})).json()["names"] == live
    more = live | {"watch": ["camera:METRO:live", "camera:METRO:playback"]}
    assert (await api.put(NAMES, json={"names": more})).json()["code"] == "cannot_hand_out"
    assert (await api.put(NAMES, json={"names": standing})).status_code == 200, "and taken away again"
    street.come_as(await user_with("administrator"))
    assert (await api.put(NAMES, json={"names": {}})).json()["names"] == {}


async def test_the_last_administrator_stays_one(street: Any, user_with: Callable[..., Any]) -> None:
    """Who has an end, and who is disabled, does not count."""
    boss, second = await user_with("administrator"), await user_with("administrator")
    await user_with("administrator", until=now() + HOUR)
    street.come_as(boss)
    api = street.client("go-api")
    soon = administrator(boss, now() + HOUR)
    assert (await api.post(f"/api/v1/users/{second.id}/disable")).status_code == 200
    refused = [await api.post(GRANTS, json=soon), await api.delete(await grant_of(api, boss))]
    assert [answer.json()["code"] for answer in refused] == ["last_administrator"] * 2
    assert (await api.post(GRANTS, json=administrator(boss))).status_code == 201, "the same again is no end"
    narrow = soon | {"on": "camera", "target": str(street.own)}
    assert (await api.post(GRANTS, json=narrow)).status_code == 201, "nor is one on less than everything"
    street.come_as(replace(boss, session="00"))  # a person's own: no key lets anybody in
    assert (await api.post(f"/api/v1/users/{second.id}/enable")).status_code == 200
    assert (await api.post(GRANTS, json=soon)).status_code == 201
    street.forget()
    assert (await api.delete(await grant_of(api, second))).json()["code"] == "last_administrator"


async def test_the_last_administrator_is_not_disabled(
    street: Any, user_with: Callable[..., Any], database: Database
) -> None:
    boss, deputy = await user_with("administrator"), await user_with("administrator", until=now() + HOUR)
    street.come_as(deputy)
    api = street.client("go-api")
    answer = await api.post(f"/api/v1/users/{boss.id}/disable")
    assert (answer.status_code, answer.json()["code"]) == (409, "last_administrator")
    assert (await api.get(f"/api/v1/users/{boss.id}")).json()["disabled_at"] is None
    other = await user_with("administrator")
    assert (await api.post(f"/api/v1/users/{boss.id}/disable")).status_code == 200
    async with database.write() as tx:  # the server's console makes another when it wants one
        assert not (await accounts.disable(tx, desk_of(street), LOCAL, UUID(other.id))).active


async def test_two_administrators_cannot_disable_each_other_at_once(
    street: Any, user_with: Callable[..., Any], database: Database
) -> None:
    one, other = await user_with("administrator"), await user_with("administrator")

    async def disable(by: Any, whom: Any) -> None:
        async with database.write() as tx:
            await accounts.disable(tx, desk_of(street), by, UUID(whom.id))

    async with database.write() as tx:
        await accounts.disable(tx, desk_of(street), one, UUID(other.id))
        second = asyncio.create_task(disable(other, one))
        await asyncio.sleep(0.3)
        assert not second.done(), "it waits for what the first will be"
    with pytest.raises(LastAdministrator):
        await second


async def test_a_role_is_changed_and_removed_by_who_could_grant_it(
    street: Any, user_with: Callable[..., Any]
) -> None:
    api = street.client("go-api")
    keeper = await with_role(street, user_with, "system:roles")
    equal = await with_role(street, user_with, "system:roles", "camera:*:live")
    role = {"name": "Guard", "permissions": ["camera:*:live"]}
    assert (await api.put("/api/v1/roles/guard", json=role)).status_code == 200
    guard = await user_with("guard")
    for somebody in (keeper, await user_with("administrator", until=now() + HOUR)):
        street.come_as(somebody)
        emptied = await api.put("/api/v1/roles/guard", json={"name": "Guard", "permissions": []})
        assert (emptied.status_code, emptied.json()["code"]) == (403, "cannot_hand_out")
        assert (await api.delete("/api/v1/roles/guard")).json()["code"] == "cannot_hand_out"
    street.come_as(guard)
    assert (await street.client("vms-service").get("/api/v1/cameras")).json()["total"] == 2
    street.come_as(equal)
    assert (await api.delete(await grant_of(api, guard))).status_code == 200
    assert (await api.put("/api/v1/roles/guard", json=role | {"permissions": []})).status_code == 200
    assert (await api.delete("/api/v1/roles/guard")).status_code == 204
    assert (await api.delete("/api/v1/roles/guard")).json()["code"] == "role_not_found"


async def test_two_who_make_one_role_at_once_ask_about_each_others(
    street: Any, user_with: Callable[..., Any], database: Database
) -> None:
    policy, audit = street.wirings["go-api"].entrance.policy, street.wirings["go-api"].entrance.audit
    boss = await user_with("administrator")
    keeper = await with_role(street, user_with, "system:roles")

    async def put(by: Any, tx: WriteTx, *permissions: str) -> None:
        granter = Granter(by, await policy.rights(by), audit, policy.now())
        wanted = frozenset(map(parse_permission, permissions))
        await granter.put_role(tx, Role(code="new", name="New", permissions=wanted))

    async def empty() -> None:
        async with database.write() as tx:
            await put(keeper, tx)

    async with database.write() as tx:
        await put(boss, tx, "system:users")
        second = asyncio.create_task(empty())
        await asyncio.sleep(0.3)
    with pytest.raises(CannotHandOut):
        await second


async def test_somebody_is_let_in_by_who_holds_as_much(street: Any, user_with: Callable[..., Any]) -> None:
    """Whoever hands out a password, or opens an account again, could sign in as its user."""
    api = street.client("go-api")
    helper = await with_role(street, user_with, "system:users", "camera:*:live")
    chief, viewer, investigator = (
        await user_with("administrator"),
        await user_with("viewer"),
        await user_with("investigator"),
    )

    def path(user: Any, act: str) -> str:
        return f"/api/v1/users/{user.id}/{act}"

    street.come_as(replace(helper, session="00" * 16))
    for user in (chief, investigator):
        for act in ("recover", "enable"):
            answer = await api.post(path(user, act))
            assert (answer.status_code, answer.json()["code"]) == (403, "cannot_let_in")
    assert (await api.post(path(investigator, "disable"))).status_code == 200, "shutting out gives nothing"
    assert (await api.post(path(investigator, "enable"))).json()["code"] == "cannot_let_in"
    for act in ("recover", "disable", "enable"):
        assert (await api.post(path(viewer, act))).status_code == 200
    street.come_as(replace(chief, session="00" * 16))
    assert (await api.post(path(investigator, "enable"))).status_code == 200
    assert (await api.post(path(helper, "recover"))).status_code == 200


async def test_who_has_the_rights_from_the_provider_lets_in_too(
    street: Any, user_with: Callable[..., Any], database: Database
) -> None:
    """What a session of the provider's gives ends with it; what it is compared with has no end."""
    api = street.client("go-api")
    chief, viewer = await user_with(), await user_with("viewer")
    claims = ["system:users", "camera:*:live"]
    async with database.write() as tx:
        await tx.execute(
            text("UPDATE users SET claims = :claims WHERE id = :id"), {"claims": claims, "id": chief.id}
        )
    session = {"session": "00" * 16, "claims": frozenset(claims), "until": now() + HOUR}
    street.come_as(replace(chief, **session))
    assert (await api.post(f"/api/v1/users/{viewer.id}/recover")).status_code == 200
