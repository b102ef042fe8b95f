"""Signing in and out, over real HTTP, on a real database, with two replicas where that matters."""

import asyncio
import time
from collections.abc import Awaitable, Callable

import httpx
import psycopg
import pytest
from tests.integration.identity.conftest import (
    ADMIN,
    HOST,
    PASSWORD,
    Joining,
    Replica,
    Site,
    choose_password,
    sign_in,
)

from cctv.access.identity import Handed
from cctv.infra.cache import Cache

PICTURE = "/api/v1/picture"


async def test_the_one_account_has_a_password_that_works_once(site: Site, replica: Replica, first: Handed) -> None:
    async with replica.browser() as browser:
        said = await sign_in(browser, ADMIN, first.password)
        assert said["pending"] == "password"
        refused = await browser.get(PICTURE)
        assert (refused.status_code, refused.json()["code"]) == (403, "password_change_needed")
        assert (await browser.get("/api/v1/users")).status_code == 403
        assert (await browser.get("/api/v1/session")).json()["pending"] == "password"
        await choose_password(browser, first.password, PASSWORD)
        assert (await browser.get(PICTURE)).json() == {"for": ADMIN}
        again = await browser.post("/api/v1/session", json={"name": ADMIN, "password": first.password})
        assert again.status_code == 401
    listed = (await _console(site, replica)).json()
    assert [user["name"] for user in listed["items"]] == [ADMIN]


async def _console(site: Site, replica: Replica) -> httpx.Response:
    from cctv.access.identity import CONSOLE, ServiceTokens

    async with replica.program(ServiceTokens(site.keyring, replica.clock).issue(CONSOLE)) as program:
        return await program.get("/api/v1/users")


async def test_cookie_is_kept_from_scripts_and_other_sites(replica: Replica, first: Handed) -> None:
    async with replica.browser() as browser:
        answer = await browser.post("/api/v1/session", json={"name": ADMIN, "password": first.password})
    cookie = answer.headers["set-cookie"]
    assert cookie.startswith("__Host-cctv_session=")
    for word in ("HttpOnly", "Secure", "SameSite=strict", "Path=/"):
        assert word in cookie
    assert "Domain" not in cookie
    assert answer.headers["cache-control"] == "no-store"


@pytest.mark.parametrize("name", [ADMIN, "nobody", "disabled"])
async def test_refusals_say_and_cost_the_same(replica: Replica, admin: httpx.AsyncClient, name: str) -> None:
    made = await admin.post("/api/v1/users", json={"name": "disabled"})
    await admin.post(f"/api/v1/users/{made.json()['user']['id']}/disable")
    before = replica.desk.passwords.checked
    async with replica.browser() as browser:
        answer = await browser.post("/api/v1/session", json={"name": name, "password": "not the right one at all"})
    assert answer.status_code == 401
    assert {key: answer.json()[key] for key in ("code", "detail")} == {
        "code": "sign_in_refused",
        "detail": "Name and password do not match, or this account cannot sign in.",
    }
    assert replica.desk.passwords.checked == before + 1, "one slow hash, whoever is named"


async def test_words_are_arabic_for_who_reads_arabic(replica: Replica) -> None:
    async with replica.browser() as browser:
        answer = await browser.post(
            "/api/v1/session", json={"name": "x", "password": "y"}, headers={"accept-language": "ar-AE"}
        )
    assert "كلمة المرور" in answer.json()["detail"]


async def test_signing_out_ends_the_session_on_every_replica(site: Site, replica: Replica, join: Joining) -> None:
    other = site.replica()
    browser = await join("mariam")
    elsewhere = other.browser()
    elsewhere.cookies = browser.cookies
    assert (await elsewhere.get(PICTURE)).status_code == 200
    assert (await browser.delete("/api/v1/session")).status_code == 204
    # The other replica did not hear of it: it believes what it knows for four seconds, not for five.
    assert (await elsewhere.get(PICTURE)).status_code == 200
    other.clock.advance(4_100_000)
    assert (await elsewhere.get(PICTURE)).json()["code"] == "session_ended"


