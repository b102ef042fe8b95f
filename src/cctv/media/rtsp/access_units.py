"""Puts NAL units together from RTP payloads (RFC 6184, RFC 7798), and pictures from NAL units.

A picture is ready with the packet that carries the marker. Cameras set it wrongly in every way: never (then the
next timestamp ends the picture), on parameter sets alone (they wait for their picture), or on each slice (seen
when a slice that begins no picture follows; from then on only timestamps and first slices count).
"""

from dataclasses import dataclass, field
from typing import Final

from cctv.media.coding.nal import H264, H265, recovery_begins, split_annexb
from cctv.media.model import VideoCodec

_LENGTH: Final = 4
_NO_LENGTH: Final = bytes(_LENGTH)
_MAX_PICTURE: Final = 16 << 20
_MAX_SETS: Final = 64  # parameter sets that a picture can bring
_MAX_SEI: Final = 4096  # bytes of an SEI that are looked at
_START_CODE: Final = b"\0\0\1"
_START, _END = 0x80, 0x40


@dataclass(slots=True)
class Picture:
    """A coded picture in MP4 form. ``sets`` are the parameter sets in it; ``whole``: nothing is missing."""

    data: bytes
    timestamp: int
    key: bool
    whole: bool
    sets: list[bytes] = field(default_factory=list)


class Assembler:
    """One video track's packets to pictures, which lie in ``ready`` until they are taken out."""

    def __init__(self) -> None:
        self.ready: list[Picture] = []
        self._data = bytearray()
        self._sets: list[bytes] = []
        self._timestamp = -1
        self._given = -1
        self._has_slice = False  # one has begun, whole or not
        self._slices = 0  # whole ones in the data
        self._key = False
        self._whole = True
        self._unit_at = -1  # where the NAL unit at hand begins, while it is in pieces
        self._unit_kind = -1
        self._unit_is_slice = False
        self._marker_counts = True

    def take(self, payload: memoryview, timestamp: int, *, marker: bool, follows: bool) -> None:
        """Takes one payload; ``follows`` is False when packets are missing before it."""
        if not follows:
            self._tear()
        if timestamp != self._timestamp:
            if self._has_slice:
                self._finish()
            self._timestamp = timestamp
        if len(payload) > 1:
            self._take_payload(payload)
        # Inside a piece of a NAL unit the marker lies: some cameras set it on every packet.
        if marker and self._marker_counts and self._has_slice and self._unit_at < 0:
            self._finish()
        if len(self._data) > _MAX_PICTURE:
            self._reset()

    def _take_payload(self, payload: memoryview) -> None:
        raise NotImplementedError

    def _take_unit(self, unit: memoryview | bytes) -> None:
        raise NotImplementedError

    def _take_many(self, units: memoryview) -> None:
        """NAL units behind 2-byte lengths."""
        at = 0
        while at + 2 < len(units):
            end = at + 2 + (units[at] << 8 | units[at + 1])
            if end > len(units):
                self._whole = False
                return
            self._take_unit(units[at + 2 : end])
            at = end

    def _take_startcodes(self, payload: memoryview) -> None:
        """Some cameras put their byte stream into RTP as it is."""
        for unit in split_annexb(bytes(payload)):
            self._take_unit(unit)

    def _begin(self, kind: int, *, is_slice: bool, is_first: bool) -> None:
        """A NAL unit begins. A first slice begins a picture, whatever timestamp and marker say."""
        if self._unit_at >= 0:
            self._end()
        if is_slice:
            if is_first and self._has_slice:
                self._finish()
            elif not is_first and not self._has_slice and self._timestamp == self._given:
                self._marker_counts = False
            self._has_slice = True
        self._unit_at = len(self._data)
        self._unit_kind = kind
        self._unit_is_slice = is_slice
        self._data += _NO_LENGTH

    def _end(self) -> None:
        """The NAL unit at hand is whole."""
        at = self._unit_at
        self._unit_at = -1
        if self._unit_kind in self.heads and _START_CODE in self._data[at + _LENGTH :]:
            # Its bytes cannot have one: what follows are more units, as a byte stream has them.
            units = self._data[at + _LENGTH :]
            del self._data[at:]
            self._take_startcodes(memoryview(units))
            return
        self._data[at : at + _LENGTH] = (len(self._data) - at - _LENGTH).to_bytes(_LENGTH, "big")
        self._slices += self._unit_is_slice
        self._note(self._unit_kind, at + _LENGTH)

    heads: frozenset[int]
    """The kinds that stand before slices; they are short."""

    def _note(self, kind: int, at: int) -> None:
        """Looks at a whole NAL unit, which lies at the end of the data from ``at`` on."""
        raise NotImplementedError

    def _note_set(self, at: int) -> None:
        if len(self._sets) < _MAX_SETS:
            self._sets.append(bytes(self._data[at:]))

    def _tear(self) -> None:
        self._whole = False
        if self._unit_at >= 0:
            del self._data[self._unit_at :]
            self._unit_at = -1

    def _finish(self) -> None:
        """A picture of which no slice is whole is left out: a sample without one makes players refuse the file."""
        if self._unit_at >= 0:
            self._end()
        if self._slices:
            picture = Picture(bytes(self._data), self._timestamp, self._key, self._whole, self._sets)
            self.ready.append(picture)
        self._given = self._timestamp
        self._reset()

    def _reset(self) -> None:
        self._data.clear()
        self._sets = []
        self._has_slice = self._key = False
        self._slices = 0
        self._whole = True
        self._unit_at = -1


