"""AAC access units out of RTP payloads (RFC 3640, mode AAC-hbr and AAC-lbr)."""

from dataclasses import dataclass

from cctv.media.rtsp.description import Media
from cctv.media.rtsp.numbers import number

_MAX_UNITS = 64


@dataclass(frozen=True, slots=True)
class AacFraming:
    """How lengths are written in front of the units."""

    size_bits: int
    index_bits: int

    def units(self, payload: memoryview) -> list[bytes]:
        """The whole units in a payload; none when it contradicts itself or holds a part of one."""
        if len(payload) < 2:
            return []
        bits = payload[0] << 8 | payload[1]
        each = self.size_bits + self.index_bits
        count = bits // each if each else 0
        at = 2 + (bits + 7) // 8
        if not 0 < count <= _MAX_UNITS or at > len(payload):
            return []
        lengths = int.from_bytes(payload[2:at], "big") >> 8 * (at - 2) - each * count
        units = []
        for place in range(count):
            size = lengths >> each * (count - place) - self.size_bits & (1 << self.size_bits) - 1
            if not size or at + size > len(payload):
                return []
            units.append(bytes(payload[at : at + size]))
            at += size
        return units


def aac_framing(media: Media) -> AacFraming | None:
    """The framing that a description tells; None for what is not RFC 3640."""
    if media.codec != "MPEG4-GENERIC":
        return None
    sizes = [media.fmtp.get(name, default) for name, default in (("sizelength", "13"), ("indexlength", "3"))]
    size_bits, index_bits = (number(size, most=16) for size in sizes)
    return AacFraming(size_bits, index_bits) if size_bits and index_bits is not None else None


def aac_config(media: Media) -> bytes:
    """The AudioSpecificConfig in ``config=``; empty when there is none."""
    try:
        return bytes.fromhex(media.fmtp.get("config", ""))
    except ValueError:
        return b""
