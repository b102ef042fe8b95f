"""API keys, users as administrators manage them, and the account of last resort."""

from uuid import UUID

import httpx
import psycopg
import pytest
from tests.integration.identity.conftest import ADMIN, PASSWORD, Joining, Replica, Site, refusals, sign_in

from cctv.access.identity import accounts, seal_break_glass, store, totp
from cctv.access.identity.machine_keys import PeopleOnly
from cctv.base.actor import LOCAL, Actor
from cctv.base.errors import Conflict

PICTURE = "/api/v1/picture"


async def test_a_keys_life(site: Site, replica: Replica, join: Joining, database_url: str) -> None:
    browser = await join("mariam")
    given = {"name": "wall of the control room", "scopes": ["camera:METRO:live"], "days": 1}
    made = (await browser.post("/api/v1/keys", json=given)).json()
    secret, key = made["secret"], made["key"]
    assert secret.startswith(f"cctv_{key['prefix']}_")
    async with replica.program(secret) as robot:
        assert (await robot.get(PICTURE)).status_code == 200
        said = (await robot.get("/api/v1/session")).json()
        assert (said["kind"], said["name"]) == ("machine", "mariam / wall of the control room")
        for path, body in (("/api/v1/keys", given), ("/api/v1/profile/totp", {"password": PASSWORD})):
            assert (await robot.post(path, json=body)).json()["code"] == "people_only", path
        listed = await browser.get("/api/v1/keys", params={"prefix": key["prefix"][:4]})
        assert [one["id"] for one in listed.json()["items"]] == [key["id"]]
        assert secret not in listed.text
        site.ended.clear()
        assert (await browser.delete(f"/api/v1/keys/{key['id']}")).json()["revoked_at"]
        assert len(site.ended) == 1, "also the addresses of video that the key got"
        replica.keeper.forget("")
        assert (await robot.get(PICTURE)).status_code == 401
    with psycopg.connect(database_url) as connection:
        rows = connection.execute(
            "SELECT k::text FROM api_keys AS k UNION ALL SELECT e::text FROM audit_entries AS e"
        )
        everything = " ".join(row[0] for row in rows.fetchall())
    assert secret.rpartition("_")[2] not in everything


async def test_a_key_runs_out(replica: Replica, join: Joining) -> None:
    browser = await join("mariam")
    made = await browser.post("/api/v1/keys", json={"name": "x", "scopes": ["camera:*:live"], "days": 1})
    replica.clock.advance(24 * 3600 * 1_000_000)
    async with replica.program(made.json()["secret"]) as robot:
        assert (await robot.get(PICTURE)).status_code == 401


@pytest.mark.parametrize("scopes", [[], ["everything"], ["camera:metro:live"], ["system:root"]])
async def test_scopes_are_permissions_that_there_are(join: Joining, scopes: list[str]) -> None:
    answer = await (await join("mariam")).post("/api/v1/keys", json={"name": "x", "scopes": scopes})
    assert answer.status_code == 422


async def test_another_users_key_is_nobodys(join: Joining, admin: httpx.AsyncClient) -> None:
    mariam, omar = await join("mariam"), await join("omar")
    made = (await mariam.post("/api/v1/keys", json={"name": "x", "scopes": ["camera:*:live"]})).json()["key"]
    assert (await omar.delete(f"/api/v1/keys/{made['id']}")).json()["code"] == "key_unknown"
    assert (await omar.get("/api/v1/keys")).json()["items"] == []
    found = await admin.get("/api/v1/users/keys", params={"prefix": made["prefix"]})
    assert [one["id"] for one in found.json()["items"]] == [made["id"]]
    assert (await admin.delete(f"/api/v1/users/keys/{made['id']}")).status_code == 200


@pytest.mark.parametrize(
    "bearer",
    ["", "cctv_", "cctv_aaaaaaaaaa_", "cctv_aaaaaaaaaa_b", "cctvm_0", "a.b.c", "é", "x" * 20_000, "null"],
)
async def test_bad_keys_are_401_and_nothing_else(replica: Replica, bearer: str) -> None:
    async with replica.program() as program:
        answer = await program.get(PICTURE, headers={b"authorization": b"Bearer " + bearer.encode()})
    assert answer.status_code == 401
    assert "traceback" not in answer.text.lower()