class H264Assembler(Assembler):
    """RFC 6184, packetisation modes 0 and 1."""

    heads = frozenset((H264.SEI, H264.SPS, H264.PPS, H264.AUD))

    def _take_payload(self, payload: memoryview) -> None:
        kind = payload[0] & 0x1F
        if kind == 28:
            self._take_piece(payload)
        elif 0 < kind < 24:
            self._take_unit(payload)
        elif kind == 24:
            self._take_many(payload[1:])
        elif kind == 0:
            self._take_startcodes(payload)

    def _take_piece(self, payload: memoryview) -> None:
        head = payload[1]
        if head & _START:
            if len(payload) < 3:
                return
            kind = head & 0x1F
            self._begin(kind, is_slice=0 < kind < 6, is_first=payload[2] >= 0x80)
            self._data.append(payload[0] & 0xE0 | kind)
        elif self._unit_at < 0:
            return
        self._data += payload[2:]
        if head & _END:
            self._end()

    def _take_unit(self, unit: memoryview | bytes) -> None:
        if len(unit) < 2:
            return
        kind = unit[0] & 0x1F
        self._begin(kind, is_slice=0 < kind < 6, is_first=unit[1] >= 0x80)
        self._data += unit
        self._end()

    def _note(self, kind: int, at: int) -> None:
        if kind == H264.IDR:
            self._key = True
        elif kind in (H264.SPS, H264.PPS):
            self._note_set(at)
        elif kind == H264.SEI and recovery_begins(bytes(self._data[at : at + _MAX_SEI])):
            self._key = True


class H265Assembler(Assembler):
    """RFC 7798 without decoding order numbers, which no camera uses."""

    heads = frozenset((H265.VPS, H265.SPS, H265.PPS, H265.AUD, H265.SEI))

    def _take_payload(self, payload: memoryview) -> None:
        kind = payload[0] >> 1 & 0x3F
        if kind == 49:
            self._take_piece(payload)
        elif kind == 48:
            self._take_many(payload[2:])
        elif kind < 48:
            if payload[0] == 0 and payload[1] == 0:
                self._take_startcodes(payload)
            else:
                self._take_unit(payload)

    def _take_piece(self, payload: memoryview) -> None:
        if len(payload) < 3:
            return
        head = payload[2]
        if head & _START:
            if len(payload) < 4:
                return
            kind = head & 0x3F
            self._begin(kind, is_slice=kind < 32, is_first=payload[3] >= 0x80)
            self._data += bytes((payload[0] & 0x81 | kind << 1, payload[1]))
        elif self._unit_at < 0:
            return
        self._data += payload[3:]
        if head & _END:
            self._end()

    def _take_unit(self, unit: memoryview | bytes) -> None:
        if len(unit) < 3:
            return
        kind = unit[0] >> 1 & 0x3F
        self._begin(kind, is_slice=kind < 32, is_first=unit[2] >= 0x80)
        self._data += unit
        self._end()

    def _note(self, kind: int, at: int) -> None:
        if H265.FIRST_KEY <= kind <= H265.LAST_KEY:
            self._key = True
        elif kind in (H265.VPS, H265.SPS, H265.PPS):
            self._note_set(at)


def assembler_for(codec: VideoCodec) -> Assembler:
    """The one that takes this codec's packets to pictures."""
    return H265Assembler() if codec is VideoCodec.H265 else H264Assembler()
