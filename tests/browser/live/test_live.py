"""The live page before real cameras: what is decoded and drawn, read from the pixels."""

import json
import os
import re
import signal
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from playwright.async_api import Page, expect

Asking = Callable[..., Awaitable[Any]]
# A frame of one camera may be drawn while the next frame of another is: a frame, the ring of clocks, and the
# servo's quiet band. On a machine that is busy with everything else a little more.
TOGETHER_MS = 700
# How far the picture may be behind on a machine that is busy with everything else; the bench measures the claim.
BEHIND_MS = 6000


def live(cameras: list[str], layout: str) -> str:
    return f"/live?layout={layout}&cameras={','.join(cameras)}"


async def test_a_camera_is_decoded_and_its_clock_is_that_of_the_picture(
    page: Page, stack: Any, live_eyes: Any, ask: Asking
) -> None:
    await page.goto(live(stack.clocks[:1], "1"))

    async def seen() -> Any:
        shown = await live_eyes.one(page)
        return shown if shown.code and shown.live else None

    first = await ask(seen, "a time code is drawn")
    assert 0 < first.now - first.code < BEHIND_MS
    assert abs(first.clock - first.code) < 1500, "the tile's clock is that of its picture"

    async def went_on() -> Any:
        shown = await seen()
        return shown if shown and shown.code > first.code + 3000 else None

    later = await ask(went_on, "the time in the picture goes on")
    assert later.at > first.at
    assert later.frames > first.frames + 20
    await expect(page.get_by_test_id("tile-recorded")).to_be_visible()


async def test_cameras_beside_each_other_show_the_same_moment(
    page: Page, stack: Any, live_eyes: Any, ask: Asking
) -> None:
    cameras = [*stack.clocks, stack.named("Al Maktoum Bridge, clock")]
    await page.goto(live(cameras, "4"))

    async def together() -> bool:
        shown = await live_eyes.look(page)
        codes = [one.code for one in shown if one.code]
        return len(codes) == 4 and max(codes) - min(codes) < TOGETHER_MS

    await ask(together, "four cameras show the same moment")


async def test_the_last_30_seconds_are_replayed_in_the_tile(
    page: Page, stack: Any, live_eyes: Any, ask: Asking
) -> None:
    await page.goto(live(stack.clocks[:1], "1"))
    await expect(page.get_by_test_id("tile-live")).to_be_visible()
    await page.keyboard.press("r")
    video = page.get_by_test_id("replay-video")
    await expect(video).to_be_visible()

    async def plays() -> bool:
        behind = await page.evaluate(
            "Date.now() - Date.parse(document.querySelector('[data-testid=replay-clock]')?.dateTime)"
        )
        return bool(8000 < behind < 60_000)

    await ask(plays, "the replay shows what was before")
    await page.keyboard.press("Escape")
    await expect(video).to_have_count(0)
    await expect(page.get_by_test_id("tile-live")).to_be_visible()


async def test_a_recorder_killed_under_viewers_comes_back_in_the_tile_by_itself(
    page: Page, stack: Any, live_eyes: Any, ask: Asking
) -> None:
    await page.goto(live(stack.clocks[:1], "1"))

    async def shown() -> Any:
        one = await live_eyes.one(page)
        return one if one.code and one.live else None

    before = await ask(shown, "a picture is there")
    recorders = [row for row in services(stack) if row["name"].startswith("recording-service")]
    for row in recorders:
        os.kill(row["pid"], signal.SIGKILL)
    killed = {row["pid"] for row in recorders}
    assert killed

    async def back() -> bool:
        one = await shown()
        others = {row["pid"] for row in services(stack) if row["name"].startswith("recording-service")}
        return bool(one and one.code > before.now + 5000 and not one.frozen and others and not others & killed)

    await ask(back, "the picture comes back by itself", within_s=120)


def services(stack: Any) -> list[dict[str, Any]]:
    told = json.loads((stack.data / "run" / "services.json").read_text())
    rows: list[dict[str, Any]] = told["services"]
    return rows


