"""Sends one track of one camera's stream to whoever plays it."""

from __future__ import annotations

import random
import time
from dataclasses import dataclass, field

from cctv_simulator import rtcp
from cctv_simulator.clients import Client
from cctv_simulator.ledger import Ledger
from cctv_simulator.mischief import Mischief
from cctv_simulator.scheduler import Scheduler
from cctv_simulator.tracks import HEADER, SEQUENCE, Frame, Track

REPORT_S = 5.0
_HALF = 0xFFFF
_WORD = 0xFFFFFFFF


@dataclass
class Clock:
    """What the camera believes the time to be: `error_us` is added to the true time; None: it sends no reports."""

    error_us: int | None = 0
    fixed_us: int | None = None


@dataclass(eq=False)
class Sender:
    """One track, looped for ever.

    Invariants: timestamps follow the monotonic clock whether anybody watches or not; the sequence number counts
    packets; both run on over the seam of the loop and over a change of track.
    """

    track: Track
    scheduler: Scheduler
    ledger: Ledger
    clock: Clock = field(default_factory=Clock)
    mischief: Mischief | None = None
    clients: list[Client] = field(default_factory=list)
    index: int = 0
    packets: int = 0
    payload_bytes: int = 0
    dropped: int = 0

    def __post_init__(self) -> None:
        self.ssrc = random.getrandbits(32)
        self.sequence = random.getrandbits(16)
        self.shift = random.getrandbits(32)
        self.pending: Track | None = None
        self._started = self.scheduler.now()
        self._started_wall_us = time.time_ns() // 1000
        self._base = 0
        self._reorder = self.track.reorder
        self._running = False
        self._next_report = 0.0
        if self.track.keys:
            self.index = random.choice(self.track.keys)

    # -- who plays it ------------------------------------------------------------

    def join(self, client: Client) -> None:
        """`client` plays from the next key frame on: at once if nobody else watches."""
        self.clients.append(client)
        self._next_report = 0.0
        if self.track.live or self._running:
            return
        self._running = True
        now = self.scheduler.now()
        self._begin(self._ticks(now))
        self.scheduler.add(now, self)

    def leave(self, client: Client) -> None:
        """`client` plays no more."""
        if client in self.clients:
            self.clients.remove(client)
            self.dropped += client.dropped

    def next_rtp(self) -> int:
        """The timestamp that RTP-Info promises for the next frame."""
        if self.track.live:
            return (self.shift + self._ticks(self.scheduler.now())) & _WORD
        if not self._running:
            return (self.shift + self._ticks(self.scheduler.now()) + self._reorder) & _WORD
        return self._rtp(self.track.frames[self.index])

    # -- sending ------------------------------------------------------------

    def act(self, due: float, wall_us: int) -> float | None:
        """Send the frame that is due; the moment of the next one (scheduler.Due)."""
        if not self.clients:
            self._running = False
            return None
        frames = self.track.frames
        frame = frames[self.index]
        if self.pending is not None and frame.key:
            self._change(self.pending, self._base + frame.dts)
            self.pending = None
            frames = self.track.frames
            frame = frames[self.index]
        self.emit(frame, self._rtp(frame), wall_us)
        if due >= self._next_report:
            self._report(due, wall_us)
        self.index += 1
        if self.index == len(frames):
            self.index = 0
            self._base += self.track.duration
        return self._started + (self._base + frames[self.index].dts) / self.track.clock_rate

    def emit_live(self, frame: Frame, wall_ms: int) -> None:
        """Send a frame that was taken at `wall_ms` and is ready now (live tracks)."""
        if not self.clients:
            return
        ticks = (wall_ms * 1000 - self._started_wall_us) * self.track.clock_rate // 1_000_000
        now = self.scheduler.now()
        wall_us = time.time_ns() // 1000
        self.emit(frame, (self.shift + ticks) & _WORD, wall_us)
        if now >= self._next_report:
            self._report(now, wall_us)

    def emit(self, frame: Frame, rtp: int, wall_us: int) -> None:
        """Write one frame to all clients, note it, and let faults have their way with it."""
        mischief = self.mischief
        if mischief is not None:
            if mischief.withholds(frame):
                return
            frame = mischief.changed(frame, wall_us)
        wire = bytearray(frame.wire)
        sequence, ssrc, pack = self.sequence, self.ssrc, SEQUENCE.pack_into
        for offset in frame.offsets:
            pack(wire, offset + 6, sequence, rtp, ssrc)
            sequence = (sequence + 1) & _HALF
        self.sequence = sequence
        self.packets += len(frame.offsets)
        self.payload_bytes += len(wire) - HEADER * len(frame.offsets)
        self.ledger.add(frame, rtp, wall_us)
        if mischief is not None and mischief.breaks_packets:
            self._emit_broken(mischief, wire, frame, wall_us)
            return
        for client in self.clients:
            if not client.send(wire, frame.offsets, key=frame.key):
                self.ledger.mark_lost()

    def _emit_broken(self, mischief: Mischief, wire: bytearray, frame: Frame, wall_us: int) -> None:
        if mischief.trickle:
            self.ledger.mark_lost()
            byte = mischief.drip(wire, wall_us)
            for client in self.clients if byte else ():
                client.send_pieces([byte])
            return
        whole = [
            bytes(wire[start:end])
            for start, end in zip(frame.offsets, (*frame.offsets[1:], len(wire)), strict=True)
        ]
        pieces = mischief.broken(whole)
        if [piece for piece in pieces if piece[:1] == b"$"] != whole:
            self.ledger.mark_lost()
        for client in self.clients:
            if frame.key or mischief.no_keys or not client.waiting:
                client.waiting = False
                client.send_pieces(pieces)

    def _report(self, now: float, wall_us: int) -> None:
        self._next_report = now + REPORT_S
        if self.clock.error_us is None or (self.mischief is not None and self.mischief.silent):
            return
        believed = wall_us + self.clock.error_us if self.clock.fixed_us is None else self.clock.fixed_us
        rtp = self.shift + self._ticks(self.scheduler.now()) + self._reorder + self.track.reorder
        packet = rtcp.sender_report(
            ssrc=self.ssrc, wall_us=believed, rtp=rtp, packets=self.packets, payload_bytes=self.payload_bytes
        )
        for client in self.clients:
            client.send_report(packet)

    # -- time ------------------------------------------------------------

    def jump(self, seconds: float) -> None:
        """Timestamps leap by so much; pictures go on."""
        self.shift = (self.shift + round(seconds * self.track.clock_rate)) & _WORD

    def _ticks(self, now: float) -> int:
        return int((now - self._started) * self.track.clock_rate)

    def _rtp(self, frame: Frame) -> int:
        """Decode order may change with the track; shown times stay in order: the largest delay stays."""
        return (self.shift + self._base + frame.pts - self.track.reorder + self._reorder) & _WORD

    def _begin(self, ticks: int) -> None:
        """The next key frame is the one for the moment `ticks`."""
        keys = self.track.keys
        self.index = next((key for key in keys if key >= self.index), keys[0])
        self._base = ticks - self.track.frames[self.index].dts

    def _change(self, track: Track, ticks: int) -> None:
        self.track = track
        self._reorder = max(self._reorder, track.reorder)
        self.index = 0
        self._begin(ticks)
