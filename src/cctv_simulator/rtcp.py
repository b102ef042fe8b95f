"""RTCP sender reports (RFC 3550): what ties RTP timestamps to a camera's own clock."""

from __future__ import annotations

import struct

NTP_OFFSET_S = 2_208_988_800  # from 1900, where NTP begins, to 1970
_CNAME = b"camera"


def sender_report(*, ssrc: int, wall_us: int, rtp: int, packets: int, payload_bytes: int) -> bytes:
    """A sender report and SDES; `wall_us` is what the camera believes (since 1970), `rtp` the same moment."""
    seconds, rest_us = divmod(wall_us, 1_000_000)
    fraction = (rest_us << 32) // 1_000_000
    report = struct.pack(
        ">BBHIIIIII",
        0x80,
        200,
        6,
        ssrc,
        (seconds + NTP_OFFSET_S) & 0xFFFFFFFF,
        fraction,
        rtp & 0xFFFFFFFF,
        packets & 0xFFFFFFFF,
        payload_bytes & 0xFFFFFFFF,
    )
    items = struct.pack(">IBB", ssrc, 1, len(_CNAME)) + _CNAME + b"\x00"
    items += bytes(-len(items) % 4)
    return report + struct.pack(">BBH", 0x81, 202, len(items) // 4) + items