async def test_a_refused_key_is_kept_without_its_secret(
    replica: Replica, join: Joining, database_url: str
) -> None:
    browser = await join("mariam")
    made = (await browser.post("/api/v1/keys", json={"name": "x", "scopes": ["camera:*:live"]})).json()
    await browser.delete(f"/api/v1/keys/{made['key']['id']}")
    replica.keeper.forget("")
    for bearer in (made["secret"], "a.b.c-of-somebody"):
        async with replica.program(bearer) as program:
            assert (await program.get(PICTURE)).status_code == 401
    assert await refusals(replica) == [
        ("", "access.refused", made["key"]["prefix"], "this key is not good"),
        ("", "access.refused", "", "this token is not good"),
    ]
    with psycopg.connect(database_url) as connection:
        entries = str(connection.execute("SELECT e::text FROM audit_entries AS e").fetchall())
    assert made["secret"].rpartition("_")[2] not in entries
    assert "a.b.c" not in entries


async def test_a_key_lets_nobody_in(replica: Replica, admin: httpx.AsyncClient, join: Joining) -> None:
    """It would be whoever it lets in, and more than its scopes."""
    await join("mariam")
    users = {one["name"]: one["id"] for one in (await admin.get("/api/v1/users")).json()["items"]}
    made = await admin.post("/api/v1/keys", json={"name": "robot", "scopes": ["system:users"]})
    path = f"/api/v1/users/{users['mariam']}"
    async with replica.program(made.json()["secret"]) as robot:
        assert (await robot.post(f"{path}/disable")).status_code == 200, "it may shut out"
        tried = [
            await robot.post("/api/v1/users", json={"name": "omar"}),
            await robot.post(f"{path}/enable"),
            await robot.post(f"/api/v1/users/{users[ADMIN]}/recover"),
        ]
    assert [(one.status_code, one.json()["code"]) for one in tried] == [(403, "people_only")] * 3
    assert (await admin.get(PICTURE)).status_code == 200, "nobody was recovered"
    assert (await admin.get(path)).json()["disabled_at"]
    assert [one[1:3] for one in await refusals(replica)] == [
        ("user.add", ""),
        ("user.enable", users["mariam"]),
        ("user.recover", users[ADMIN]),
    ]
    assert (await admin.post(f"{path}/enable")).status_code == 200


async def test_a_providers_token_lets_nobody_in(site: Site, replica: Replica, admin: httpx.AsyncClient) -> None:
    token = Actor(id="x", session="token:0@0")
    me = UUID((await admin.get("/api/v1/session")).json()["user_id"])
    for act in (accounts.recover, accounts.enable):
        with pytest.raises(PeopleOnly):
            async with site.database.write() as tx:
                await act(tx, replica.desk, token, me)


async def test_users_are_changed_by_who_saw_them(admin: httpx.AsyncClient) -> None:
    made = (await admin.post("/api/v1/users", json={"name": "Mariam K", "agency": "METRO"})).json()["user"]
    path = f"/api/v1/users/{made['id']}"
    changed = await admin.patch(path, json={"full_name_ar": "مريم", "version": made["version"]})
    assert (changed.json()["full_name_ar"], changed.json()["agency"]) == ("مريم", "METRO")
    late = await admin.patch(path, json={"full_name": "x", "version": made["version"]})
    assert (late.status_code, late.json()["code"]) == (409, "user_changed")
    assert (await admin.patch(path, json={"agency": None})).json()["agency"] is None
    twin = await admin.post("/api/v1/users", json={"name": "mariam k"})
    assert (twin.status_code, twin.json()["code"]) == (409, "user_exists")
    assert (await admin.post("/api/v1/users", json={"name": "x", "agency": "NOWHERE"})).status_code == 422
    assert (await admin.get("/api/v1/users", params={"like": "MARIAM"})).json()["total"] == 1
    assert (await admin.get("/api/v1/users", params={"like": "%"})).json()["total"] == 0


@pytest.mark.parametrize("name", ["", "  ", "a\nb", "<b>", "a;b", "x" * 201, "a  b", "../x"])
async def test_names_are_words(admin: httpx.AsyncClient, name: str) -> None:
    assert (await admin.post("/api/v1/users", json={"name": name})).status_code == 422


async def test_nobody_disables_themselves(admin: httpx.AsyncClient) -> None:
    me = (await admin.get("/api/v1/session")).json()["user_id"]
    assert (await admin.post(f"/api/v1/users/{me}/disable")).status_code == 409
    assert (await admin.get(PICTURE)).status_code == 200


