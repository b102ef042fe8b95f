"""From recorded into live and back: the present is the timeline's right end."""

from collections.abc import Awaitable, Callable
from typing import Any

from playwright.async_api import Page, expect

Asking = Callable[..., Awaitable[Any]]
LIVE_WITHIN_MS = 6000
DELIVERY_MS = 4000


async def test_now_flows_into_live_and_back_into_what_was_recorded(
    page: Page, stack: Any, eyes: Any, live_eyes: Any, ask: Asking
) -> None:
    await page.goto(f"/playback?cameras={stack.clocks[0]}")
    await eyes.codes(page)
    await page.keyboard.press("n")

    async def live() -> Any:
        [shown] = await live_eyes.look(page)
        return shown if shown.live and shown.code and shown.now - shown.code < LIVE_WITHIN_MS else None

    first = await ask(live, "the newest picture is live")
    await ask(lambda: _in_address(page, "at=now"), "a colleague who gets the link sees it live, too")

    async def on() -> Any:
        shown = await live()
        return shown if shown and shown.code > first.code + 2000 else None

    last = await ask(on, "and goes on")
    await page.keyboard.press("k")

    [stands] = await eyes.still(page)
    assert abs(stands.code - last.code) < LIVE_WITHIN_MS, "paused, the live picture stands"
    await expect(page.get_by_test_id("tile-last")).to_be_hidden()
    [seen] = await eyes.still(page)
    assert abs(seen.code - stands.code) < 2000, "until it is there as it was recorded"
    assert 0 <= seen.clock - seen.code < DELIVERY_MS
    await page.keyboard.press("Shift+ArrowLeft")
    [back] = await eyes.still(page)
    assert 9000 < seen.code - back.code < 11_000


async def _in_address(page: Page, words: str) -> bool:
    return words in page.url
