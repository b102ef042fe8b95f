"""How a service and its decoding child talk over pipes. Kept apart from the decoder, which imports PyAV.

A request is ``REQUEST`` and then the init segment and the GOP; an answer is ``REPLY`` and then the JPEG (nothing
where only a proof was wanted), or words that say why there is none.
"""

import struct
from enum import IntEnum
from typing import Final


class Wish(IntEnum):
    """What is wanted of a GOP: its key frame, one frame of it, or only whether it can be decoded."""

    KEY_FRAME = 0
    EXACT = 1
    PROOF = 2


REQUEST: Final = struct.Struct(">qBIII")
"""The moment in 90 kHz ticks, the :class:`Wish`, the width or 0, bytes of init segment, bytes of GOP."""

REPLY: Final = struct.Struct(">BqI")
"""``DONE`` or ``DAMAGED``, the shown frame's time in 90 kHz ticks, bytes that follow."""

DONE: Final = 0
DAMAGED: Final = 1
