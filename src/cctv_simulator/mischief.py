"""Faults of the media itself: what a sender does to frames and packets while one is set."""

from __future__ import annotations

import random
from dataclasses import dataclass, field

from cctv_simulator.tracks import Frame

_SMALL = 100  # bytes: parameter sets stay whole, so that a stream of noise still opens


@dataclass
class Mischief:
    """The media faults of one stream; every field at its default does nothing.

    silent: nothing is sent. no_sets: parameter sets are never in-band. sets_after_us: not before this wall time.
    no_keys: key frames are left out. loss, mangled: share of packets (0 to 1) left out, or changed by a byte.
    garbage: bytes put before packets, in one frame of `garbage_every`; in lines: as text.
    noise: slices are replaced by noise. trickle: one byte a second of what should be sent.
    no_marker: the last packet of a picture is not marked.
    """

    silent: bool = False
    no_sets: bool = False
    sets_after_us: int = 0
    no_keys: bool = False
    loss: float = 0.0
    mangled: float = 0.0
    garbage: int = 0
    garbage_every: int = 25
    garbage_lines: bool = False
    noise: bool = False
    trickle: bool = False
    no_marker: bool = False
    _frames: int = field(default=0, repr=False)
    _drip: bytes = field(default=b"", repr=False)
    _next_drip_us: int = field(default=0, repr=False)

    @property
    def breaks_packets(self) -> bool:
        """Whether packets do not go out as they are."""
        packets = self.loss or self.mangled or self.garbage or self.noise or self.no_marker
        return bool(packets or self.no_keys or self.trickle)

    def withholds(self, frame: Frame) -> bool:
        """Whether the frame is not sent at all."""
        return self.silent or (self.no_keys and frame.key)

    def changed(self, frame: Frame, wall_us: int) -> Frame:
        """The frame as the faults leave it."""
        return frame.bare if self.no_sets or wall_us < self.sets_after_us else frame

    def drip(self, wire: bytearray, wall_us: int) -> bytes:
        """The next byte of `wire` when a second has gone by, else none."""
        if wall_us < self._next_drip_us:
            return b""
        self._next_drip_us = wall_us + 1_000_000
        self._drip = self._drip or bytes(wire)
        byte, self._drip = self._drip[:1], self._drip[1:]
        return byte

    def broken(self, packets: list[bytes]) -> list[bytes]:
        """The packets (interleaved form) as the faults leave them, with garbage as pieces of its own."""
        pieces = []
        self._frames += 1
        dirty = self.garbage and self._frames % self.garbage_every == 0
        for packet in packets:
            if dirty:
                pieces.append(_garbage(self.garbage, lines=self.garbage_lines))
                dirty = False
            if self.loss and random.random() < self.loss:
                continue
            if self.noise and len(packet) > _SMALL:
                packet = packet[:20] + random.randbytes(len(packet) - 20)
            elif self.mangled and random.random() < self.mangled:
                at = random.randrange(18, len(packet)) if len(packet) > 18 else len(packet) - 1
                packet = packet[:at] + bytes((packet[at] ^ 0x55,)) + packet[at + 1 :]
            if self.no_marker:
                packet = packet[:5] + bytes((packet[5] & 0x7F,)) + packet[6:]
            pieces.append(packet)
        return pieces


def _garbage(size: int, *, lines: bool) -> bytes:
    """Bytes without a `$`, which would look like a packet."""
    if lines:
        return random.randbytes(size).hex()[: size - 4].encode() + b"\r\n\r\n"
    return random.randbytes(size).replace(b"$", b"#")
