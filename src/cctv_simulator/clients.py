"""The far end of one track of one session: interleaved in its RTSP connection, or over UDP."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from typing import Protocol

WRITE_LIMIT_BYTES = 2_000_000  # a client that is further behind loses pictures, as with a camera's own buffer


class Client(Protocol):
    """Where a sender puts frames. `waiting`: it has not had its first key frame yet."""

    waiting: bool
    dropped: int

    def send(self, wire: bytearray, offsets: tuple[int, ...], *, key: bool) -> bool:
        """One frame as interleaved packets, each `$` at one of `offsets`. False: lost, the client is too slow."""

    def send_pieces(self, pieces: list[bytes]) -> None:
        """Packets one by one, with whatever a fault put between them (a piece that does not begin with `$`)."""

    def send_report(self, packet: bytes) -> None:
        """An RTCP packet."""


class TcpClient:
    """RTP and RTCP between the answers of an RTSP connection."""

    __slots__ = ("_channel", "_transport", "dropped", "waiting")

    def __init__(self, transport: asyncio.WriteTransport, channel: int) -> None:
        self._transport = transport
        self._channel = channel
        self.waiting = True
        self.dropped = 0

    def send(self, wire: bytearray, offsets: tuple[int, ...], *, key: bool) -> bool:
        if self.waiting and not key:
            return self.dropped == 0
        if self._transport.get_write_buffer_size() > WRITE_LIMIT_BYTES:
            self.dropped += 1
            self.waiting = True
            return False
        self.waiting = False
        if self._channel:
            wire = bytearray(wire)
            for offset in offsets:
                wire[offset + 1] = self._channel
        self._transport.write(wire)
        return True

    def send_pieces(self, pieces: list[bytes]) -> None:
        channel = bytes((self._channel,))
        self._transport.write(
            b"".join(
                b"$" + channel + piece[2:] if piece[:1] == b"$" and len(piece) > 1 else piece for piece in pieces
            )
        )

    def send_report(self, packet: bytes) -> None:
        self._transport.write(b"$" + bytes((self._channel + 1,)) + len(packet).to_bytes(2, "big") + packet)


class UdpClient:
    """RTP and RTCP from the server's two UDP sockets to the two ports that the client named."""

    __slots__ = ("_rtcp", "_rtcp_to", "_rtp", "_rtp_to", "dropped", "waiting")

    def __init__(self, sockets: tuple[socket.socket, socket.socket], host: str, ports: tuple[int, int]) -> None:
        self._rtp, self._rtcp = sockets
        self._rtp_to, self._rtcp_to = (host, ports[0]), (host, ports[1])
        self.waiting = True
        self.dropped = 0

    def send(self, wire: bytearray, offsets: tuple[int, ...], *, key: bool) -> bool:
        if self.waiting and not key:
            return True
        self.waiting = False
        dropped, whole = self.dropped, memoryview(wire)
        for start, end in zip(offsets, (*offsets[1:], len(wire)), strict=True):
            self._put(whole[start + 4 : end])
        return self.dropped == dropped

    def send_pieces(self, pieces: list[bytes]) -> None:
        for piece in pieces:
            self._put(memoryview(piece)[4 if piece[:1] == b"$" else 0 :])

    def send_report(self, packet: bytes) -> None:
        with contextlib.suppress(OSError):  # the other end may be gone: that is UDP
            self._rtcp.sendto(packet, self._rtcp_to)

    def _put(self, packet: memoryview) -> None:
        try:
            self._rtp.sendto(packet, self._rtp_to)
        except OSError:
            self.dropped += 1