async def test_what_was_heard_ends_at_once(site: Site, join: Joining, admin: httpx.AsyncClient) -> None:
    other = site.replica()
    browser = await join("mariam")
    elsewhere = other.browser()
    elsewhere.cookies = browser.cookies
    user_id = (await elsewhere.get("/api/v1/session")).json()["user_id"]
    await admin.post(f"/api/v1/users/{user_id}/disable")
    other.keeper.forget(user_id)
    assert (await elsewhere.get(PICTURE)).status_code == 401
    assert [str(one) for one in site.ended].count(user_id) >= 1, "media addresses are withdrawn with it"


async def test_sessions_outlive_an_emptied_valkey(site: Site, join: Joining) -> None:
    browser = await join("mariam")
    await site.cache.client.flushall()
    other = site.replica().browser()
    other.cookies = browser.cookies
    assert (await other.get(PICTURE)).status_code == 200


async def test_sessions_run_out(replica: Replica, join: Joining) -> None:
    browser = await join("mariam")
    replica.clock.advance(121 * 60 * 1_000_000)
    assert (await browser.get(PICTURE)).status_code == 401, "idle for longer than two hours"


async def test_use_keeps_a_session_but_not_for_ever(replica: Replica, join: Joining) -> None:
    browser = await join("mariam")
    for _ in range(7):
        replica.clock.advance(100 * 60 * 1_000_000)
        assert (await browser.get(PICTURE)).status_code == 200
        await replica.keeper.note_seen()
    replica.clock.advance(100 * 60 * 1_000_000)
    assert (await browser.get(PICTURE)).status_code == 401, "twelve hours are the end, whatever"


async def test_a_new_password_ends_the_other_sign_ins(replica: Replica, join: Joining) -> None:
    browser = await join("mariam")
    async with replica.browser() as second:
        await sign_in(second, "mariam", PASSWORD)
        await choose_password(second, PASSWORD, "another sentence that is long")
        replica.keeper.forget("")
        assert (await second.get(PICTURE)).status_code == 200
    assert (await browser.get(PICTURE)).status_code == 401


Meanwhile = Callable[[Callable[[], Awaitable[None]]], None]


@pytest.fixture
def meanwhile(replica: Replica, monkeypatch: pytest.MonkeyPatch) -> Meanwhile:
    """Has something happen, once, while the next password is being checked."""

    def happens(act: Callable[[], Awaitable[None]]) -> None:
        passwords = replica.desk.passwords
        matches = passwords.matches

        async def slowly(kept: str | None, password: str) -> bool:
            monkeypatch.setattr(passwords, "matches", matches)
            right = await matches(kept, password)
            await act()
            return right

        monkeypatch.setattr(passwords, "matches", slowly)

    return happens


async def test_a_recovery_is_not_overwritten_by_a_password_that_is_being_changed(
    replica: Replica, admin: httpx.AsyncClient, join: Joining, meanwhile: Meanwhile
) -> None:
    thief = await join("mariam")
    user_id = (await thief.get("/api/v1/session")).json()["user_id"]
    handed: list[str] = []

    async def recover() -> None:
        answer = await admin.post(f"/api/v1/users/{user_id}/recover")
        handed.append(answer.json()["one_time_password"])

    meanwhile(recover)
    stolen = {"current": PASSWORD, "new": "the thief's own long sentence"}
    answer = await thief.post("/api/v1/profile/password", json=stolen)
    assert (answer.status_code, answer.json()["code"]) == (401, "session_ended")
    replica.keeper.forget("")
    assert (await thief.get(PICTURE)).status_code == 401
    async with replica.browser() as browser:
        tried = await browser.post("/api/v1/session", json={"name": "mariam", "password": stolen["new"]})
        assert tried.status_code == 401
        assert (await sign_in(browser, "mariam", handed[0]))["pending"] == "password"