async def test_a_camera_that_is_lost_is_marked_with_the_age_of_its_picture_and_why(
    page: Page, stack: Any, live_eyes: Any, ask: Asking
) -> None:
    await page.goto(live([stack.clocks[2]], "1"))
    await expect(page.get_by_test_id("tile-live")).to_be_visible()
    stack.control.fault(3, "unreachable")
    try:
        await expect(page.get_by_test_id("tile-frozen")).to_have_text(re.compile(r"\d+ (s|min) old"))
        await expect(page.get_by_test_id("tile-face")).to_have_attribute("data-stands", "true")
        await expect(page.get_by_test_id("tile-lost")).to_contain_text(re.compile("Connecting|No video"))
    finally:
        stack.control.clear(3)

    async def back() -> bool:
        one = await live_eyes.one(page)
        return bool(one.code and one.live and one.now - one.code < BEHIND_MS)

    await ask(back, "the camera is back")


async def test_a_tile_out_of_sight_stops_and_starts_again(page: Page, stack: Any, ask: Asking) -> None:
    sockets: list[Any] = []
    page.on("websocket", lambda socket: sockets.append(socket) if "/ws/live/" in socket.url else None)
    await page.goto(live(stack.clocks[:1], "1"))
    await expect(page.get_by_test_id("tile-live")).to_be_visible()
    tile = page.get_by_test_id("tile")
    await tile.evaluate("tile => { tile.style.display = 'none' }")

    async def ended() -> bool:
        return bool(sockets) and all(socket.is_closed() for socket in sockets)

    await ask(ended, "no stream runs for a tile that nobody sees")
    known = len(sockets)
    await tile.evaluate("tile => { tile.style.display = '' }")
    await ask(lambda: _more(sockets, known), "the stream starts again")
    await expect(page.get_by_test_id("tile-live")).to_be_visible()


async def _more(sockets: list[Any], known: int) -> bool:
    return len(sockets) > known


_COUNT_BLACK = """() => {
  window.black = 0
  window.looks = 0
  const canvas = document.createElement('canvas')
  canvas.width = canvas.height = 8
  const pen = canvas.getContext('2d', { willReadFrequently: true })
  const look = () => {
    pen.clearRect(0, 0, 8, 8)
    const video = document.querySelector('video[data-front]')
    if (video) pen.drawImage(video, 0, 0, 8, 8)
    const light = pen.getImageData(0, 0, 8, 8).data.reduce((sum, one, i) => sum + (i % 4 < 3 ? one : 0), 0)
    window.looks += 1
    if (light < 500) window.black += 1
    requestAnimationFrame(look)
  }
  look()
}"""


async def test_small_tiles_take_the_sub_stream_and_large_ones_the_main_without_a_black_frame(
    page: Page, stack: Any, live_eyes: Any, ask: Asking
) -> None:
    camera = stack.named("Sheikh Zayed Road, exit 50")
    await page.goto(live([camera], "16"))

    async def width(wanted: int) -> bool:
        return bool((await live_eyes.one(page)).width == wanted)

    await ask(lambda: width(320), "the small tile shows the sub stream")
    await page.evaluate(_COUNT_BLACK)
    await page.keyboard.press("1")
    await ask(lambda: width(1920), "the large tile shows the main stream")
    assert await page.evaluate("window.looks") > 5
    assert await page.evaluate("window.black") == 0


async def test_what_cannot_be_decoded_is_said_and_the_sub_stream_is_shown(page: Page, stack: Any) -> None:
    await page.goto(live([stack.named("Al Ghubaiba bus station, platform A")], "1"))
    await expect(page.get_by_test_id("tile-face")).to_contain_text("H.265 cannot be decoded by this browser")
    await expect(page.get_by_test_id("tile-live")).to_be_visible()
    await page.keyboard.press("r")
    words = page.get_by_test_id("tile-replay")
    await expect(words).to_contain_text("this browser cannot decode H.265. The recording is whole.")
    await expect(words).to_contain_text("Al Ghubaiba bus station, platform A")