async def test_the_last_resort(site: Site, admin: httpx.AsyncClient, database_url: str) -> None:
    site.settings = site.settings.model_copy(update={"local_sign_in": False})
    replica = site.replica()
    async with site.database.write() as tx:
        handed = await seal_break_glass(tx, replica.desk, LOCAL)
    async with replica.browser() as browser:
        shut = await browser.post("/api/v1/session", json={"name": ADMIN, "password": PASSWORD})
        assert shut.status_code == 401, "only the provider's users may sign in"
        said = await sign_in(browser, "break-glass", handed.password)
        assert (said["break_glass"], said["pending"]) == (True, None)
        replica.clock.advance(3601 * 1_000_000)
        assert (await browser.get(PICTURE)).status_code == 401, "an hour, no more"
    with psycopg.connect(database_url) as connection:
        alarms = connection.execute(
            "SELECT count(*) FROM audit_entries WHERE detail ->> 'alarm' = 'break-glass'"
        ).fetchone()
    assert alarms == (1,)
    for act in (accounts.recover, accounts.change):
        with pytest.raises(Conflict):
            async with site.database.write() as tx:
                await act(
                    tx, replica.desk, LOCAL, handed.user.id, **({"seen": None} if act is accounts.change else {})
                )
    async with site.database.write() as tx:
        again = await seal_break_glass(tx, replica.desk, LOCAL)
    assert again.user.id == handed.user.id
    async with replica.browser() as browser:
        old = await browser.post("/api/v1/session", json={"name": "break-glass", "password": handed.password})
        assert old.status_code == 401
        await sign_in(browser, "break-glass", again.password)


async def test_the_last_resort_makes_no_keys_that_outlast_it(site: Site, replica: Replica) -> None:
    async with site.database.write() as tx:
        handed = await seal_break_glass(tx, replica.desk, LOCAL)
    async with replica.browser() as browser:
        await sign_in(browser, "break-glass", handed.password)
        answer = await browser.post("/api/v1/keys", json={"name": "x", "scopes": ["system:users"], "days": 730})
    assert (answer.status_code, answer.json()["code"]) == (403, "break_glass_key")


async def test_the_last_resort_takes_no_authenticator(site: Site, replica: Replica) -> None:
    """Whoever opens the envelope next would not have it."""
    async with site.database.write() as tx:
        handed = await seal_break_glass(tx, replica.desk, LOCAL)
    async with replica.browser() as browser:
        await sign_in(browser, "break-glass", handed.password)
        answer = await browser.post("/api/v1/profile/totp", json={"password": handed.password})
        assert (answer.status_code, answer.json()["code"]) == (403, "break_glass_factor")
        arabic = {"accept-language": "ar"}
        said = await browser.post("/api/v1/profile/totp", json={"password": handed.password}, headers=arabic)
        assert "الطوارئ" in said.text
    async with site.database.write() as tx:  # one that was added while it could be
        sealed = site.keyring.seal(totp.new_secret(), context=f"totp:{handed.user.id}")
        await store.change_user(tx, handed.user.id, totp=sealed, totp_on=True)
        await store.replace_codes(tx, handed.user.id, [b"0" * 32])
    async with replica.browser() as browser:
        assert (await sign_in(browser, "break-glass", handed.password))["pending"] == "totp"
    async with site.database.write() as tx:
        again = await seal_break_glass(tx, replica.desk, LOCAL)
        assert await store.codes_left(tx, again.user.id) == 0
        assert (await store.secrets_of(tx, again.user.id)).totp is None
    async with replica.browser() as browser:
        assert (await sign_in(browser, "break-glass", again.password))["pending"] is None
        assert (await browser.get(PICTURE)).status_code == 200


async def test_strangers_do_not_lock_the_last_resort_out(site: Site, replica: Replica) -> None:
    async with site.database.write() as tx:
        handed = await seal_break_glass(tx, replica.desk, LOCAL)
    async with replica.browser() as browser:
        for number in range(24):
            wrong = {"name": "break-glass", "password": "no"}
            await browser.post("/api/v1/session", json=wrong, headers={"x-forwarded-for": f"10.0.0.{number % 6}"})
        right = {"name": "break-glass", "password": handed.password}
        answer = await browser.post("/api/v1/session", json=right, headers={"x-forwarded-for": "10.9.9.9"})
    assert answer.status_code == 200
