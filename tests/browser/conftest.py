"""A browser before the running system: the demonstration, and three cameras more whose pictures tell the time.

What a test sees is what was decoded and drawn: time codes are read from the video's pixels, gaps from the
timeline's. Nothing is mocked; only the last cable is pulled where a test says so.
"""

import asyncio
import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from playwright.async_api import Browser, BrowserContext, Page, async_playwright, expect

from cctv.services.console import ConsoleAuth
from cctv_simulator.control import Control

CHROMIUMS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
ROOT = Path(__file__).parents[2]
DASHBOARD = ROOT / "src" / "cctv" / "services" / "dashboard"
PICTURES = Path(__file__).parent / "pictures"
# A machine with two cores that builds, records and plays at once is slow, not wrong.
PATIENCE_S = 90.0
expect.set_options(timeout=PATIENCE_S * 1000)
FLAGS = [
    "--no-sandbox",
    "--headless=new",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--autoplay-policy=no-user-gesture-required",
]
PASSWORD = "a sentence that nobody guesses"
CLOCKS = (
    ("Al Garhoud Bridge, lane 1", "جسر القرهود، المسار 1", "DUBAI_POLICE", "Al Garhoud Bridge, towards Deira"),
    ("BurJuman station, escalator", "محطة برجمان، السلم المتحرك", "METRO", "BurJuman station, level 1"),
    ("Gold Souq bus station, bay 3", "محطة حافلات سوق الذهب، الموقف 3", "BUS", "Gold Souq bus station"),
)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What starts a whole system, or waits for video to be recorded, takes its time."""
    for item in items:
        if Path(__file__).parent in item.path.parents and not item.get_closest_marker("timeout"):
            item.add_marker(pytest.mark.timeout(600))


async def until(what: Callable[[], Awaitable[Any]], words: str, *, within_s: float = PATIENCE_S) -> Any:
    """Ask until the answer is true; the answer."""
    deadline = time.monotonic() + within_s
    while time.monotonic() < deadline:
        if answer := await what():
            return answer
        await asyncio.sleep(0.2)
    raise AssertionError(f"not within {within_s} s: {words}")


def at_last(what: Callable[[], Any], words: str, *, within_s: float = PATIENCE_S) -> Any:
    """The same for those who do not await."""
    deadline = time.monotonic() + within_s
    while time.monotonic() < deadline:
        if answer := what():
            return answer
        time.sleep(0.2)
    raise AssertionError(f"not within {within_s} s: {words}")


@pytest.fixture
def ask() -> Callable[..., Awaitable[Any]]:
    return until


@dataclass
class Stack:
    """The running demonstration, and what it knows of its cameras."""

    url: str
    data: Path
    clocks: list[str] = field(default_factory=list)
    """Ids of the cameras with a time code in the picture."""
    addresses: list[str] = field(default_factory=list)
    """RTSP addresses of the same."""
    control: Control | None = None
    session: str = ""
    """The administrator's, once a page was opened."""
    gap: tuple[datetime, datetime] | None = None
    """What is missing in the footage of the second of them."""

    def api(self) -> httpx.Client:
        return httpx.Client(base_url=self.url, timeout=30, auth=ConsoleAuth(self.data / "keys"))

    @asynccontextmanager
    async def profile(
        self, browser: Browser, *, signed_in: bool = True, **wishes: Any
    ) -> AsyncIterator[BrowserContext]:
        """A profile of its own, by default the administrator's; a script error in one of its pages fails the test.

        Requests that a test answers itself are answered to the end before the pages go: a route that is cut off
        in the middle fails a later test, which has nothing to do with it.
        """
        context = await browser.new_context(base_url=self.url, **wishes)
        context.set_default_timeout(PATIENCE_S * 1000)
        faults: list[str] = []
        context.on("weberror", lambda error: faults.append(str(error.error)))
        try:
            if signed_in:
                if not self.session:
                    self.session = await asyncio.to_thread(self._sign_in)
                await context.add_cookies([{"name": "cctv_session", "value": self.session, "url": self.url}])
            yield context
        finally:
            for page in context.pages:
                await page.unroute_all(behavior="wait")
            await context.close()
        assert not faults

    def _sign_in(self) -> str:
        """As the demonstration tells it: with the one-time password, which is replaced."""
        given = (self.data / "keys" / "administrator.password").read_text().strip()
        with httpx.Client(base_url=self.url, headers={"Origin": self.url}, timeout=30) as page:
            page.post("/api/v1/session", json={"name": "administrator", "password": given}).raise_for_status()
            own = {"current": given, "new": PASSWORD}
            page.post("/api/v1/profile/password", json=own).raise_for_status()
            return page.cookies["cctv_session"]

    def cameras(self) -> list[dict[str, Any]]:
        with self.api() as api:
            found: list[dict[str, Any]] = api.get("/api/v1/cameras").json()["items"]
            return found

    def named(self, name: str) -> str:
        return str(next(camera["id"] for camera in self.cameras() if camera["name"] == name))

    def timeline(self, camera: str) -> dict[str, Any]:
        now = datetime.now(UTC)
        span = {"from": (now - timedelta(hours=1)).isoformat(), "to": (now + timedelta(minutes=1)).isoformat()}
        with self.api() as api:
            answer = api.get("/api/v1/playback/timeline", params={"camera": camera, **span})
        row: dict[str, Any] = answer.json()["cameras"][0]
        return row

    def recorded_s(self, camera: str) -> float:
        spans = self.timeline(camera)["spans"]
        return sum((moment(span["to"]) - moment(span["from"])).total_seconds() for span in spans)