async def test_a_snapshot_is_a_png_named_after_camera_and_time(page: Page, stack: Any) -> None:
    await page.goto(live(stack.clocks[:1], "1"))
    await expect(page.get_by_test_id("tile-live")).to_be_visible()
    async with page.expect_download() as coming:
        await page.keyboard.press("s")
    file = await coming.value
    assert re.fullmatch(
        r"Al-Garhoud-Bridge-lane-1_\d{4}-\d\d-\d\d_\d\d-\d\d-\d\d\.\d{3}\+0400\.png", file.suggested_filename
    )
    saved = await file.path()
    assert saved.read_bytes().startswith(b"\x89PNG")


async def test_an_empty_wall_shows_what_to_fill_it_with(page: Page, stack: Any) -> None:
    """Also where the list of cameras is put away at first, as on a tablet."""
    await page.set_viewport_size({"width": 1024, "height": 768})
    await page.goto("/live?layout=4")
    row = page.locator(f"[data-testid=picker-camera][data-camera='{stack.clocks[0]}']")
    await row.click()
    await expect(page.get_by_test_id("tile-live")).to_be_visible()
    await page.get_by_test_id("panel-hide").click()
    await expect(row).to_have_count(0)
    await page.keyboard.press("Delete")
    await page.get_by_text("Choose cameras").first.click()
    await expect(row).to_be_visible()


async def test_the_wall_is_made_with_mouse_and_keys_and_is_in_the_address(page: Page, stack: Any) -> None:
    first, second, third = stack.clocks
    await page.set_viewport_size({"width": 1400, "height": 800})
    await page.goto(live([first, second], "4"))
    row = page.locator(f"[data-testid=picker-camera][data-camera='{third}']")
    slot = page.locator("[data-slot='3']")
    await expect(row).to_be_visible()
    start, end = await row.bounding_box(), await slot.bounding_box()
    assert start is not None
    assert end is not None
    await page.mouse.move(start["x"] + 60, start["y"] + 20)
    await page.mouse.down()
    await page.mouse.move(end["x"] + 100, end["y"] + 100, steps=12)
    await page.mouse.up()
    await expect(page).to_have_url(re.compile(f"layout=4&cameras={first},{second},,{third}$"))
    await page.keyboard.press("Shift+ArrowLeft")
    await expect(page).to_have_url(re.compile(f"cameras={first},{second},{third}$"))
    await page.keyboard.press("Delete")
    await expect(page).to_have_url(re.compile(f"cameras={first},{second}$"))
    await page.keyboard.press("7")
    await expect(page).to_have_url(re.compile(r"layout=1%2B5"))
    await page.keyboard.press("f")
    await page.keyboard.type("BurJuman")
    await expect(page.get_by_test_id("picker-camera")).to_have_count(1)
    await page.keyboard.press("Enter")
    await expect(page).to_have_url(re.compile(f"cameras={first}$"))


async def test_the_first_page_is_live_with_cameras_in_it(page: Page, stack: Any) -> None:
    await page.goto("/")
    await expect(page).to_have_url(re.compile(r"/live\?layout=9&cameras="))
    await expect(page.get_by_test_id("tile")).to_have_count(len(stack.cameras()))