@pytest.mark.parametrize(
    ("path", "given"),
    [
        ("/api/v1/profile/password", {"current": PASSWORD, "new": "another sentence that is long"}),
        ("/api/v1/profile/totp", {"password": PASSWORD}),
        ("/api/v1/profile/recovery-codes", {"password": PASSWORD}),
    ],
)
@pytest.mark.parametrize("act", ["disable", "sign out"])
async def test_what_ended_while_the_password_was_checked_has_ended(
    admin: httpx.AsyncClient,
    join: Joining,
    meanwhile: Meanwhile,
    path: str,
    given: dict[str, str],
    act: str,
) -> None:
    browser = await join("mariam")
    user_id = (await browser.get("/api/v1/session")).json()["user_id"]

    async def end() -> None:
        if act == "disable":
            await admin.post(f"/api/v1/users/{user_id}/disable")
        else:
            await browser.delete("/api/v1/session")

    meanwhile(end)
    answer = await browser.post(path, json=given)
    assert (answer.status_code, answer.json()["code"]) == (401, "session_ended")


async def test_a_one_time_password_is_replaced_once(replica: Replica, admin: httpx.AsyncClient) -> None:
    made = (await admin.post("/api/v1/users", json={"name": "mariam"})).json()["one_time_password"]
    browsers = [replica.browser(), replica.browser()]
    for browser in browsers:
        await sign_in(browser, "mariam", made)
    answers = await asyncio.gather(
        *(
            browser.post(
                "/api/v1/profile/password", json={"current": made, "new": f"sentence number {at} is long"}
            )
            for at, browser in enumerate(browsers)
        )
    )
    assert sorted(answer.status_code for answer in answers) == [200, 401]


@pytest.mark.parametrize("password", ["short", "aaaaaaaaaaaaaaaa", "my name is mariam!", "Password123456"])
async def test_weak_passwords_are_refused(join: Joining, password: str) -> None:
    browser = await join("mariam")
    answer = await browser.post("/api/v1/profile/password", json={"current": PASSWORD, "new": password})
    assert (answer.status_code, answer.json()["code"]) == (422, "weak_password")


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"sec-fetch-site": "cross-site"}, 403),
        ({"sec-fetch-site": "same-site"}, 403),
        ({"origin": "https://evil.example"}, 403),
        ({"origin": "null"}, 403),
        ({"origin": "https://cctv.example.evil.example"}, 403),
        ({"sec-fetch-site": ""}, 403),
        ({"origin": HOST, "sec-fetch-site": "same-origin"}, 201),
    ],
)
async def test_pages_of_other_sites_change_nothing(
    admin: httpx.AsyncClient, headers: dict[str, str], status: int
) -> None:
    answer = await admin.post("/api/v1/users", json={"name": "forged"}, headers=headers)
    assert answer.status_code == status
    if status == 403:
        assert answer.json()["code"] == "foreign_origin"


async def test_a_foreign_page_cannot_sign_anybody_in(replica: Replica, first: Handed) -> None:
    async with replica.browser() as browser:
        answer = await browser.post(
            "/api/v1/session",
            json={"name": ADMIN, "password": first.password},
            headers={"origin": "https://evil.example"},
        )
    assert answer.json()["code"] == "foreign_origin"


async def codes_at_once(browser: httpx.AsyncClient, wrong: dict[str, str]) -> list[int]:
    """The answers to twelve tries in the same moment, sorted: a slow machine must not wait in between."""
    answers = await asyncio.gather(*(browser.post("/api/v1/session", json=wrong) for _ in range(12)))
    assert all(int(answer.headers["retry-after"]) >= 1 for answer in answers if answer.status_code == 429)
    return sorted(answer.status_code for answer in answers)


