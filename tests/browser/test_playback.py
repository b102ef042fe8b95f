"""The playback page on recorded video: what is decoded and drawn, read from the pixels."""

import re
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Page, expect

Asking = Callable[..., Awaitable[Any]]
FRAME_MS = 40
# What a camera burns in is when it made the frame; the recorder stamps its arrival when the session begins and
# counts frames from there. A busy machine is in between: for each camera a constant, within the slew of its clock
# (500 ppm, so 15 ms in half a minute); a wrong picture is off by a whole one.
DELIVERY_MS = 4000
SLEW_MS = FRAME_MS // 2


def address(cameras: list[str], at: datetime | None = None, span_s: int | None = None) -> str:
    text = f"/playback?cameras={','.join(cameras)}"
    if at is not None:
        text += f"&at={at.astimezone(UTC).isoformat().replace('+00:00', 'Z')}"
    return text + (f"&span={span_s}" if span_s else "")


def newest_whole(stack: Any, camera: str, length_s: float) -> datetime:
    """The beginning of the newest stretch of footage that is so long."""
    for span in reversed(stack.timeline(camera)["spans"]):
        start, end = (datetime.fromisoformat(span[key].replace("Z", "+00:00")) for key in ("from", "to"))
        if end - start > timedelta(seconds=length_s + 4):
            return end - timedelta(seconds=length_s + 2)
    raise AssertionError("no such stretch")


async def test_video_plays_and_the_clock_beside_it_is_that_of_the_frame(
    page: Page, stack: Any, eyes: Any, ask: Asking
) -> None:
    await page.goto(address(stack.clocks[:1]))
    [first] = await eyes.codes(page)

    async def moved() -> bool:
        [code] = await eyes.codes(page)
        return bool(code > first + 2000)

    await ask(moved, "the time in the picture goes on")
    await page.keyboard.press("k")
    [seen] = await eyes.still(page)
    assert seen.code is not None
    assert 0 <= seen.clock - seen.code < DELIVERY_MS
    await page.keyboard.press("Shift+ArrowLeft")
    [before] = await eyes.still(page)
    assert 9000 < seen.code - before.code < 11_000
    assert abs((seen.clock - before.clock) - (seen.code - before.code)) <= SLEW_MS, (
        "the clock is the picture's own"
    )
    local = datetime.fromtimestamp(seen.clock / 1000, UTC) + timedelta(hours=4)
    assert seen.text.startswith(local.strftime("%H:%M:%S.")), "the clock is that of Dubai"


async def test_one_frame_on_is_the_next_frame_and_one_back_the_one_before(
    page: Page, stack: Any, eyes: Any
) -> None:
    await page.goto(address(stack.clocks[:1]))
    await eyes.codes(page)
    await page.wait_for_timeout(1500)
    await page.keyboard.press("k")
    [seen] = await eyes.still(page)
    codes = [seen.code]
    for key in (".", ".", ".", ",", ","):
        await page.keyboard.press(key)
        await page.wait_for_timeout(300)
        [seen] = await eyes.still(page)
        codes.append(seen.code)
    assert [after - before for before, after in pairwise(codes)] == [
        FRAME_MS, FRAME_MS, FRAME_MS, -FRAME_MS, -FRAME_MS,
    ]  # fmt: skip