async def test_one_tile_fills_the_screen_and_what_must_be_seen_lies_over_it(
    page: Page, stack: Any, live_eyes: Any, ask: Asking, pictures: Path
) -> None:
    """A wall that is watched in full screen must not hide that the server is away, nor swallow its keys."""
    await page.goto(live(stack.clocks[:2], "4"))
    tile = page.locator(f"[data-testid=tile][data-camera='{stack.clocks[1]}']")
    await expect(page.get_by_test_id("tile-live")).to_have_count(2)
    await tile.click()
    await page.keyboard.press("Enter")

    async def fills() -> bool:
        box = await tile.bounding_box()
        size = await page.evaluate("[innerWidth, innerHeight]")
        return box is not None and [box["x"], box["y"], box["width"], box["height"]] == [0, 0, *size]

    await ask(fills, "the tile covers the whole page")
    drawn = [one for one in await live_eyes.look(page) if one.camera == stack.clocks[1]]
    assert drawn[0].live

    await page.keyboard.press("?")
    sheet = page.get_by_role("dialog")
    await expect(sheet).to_be_visible()
    assert await on_top(page, "[role=dialog]"), "the keys lie over the picture"
    await page.keyboard.press("Escape")
    await expect(sheet).to_be_hidden()
    assert await page.evaluate("document.fullscreenElement !== null"), "one Escape closes one thing"

    await page.context.set_offline(True)
    await expect(page.get_by_test_id("connection-lost")).to_be_visible()
    assert await on_top(page, "[data-testid=connection-lost]"), "that the server is away lies over the picture"
    await page.screenshot(path=pictures / "live-full-screen-away.png")
    await page.context.set_offline(False)
    await expect(page.get_by_test_id("connection-lost")).to_be_hidden()

    await page.keyboard.press("Enter")
    await expect(page.locator("[data-full]")).to_have_count(0)
    await expect(page.get_by_test_id("tile")).to_have_count(2)


async def on_top(page: Page, selector: str) -> bool:
    """Whether the middle of an element is what a person would touch there."""
    return bool(
        await page.evaluate(
            """(selector) => {
              const one = document.querySelector(selector)
              const box = one.getBoundingClientRect()
              const hit = document.elementFromPoint(box.x + box.width / 2, box.y + box.height / 2)
              return one.contains(hit)
            }""",
            selector,
        )
    )


async def test_a_finger_scrolls_the_list_and_picks_a_camera_up_after_a_rest(
    browser: Any, demo: Any, ask: Asking
) -> None:
    ids = [camera["id"] for camera in demo.cameras()]
    async with demo.profile(browser, viewport={"width": 1300, "height": 300}, has_touch=True) as context:
        page = await context.new_page()
        await page.goto(live(ids[:1], "4"))
        rows = page.get_by_test_id("picker-camera")
        await expect(rows.nth(1)).to_be_visible()
        touch = await context.new_cdp_session(page)

        async def finger(kind: str, *at: float) -> None:
            points = [{"x": at[0], "y": at[1]}] if at else []
            await touch.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})

        async def seen() -> dict[str, Any]:
            """The middle of the first row that lies whole in the list's sight."""
            point: dict[str, Any] = await page.evaluate(_ROW_IN_SIGHT)
            return point

        at = await seen()
        await finger("touchStart", at["x"], at["y"])
        for step in range(1, 12):
            await finger("touchMove", at["x"], at["y"] - 8 * step)
        await finger("touchEnd")

        async def scrolled() -> bool:
            return bool((await seen())["scrolled"] > 10)

        await ask(scrolled, "the list was scrolled")
        await expect(page).to_have_url(re.compile(f"cameras={ids[0]}$"))

        await page.wait_for_timeout(800)
        at = await seen()
        slot = await page.locator("[data-slot='3']").bounding_box()
        assert slot is not None
        await finger("touchStart", at["x"], at["y"])
        await page.wait_for_timeout(600)
        for step in range(1, 9):
            part = step / 8
            x, y = at["x"] + (slot["x"] + 80 - at["x"]) * part, at["y"] + (slot["y"] + 40 - at["y"]) * part
            await finger("touchMove", x, y)
        await finger("touchEnd")
        await expect(page).to_have_url(re.compile(f"cameras=.*{at['camera']}"))


_ROW_IN_SIGHT = """() => {
  const rows = [...document.querySelectorAll('[data-testid=picker-camera]')]
  const list = rows[0].closest('[data-index]').parentElement.parentElement
  const sight = list.getBoundingClientRect()
  const boxes = rows.filter((row) => row.getAttribute('aria-pressed') === 'false')
    .map((row) => ({ camera: row.dataset.camera, box: row.getBoundingClientRect() }))
  const one = boxes.find(({ box }) => box.top >= sight.top && box.bottom <= Math.min(sight.bottom, innerHeight))
  return { camera: one.camera, x: one.box.x + 60, y: one.box.y + 20, scrolled: list.scrollTop }
}"""
