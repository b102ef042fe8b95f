"""How a service and its decoding child talk over pipes. Kept apart from the decoder, which imports PyAV.

A request is ``REQUEST`` and then the init segment and the GOP; an answer is ``REPLY`` and then the JPEG, or
words that say why there is none.
"""

import struct
from typing import Final

REQUEST: Final = struct.Struct(">qBIII")
"""The moment in 90 kHz ticks, 1 for the exact frame, the width or 0, bytes of init segment, bytes of GOP."""

REPLY: Final = struct.Struct(">BqI")
"""``DONE`` or ``DAMAGED``, the shown frame's time in 90 kHz ticks, bytes that follow."""

DONE: Final = 0
DAMAGED: Final = 1
