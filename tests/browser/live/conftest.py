"""What the live page's tests read from it."""

from dataclasses import dataclass
from typing import Any

import pytest
from playwright.async_api import Page

_LOOK = """() => [...document.querySelectorAll('[data-testid=tile]')].map((tile) => {
  const video = tile.querySelector('video[data-front]')
  const canvas = document.createElement('canvas')
  let code = null
  if (video && video.videoWidth) {
    canvas.width = video.videoWidth
    canvas.height = video.videoHeight
    const pen = canvas.getContext('2d', { willReadFrequently: true })
    pen.drawImage(video, 0, 0)
    const row = pen.getImageData(0, Math.floor(canvas.height / 48), canvas.width, 1).data
    let bits = ''
    for (let i = 0; i < 64; i++) bits += row[4 * Math.floor(((i + 0.5) * canvas.width) / 64) + 1] > 128 ? '1' : '0'
    const value = BigInt('0b' + bits)
    const wall = Number((value >> 16n) & ((1n << 44n) - 1n))
    if (value >> 60n === 10n && Number(value & 0xffffn) === (wall * 3) % 65521) code = wall
  }
  const quality = video?.getVideoPlaybackQuality()
  return {
    camera: tile.dataset.camera, code, now: Date.now(), at: video?.currentTime ?? 0, width: video?.videoWidth ?? 0,
    frames: quality ? quality.totalVideoFrames - quality.droppedVideoFrames : 0,
    clock: Date.parse(tile.querySelector('[data-testid=tile-clock]')?.dateTime ?? ''),
    live: tile.querySelector('[data-testid=tile-live]') !== null,
    frozen: tile.querySelector('[data-testid=tile-frozen]')?.textContent ?? '',
  }
})"""


@dataclass(frozen=True)
class Shown:
    """A tile as it is drawn: times in milliseconds since 1970, ``at`` in seconds of media."""

    camera: str
    code: int | None
    now: float
    at: float
    width: int
    frames: int
    clock: float | None
    live: bool
    frozen: str


class LiveEyes:
    """Reads all tiles in one go."""

    async def look(self, page: Page) -> list[Shown]:
        seen: list[dict[str, Any]] = await page.evaluate(_LOOK)
        return [Shown(**one) for one in seen]

    async def one(self, page: Page) -> Shown:
        await page.wait_for_selector("[data-testid=tile]")
        [shown] = await self.look(page)
        return shown


@pytest.fixture
def live_eyes() -> LiveEyes:
    return LiveEyes()
