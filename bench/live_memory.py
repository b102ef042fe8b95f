"""Sixteen live tiles of 320 by 180 for five minutes in one Chromium: what all of its processes hold.

Proportional set size, so that shared pages count once. ``BENCH_MINUTES`` changes the length; the last minute is
compared with the first. The dashboard must be built.
"""

import os
import re
import statistics
import sys
import time
from pathlib import Path
from typing import Any

from playwright.sync_api import sync_playwright

from bench.ground import line
from bench.live_ground import live_system
from bench.live_latency import CHROMIUM, FLAGS

TILES = 16
KIND = "sub"
MINUTES = int(os.environ.get("BENCH_MINUTES", "5"))
EVERY_S = 3.0
MOST = 1.1
_COUNT = """() => [...document.querySelectorAll('[data-testid=tile-video]')].map((video) => {
  const { totalVideoFrames, droppedVideoFrames } = video.getVideoPlaybackQuality()
  return [totalVideoFrames, droppedVideoFrames, video.videoWidth]
})"""
_PSS = re.compile(r"^Pss:\s+(\d+) kB", re.MULTILINE)


def _held_mb(processes: list[dict[str, Any]]) -> float:
    kb = 0
    for process in processes:
        try:
            found = _PSS.search(Path(f"/proc/{process['id']}/smaps_rollup").read_text())
        except OSError:
            continue  # it ended between the list and the look
        kb += int(found[1]) if found else 0
    return kb / 1024


def main() -> int:
    """0 when the target is met, 1 when not."""
    with live_system(cameras=TILES, kinds=KIND) as system, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        page = browser.new_page(viewport={"width": 1336, "height": 730}, bypass_csp=True)  # to wait by expressions
        page.context.add_cookies(system.cookies)
        page.goto(f"{system.url}/live?layout=16&cameras={','.join(system.cameras)}")
        page.wait_for_function(f"document.querySelectorAll('[data-testid=tile-live]').length === {TILES}")
        processes = browser.new_browser_cdp_session()
        minutes: list[list[float]] = [[] for _ in range(MINUTES)]
        began = time.monotonic()
        while (into := time.monotonic() - began) < MINUTES * 60:
            known = processes.send("SystemInfo.getProcessInfo")["processInfo"]
            minutes[int(into // 60)].append(_held_mb(known))
            page.wait_for_timeout(EVERY_S * 1000)
        frames = page.evaluate(_COUNT)
        live = page.locator("[data-testid=tile-live]").count()
        browser.close()
    first, last = statistics.fmean(minutes[0]), statistics.fmean(minutes[-1])
    met = last / first <= MOST and live == TILES
    line(
        f"memory of Chromium with {TILES} live tiles of 320x180, mean of minute {MINUTES}, against minute 1, MB",
        ours=last,
        other=first,
        ratio=last / first,
        target=f"<= {MOST}",
        met=met,
        minutes_mb=[round(statistics.fmean(minute)) for minute in minutes],
        tiles_live=live,
        frames_dropped=round(sum(one[1] for one in frames) / max(1, sum(one[0] for one in frames)), 3),
        load=round(os.getloadavg()[0], 1),
    )
    return 0 if met else 1


if __name__ == "__main__":
    sys.exit(main())
