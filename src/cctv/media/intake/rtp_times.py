"""Undoes what libav does to RTP times when a session has several tracks.

With one track libav passes RTP's durations on. With several it shifts each track's times at every RTCP report
so that they agree by the camera's clock, which cameras step and slew at will: a stepped clock would tear the
recording. Each packet carries the report's figures (RTCP_SR) and its own time by the camera's clock (PRFT), and
from the two the RTP timestamp follows exactly.
"""

import struct
from collections import deque
from typing import Any, Final

import av

_REPORT: Final = struct.Struct("<IxxxxQI")  # AVRTCPSenderReport: source, NTP time, RTP time
_REFERENCE: Final = struct.Struct("<q")  # AVProducerReferenceTime: wall clock in microseconds
_NTP_TO_UNIX_US: Final = 2_208_988_800_000_000
_WRAP: Final = 1 << 32
_HALF: Final = 1 << 31
_USUAL_RATE: Final = 25


def camera_clock_us(packet: "av.Packet[Any]") -> int | None:
    """The packet's time by the camera's clock, once it has sent a report."""
    if not packet.has_sidedata("prft"):
        return None
    return int(_REFERENCE.unpack_from(bytes(packet.get_sidedata("prft")))[0])


class RtpTimes:
    """One track's presentation times, in its own time base, with RTP's durations between them.

    A step of more than half the 32-bit circle is taken for one backwards: libav turns times that would become
    negative the long way round.
    """

    def __init__(self, ticks_per_s: int, *, several_tracks: bool) -> None:
        self._ticks_per_s = ticks_per_s
        self._several = several_tracks
        self._report: tuple[int, int] | None = None
        self._last_rtp: int | None = None
        self._last_pts = 0
        self._last: int | None = None
        self._steps: deque[int] = deque(maxlen=8)

    def time_of(self, packet: "av.Packet[Any]") -> int | None:
        """The packet's presentation time, None when libav gave it none."""
        rtp = self._rtp_of(packet) if self._several else None
        pts = packet.pts
        if pts is None:
            return None
        if self._last is None:
            time = pts
        elif rtp is None:
            time = self._last + _short_way(pts - self._last_pts)
        elif self._last_rtp is not None:
            time = self._last + _short_way(rtp - self._last_rtp)
        else:  # the first report: libav has moved this track by what it began apart
            step, steps = pts - self._last_pts, sorted(self._steps)
            usual = steps[len(steps) // 2] if steps else self._ticks_per_s // _USUAL_RATE
            like = steps and 3 * steps[0] <= 4 * step and 3 * step <= 4 * steps[-1]
            time = self._last + (step if like else usual)
        if self._last is not None:
            self._steps.append(time - self._last)
        self._last_pts, self._last_rtp, self._last = pts, rtp, time
        return time

    def _rtp_of(self, packet: "av.Packet[Any]") -> int | None:
        """The packet's RTP timestamp, by the last report and the packet's time on the camera's clock."""
        if packet.has_sidedata("rtcp_sr"):
            _, ntp, rtp = _REPORT.unpack_from(bytes(packet.get_sidedata("rtcp_sr")))
            report_us = (ntp >> 32) * 1_000_000 + ((ntp & _WRAP - 1) * 1_000_000 >> 32) - _NTP_TO_UNIX_US
            self._report = report_us, rtp
        moment_us = camera_clock_us(packet)
        if self._report is None or moment_us is None:
            return None
        report_us, report_rtp = self._report
        return report_rtp + round((moment_us - report_us) * self._ticks_per_s / 1_000_000)


def _short_way(step: int) -> int:
    if -_HALF <= step < _HALF:
        return step
    return (step + _HALF) % _WRAP - _HALF
