"""Where a page of the list of recordings ends, as text that means nothing to who carries it.

Recordings overlap, and some begin at one moment, so a time is no place in their list. The text is
base64url(format u8 | start i64 us | run 16 bytes | sequence i32), integers big-endian.
"""

import base64
import binascii
import struct
from datetime import datetime
from typing import Final, NamedTuple
from uuid import UUID

from cctv.base.clock import from_us, to_us
from cctv.base.ids import RunId
from cctv.viewing.playback.errors import BadCursor

MAX_LENGTH: Final = 60
_FORMAT: Final = 1
_PLACE: Final = struct.Struct(">Bq16si")


class Place(NamedTuple):
    """A segment's place in the list, in the order in which the list is sorted."""

    start: datetime
    run: RunId
    seq: int


def seal(place: Place) -> str:
    """The place as text for an address."""
    packed = _PLACE.pack(_FORMAT, to_us(place.start), place.run.bytes, place.seq)
    return base64.urlsafe_b64encode(packed).rstrip(b"=").decode()


def unseal(text: str) -> Place:
    """The place behind ``text``; :class:`BadCursor` when it is none of ours."""
    try:
        packed = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
        number, start_us, run, seq = _PLACE.unpack(packed)
        place = Place(from_us(start_us), RunId(UUID(bytes=run)), seq)
    except (binascii.Error, struct.error, ValueError, OverflowError) as fault:
        raise BadCursor from fault
    if number != _FORMAT:
        raise BadCursor
    return place
