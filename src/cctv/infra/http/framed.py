"""Messages that many sockets get: framed once, and put on the wire without a turn of the application.

An application finds :data:`SEND_FRAMED` among the extensions of its scope, where the server is ours.
"""

from collections.abc import Callable
from typing import Final

from starlette.types import Scope
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol

SEND_FRAMED: Final = "cctv.send_framed"
_FIN_BINARY: Final = 0x82
_LENGTH_16: Final = 126
_LENGTH_64: Final = 127

SendFramed = Callable[[bytes], bool]
"""Takes a whole frame; false when it was not taken, because the socket is closed or its reader is behind."""


def binary_frame(data: bytes) -> bytes:
    """A binary message in one frame, as a server sends it: not masked (RFC 6455, section 5.2)."""
    size = len(data)
    if size < _LENGTH_16:
        return bytes((_FIN_BINARY, size)) + data
    if size < 1 << 16:
        return bytes((_FIN_BINARY, _LENGTH_16)) + size.to_bytes(2, "big") + data
    return bytes((_FIN_BINARY, _LENGTH_64)) + size.to_bytes(8, "big") + data


def send_framed_of(scope: Scope) -> SendFramed | None:
    """The way past the application to the wire, where there is one."""
    found: SendFramed | None = scope.get("extensions", {}).get(SEND_FRAMED)
    return found


class FramedProtocol(WebSocketsSansIOProtocol):
    """uvicorn's WebSocket with that extension."""

    async def run_asgi(self) -> None:
        """As its base, with the extension in the scope."""
        extensions: dict[str, object] = dict(self.scope.get("extensions") or {})
        extensions[SEND_FRAMED] = self.send_framed
        self.scope["extensions"] = extensions  # type: ignore[typeddict-item]
        await super().run_asgi()

    def send_framed(self, frame: bytes) -> bool:
        """See :data:`SendFramed`. What the application sends afterwards comes after it on the wire."""
        if (
            not self.handshake_complete
            or self.close_sent
            or self.disconnected
            or not self.writable.is_set()
            or self.transport.is_closing()
        ):
            return False
        self.transport.write(frame)
        return True
