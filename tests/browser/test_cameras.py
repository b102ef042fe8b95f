"""The cameras page on the running system."""

import gzip
import re
from collections.abc import Awaitable, Callable
from typing import Any

from playwright.async_api import Page, Response, expect

FIRST_LOAD_LIMIT = 400_000


async def test_every_camera_is_listed_with_state_names_and_video(page: Page, stack: Any) -> None:
    await page.goto("/cameras")
    rows = page.get_by_test_id("camera-row")
    await expect(rows).to_have_count(7)
    clock = rows.filter(has_text="Al Garhoud Bridge, lane 1")
    await expect(clock.locator("[data-state=online]")).to_be_visible()
    await expect(clock).to_contain_text("جسر القرهود، المسار 1")
    await expect(clock).to_contain_text("Dubai Police")
    await expect(clock).to_contain_text(re.compile(r"H\.264 640\D360 25/s"))
    await expect(clock).to_contain_text(re.compile(r"[\d.]+ %"))


async def test_the_first_load_is_small(page: Page) -> None:
    answers: list[Response] = []

    def note(answer: Response) -> None:
        answers.append(answer)

    page.on("response", note)
    await page.goto("/cameras")
    await expect(page.get_by_test_id("camera-row").first).to_be_visible()
    sizes = {}
    for answer in [one for one in answers if "/api/" not in one.url]:
        body = await answer.body()
        packed = body if answer.url.endswith("woff2") else gzip.compress(body)
        sizes[answer.url.rpartition("/")[2]] = len(packed)
    assert len(sizes) > 5
    assert sum(sizes.values()) < FIRST_LOAD_LIMIT, sizes
    assert not any(name.startswith("hls-") for name in sizes), "the player waits until something is played"


async def test_search_and_order_are_in_the_address(page: Page) -> None:
    await page.goto("/cameras")
    await expect(page.get_by_test_id("camera-row")).to_have_count(7)
    await page.keyboard.press("f")
    await page.keyboard.type("برجمان")
    await expect(page.get_by_test_id("camera-row")).to_have_count(1)
    await page.reload()
    await expect(page.get_by_test_id("camera-row")).to_have_count(1)
    await page.keyboard.press("Escape")
    await page.get_by_test_id("camera-search").fill("")
    await page.get_by_test_id("sort-name").click()
    names = page.get_by_test_id("camera-row").first.locator("bdi").nth(1)
    await expect(names).to_have_text("Al Garhoud Bridge, lane 1")
    assert "sort=name" in page.url


async def test_a_camera_added_through_the_form_gets_online_and_its_removal_is_undone(
    page: Page, stack: Any
) -> None:
    await page.goto("/cameras")
    await expect(page.get_by_test_id("camera-row").first).to_be_visible()
    await page.keyboard.press("a")
    await page.get_by_test_id("field-name").fill("Added by hand")
    await page.get_by_test_id("field-nameAr").fill("أضيفت يدوياً")
    await page.get_by_test_id("field-mainUrl").fill(stack.addresses[2].replace("/main", "/sub"))
    await page.get_by_test_id("form-save").click()
    row = page.get_by_test_id("camera-row").filter(has_text="Added by hand")
    await expect(row.locator("[data-state=online]")).to_be_visible()
    await expect(page.get_by_test_id("camera-panel")).to_contain_text("أضيفت يدوياً")
    await expect(page.get_by_test_id("panel-still")).to_be_visible()

    await page.get_by_test_id("panel-remove").click()
    await expect(row).to_have_count(0)
    await page.get_by_test_id("tray-action").click()
    await expect(row).to_have_count(1)

    await row.click()
    await page.keyboard.press("Delete")
    await expect(row).to_have_count(0)


async def test_what_is_wrong_is_said_at_its_field(page: Page) -> None:
    await page.goto("/cameras/new")
    await page.get_by_test_id("field-name").fill("Wrong")
    await page.get_by_test_id("field-mainUrl").fill("http://10.0.0.1/")
    await page.get_by_test_id("form-save").click()
    await expect(page.get_by_test_id("form-wrong")).to_be_visible()
    await expect(page.get_by_test_id("camera-form")).to_contain_text("Only addresses that begin with rtsp://")


async def test_a_probe_reports_in_words(page: Page, stack: Any) -> None:
    await page.goto("/cameras/new")
    await page.get_by_test_id("field-mainUrl").fill(stack.addresses[0])
    await page.get_by_test_id("form-probe").click()
    report = page.get_by_test_id("probe-report")
    await expect(report).to_contain_text(re.compile(r"640 \D 360"))
    await expect(report).to_contain_text("H.264")
    await page.get_by_test_id("field-mainUrl").fill("rtsp://127.0.0.1:9/nobody")
    await page.get_by_test_id("form-probe").click()
    await expect(page.get_by_test_id("probe-failure")).to_be_visible()


