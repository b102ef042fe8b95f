"""A time in the picture that a program can read back, from pixels that have been coded, scaled and decoded.

The uppermost row of a picture is 64 blocks, a bit each, the most significant first, white for 1:

    bits 0..3    1 0 1 0, so that a black, white or torn picture is no time
    bits 4..47   milliseconds since 1970 (UTC), 44 bits
    bits 48..63  three times these milliseconds modulo 65521, a check that no single or double error passes

A block is width/64 pixels wide and height/24 high. To read: for block i look at the luma of the pixels around
x = (i + 0.5) * width / 64, y = height / 48, and take more than 128 as white. In a browser: draw the video into a
canvas and use the green of `getImageData`; a JavaScript number holds it (multiply by 2 instead of shifting).
"""

from __future__ import annotations

from typing import Any

BLOCKS = 64
ROWS = 24
_FACTOR, _CHECK = 3, 65521
_MARK = 0b1010


def bits(wall_ms: int) -> list[int]:
    """The 64 bits that say `wall_ms`."""
    value = _MARK << 60 | (wall_ms & (1 << 44) - 1) << 16 | wall_ms * _FACTOR % _CHECK
    return [value >> shift & 1 for shift in range(63, -1, -1)]


def value_of(read_bits: list[int]) -> int | None:
    """The milliseconds that 64 bits say; None if the mark or the check is wrong."""
    value = 0
    for bit in read_bits:
        value = value << 1 | bit
    wall_ms = value >> 16 & (1 << 44) - 1
    good = len(read_bits) == BLOCKS and value >> 60 == _MARK and value & 0xFFFF == wall_ms * _FACTOR % _CHECK
    return wall_ms if good else None


def read(
    picture: Any, width: int | None = None, height: int | None = None, *, stride: int | None = None
) -> int | None:
    """The milliseconds since 1970 in a picture, or None.

    `picture`: an `av.VideoFrame` (YUV planar or grey), a PIL image, an array of shape (height, width[, colours]),
    or bytes of luma with `width` and `height` (and `stride`, the bytes of a line, if it is not the width).
    """
    if hasattr(picture, "planes"):
        plane = picture.planes[0]
        return read_luma(bytes(plane), plane.width, plane.height, plane.line_size)
    if hasattr(picture, "convert"):
        grey = picture.convert("L")
        return read_luma(grey.tobytes(), grey.width, grey.height, grey.width)
    if hasattr(picture, "shape"):
        grey = picture if len(picture.shape) == 2 else picture[..., 1]
        return read_luma(grey.tobytes(), picture.shape[1], picture.shape[0], picture.shape[1])
    if width is None or height is None:
        raise TypeError("bytes need their width and height")
    return read_luma(bytes(picture), width, height, stride or width)


def read_luma(luma: bytes, width: int, height: int, stride: int) -> int | None:
    """As `read`, from one plane of 8-bit luma."""
    found = []
    y = height // (2 * ROWS)
    for block in range(BLOCKS):
        x = int((block + 0.5) * width / BLOCKS)
        around = [luma[(y + down) * stride + x + right] for down in (-1, 0, 1) for right in (-1, 0, 1)]
        found.append(1 if sum(around) > 128 * len(around) else 0)
    return value_of(found)
