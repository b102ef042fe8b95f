"""A simulated camera: two streams, each with its senders and its faults."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import Protocol

from cctv_simulator import faults
from cctv_simulator.clients import Client
from cctv_simulator.faults import Value
from cctv_simulator.kinds import Kind
from cctv_simulator.live import LiveTrack
from cctv_simulator.sender import Sender
from cctv_simulator.tracks import Track


class Line(Protocol):
    """A connection as its streams see it."""

    def hang_up(self, *, reset: bool) -> None:
        """End the connection: in order, or with a TCP reset."""

    def go_deaf(self) -> None:
        """Read and write nothing any more."""


@dataclass(eq=False)
class Stream:
    """The main or the second stream of a camera. `lines`: the connections that have named it."""

    name: str
    path: str
    kind: Kind
    video: Sender
    audio: Sender | None
    live: LiveTrack | None = None
    before_b_frames: Track | None = None
    faults: dict[str, dict[str, Value]] = field(default_factory=dict)
    since_us: dict[str, int] = field(default_factory=dict)
    lines: list[Line] = field(default_factory=list)

    @property
    def senders(self) -> list[Sender]:
        """Track 0 is the video, track 1 the sound."""
        return [self.video] if self.audio is None else [self.video, self.audio]

    def describe(self) -> bytes:
        """The SDP, as the faults leave it."""
        hidden = {"missing_parameter_sets", "late_parameter_sets", "no_sprop"} & self.faults.keys()
        lines = ["v=0", "o=- 1 1 IN IP4 0.0.0.0", "s=camera", "c=IN IP4 0.0.0.0", "t=0 0", "a=control:*"]
        if "wrong_stream" not in self.faults:
            lines += (self.video.pending or self.video.track).sdp("trackID=0", parameters=not hidden)
        if self.audio is not None:
            lines += self.audio.track.sdp("trackID=1")
        return ("\r\n".join(lines) + "\r\n").encode()

    def play(self, number: int, client: Client) -> None:
        """`client` gets the track `number` from its next key frame on."""
        sender = self.senders[number]
        sender.join(client)
        if number == 0 and self.live is not None:
            self.live.watch(sender)

    def stop(self, number: int, client: Client) -> None:
        """`client` gets no more of the track `number`."""
        sender = self.senders[number]
        sender.leave(client)
        if number == 0 and self.live is not None and not sender.clients:
            self.live.unwatch(sender)

    def set_fault(self, name: str, values: dict[str, Value]) -> None:
        """A fault begins (or, if it is instant, happens)."""
        if name in ("change_kind", "stale_nonce"):
            return  # not the stream's own work: simulator.Simulator does it
        if name == "timestamp_jump":
            for sender in self.senders:
                sender.jump(float(values["seconds"]))
        elif name in ("reset", "drop_connection"):
            self.hang_up(reset=name == "reset")
        else:
            self.faults[name] = values
            self.since_us[name] = time.time_ns() // 1000
            self._apply()
            if name == "unreachable":
                self.hang_up(reset=True)
            if name == "half_open":
                for line in list(self.lines):
                    line.go_deaf()

    def clear_fault(self, name: str) -> None:
        """A fault ends."""
        if self.faults.pop(name, None) is None:
            return
        self._apply()
        if name == "half_open":
            self.hang_up(reset=True)

    def hang_up(self, *, reset: bool) -> None:
        """End all connections that have named this stream."""
        for line in list(self.lines):
            line.hang_up(reset=reset)

    def _apply(self) -> None:
        made = faults.mischief(self.faults, self.since_us)
        for sender in self.senders:
            sender.mischief = made
            clock = sender.clock
            clock.error_us, clock.fixed_us = 0, None
            if "no_clock" in self.faults:
                clock.error_us = None
            elif "wrong_clock" in self.faults:
                off = float(self.faults["wrong_clock"]["seconds"])
                clock.error_us, clock.fixed_us = round(off * 1_000_000), None if off else 0


@dataclass(eq=False)
class Camera:
    """A camera by its number, from 1."""

    number: int
    streams: dict[str, Stream]
    port: int

    @property
    def unreachable(self) -> bool:
        """Whether neither stream can be reached."""
        return all("unreachable" in stream.faults for stream in self.streams.values())

    def chosen(self, stream: str) -> list[Stream]:
        """The stream named `main` or `sub`, or both."""
        return list(self.streams.values()) if stream == "both" else [self.streams[stream]]
