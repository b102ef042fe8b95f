"""What a stream has sent, for a bounded time: the truth that a recording is compared with."""

from __future__ import annotations

from array import array
from typing import TypedDict

from cctv_simulator.tracks import Frame


class SentFrame(TypedDict):
    """One frame as it was sent.

    `index` counts frames of the stream without a gap; `rtp` is the 32-bit RTP timestamp; `wall_ms` the wall clock
    when it was written; `bytes` the size of the coded picture (Annex B or JPEG); `sha256` as bitstream.fingerprint
    says; `lost` is true when a fault kept all or part of it from the clients.
    """

    index: int
    rtp: int
    wall_ms: int
    key: bool
    bytes: int
    sha256: str
    lost: bool


class Ledger:
    """The last `size` frames. Nothing is allocated per frame: hundreds of these are written 25 times a second."""

    def __init__(self, size: int) -> None:
        self._size = size
        self.count = 0
        self._rtp = array("Q")
        self._wall_us = array("q")
        self._lost = bytearray()
        self._frames: list[Frame | None] = []

    def add(self, frame: Frame, rtp: int, wall_us: int) -> None:
        """Note that `frame` goes out now."""
        if not self._frames:
            self._open()
        at = self.count % self._size
        self.count += 1
        self._rtp[at] = rtp
        self._wall_us[at] = wall_us
        self._lost[at] = 0
        self._frames[at] = frame

    def mark_lost(self) -> None:
        """The frame noted last did not reach the clients whole."""
        self._lost[(self.count - 1) % self._size] = 1

    def since(self, index: int = 0) -> list[SentFrame]:
        """The frames from `index` on that are still kept, oldest first."""
        return [self._row(number) for number in range(max(index, self.count - self._size), self.count)]

    def _open(self) -> None:
        """Take the memory now that something is sent: most second streams are never watched."""
        self._rtp = array("Q", bytes(8 * self._size))
        self._wall_us = array("q", bytes(8 * self._size))
        self._lost = bytearray(self._size)
        self._frames = [None] * self._size

    def _row(self, number: int) -> SentFrame:
        at = number % self._size
        frame = self._frames[at]
        assert frame is not None
        return {
            "index": number,
            "rtp": self._rtp[at],
            "wall_ms": self._wall_us[at] // 1000,
            "key": frame.key,
            "bytes": len(frame.data),
            "sha256": frame.sha256,
            "lost": bool(self._lost[at]),
        }