def moment(text: str) -> datetime:
    return datetime.fromisoformat(text.replace("Z", "+00:00"))


@pytest.fixture(scope="session")
def dashboard() -> Path:
    """The built dashboard; built here when it is not."""
    if not (DASHBOARD / "index.html").exists():
        npm = shutil.which("npm")
        if npm is None:
            pytest.skip("the dashboard is not built, and there is no npm to build it")
        folder = str(ROOT / "dashboard")
        subprocess.run([npm, "ci", "--prefix", folder], check=True, capture_output=True)
        subprocess.run([npm, "run", "build", "--prefix", folder], check=True, capture_output=True)
    return DASHBOARD


def _ended(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(30)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait(10)


def _told(file: Path) -> dict[str, Any]:
    try:
        content: dict[str, Any] = json.loads(file.read_text())
    except (OSError, ValueError):
        return {}
    return content


@pytest.fixture(scope="session")
def demo(dashboard: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """``cctv demo`` with its four cameras online."""
    data = tmp_path_factory.mktemp("browser") / "data"
    log = data.with_name("demo.log")
    env = {name: value for name, value in os.environ.items() if not name.startswith("CCTV_")}
    words = [sys.executable, "-c", "from cctv.cli import main; main()", "demo", "--data", str(data), "--port", "0"]
    with log.open("wb") as out:
        process = subprocess.Popen(words, stdout=out, stderr=out, stdin=subprocess.DEVNULL, env=env)
    try:

        def online() -> Stack | None:
            if process.poll() is not None:
                pytest.fail(f"the demonstration ended: {log.read_text()[-2000:]}")
            stack = Stack(str(_told(data / "run" / "services.json").get("gateway", "")), data)
            try:
                states = [camera["status"]["state"] for camera in stack.cameras()] if stack.url else []
            except (httpx.HTTPError, KeyError, ValueError):
                return None
            return stack if states == ["online"] * 4 else None

        yield at_last(online, f"four cameras are online; see {log}", within_s=300)
    finally:
        _ended(process)


@pytest.fixture(scope="session")
def stack(demo: Stack, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """The demonstration and three cameras that write the time into their pictures, a minute of it recorded.

    The second of them was unreachable for a while: there is a gap in its footage.
    """
    ready = tmp_path_factory.mktemp("clocks") / "ready.json"
    words = [sys.executable, "-m", "cctv_simulator", "serve", "--cameras", "3", "--kinds", "timecode"]
    process = subprocess.Popen([*words, "--ready-file", str(ready), "--end-with-stdin"], stdin=subprocess.PIPE)
    try:
        told = at_last(lambda: _told(ready), "the clocks run", within_s=300)
        demo.control = Control(told["control_port"])
        with demo.api() as api:
            for (name, name_ar, agency, place), camera in zip(CLOCKS, told["cameras"], strict=True):
                new = {"name": name, "name_ar": name_ar, "agency": agency, "place": {"text": place}}
                answer = api.post("/api/v1/cameras", json=new | {"main": {"url": camera["main"]}})
                answer.raise_for_status()
                demo.clocks.append(answer.json()["id"])
                demo.addresses.append(camera["main"])
        demo.gap = _make_gap(demo)
        at_last(lambda: min(map(demo.recorded_s, demo.clocks)) > 40, "the clocks are recorded", within_s=240)
        yield demo
    finally:
        if process.stdin:
            process.stdin.close()
        _ended(process)


def _make_gap(stack: Stack) -> tuple[datetime, datetime]:
    assert stack.control is not None
    camera = stack.clocks[1]
    at_last(lambda: stack.recorded_s(camera) > 20, "the second clock is recorded", within_s=240)
    stack.control.fault(2, "unreachable")
    time.sleep(8)
    stack.control.clear(2)
    missed = at_last(
        lambda: [gap for gap in stack.timeline(camera)["gaps"] if gap["to"] and gap["cause"] == "network"],
        "the gap is over and is said to be the network's",
        within_s=120,
    )[0]
    return moment(missed["from"]), moment(missed["to"])


def find_chromium() -> str | None:
    """The first on PATH that runs: Ubuntu's ``chromium-browser`` may be a script that only names a snap."""
    for path in filter(None, map(shutil.which, CHROMIUMS)):
        if subprocess.run([path, "--version"], capture_output=True, check=False).returncode == 0:
            return path
    return None


@pytest.fixture(scope="session")
def chromium() -> str:
    path = find_chromium()
    if path is None:
        pytest.skip(f"no Chromium ({', '.join(CHROMIUMS)} on PATH): apt-get install chromium")
    return path


@pytest.fixture(scope="session")
async def browser(chromium: str) -> AsyncIterator[Browser]:
    async with async_playwright() as playwright:
        one = await playwright.chromium.launch(executable_path=chromium, args=FLAGS)
        yield one
        await one.close()


@pytest.fixture
async def page(browser: Browser, stack: Stack) -> AsyncIterator[Page]:
    """An empty page of 1280 by 720 in a profile of its own."""
    async with stack.profile(browser, viewport={"width": 1280, "height": 720}) as context:
        yield await context.new_page()


SIZES = {"1920": (1920, 1080), "1024": (1024, 768)}
if os.environ.get("CCTV_ALL_PICTURES"):
    SIZES["3840"] = (3840, 2160)


@pytest.fixture(params=list(SIZES))
async def wide(request: pytest.FixtureRequest, browser: Browser, stack: Stack) -> AsyncIterator[tuple[Page, str]]:
    """A page of each size that pictures are taken in, and the size's name."""
    width, height = SIZES[request.param]
    async with stack.profile(browser, viewport={"width": width, "height": height}) as context:
        yield await context.new_page(), request.param


_READ_CODES = """() => [...document.querySelectorAll('[data-testid=tile]')].map((tile) => {
  const shown = tile.querySelector('[data-testid=tile-last]:not([hidden])')
    ?? tile.querySelector('[data-testid=tile-keys][data-shown]') ?? tile.querySelector('video')
  const canvas = document.createElement('canvas')
  canvas.width = shown.videoWidth ?? shown.width
  canvas.height = shown.videoHeight ?? shown.height
  if (!canvas.width) return null
  const pen = canvas.getContext('2d', { willReadFrequently: true })
  pen.drawImage(shown, 0, 0)
  const row = pen.getImageData(0, Math.floor(canvas.height / 48), canvas.width, 1).data
  let bits = ''
  for (let i = 0; i < 64; i++) bits += row[4 * Math.floor(((i + 0.5) * canvas.width) / 64) + 1] > 128 ? '1' : '0'
  const value = BigInt('0b' + bits)
  const wall = Number((value >> 16n) & ((1n << 44n) - 1n))
  const good = value >> 60n === 10n && Number(value & 0xffffn) === (wall * 3) % 65521
  const clock = tile.querySelector('[data-testid=tile-clock]')
  if (!clock) return null
  const words = { clock: Date.parse(clock.dateTime), text: clock.textContent }
  return { code: good ? wall : null, at: tile.querySelector('video').currentTime, ...words }
})"""


_SETTLED = """() => [...document.querySelectorAll('[data-testid=tile]')].every((tile) =>
  ['ready', 'ahead'].includes(tile.querySelector('[data-testid=tile-face]')?.dataset.state)
    && !tile.querySelector('video').seeking)"""


@dataclass(frozen=True)
class Seen:
    """What one tile shows: the time in the picture and the time beside it, in milliseconds; the media's time."""

    code: int | None
    clock: float
    text: str
    at: float


class Eyes:
    """Reads what is drawn."""

    async def tiles(self, page: Page) -> list[Seen | None]:
        seen = await page.evaluate(_READ_CODES)
        return [Seen(**one) if one else None for one in seen]

    async def codes(self, page: Page) -> list[int]:
        """The times in the pictures, once every tile has one."""

        async def read() -> list[int]:
            codes = [tile.code if tile else None for tile in await self.tiles(page)]
            return [code for code in codes if code] if codes and all(codes) else []

        codes: list[int] = await until(read, "every tile shows a time code")
        return codes

    async def still(self, page: Page) -> list[Seen]:
        """The tiles once nothing moves any more and each shows a time code."""
        before: list[Seen | None] = []

        async def stood() -> list[Seen]:
            nonlocal before
            settled = await page.evaluate(_SETTLED)
            now = await self.tiles(page)
            same = settled and now == before and bool(now) and all(tile and tile.code for tile in now)
            before = now
            return [tile for tile in now if tile] if same else []

        seen: list[Seen] = await until(stood, "the pictures stand")
        return seen

    async def colour(self, page: Page, x: float, y: float) -> tuple[int, int, int]:
        """Red, green and blue of the timeline at a point in CSS pixels."""
        drawn = await page.evaluate(
            """([x, y]) => { const canvas = document.querySelector('[data-testid=timeline-canvas]');
            const copy = document.createElement('canvas'); copy.width = canvas.width; copy.height = canvas.height;
            const pen = copy.getContext('2d'); pen.drawImage(canvas, 0, 0);
            const scale = canvas.width / canvas.clientWidth;
            return [...pen.getImageData(Math.round(x * scale), Math.round(y * scale), 1, 1).data] }""",
            [x, y],
        )
        return drawn[0], drawn[1], drawn[2]


@pytest.fixture
def eyes() -> Eyes:
    return Eyes()


@pytest.fixture(scope="session")
def pictures() -> Path:
    PICTURES.mkdir(exist_ok=True)
    return PICTURES
