"""Signing in as a person does it: name, password, a password of one's own, the second factor, and out again."""

import base64
import csv
import time
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any

import pytest
from playwright.async_api import Browser, Page, expect

from cctv.access.identity import totp

OWN = "a sentence of my own, quite long"


@pytest.fixture
async def stranger(browser: Browser, demo: Any) -> AsyncIterator[Page]:
    """A browser in which nobody is signed in."""
    async with demo.profile(browser, signed_in=False, viewport={"width": 1400, "height": 800}) as context:
        yield await context.new_page()


async def sign_in(page: Page, name: str, password: str) -> None:
    await page.get_by_test_id("sign-in-name").fill(name)
    await page.get_by_test_id("sign-in-password").fill(password)
    await page.get_by_test_id("sign-in-go").click()


async def test_a_new_users_first_day(stranger: Page, demo: Any) -> None:
    with demo.api() as api:
        name = f"mariam{time.time_ns()}"
        made = api.post("/api/v1/users", json={"name": name, "full_name": "<b>Mariam</b> $(reboot)"})
        password = made.json()["one_time_password"]
    await stranger.goto("/cameras")
    await expect(stranger.get_by_test_id("door")).to_be_visible()
    assert await stranger.get_by_test_id("nav-cameras").count() == 0, "what is behind the door is not there"
    await sign_in(stranger, name, "not the right one")
    await expect(stranger.get_by_test_id("refusal")).to_contain_text("do not match")
    await sign_in(stranger, name, password)
    await stranger.get_by_test_id("password-current").fill(password)
    await stranger.get_by_test_id("password-new").fill(OWN)
    await stranger.get_by_test_id("password-again").fill(OWN)
    await stranger.get_by_test_id("password-go").click()
    await stranger.get_by_test_id("nav-user").click()
    await expect(stranger.get_by_test_id("profile")).to_contain_text("<b>Mariam</b> $(reboot)")
    secret = await _second_factor(stranger)
    await stranger.get_by_test_id("sign-out").click()
    await expect(stranger.get_by_test_id("sign-in")).to_be_visible()
    await sign_in(stranger, name, OWN)
    await stranger.get_by_test_id("sign-in-code").fill(totp.code_at(secret, int(time.time()) // 30 + 1))
    await stranger.get_by_test_id("sign-in-code-go").click()
    await expect(stranger.get_by_test_id("nav-user")).to_be_visible()
    assert await stranger.get_by_test_id("nav-cameras").count() == 0, "nobody gave them a right yet"


async def _second_factor(page: Page) -> bytes:
    await page.get_by_test_id("factor-password").fill(OWN)
    await page.get_by_test_id("factor-begin").click()
    text = await page.get_by_test_id("factor-secret").inner_text()
    secret = base64.b32decode(text + "=" * (-len(text) % 8))
    await page.get_by_test_id("factor-code").fill(totp.code_at(secret, int(time.time()) // 30))
    await page.get_by_test_id("factor-confirm").click()
    await expect(page.get_by_test_id("recovery-codes").locator("li")).to_have_count(10)
    return secret


HOSTILE = "<img src=x onerror=\"document.title='had'\"> $(reboot); `id` ' OR 1=1 --"


@pytest.fixture
async def boss(browser: Browser, demo: Any) -> AsyncIterator[Page]:
    """A browser in which the administrator is signed in."""
    async with demo.profile(browser, viewport={"width": 1280, "height": 720}) as context:
        page = await context.new_page()
        yield page
        assert await page.title() != "had", "markup in a name was obeyed"


@pytest.fixture
def hostile(demo: Any) -> Iterator[dict[str, Any]]:
    """One of the demonstration's cameras, under a name that would do harm where it is not shown as text."""
    camera: dict[str, Any] = next(one for one in demo.cameras() if one["agency"] == "BUS")
    with demo.api() as api:
        api.patch(f"/api/v1/cameras/{camera['id']}", json={"name": HOSTILE}).raise_for_status()
        yield camera | {"name": HOSTILE}
        api.patch(f"/api/v1/cameras/{camera['id']}", json={"name": camera["name"]}).raise_for_status()


async def choose(page: Page, field: str, words: str) -> None:
    """From a list, by typing."""
    await page.get_by_test_id(field).click()
    await page.get_by_test_id(field).fill(words)
    await page.get_by_role("option").filter(has_text=words).first.click()


async def make_user(page: Page, name: str) -> str:
    """A new user; the one-time password, as it is shown."""
    await page.goto("/access/users")
    await page.get_by_test_id("user-add").click()
    await page.get_by_test_id("user-name").fill(name)
    await page.get_by_test_id("user-full_name").fill(HOSTILE)
    await page.get_by_test_id("user-create").click()
    return await page.get_by_test_id("one-time-password").inner_text()


async def enter(page: Page, name: str, password: str) -> None:
    """In for the first time, with a password of one's own."""
    await page.goto("/")
    await sign_in(page, name, password)
    await page.get_by_test_id("password-current").fill(password)
    await page.get_by_test_id("password-new").fill(OWN)
    await page.get_by_test_id("password-again").fill(OWN)
    await page.get_by_test_id("password-go").click()


async def test_one_camera_of_another_agency_until_a_date(
    boss: Page, stranger: Page, hostile: dict[str, Any]
) -> None:
    name = f"viewer{time.time_ns()}"
    password = await make_user(boss, name)
    await expect(boss.get_by_test_id("user-row").filter(has_text=name)).to_contain_text(HOSTILE)
    await boss.get_by_test_id("part-grants").click()
    await boss.get_by_test_id("grant-add").click()
    await choose(boss, "grant-user", name)
    await boss.get_by_test_id("grant-role").click()
    await boss.get_by_role("option", name="Viewer", exact=True).click()
    await choose(boss, "grant-target", "$(reboot)")
    await boss.get_by_test_id("grant-for-week").click()
    await boss.get_by_test_id("grant-give").click()
    row = boss.get_by_test_id("grant-row").filter(has_text=name)
    await expect(row).to_contain_text(HOSTILE)
    await expect(row).to_contain_text("6 d 23 h left")

    await enter(stranger, name, password)
    await expect(stranger.get_by_test_id("tile")).to_have_count(1)
    await expect(stranger.get_by_test_id("tile")).to_have_attribute("data-camera", hostile["id"])
    await expect(stranger.get_by_test_id("picker-camera")).to_have_count(1)
    for place in ("playback", "users", "audit"):
        assert await stranger.get_by_test_id(f"nav-{place}").count() == 0, f"{place} is not theirs"
    assert await stranger.get_by_test_id("tile-playback").count() == 0
    await stranger.get_by_test_id("nav-cameras").click()
    await expect(stranger.get_by_test_id("camera-row")).to_have_count(1)
    for act in ("camera-add", "import-open", "camera-choose"):
        assert await stranger.get_by_test_id(act).count() == 0, f"{act} is not theirs"
    await stranger.goto("/audit")
    await expect(stranger.get_by_test_id("nowhere")).to_be_visible()

    await boss.goto("/audit?action=grant")
    first = boss.get_by_test_id("audit-row").first
    for words in ("role granted", "administrator", HOSTILE, "done"):
        await expect(first).to_contain_text(words)
    async with boss.expect_download() as begun:
        await boss.get_by_test_id("audit-export").click()
    rows = list(csv.DictReader((await (await begun.value).path()).read_text("utf-8-sig").splitlines()))
    told = {(row["action"], row["actor_name"], row["camera_name"]) for row in rows}
    assert ("grant.give", "administrator", HOSTILE) in told

    await boss.goto("/access/grants")
    await row.get_by_test_id("grant-withdraw").click()
    await expect(row).to_have_count(0)
    await stranger.goto("/")
    await expect(stranger.get_by_test_id("nav-user")).to_be_visible()
    assert await stranger.get_by_test_id("nav-live").count() == 0


async def test_an_agency_wants_to_know_why(boss: Page, demo: Any, ask: Callable[..., Any]) -> None:
    camera = next(one for one in demo.cameras() if one["agency"] == "METRO")

    async def recorded() -> bool:
        return bool(demo.recorded_s(camera["id"]) > 5)

    case = f"2026/{time.time_ns()}"
    await boss.goto("/access/agencies")
    switch = boss.locator('[data-agency="METRO"]').get_by_test_id("purpose-switch")
    await switch.click(force=True)
    await expect(switch).to_be_checked()
    await ask(recorded, "something is recorded")
    await boss.goto(f"/playback?cameras={camera['id']}")
    await expect(boss.get_by_test_id("tile-purpose")).to_be_visible()
    await boss.get_by_test_id("purpose-case").fill(case)
    await boss.get_by_test_id("purpose-reason").fill("<b>collision</b> at gate 4")
    await boss.get_by_test_id("purpose-go").click()
    await expect(boss.get_by_test_id("tile-face").or_(boss.get_by_test_id("tile-live")).first).to_be_visible()
    await expect(boss.get_by_test_id("tile-purpose")).to_have_count(0)
    await expect(boss.get_by_test_id("purpose-given")).to_contain_text(case)
    await boss.get_by_test_id("purpose-end").click()
    await boss.get_by_test_id("mark").click()
    await boss.get_by_test_id("download").click()
    await expect(boss.get_by_test_id("purpose-box")).to_be_visible()
    await boss.goto(f"/audit?case={case}")
    row = boss.locator('[data-testid="audit-row"][data-action="playback.grant"]').first
    await expect(row).to_contain_text("playback opened")
    await row.click()
    await expect(boss.get_by_test_id("audit-entry")).to_contain_text("<b>collision</b> at gate 4")
    await boss.goto("/access/agencies")
    await switch.click(force=True)
    await expect(switch).not_to_be_checked()


async def test_a_group_is_renamed_kept_while_in_use_removed_and_brought_back(boss: Page, demo: Any) -> None:
    camera = next(one for one in demo.cameras() if one["agency"] == "METRO")
    name = f"Red line {time.time_ns()}"
    await boss.goto("/access/agencies")
    await boss.get_by_test_id("group-add").click()
    await boss.get_by_test_id("group-name").fill(name)
    await boss.get_by_test_id("group-keep").click()
    row = boss.get_by_test_id("group-row").filter(has_text=name)
    await row.click()
    name += ", north"
    await boss.get_by_test_id("group-name").fill(name)
    await boss.get_by_test_id("group-keep").click()
    row = boss.get_by_test_id("group-row").filter(has_text=name)
    await expect(row).to_have_count(1)
    with demo.api() as api:
        listed = api.get("/api/v1/cameras/groups").json()["items"]
        group = next(one["id"] for one in listed if one["name"] == name)
        api.patch(f"/api/v1/cameras/{camera['id']}", json={"group_id": group}).raise_for_status()
    await row.click()
    await boss.get_by_test_id("group-remove").click()
    panel = boss.get_by_test_id("group-panel")
    await expect(panel).to_contain_text("move the cameras and withdraw the grants first")
    with demo.api() as api:
        api.patch(f"/api/v1/cameras/{camera['id']}", json={"group_id": None}).raise_for_status()
    await boss.get_by_test_id("group-remove").click()
    await expect(row).to_have_count(0)
    await boss.get_by_test_id("tray-action").last.click()
    await expect(row).to_have_count(1)
