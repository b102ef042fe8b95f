"""The second factor and recovery codes, as a person with an authenticator uses them."""

import asyncio

import httpx
import psycopg
from tests.integration.identity.conftest import PASSWORD, Joining, Replica, Site, refusals, sign_in

from cctv.access.identity import Handed, accounts, profile, store, totp
from cctv.base.actor import LOCAL

PICTURE = "/api/v1/picture"


async def set_up(browser: httpx.AsyncClient, replica: Replica) -> tuple[bytes, list[str]]:
    """An authenticator for who is signed in: its secret, and the recovery codes."""
    import base64

    begun = (await browser.post("/api/v1/profile/totp", json={"password": PASSWORD})).json()
    assert begun["address"].startswith("otpauth://totp/RTA%20CCTV:")
    secret = base64.b32decode(begun["secret"] + "=" * (-len(begun["secret"]) % 8))
    answer = await browser.post("/api/v1/profile/totp/confirm", json={"code": code(secret, replica)})
    assert answer.status_code == 200, answer.text
    return secret, answer.json()["codes"]


def code(secret: bytes, replica: Replica, *, later: int = 0) -> str:
    return totp.code_at(secret, replica.clock.wall_us() // 1_000_000 // totp.STEP_S + later)


async def half_way(replica: Replica) -> httpx.AsyncClient:
    """A browser that gave the password only."""
    browser = replica.browser()
    assert (await sign_in(browser, "mariam", PASSWORD))["pending"] == "totp"
    return browser


async def test_the_password_alone_opens_nothing(replica: Replica, join: Joining) -> None:
    secret, codes = await set_up(await join("mariam"), replica)
    browser = await half_way(replica)
    for path in (PICTURE, "/api/v1/profile", "/api/v1/keys"):
        answer = await browser.get(path)
        assert (answer.status_code, answer.json()["code"]) == (401, "second_factor_needed"), path
    own = {"current": PASSWORD, "new": "another sentence that is long"}
    assert (await browser.post("/api/v1/profile/password", json=own)).status_code == 401
    replica.clock.advance(30_000_000)
    before = browser.cookies["__Host-cctv_session"]
    given = await browser.post("/api/v1/session/code", json={"code": code(secret, replica)})
    assert given.status_code == 200, given.text
    assert browser.cookies["__Host-cctv_session"] != before, "a new session, not the half one made whole"
    assert (await browser.get(PICTURE)).status_code == 200
    assert len(codes) == 10


async def test_a_code_works_once_and_in_its_time(replica: Replica, join: Joining) -> None:
    secret, _ = await set_up(await join("mariam"), replica)
    again = await (await half_way(replica)).post("/api/v1/session/code", json={"code": code(secret, replica)})
    assert (again.status_code, again.json()["code"]) == (401, "code_refused"), "it was used to turn it on"
    early = await (await half_way(replica)).post(
        "/api/v1/session/code", json={"code": code(secret, replica, later=2)}
    )
    assert early.status_code == 401
    replica.clock.advance(60_000_000)
    late = await (await half_way(replica)).post(
        "/api/v1/session/code", json={"code": code(secret, replica, later=-1)}
    )
    assert late.status_code == 200, "the step before still counts"
    older = await (await half_way(replica)).post(
        "/api/v1/session/code", json={"code": code(secret, replica, later=-1)}
    )
    assert older.status_code == 401


async def test_guessing_codes_is_stopped(replica: Replica, join: Joining) -> None:
    await set_up(await join("mariam"), replica)
    browser = await half_way(replica)
    codes = [(await browser.post("/api/v1/session/code", json={"code": "000000"})).status_code for _ in range(9)]
    assert codes[:5] == [401] * 5
    assert 429 in codes[5:], "where a second begins just then, the sixth may pass, but not all"


async def test_wrong_codes_and_passwords_are_kept(replica: Replica, join: Joining, database_url: str) -> None:
    """Whoever guesses codes has the password: the user's administrators should see it."""
    browser = await join("mariam")
    _, codes = await set_up(browser, replica)
    user = (await browser.get("/api/v1/session")).json()["user_id"]
    off = {"password": PASSWORD, "code": "000000"}
    wrong = {"password": "not mine at all"}
    assert (await browser.post("/api/v1/profile/totp/off", json=off)).status_code == 401
    assert (await browser.post("/api/v1/profile/recovery-codes", json=wrong)).status_code == 401
    other = await half_way(replica)
    for _ in range(9):
        await other.post("/api/v1/session/code", json={"code": "gues-" + codes[0]})
    for _ in range(9):
        await browser.post("/api/v1/profile/totp/off", json=off)
    for _ in range(9):
        await browser.post("/api/v1/profile/recovery-codes", json=wrong)
    assert await refusals(replica) == [
        ("mariam", "user.factor_off", user, "the code is wrong"),
        ("mariam", "user.codes", user, "the password is wrong"),
        ("mariam", "session.begin", user, "the code is wrong"),
        ("mariam", "session.begin", user, "code: too many tries"),
        ("mariam", "user.factor_off", user, "code: too many tries"),
        ("mariam", "user.codes", user, "password: too many tries"),
    ]
    with psycopg.connect(database_url) as connection:
        entries = str(connection.execute("SELECT e::text FROM audit_entries AS e").fetchall())
    assert not any(secret in entries for secret in ("gues-", codes[0], "not mine", "000000", PASSWORD))


async def test_guessing_codes_is_stopped_also_where_they_take_it_off(replica: Replica, join: Joining) -> None:
    browser = await join("mariam")
    await set_up(browser, replica)
    off = {"password": PASSWORD, "code": "000000"}
    codes = [(await browser.post("/api/v1/profile/totp/off", json=off)).status_code for _ in range(9)]
    assert codes[:5] == [401] * 5
    assert 429 in codes[5:], "where a second begins just then, the sixth may pass, but not all"


async def test_a_code_opens_nothing_for_who_was_shut_out_meanwhile(
    site: Site, replica: Replica, join: Joining
) -> None:
    secret, _ = await set_up(await join("mariam"), replica)
    browser = await half_way(replica)
    replica.clock.advance(30_000_000)
    async with site.database.write() as tx:
        user = await store.user_called(tx, "mariam")
        assert user is not None
        await accounts.disable(tx, replica.desk, LOCAL, user.id)
        given = {"code": code(secret, replica)}
        giving = asyncio.create_task(browser.post("/api/v1/session/code", json=given))
        await asyncio.sleep(0.3)  # so that it has read its session before this is over
    answer = await giving
    assert (answer.status_code, answer.json()["code"]) == (401, "session_ended")
    async with site.database.read() as tx:
        assert await store.sessions_of(tx, user.id, now=replica.desk.now) == []


async def test_recovery_codes_work_once_and_take_it_off(replica: Replica, join: Joining) -> None:
    _, codes = await set_up(await join("mariam"), replica)
    browser = await half_way(replica)
    assert (await browser.post("/api/v1/session/code", json={"code": codes[0].upper()})).status_code == 200
    assert (await browser.get("/api/v1/profile")).json()["recovery_codes_left"] == 9
    again = await (await half_way(replica)).post("/api/v1/session/code", json={"code": codes[0]})
    assert again.status_code == 401
    off = {"password": PASSWORD, "code": codes[1]}
    assert (await browser.post("/api/v1/profile/totp/off", json=off)).status_code == 204
    async with replica.browser() as plain:
        assert (await sign_in(plain, "mariam", PASSWORD))["pending"] is None


async def test_the_secret_is_sealed_and_sealed_anew(
    site: Site, replica: Replica, join: Joining, database_url: str
) -> None:
    secret, _ = await set_up(await join("mariam"), replica)

    def kept() -> bytes:
        with psycopg.connect(database_url) as connection:
            row = connection.execute("SELECT totp FROM users WHERE name = 'mariam'").fetchone()
        assert row is not None
        return bytes(row[0])

    before = kept()
    assert secret not in before
    other = site.replica()
    number = site.keyring.add_sealing_key()
    async with site.database.write() as tx:
        assert await profile.reseal(tx, replica.desk) == 1
    assert int.from_bytes(kept()[1:3], "big") == number
    replica.clock.advance(30_000_000)
    other.clock.advance(30_000_000)
    browser = await half_way(other)
    answer = await browser.post("/api/v1/session/code", json={"code": code(secret, replica)})
    assert answer.status_code == 200, "with the new key"


async def test_recovered_users_begin_anew(replica: Replica, admin: httpx.AsyncClient, join: Joining) -> None:
    browser = await join("mariam")
    await set_up(browser, replica)
    user = (await browser.get("/api/v1/session")).json()["user_id"]
    made = await browser.post("/api/v1/keys", json={"name": "robot", "scopes": ["camera:*:live"]})
    handed = (await admin.post(f"/api/v1/users/{user}/recover")).json()
    replica.keeper.forget("")
    assert (await browser.get(PICTURE)).status_code == 401
    async with replica.program(made.json()["secret"]) as robot:
        assert (await robot.get(PICTURE)).status_code == 401, "whoever had the account may have made the key"
    async with replica.browser() as again:
        assert (await sign_in(again, "mariam", handed["one_time_password"]))["pending"] == "password"


async def test_whoever_sits_there_must_show_that_they_know_the_password(first: Handed, join: Joining) -> None:
    browser = await join("mariam")
    for path in ("/api/v1/profile/totp", "/api/v1/profile/recovery-codes"):
        assert (await browser.post(path, json={"password": "not mine at all"})).status_code == 401
