"""Pictures of the live page and its states, to be looked at. CCTV_README_PICTURE writes the README's as well,
CCTV_ALL_PICTURES those of the largest screens."""

import json
import os
from pathlib import Path
from typing import Any

from playwright.async_api import Page, Route, expect

README = Path(__file__).parents[3] / "docs" / "pictures" / "live.jpg"
LONG_NAME = "تقاطع شارع الشيخ محمد بن زايد مع شارع الإمارات، المخرج رقم ثلاثة وخمسون، الاتجاه نحو أبوظبي"


def names(stack: Any) -> list[str]:
    wanted = [
        "Sheikh Zayed Road, exit 50",
        "Union metro station, gate 2",
        "Al Ghubaiba bus station, platform A",
        "Al Maktoum Bridge, clock",
    ]
    return [stack.named(name) for name in wanted]


async def test_live(wide: tuple[Page, str], stack: Any, pictures: Path) -> None:
    page, size = wide
    await page.goto(f"/live?layout=4&cameras={','.join(names(stack))}")
    await expect(page.get_by_test_id("tile-live")).to_have_count(4)
    await page.wait_for_timeout(4000)
    await page.screenshot(path=pictures / f"live-{size}.png")
    await page.get_by_test_id("tile").first.hover()
    await page.keyboard.press("r")
    await expect(page.get_by_test_id("replay-clock")).not_to_be_empty()
    await page.wait_for_timeout(1500)
    await page.screenshot(path=pictures / f"live-replay-{size}.png")
    await page.context.set_offline(True)
    await expect(page.get_by_test_id("connection-lost")).to_be_visible()
    await page.context.set_offline(False)


async def test_states(wide: tuple[Page, str], stack: Any, pictures: Path) -> None:
    """A lost tile beside others, a camera that is gone, an empty tile; one large and five small."""
    page, size = wide
    first, second, third = stack.clocks
    gone = "00000000-0000-4000-8000-000000000000"
    await page.goto(f"/live?layout={'1%2B5'}&cameras={names(stack)[2]},{third},{first},{gone},{second}")
    await expect(page.get_by_test_id("tile-live")).to_have_count(4)
    stack.control.fault(3, "unreachable")
    try:
        await expect(page.locator(f"[data-camera='{third}']").get_by_test_id("tile-frozen")).to_be_visible()
        await page.wait_for_timeout(4000)
        await page.screenshot(path=pictures / f"live-states-{size}.png")
        if size == "1920" and os.environ.get("CCTV_README_PICTURE"):
            await page.screenshot(path=README, type="jpeg", quality=88)
    finally:
        stack.control.clear(3)


async def test_many_cameras_and_long_names(wide: tuple[Page, str], stack: Any, pictures: Path) -> None:
    """Five hundred in the list, the longest Arabic names, thirty-six tiles of which most cannot answer."""
    page, size = wide

    async def many(route: Route) -> None:
        answer = await route.fetch()
        body = await answer.json()
        real = body["items"]
        for number in range(500 - len(real)):
            one = json.loads(json.dumps(real[number % len(real)]))
            one["id"] = f"00000000-0000-4000-8000-{number:012d}"
            one["name"] = LONG_NAME if number % 5 == 0 else f"Corridor {number}, pole {number % 7}"
            one["name_ar"] = LONG_NAME
            one["status"]["state"] = ("online", "online", "no_video", "auth_failed")[number % 4]
            body["items"].append(one)
        body["total"] = len(body["items"])
        await route.fulfill(json=body)

    await page.route("**/api/v1/cameras?limit=*", many)
    cameras = [*names(stack), *stack.clocks, *(f"00000000-0000-4000-8000-{number:012d}" for number in range(29))]
    await page.goto(f"/live?layout=36&cameras={','.join(cameras)}")
    await expect(page.get_by_test_id("tile-live").nth(3)).to_be_visible()
    await page.wait_for_timeout(3000)
    await page.screenshot(path=pictures / f"live-many-{size}.png")


async def test_nothing_yet(wide: tuple[Page, str], pictures: Path) -> None:
    page, size = wide
    await page.route("**/api/v1/cameras?*", lambda route: route.fulfill(json={"items": [], "total": 0}))
    await page.goto("/live")
    await expect(page.get_by_test_id("live-empty")).to_be_visible()
    await page.screenshot(path=pictures / f"live-empty-{size}.png")
