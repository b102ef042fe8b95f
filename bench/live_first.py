"""The first live picture in Chromium: from the click on a camera in the list to its first frame on the screen.

A recorded camera with a key frame every two seconds, so that without a group of pictures kept ready it would be a
second in the mean. The dashboard must be built.
"""

import sys

from playwright.sync_api import Browser, sync_playwright

from bench.dashboard import median_line, page_of, since_click
from bench.live_ground import LiveSystem, live_system
from bench.live_latency import CHROMIUM, FLAGS

KINDS = {"360p": "h264-main-360p-gop2", "720p": "h264-main-720p-gop2"}
OPENINGS = 15
FIRST_MS = 300.0
_FIRST = """() => new Promise((done) => {
  const look = () => {
    const video = document.querySelector('[data-testid=live-wall] [data-testid=tile-video]')
    if (video && video.videoWidth) video.requestVideoFrameCallback((now) => done(now - window.clickedAt))
    else requestAnimationFrame(look)
  }
  look()
})"""


def openings(browser: Browser, system: LiveSystem, size: str, camera: str) -> bool:
    """Each on a page of its own, whose code has come and which shows nothing yet."""
    took: list[float] = []
    for _ in range(OPENINGS):
        with page_of(browser, system) as page:
            page.goto("/live?layout=1")
            row = page.locator(f"[data-testid=picker-camera][data-camera='{camera}']")
            row.wait_for()
            page.wait_for_timeout(700)
            took.append(since_click(page, row, _FIRST))
    return median_line(f"first live picture of a camera of {size}, from the click", took, FIRST_MS)


def main() -> int:
    met = []
    for size, kind in KINDS.items():
        with live_system(cameras=1, kinds=kind) as system, sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
            met.append(openings(browser, system, size, system.cameras[0]))
            browser.close()
    return 0 if all(met) else 1


if __name__ == "__main__":
    sys.exit(main())
