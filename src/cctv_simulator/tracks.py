"""Tracks: renditions as ready-made packets.

Every coded picture is kept as one run of bytes in the form in which RTSP interleaves RTP (`$`, channel, length,
RTP header, payload), made once and shared by all cameras of the kind. What differs from camera to camera (sequence
number, timestamp, SSRC) is written into a copy of it, so that a picture costs one copy and one write.
"""

from __future__ import annotations

import struct
from base64 import b64encode
from dataclasses import dataclass, field
from functools import cached_property

from cctv_simulator import packetise
from cctv_simulator.bitstream import fingerprint, is_parameter_set, parameter_sets, split_annex_b
from cctv_simulator.kinds import Codec
from cctv_simulator.renditions import Rendition

HEADER = 16  # "$", channel, length (2), then the 12 bytes of the RTP header
SEQUENCE = struct.Struct(">HII")  # sequence number, timestamp, SSRC; six bytes into the header
_NAMES = {"h264": "H264", "h265": "H265", "mjpeg": "JPEG", "aac": "MPEG4-GENERIC", "pcmu": "PCMU", "pcma": "PCMA"}
_PAYLOAD_TYPES = {"h264": 96, "h265": 96, "mjpeg": 26, "aac": 97, "pcmu": 0, "pcma": 8}


@dataclass(eq=False)
class Frame:
    """One picture or packet of sound: `wire` with the offset of each packet's `$`; times as in Unit."""

    codec: str
    data: bytes
    dts: int
    pts: int
    key: bool
    wire: bytes
    offsets: tuple[int, ...]

    @cached_property
    def sha256(self) -> str:
        """The fingerprint (see bitstream.fingerprint) of what was coded."""
        return fingerprint(self.codec, self.data)

    @cached_property
    def bare(self) -> Frame:
        """The same without parameter sets in-band (for cameras that send them late or never)."""
        if self.codec not in ("h264", "h265") or not self.key:
            return self
        codec: Codec = "h264" if self.codec == "h264" else "h265"
        units = [unit for unit in split_annex_b(self.data) if not is_parameter_set(codec, unit)]
        wire, offsets = wired(_payloads_of_units(codec, units), _PAYLOAD_TYPES[codec], marker=True)
        return Frame(codec, self.data, self.dts, self.pts, self.key, wire, offsets)

    @property
    def payload_bytes(self) -> int:
        """Bytes of RTP payload, as a sender report counts them."""
        return len(self.wire) - HEADER * len(self.offsets)


@dataclass(eq=False)
class Track:
    """What a sender loops. Times are ticks of `clock_rate`; `duration` is one loop."""

    codec: str
    clock_rate: int
    duration: int
    frames: list[Frame] = field(repr=False)
    width: int = 0
    height: int = 0
    fps: int = 0
    channels: int = 0
    config: bytes = b""
    live: bool = False
    sets: tuple[bytes, ...] = ()

    @property
    def payload_type(self) -> int:
        """The RTP payload type that we give to this codec."""
        return _PAYLOAD_TYPES[self.codec]

    @property
    def is_video(self) -> bool:
        """Pictures rather than sound."""
        return self.width > 0

    @property
    def reorder(self) -> int:
        """By how many ticks pictures are shown after they are decoded (B-frames), else 0."""
        return self.frames[0].pts - self.frames[0].dts if self.frames else 0

    @cached_property
    def keys(self) -> list[int]:
        """The numbers of the frames at which a client can begin."""
        return [number for number, frame in enumerate(self.frames) if frame.key]

    def sdp(self, control: str, *, parameters: bool = True) -> list[str]:
        """The media section of an SDP; without `parameters` a client must wait for them in-band."""
        kind, rate = self.payload_type, self.clock_rate
        channels = f"/{self.channels}" if self.codec == "aac" else ""
        lines = [
            f"m={'video' if self.is_video else 'audio'} 0 RTP/AVP {kind}",
            f"a=rtpmap:{kind} {_NAMES[self.codec]}/{rate}{channels}",
        ]
        described = self._parameters(parameters=parameters)
        if described:
            lines.append(f"a=fmtp:{kind} {described}")
        if self.fps:
            lines.append(f"a=framerate:{self.fps}")
        return [*lines, f"a=control:{control}"]

    def _parameters(self, *, parameters: bool) -> str:
        if self.codec == "aac":
            fixed = "streamtype=5;profile-level-id=1;mode=AAC-hbr;sizelength=13;indexlength=3;indexdeltalength=3"
            return f"{fixed};config={self.config.hex().upper()}"
        if self.codec == "h264":
            if not parameters or not self.sets:
                return "packetization-mode=1"
            level, given = self.sets[0][1:4].hex().upper(), ",".join(b64encode(one).decode() for one in self.sets)
            return f"packetization-mode=1;profile-level-id={level};sprop-parameter-sets={given}"
        if self.codec == "h265" and parameters:
            named = zip(("vps", "sps", "pps"), self.sets, strict=False)
            return ";".join(f"sprop-{name}={b64encode(one).decode()}" for name, one in named)
        return ""


def track_of(made: Rendition) -> Track:
    """A rendition as packets."""
    frames = [frame_of(made.codec, unit.data, dts=unit.dts, pts=unit.pts, key=unit.key) for unit in made.units]
    return Track(
        codec=made.codec,
        clock_rate=made.clock_rate,
        duration=made.duration,
        frames=frames,
        width=made.width,
        height=made.height,
        fps=made.fps,
        channels=made.channels,
        config=made.config,
        sets=sets_of(made.codec, made.units[0].data),
    )


def sets_of(codec: str, data: bytes) -> tuple[bytes, ...]:
    """The parameter sets inside a key picture."""
    if codec == "h264" or codec == "h265":
        known: Codec = "h264" if codec == "h264" else "h265"
        return parameter_sets(known, split_annex_b(data))
    return ()


def frame_of(codec: str, data: bytes, *, dts: int, pts: int, key: bool) -> Frame:
    """One coded picture or packet of sound as a frame."""
    marker = codec not in ("pcmu", "pcma")
    wire, offsets = wired(_payloads(codec, data), _PAYLOAD_TYPES[codec], marker=marker)
    return Frame(codec, data, dts, pts, key, wire, offsets)


def _payloads(codec: str, data: bytes) -> list[bytes]:
    if codec == "h264" or codec == "h265":
        return _payloads_of_units(codec, split_annex_b(data))  # type: ignore[arg-type]
    if codec == "mjpeg":
        return packetise.jpeg(data)
    return packetise.aac(data) if codec == "aac" else packetise.g711(data)


def _payloads_of_units(codec: Codec, units: list[bytes]) -> list[bytes]:
    return packetise.h264(units) if codec == "h264" else packetise.h265(units)


def wired(payloads: list[bytes], payload_type: int, *, marker: bool) -> tuple[bytes, tuple[int, ...]]:
    """Payloads of one frame as interleaved packets with empty numbers, and where each begins."""
    pieces, offsets, at = [], [], 0
    for number, payload in enumerate(payloads):
        mark = 0x80 if marker and number == len(payloads) - 1 else 0
        head = b"$\x00" + (12 + len(payload)).to_bytes(2, "big") + bytes((0x80, payload_type | mark)) + bytes(10)
        pieces += [head, payload]
        offsets.append(at)
        at += HEADER + len(payload)
    return b"".join(pieces), tuple(offsets)
