"""Pictures of every page and state for people to look at. CCTV_README_PICTURE writes the README's as well,
CCTV_ALL_PICTURES those of the largest screens."""

import os
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Browser, Page, expect

README = Path(__file__).parents[2] / "docs" / "pictures"


async def for_readme(page: Page, name: str, size: str) -> None:
    if size == "1920" and os.environ.get("CCTV_README_PICTURE"):
        await page.screenshot(path=README / f"{name}.jpg", type="jpeg", quality=88)


@pytest.fixture
async def arabic(browser: Browser, stack: Any) -> AsyncIterator[Page]:
    """A page as those see it who read from right to left."""
    kept = {"origin": stack.url, "localStorage": [{"name": "cctv.language", "value": "ar"}]}
    state = {"cookies": [], "origins": [kept]}
    async with stack.profile(browser, viewport={"width": 1024, "height": 768}, storage_state=state) as context:
        yield await context.new_page()


async def test_from_right_to_left(arabic: Page, stack: Any, pictures: Path) -> None:
    page = arabic
    await page.goto(f"/live?layout=4&cameras={','.join(stack.clocks)}")
    await expect(page.get_by_test_id("tile-live").first).to_be_visible()
    await page.keyboard.press("c")
    await page.get_by_test_id("tile").first.hover()
    await page.screenshot(path=pictures / "rtl-live.png")
    clock = await page.get_by_test_id("tile-clock").first.bounding_box()
    act = await page.get_by_test_id("tile-remove").first.bounding_box()
    assert clock is not None
    assert act is not None
    assert act["x"] + act["width"] < clock["x"], "what can be done lies across from the clock, not on it"
    await page.goto("/cameras")
    await expect(page.get_by_test_id("camera-row")).to_have_count(7)
    await page.screenshot(path=pictures / "rtl-cameras.png")
    await page.goto(f"/cameras/{stack.clocks[0]}")
    await expect(page.get_by_test_id("panel-still")).to_be_visible()
    await page.screenshot(path=pictures / "rtl-camera.png")
    _start, end = stack.gap
    at = (end + timedelta(seconds=6)).isoformat().replace("+00:00", "Z")
    await page.goto(f"/playback?cameras={','.join(stack.clocks[:2])}&at={at}&span=120")
    await expect(page.get_by_test_id("tile-face").first).to_have_attribute("data-state", "ready")
    before = await page.get_by_test_id("tile").first.bounding_box()
    await page.keyboard.press("i")
    await expect(page.get_by_test_id("range")).to_be_visible()
    await page.screenshot(path=pictures / "rtl-playback.png")
    assert await page.get_by_test_id("tile").first.bounding_box() == before, "a mark does not move the pictures"
    outside = await page.evaluate("document.documentElement.scrollWidth > innerWidth")
    assert not outside, "nothing sticks out to the side"


async def test_cameras(wide: tuple[Page, str], stack: Any, pictures: Path) -> None:
    page, size = wide
    await page.goto("/cameras")
    await expect(page.get_by_test_id("camera-row")).to_have_count(7)
    await page.wait_for_timeout(1500)
    await page.screenshot(path=pictures / f"cameras-{size}.png")
    await for_readme(page, "cameras", size)
    for row in range(3):
        await page.get_by_test_id("camera-choose").nth(row).check()
    await expect(page.get_by_test_id("bulk-bar")).to_be_visible()
    await page.screenshot(path=pictures / f"cameras-chosen-{size}.png")
    await page.goto(f"/cameras/{stack.clocks[0]}")
    await expect(page.get_by_test_id("panel-still")).to_be_visible()
    await page.wait_for_timeout(1000)
    await page.screenshot(path=pictures / f"camera-{size}.png")
    await page.goto("/cameras/new")
    await expect(page.get_by_test_id("camera-form")).to_be_visible()
    await page.screenshot(path=pictures / f"camera-new-{size}.png")


async def test_playback(wide: tuple[Page, str], stack: Any, pictures: Path) -> None:
    page, size = wide
    names = ["Sheikh Zayed Road, exit 50", "Union metro station, gate 2"]
    cameras = [*(stack.named(name) for name in names), stack.clocks[1], stack.named("Al Maktoum Bridge, clock")]
    _start, end = stack.gap
    at = (end + timedelta(seconds=12)).isoformat().replace("+00:00", "Z")
    await page.goto(f"/playback?cameras={','.join(cameras)}&at={at}&span=300")
    for index in range(4):
        await expect(page.get_by_test_id("tile-face").nth(index)).to_have_attribute("data-state", "ready")
    box = await page.get_by_test_id("timeline-canvas").bounding_box()
    assert box is not None
    await page.mouse.move(box["x"] + box["width"] * 0.44, box["y"] + 40)
    await expect(page.locator("[data-testid=timeline-thumbnail][data-shown]")).to_be_visible()
    await page.wait_for_timeout(1000)
    await page.screenshot(path=pictures / f"playback-{size}.png")
    await for_readme(page, "playback", size)


async def test_states(wide: tuple[Page, str], stack: Any, pictures: Path) -> None:
    page, size = wide
    await page.goto("/playback")
    await expect(page.get_by_test_id("playback-empty")).to_be_visible()
    await page.screenshot(path=pictures / f"playback-empty-{size}.png")
    start, end = stack.gap
    at = (start + (end - start) / 2).isoformat().replace("+00:00", "Z")
    cameras = [stack.clocks[1], stack.named("Al Ghubaiba bus station, platform A")]
    await page.goto(f"/playback?cameras={','.join(cameras)}&at={at}&span=300")
    await expect(page.get_by_test_id("tile-gap")).to_be_visible()
    await page.wait_for_timeout(3000)
    await page.screenshot(path=pictures / f"playback-states-{size}.png")
    await page.goto("/cameras")
    await expect(page.get_by_test_id("camera-row").first).to_be_visible()
    await page.context.set_offline(True)
    await expect(page.get_by_test_id("connection-lost")).to_be_visible()
    await page.screenshot(path=pictures / f"cameras-lost-{size}.png")
    await page.context.set_offline(False)


async def test_access(wide: tuple[Page, str], stack: Any, pictures: Path) -> None:
    page, size = wide
    with stack.api() as api:
        for code in ("METRO", "BUS"):
            api.post("/api/v1/users", json={"name": f"{code.lower()}.{size}", "full_name": "Mariam Al Suwaidi"})
        (user,) = api.get("/api/v1/users", params={"like": f"metro.{size}"}).json()["items"]
        grant = {"user_id": user["id"], "role": "operator", "on": "camera", "target": stack.clocks[0]}
        api.post("/api/v1/access/grants", json=grant | {"until": "2031-01-01T00:00:00Z"})
        api.post("/api/v1/cameras/groups", json={"name": "Bridges", "name_ar": "الجسور"})
    for part, rows in (("users", "user"), ("grants", "grant"), ("roles", "role"), ("agencies", "agency")):
        await page.goto(f"/access/{part}")
        await expect(page.get_by_test_id(f"{rows}-row").first).to_be_visible()
        await page.screenshot(path=pictures / f"access-{part}-{size}.png")
        await page.get_by_test_id(f"{rows}-add").click()
        await page.screenshot(path=pictures / f"access-{part}-add-{size}.png")
    await page.goto("/audit")
    await page.get_by_test_id("audit-row").first.click()
    await page.screenshot(path=pictures / f"audit-{size}.png")
    await page.goto("/audit?view=watched")
    await expect(page.get_by_test_id("watched-row").or_(page.get_by_test_id("rows-nothing")).first).to_be_visible()
    await page.screenshot(path=pictures / f"audit-watched-{size}.png")