async def test_cameras_play_in_step_on_one_clock(page: Page, stack: Any, eyes: Any, ask: Asking) -> None:
    start = newest_whole(stack, stack.clocks[1], 15)
    await page.goto(address(stack.clocks, start))
    seen = await eyes.still(page)
    late = [tile.clock - tile.code for tile in seen]
    assert max(late) < DELIVERY_MS
    await page.keyboard.press("Space")
    spreads: list[float] = []

    async def in_step() -> bool:
        codes = await eyes.codes(page)
        moments = [code + by for code, by in zip(codes, late, strict=True)]
        spreads.append(max(moments) - min(moments))
        return bool(min(codes) > seen[0].code + 4000)

    await ask(in_step, "all go on")
    await page.keyboard.press("k")
    seen = await eyes.still(page)
    clocks = [tile.clock for tile in seen]
    assert max(clocks) - min(clocks) <= FRAME_MS + SLEW_MS, "paused, all show the same moment"
    for tile, by in zip(seen, late, strict=True):
        # Paused while it plays, Chromium may stand a picture beside the one of its currentTime: seen once in some
        # tens of runs on a busy machine.
        assert abs(tile.clock - tile.code - by) <= FRAME_MS + SLEW_MS, "and the pictures are those of that moment"
    assert sorted(spreads)[len(spreads) // 2] < 500, spreads


async def test_a_gap_is_drawn_where_it_was_with_its_cause(page: Page, stack: Any, eyes: Any) -> None:
    start, end = stack.gap
    middle = start + (end - start) / 2
    span_s = 120
    await page.goto(address(stack.clocks[1:2], start - timedelta(seconds=5), span_s))
    await eyes.still(page)
    canvas = page.get_by_test_id("timeline-canvas")
    box = await canvas.bounding_box()
    assert box is not None
    width = float(box["width"])
    left = start - timedelta(seconds=5 + span_s / 2)

    def x(moment: datetime) -> float:
        return float((moment - left) / timedelta(seconds=span_s)) * width

    y = box["height"] - 20
    recorded = await eyes.colour(page, x(start) - 6, y)
    assert recorded[2] > recorded[0] + 40, "footage is drawn in its own colour before the gap"
    after = await eyes.colour(page, x(end) + 6, y)
    assert after[2] > after[0] + 40, "and after it"
    for part in (0.3, 0.5, 0.7):
        red, _green, blue = await eyes.colour(page, x(start + (end - start) * part), y)
        assert abs(red - blue) < 12, "the gap is grey"
    await page.mouse.move(box["x"] + x(middle), box["y"] + y)
    await expect(page.get_by_test_id("timeline-hover")).to_contain_text("gap: camera not reachable")


async def test_a_click_into_a_gap_says_why_and_leads_on(page: Page, stack: Any, eyes: Any) -> None:
    start, end = stack.gap
    await page.goto(address(stack.clocks[1:2], start + (end - start) / 2, 600))
    gap = page.get_by_test_id("tile-gap")
    await expect(gap).to_contain_text("camera not reachable")
    await page.set_viewport_size({"width": 640, "height": 340})
    await expect(page.get_by_text("Next footage"), "also where there is little room").to_be_visible()
    await page.get_by_test_id("tile-next").click()
    await expect(gap).to_have_count(0)
    [seen] = await eyes.still(page)
    assert seen.clock >= end.timestamp() * 1000 - 500


async def test_playing_skips_what_nobody_recorded_and_says_so(
    page: Page, stack: Any, eyes: Any, ask: Asking
) -> None:
    start, end = stack.gap
    await page.goto(address(stack.clocks[1:2], start - timedelta(seconds=3), 600))
    await eyes.still(page)
    await page.keyboard.press("Space")
    await expect(page.get_by_test_id("skipped")).to_be_visible()

    async def beyond() -> bool:
        [code] = await eyes.codes(page)
        return bool(code > end.timestamp() * 1000)

    await ask(beyond, "it goes on behind the gap")


async def test_faster_and_backward(page: Page, stack: Any, eyes: Any, ask: Asking) -> None:
    start = newest_whole(stack, stack.clocks[0], 30)
    await page.goto(address(stack.clocks[:1], start))
    [seen] = await eyes.still(page)
    begin = seen.code
    await page.get_by_test_id("speed").click()
    await page.get_by_test_id("speed-4").click()

    async def ahead() -> bool:
        [code] = await eyes.codes(page)
        return bool(code > begin + 12_000)

    await ask(ahead, "four times as fast goes on")
    await page.keyboard.press("k")
    [far] = await eyes.still(page)
    for _ in range(3):
        await page.keyboard.press("j")

    async def back() -> bool:
        tiles = await eyes.tiles(page)
        return bool(tiles and tiles[0] and tiles[0].code and tiles[0].code < far.code - 5000)

    await ask(back, "backward by key frames")


async def test_go_to_a_time_and_hover_for_a_picture(page: Page, stack: Any, eyes: Any, ask: Asking) -> None:
    start = newest_whole(stack, stack.clocks[0], 20)
    await page.goto(address(stack.clocks[:1], start, 120))
    await eyes.still(page)
    await page.keyboard.press("g")
    wanted = (start + timedelta(seconds=5)).replace(microsecond=0)
    local = wanted + timedelta(hours=4)
    day = page.locator(f"[data-testid=goto-day][data-day='{local.day}'][data-recorded]")
    await expect(day, "the day with footage is marked").to_be_visible()
    await day.click()
    field = page.get_by_test_id("goto-text")
    await expect(field).to_have_value(re.compile(rf"{local:%Y-%m-%d} \d\d:\d\d:\d\d"))
    await expect(field).to_be_focused()
    await page.keyboard.type(f"{local:%H:%M:%S}")
    await page.keyboard.press("Enter")

    async def there() -> bool:
        [seen] = await eyes.still(page)
        return bool(abs(seen.clock - wanted.timestamp() * 1000) <= FRAME_MS)

    await ask(there, "the picture of that moment")
    box = await page.get_by_test_id("timeline-canvas").bounding_box()
    assert box is not None
    await page.mouse.move(box["x"] + box["width"] / 2 + 30, box["y"] + box["height"] - 16)
    await expect(page.get_by_test_id("timeline-thumbnail")).to_be_visible()
    await page.get_by_test_id("timeline-canvas").focus()
    await page.keyboard.press("ArrowLeft")

    async def earlier() -> bool:
        [seen] = await eyes.still(page)
        return bool(abs(seen.clock - wanted.timestamp() * 1000 + 10_000) <= FRAME_MS)

    await ask(earlier, "an arrow key on the timeline goes back ten seconds")


async def test_a_marked_range_is_downloaded_as_a_file_that_plays(
    page: Page, stack: Any, eyes: Any, tmp_path: Path
) -> None:
    start = newest_whole(stack, stack.clocks[0], 20)
    await page.goto(address(stack.clocks[:1], start - timedelta(hours=3), 120))
    await expect(page.get_by_test_id("playback-bar")).to_be_visible()
    await page.keyboard.press("i")
    await page.get_by_test_id("download").click()
    await expect(page.get_by_test_id("tray")).to_contain_text("Nothing of Al Garhoud Bridge, lane 1 was recorded")
    await page.goto(address(stack.clocks[:1], start, 120))
    await eyes.still(page)
    canvas = page.get_by_test_id("timeline-canvas")
    box = await canvas.bounding_box()
    assert box is not None
    middle, y = box["x"] + box["width"] / 2, box["y"] + box["height"] - 16
    await page.keyboard.down("Shift")
    await page.mouse.move(middle, y)
    await page.mouse.down()
    await page.mouse.move(middle + box["width"] * 8 / 120, y, steps=5)
    await page.mouse.up()
    await page.keyboard.up("Shift")
    await expect(page.get_by_test_id("range")).to_contain_text("8 s")
    async with page.expect_download() as waiting:
        await page.get_by_test_id("download").click()
    download = await waiting.value
    file = tmp_path / "range.mp4"
    await download.save_as(file)
    assert download.suggested_filename.endswith(".mp4")
    assert file.read_bytes()[4:8] == b"ftyp"
    assert file.stat().st_size > 100_000


async def test_a_picture_is_saved_under_its_camera_and_time(page: Page, stack: Any, eyes: Any) -> None:
    await page.goto(address(stack.clocks[:1]))
    await eyes.codes(page)
    await page.keyboard.press("k")
    [seen] = await eyes.still(page)
    async with page.expect_download() as waiting:
        await page.keyboard.press("s")
    name = (await waiting.value).suggested_filename
    local = datetime.fromtimestamp(seen.clock / 1000, UTC) + timedelta(hours=4)
    assert name.startswith(f"Al-Garhoud-Bridge-lane-1_{local:%Y-%m-%d_%H-%M-%S}")
    assert name.endswith("+0400.png")


async def test_a_codec_without_a_decoder_is_said_in_words_and_shown_in_stills(page: Page, stack: Any) -> None:
    camera = stack.named("Al Ghubaiba bus station, platform A")
    await page.goto("/cameras")
    if await page.evaluate("MediaSource.isTypeSupported('video/mp4; codecs=\"hvc1.1.6.L93.B0\"')"):
        pytest.skip("this Chromium decodes H.265")
    await page.goto(address([camera]))
    await expect(page.get_by_test_id("tile-unplayable")).to_contain_text("This browser cannot play H.265")
    await expect(page.get_by_test_id("tile-unplayable").locator("img")).to_be_visible()


async def test_where_one_is_is_in_the_address(page: Page, stack: Any, eyes: Any) -> None:
    start = newest_whole(stack, stack.clocks[0], 20)
    await page.goto(address(stack.clocks[:2], start, 300))
    before = await eyes.still(page)
    await page.wait_for_timeout(1500)
    link = page.url
    other = await page.context.new_page()
    await other.goto(link)
    after = await eyes.still(other)
    assert [tile.code for tile in before] == [tile.code for tile in after]


async def test_a_lost_server_is_marked_on_the_picture_and_playing_goes_on_after_it(
    page: Page, stack: Any, eyes: Any, ask: Asking
) -> None:
    await page.goto(address(stack.clocks[:1]))
    await eyes.codes(page)
    await page.context.set_offline(True)
    await expect(page.get_by_test_id("connection-lost")).to_be_visible()
    await expect(page.locator("[data-testid=tile-face][data-stands]")).to_be_visible()
    await page.context.set_offline(False)
    await expect(page.get_by_test_id("connection-lost")).to_have_count(0)
    [code] = await eyes.codes(page)

    async def on() -> bool:
        [now] = await eyes.codes(page)
        return bool(now > code + 1500)

    await ask(on, "it plays again")
