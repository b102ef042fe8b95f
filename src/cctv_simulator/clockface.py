"""Draws the time code and a clock into the luma of a picture, without an image library."""

from __future__ import annotations

from datetime import UTC, datetime

from cctv_simulator.timecode import BLOCKS, ROWS, bits

_WHITE, _BLACK = 235, 16
# 5 rows of 3 points for each sign, a point a bit.
_SIGNS = {
    "0": (7, 5, 5, 5, 7), "1": (2, 6, 2, 2, 7), "2": (7, 1, 7, 4, 7), "3": (7, 1, 7, 1, 7), "4": (5, 5, 7, 1, 1),
    "5": (7, 4, 7, 1, 7), "6": (7, 4, 7, 5, 7), "7": (7, 1, 1, 1, 1), "8": (7, 5, 7, 5, 7), "9": (7, 5, 7, 1, 7),
    ":": (0, 2, 0, 2, 0), ".": (0, 0, 0, 0, 2), "-": (0, 0, 7, 0, 0), " ": (0, 0, 0, 0, 0),
}  # fmt: skip


def draw(luma: bytearray, width: int, height: int, stride: int, wall_ms: int) -> None:
    """Write the time code over the top and the clock (UTC) at the bottom of one plane of luma."""
    row = bytearray()
    for number, bit in enumerate(bits(wall_ms)):
        wide = (number + 1) * width // BLOCKS - number * width // BLOCKS
        row += bytes((_WHITE if bit else _BLACK,)) * wide
    for y in range(height // ROWS):
        luma[y * stride : y * stride + width] = row
    now = datetime.fromtimestamp(wall_ms // 1000, tz=UTC)
    _write(luma, stride, height, f"{now:%Y-%m-%d %H:%M:%S}.{wall_ms % 1000:03d}")


def _write(luma: bytearray, stride: int, height: int, text: str) -> None:
    point = max(1, height // 90)
    top = height - 7 * point
    for line in range(-1, 6):
        spots = bytearray()
        for sign in f" {text} ":
            pattern = _SIGNS[sign][line] if 0 <= line < 5 else 0
            for bit in (4, 2, 1, 0):
                spots += bytes((_WHITE if pattern & bit else _BLACK,)) * point
        for y in range(top + (line + 1) * point, top + (line + 2) * point):
            if y < height:
                luma[y * stride : y * stride + len(spots)] = spots
