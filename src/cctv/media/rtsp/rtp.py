"""RTP packets (RFC 3550): where their payload is, what is missing between them, and what reports say of time."""

import struct
from dataclasses import dataclass
from typing import Final

HEADER: Final = 12
_SENDER_REPORT: Final = 200
_GOODBYE: Final = 203
_NTP_TO_UNIX_US: Final = 2_208_988_800_000_000
_WRAP: Final = 1 << 32
_HALF: Final = 1 << 31
_SEQUENCES: Final = 1 << 16

_REPORT: Final = struct.Struct(">BBHIQI")


def payload(buffer: bytearray, begin: int, end: int) -> tuple[int, int]:
    """Where the payload of a packet begins and ends; an empty range for a packet that contradicts itself."""
    first = buffer[begin]
    at = begin + HEADER + 4 * (first & 0x0F)
    if first & 0x10 and at + 4 <= end:
        at += 4 + 4 * (buffer[at + 2] << 8 | buffer[at + 3])
    if first & 0x20 and end > at:
        end -= buffer[end - 1]
    return (at, end) if at <= end else (begin, begin)


def short_way(step: int) -> int:
    """A difference of 32-bit numbers as the shorter of the two ways around."""
    return (step + _HALF) % _WRAP - _HALF


class Unwrapped:
    """RTP timestamps as numbers that go on for ever, beginning with the first one's own value."""

    def __init__(self) -> None:
        self.last: int | None = None

    def take(self, timestamp: int) -> int:
        """The unwrapped value of a timestamp near the last one."""
        self.last = timestamp if self.last is None else self.last + short_way(timestamp - self.last)
        return self.last

    def near(self, timestamp: int) -> int:
        """The same without remembering it."""
        return timestamp if self.last is None else self.last + short_way(timestamp - self.last)


class Sequence:
    """Counts what is missing."""

    def __init__(self) -> None:
        self._next: int | None = None
        self.lost = 0

    def take(self, number: int) -> bool:
        """Takes a packet's sequence number; False when packets are missing before it.

        Inside a connection no packet overtakes another, so a number that goes back tells that the camera does not
        count, and nothing else.
        """
        expected, self._next = self._next, (number + 1) % _SEQUENCES
        if expected is None or expected == number:
            return True
        missing = (number - expected) % _SEQUENCES
        if missing >= _SEQUENCES // 2:
            return True
        self.lost += missing
        return False


@dataclass(frozen=True, slots=True)
class Report:
    """A sender report: the camera's clock (us since 1970) at an RTP timestamp."""

    clock_us: int
    timestamp: int


def read_reports(data: bytes) -> tuple[Report | None, bool]:
    """The sender report in a compound RTCP packet, and whether the camera says goodbye."""
    report: Report | None = None
    goodbye = False
    at = 0
    while at + 4 <= len(data):
        kind, size = data[at + 1], 4 + 4 * (data[at + 2] << 8 | data[at + 3])
        if kind == _SENDER_REPORT and at + _REPORT.size <= len(data):
            *_, ntp, timestamp = _REPORT.unpack_from(data, at)
            clock_us = (ntp >> 32) * 1_000_000 + ((ntp & _WRAP - 1) * 1_000_000 >> 32) - _NTP_TO_UNIX_US
            report = Report(clock_us, timestamp)
        goodbye = goodbye or kind == _GOODBYE
        at += size
    return report, goodbye


def empty_receiver_report(channel: int, source: int) -> bytes:
    """A receiver report without blocks, as an interleaved packet: some cameras hang up without any."""
    report = struct.pack(">BBHI", 0x80, 201, 1, source)
    return struct.pack(">BBH", 0x24, channel, len(report)) + report