async def outlast(cache: Cache) -> None:
    """Make the waits that stand in Valkey so long that they last for this test, however slow the machine."""
    until_s = int(time.time()) + 600
    async for key in cache.client.scan_iter("cctv:tries:pair:*"):
        await cache.client.execute_command("HSET", key, "until", until_s)  # type: ignore[no-untyped-call]


async def test_tries_are_counted_and_wait(
    replica: Replica, site: Site, admin: httpx.AsyncClient, cache: Cache
) -> None:
    async with replica.browser() as browser:
        wrong = {"name": ADMIN, "password": "not the right one at all"}
        codes = await codes_at_once(browser, wrong)
        assert 5 <= codes.count(401) <= 7, "five are free, and the next waits a second"
        assert codes.count(429) >= 5
        await outlast(cache)
        right = await browser.post("/api/v1/session", json={"name": ADMIN, "password": PASSWORD})
        assert right.status_code == 429, "also the right password waits, on every replica"
        other = await site.replica().browser().post("/api/v1/session", json={"name": ADMIN, "password": PASSWORD})
        assert other.status_code == 429
        elsewhere = await browser.post(
            "/api/v1/session",
            json={"name": ADMIN, "password": PASSWORD},
            headers={"x-forwarded-for": "10.1.2.3"},
        )
        assert elsewhere.status_code == 200, "who comes from elsewhere is not locked out by a stranger"


async def test_names_that_do_not_exist_are_counted_alike(replica: Replica) -> None:
    async with replica.browser() as browser:
        wrong = {"name": "nobody at all", "password": "not the right one at all"}
        codes = await codes_at_once(browser, wrong)
    assert 5 <= codes.count(401) <= 7


async def test_strangers_do_not_fill_the_audit(replica: Replica, database_url: str) -> None:
    async def guess(times: int, address: str) -> None:
        async with replica.browser() as browser:
            for _ in range(times):
                wrong = {"name": "nobody", "password": "x"}
                await browser.post("/api/v1/session", json=wrong, headers={"x-forwarded-for": address})

    await guess(40, "10.0.0.1")
    await guess(1, "10.0.0.2")
    replica.clock.advance(10_000_000)
    await guess(1, "10.0.0.2")
    await guess(40, "10.0.0.1")
    await replica.desk.audit.flush()
    with psycopg.connect(database_url) as connection:
        rows = connection.execute(
            "SELECT address, detail ->> 'why', coalesce((detail ->> 'left_out')::int, 0) FROM audit_entries"
            " WHERE action = 'session.begin' AND result = 'refused' ORDER BY id"
        ).fetchall()
    wrong, locked = "name and password do not match", "too many tries"
    assert [row[2] for row in rows if row[:2] == ("10.0.0.2", wrong)] == [0, 0]
    kept = [row for row in rows if row[0] == "10.0.0.1"]
    assert [row[1] for row in kept[:2]] == [wrong, locked], "one of each reason in ten seconds"
    assert len(kept) <= 4
    assert [row[2] for row in kept[:2]] == [0, 0]
    left_out = next(row[2] for row in kept[2:] if row[1] == locked)
    assert left_out >= 20, "the next one says how many were left out"


async def test_every_sign_in_is_in_the_audit_and_no_secret_is(
    replica: Replica, admin: httpx.AsyncClient, database_url: str
) -> None:
    async with replica.browser() as browser:
        await browser.post("/api/v1/session", json={"name": ADMIN, "password": "a wrong one, by mistake"})
        await browser.post("/api/v1/session", json={"name": "my secret typed as name", "password": "x"})
    await replica.desk.audit.flush()
    with psycopg.connect(database_url) as connection:
        rows = connection.execute("SELECT action, result, e::text FROM audit_entries AS e ORDER BY id").fetchall()
    assert ("session.begin", "refused") in {(row[0], row[1]) for row in rows}
    assert ("user.password", "done") in {(row[0], row[1]) for row in rows}
    everything = " ".join(row[2] for row in rows)
    for secret in ("a wrong one, by mistake", "my secret typed", PASSWORD):
        assert secret not in everything