async def test_an_import_shows_good_and_bad_rows_before_it_is_done(
    page: Page, stack: Any, ask: Callable[..., Awaitable[Any]]
) -> None:
    lines = [
        "name,agency,main_url",
        "Imported 1,METRO,rtsp://127.0.0.1:9/1",
        "Imported 2,NOBODY,http://127.0.0.1/2",
    ]
    await page.goto("/cameras")
    await page.get_by_test_id("import-open").click()
    await page.get_by_test_id("import-text").fill("\n".join(lines))
    await page.get_by_test_id("import-check").click()
    await expect(page.get_by_test_id("import-row")).to_have_count(2)
    await expect(page.get_by_test_id("import-row").first).to_contain_text("Only addresses that begin with rtsp://")
    await expect(page.get_by_test_id("import-summary")).to_contain_text("1 new")
    await page.get_by_test_id("import-go").click()
    row = page.get_by_test_id("camera-row").filter(has_text="Imported 1")
    await expect(row).to_be_visible()
    await expect(row).to_contain_text("camera does not answer on the network")
    with stack.api() as api:
        api.delete(f"/api/v1/cameras/{stack.named('Imported 1')}").raise_for_status()
    await expect(row).to_have_count(0)


async def test_many_are_changed_at_once_and_back_again(
    page: Page, stack: Any, ask: Callable[..., Awaitable[Any]]
) -> None:
    """Agencies only: it leaves the recording alone."""
    names = ("BurJuman station, escalator", "Gold Souq bus station, bay 3")

    def agencies() -> list[str]:
        return sorted(camera["agency"] for camera in stack.cameras() if camera["name"] in names)

    async def are(wanted: list[str]) -> bool:
        return agencies() == wanted

    await page.goto("/cameras?sort=name")
    rows = page.get_by_test_id("camera-row")
    for name in names:
        await rows.filter(has_text=name).get_by_test_id("camera-choose").check()
    await expect(page.get_by_test_id("bulk-bar")).to_contain_text("2 chosen")
    await page.get_by_test_id("bulk-agency").click()
    await page.get_by_test_id("bulk-agency-DUBAI_POLICE").click()
    await ask(lambda: are(["DUBAI_POLICE", "DUBAI_POLICE"]), "both belong to the police")
    for name in names:
        await expect(rows.filter(has_text=name)).to_contain_text("Dubai Police")
    await page.get_by_test_id("tray-action").click()
    await ask(lambda: are(["BUS", "METRO"]), "each belongs to whom it did before")
    await page.keyboard.press("Escape")
    await expect(page.get_by_test_id("bulk-bar")).to_have_count(0)
    await page.keyboard.press("ArrowDown")
    await page.keyboard.press("Shift+ArrowDown")
    await expect(page.get_by_test_id("bulk-bar")).to_contain_text("2 chosen")


async def test_states_are_told_and_not_asked_for(page: Page, stack: Any) -> None:
    row = page.get_by_test_id("camera-row").filter(has_text="Gold Souq bus station, bay 3")
    await page.goto("/cameras")
    await expect(row.locator("[data-state=online]")).to_be_visible()
    await page.route("**/api/v1/cameras?*", lambda route: route.fulfill(status=500, json={}))
    stack.control.fault(3, "unreachable")
    try:
        await expect(row.locator("[data-state=connecting], [data-state=no_video]")).to_be_visible()
    finally:
        stack.control.clear(3)
    await expect(row.locator("[data-state=online]")).to_be_visible()


async def test_a_lost_server_is_shown_and_comes_back_by_itself(page: Page) -> None:
    await page.goto("/cameras")
    await expect(page.get_by_test_id("camera-row").first).to_be_visible()
    await page.context.set_offline(True)
    await expect(page.get_by_test_id("connection-lost")).to_be_visible()
    state = page.get_by_test_id("camera-row").first.locator("[data-state]")
    await expect(state).to_have_attribute("data-fresh", "false")
    await expect(state).to_contain_text("last known")
    await page.context.set_offline(False)
    await expect(page.get_by_test_id("connection-lost")).to_have_count(0)


async def test_the_key_sheet_lists_what_is_bound_here(page: Page) -> None:
    await page.goto("/cameras")
    await expect(page.get_by_test_id("camera-row").first).to_be_visible()
    await page.keyboard.press("?")
    await expect(page.get_by_role("dialog")).to_contain_text("Add a camera")
    await page.keyboard.press("Escape")
    await expect(page.get_by_role("dialog")).to_have_count(0)
    await page.goto("/live")
    await expect(page.get_by_test_id("tile").first).to_be_visible()
    await page.keyboard.press("?")
    await expect(page.get_by_role("dialog").locator("dt").first).to_have_text("1 … 9")
