"""The connection: RTSP messages and RTP packets in one stream of bytes (RFC 2326, 10.12).

Whatever does not belong there (stray bytes between packets, packets of channels that were never set up) is
passed over: reading goes on at the next place where a packet of ours can begin.
"""

import errno
import os
import re
import select
import socket
import struct
import time
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Final

from cctv.media import reachable
from cctv.media.errors import StreamEnded, StreamError, StreamInterrupted, StreamTimeout
from cctv.media.interruption import Interruption
from cctv.media.rtsp.numbers import number

_BUFFER_BYTES: Final = 48 << 10  # holds a key frame of most cameras; grows to the longest packet
_LOOK_US: Final = 500_000  # how often a silent connection is looked after
_CONNECT_LOOK_MS: Final = 100
_FAREWELL_S: Final = 0.1
_MAX_HEAD: Final = 16 << 10
_MAX_MESSAGE: Final = 64 << 10
_MAX_NOISE: Final = 1 << 20
_MAX_FAILED: Final = 16  # beginnings of messages in a row that were none; each may cost a look at a whole head
_DOLLAR: Final = 0x24
_HEADER: Final = 4
_LEAST: Final = 5  # bytes that tell a packet from noise
_RTP_VERSION: Final = 2
_REPORTS: Final = range(200, 205)
_HEAD_END: Final = re.compile(rb"\r?\n\r?\n")
_WORDS: Final = (b"RTSP/0.0 000", b"OPTIONS ", b"ANNOUNCE ", b"SET_PARAMETER ", b"GET_PARAMETER ", b"TEARDOWN ")
"""What messages begin with, all digits as noughts."""
_LONGEST_WORD: Final = max(map(len, _WORDS))
_AS_NOUGHTS: Final = bytes.maketrans(b"123456789", b"000000000")
_CANDIDATE: Final = re.compile(rb"\$|RTSP/")

Packet = tuple[int, int, int]
"""Channel, and where in the buffer the packet begins and ends."""


@dataclass(slots=True)
class Message:
    """An answer (``status`` > 0) or a request of the camera's. Header names are in small letters."""

    status: int
    words: str
    headers: list[tuple[str, str]] = field(default_factory=list)
    body: bytes = b""

    def header(self, name: str) -> str | None:
        """The first header of that name."""
        return next((value for key, value in self.headers if key == name), None)

    def all(self, name: str) -> list[str]:
        """All headers of that name."""
        return [value for key, value in self.headers if key == name]


class Wire:
    """A TCP connection to a camera. Blocking calls end when ``interruption`` is set."""

    def __init__(self, host: str, port: int, *, end_s: float, interruption: Interruption) -> None:
        self._interruption = interruption
        self._socket = _connected(host, port, end_s, interruption)
        interruption.on_set(self._shut)
        self.channels: dict[int, int] = {}  # channel to payload type, -1 for reports
        self.buffer = bytearray(_BUFFER_BYTES)
        self.view = memoryview(self.buffer)
        self.noise_bytes = 0
        self._noise_run = 0
        self._failed = 0
        self._have = 0
        self._at = 0
        self.messages: list[Message] = []
        look = struct.pack("ll", 0, _LOOK_US)
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVTIMEO, look)
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_SNDTIMEO, look)

    def _shut(self) -> None:
        with suppress(OSError):
            self._socket.shutdown(socket.SHUT_RD)  # a farewell may still be said

    def fileno(self) -> int:
        """The socket's number."""
        return self._socket.fileno()

    def send(self, data: bytes, *, wait: bool = True) -> None:
        """Sends all of it. A camera that does not take it is one that is gone; without ``wait`` at once."""
        try:
            if wait:
                self._socket.sendall(data)
            elif self._socket.send(data, socket.MSG_DONTWAIT) < len(data):
                raise StreamEnded("The camera does not read what we send.")
        except BlockingIOError:
            if wait:
                raise StreamTimeout("The camera does not read what we send.") from None
        except OSError as error:
            raise self._fault(error) from None

    def read(self, *, wait: bool = True) -> list[Packet]:
        """Takes what has come, in one call; the packets that are now whole. Waits half a second at most.

        Their places in ``buffer`` hold until the next call. Messages among them are in ``messages``.
        """
        self._make_room()
        try:
            count = self._socket.recv_into(self.view[self._have :], 0, 0 if wait else socket.MSG_DONTWAIT)
        except BlockingIOError:
            return []
        except OSError as error:
            raise self._fault(error) from None
        if not count or self._interruption.is_set:
            raise self._fault(None)
        self._have += count
        return self._parse()

    def _fault(self, error: OSError | None) -> Exception:
        if self._interruption.is_set:
            return StreamInterrupted()
        if error is None:
            return StreamEnded("The camera ended the connection.")
        if error.errno in (errno.EAGAIN, errno.ETIMEDOUT):
            return StreamTimeout()
        return StreamEnded(f"The connection to the camera broke: {(error.strerror or 'lost').lower()}.")

    def _make_room(self) -> None:
        """Moves what is left to the front when the buffer is half full, and makes it longer when it is full."""
        rest = self._have - self._at
        if not rest:
            self._have = self._at = 0
        elif self._at and self._have > len(self.buffer) // 2:
            self.buffer[:rest] = self.buffer[self._at : self._have]
            self._have, self._at = rest, 0
        elif self._have == len(self.buffer):
            self.buffer = bytearray(self.buffer) + bytearray(len(self.buffer))
            self.view = memoryview(self.buffer)

    def _parse(self) -> list[Packet]:
        buffer, at, have, channels = self.buffer, self._at, self._have, self.channels
        found: list[Packet] = []
        while have - at >= _LEAST:
            if buffer[at] == _DOLLAR and buffer[at + 1] in channels and buffer[at + 4] >> 6 == _RTP_VERSION:
                end = at + _HEADER + (buffer[at + 2] << 8 | buffer[at + 3])
                if end > have:
                    break
                found.append((buffer[at + 1], at + _HEADER, end))
                at = end
                continue
            after = self._message_or_noise(at)
            if after is None:
                break
            at = after
        self._at = at
        if found:
            self._noise_run = self._failed = 0
        return found

    def _message_or_noise(self, at: int) -> int | None:
        """Where to go on behind what is no packet; None when more bytes are needed to tell."""
        if self._message_may_begin(at):
            end = self._take_message(at)
            if end is None:
                return None
            if end > at:
                self._failed = 0
                return end
            self._failed += 1
        place = self._next_beginning(at + 1)
        self.noise_bytes += place - at
        self._noise_run += place - at
        if self._noise_run > _MAX_NOISE or self._failed > _MAX_FAILED:
            raise StreamEnded("The camera sends noise.")
        return place

    def _message_may_begin(self, at: int) -> bool:
        """Whether the first line of a message begins here, as far as can be seen."""
        seen = bytes(self.buffer[at : min(self._have, at + _LONGEST_WORD)]).translate(_AS_NOUGHTS)
        return any(seen.startswith(word) or word.startswith(seen) for word in _WORDS)

    def _next_beginning(self, at: int) -> int:
        """The first place from ``at`` on where a packet or an answer may begin, else where the next bytes tell."""
        for found in _CANDIDATE.finditer(self.buffer, at, self._have):
            place = found.start()
            if self._packet_may_begin(place) if self.buffer[place] == _DOLLAR else self._message_may_begin(place):
                return place
        return max(self._have - _LONGEST_WORD, at)

    def _packet_may_begin(self, at: int) -> bool:
        """Whether a packet of ours can begin here, as far as can be seen."""
        buffer = self.buffer
        if at + 6 > self._have:
            return True
        kind = self.channels.get(buffer[at + 1])
        if kind is None or buffer[at + 4] >> 6 != _RTP_VERSION:
            return False
        return buffer[at + 5] in _REPORTS if kind < 0 else buffer[at + 5] & 0x7F == kind

    def _take_message(self, at: int) -> int | None:
        """Reads the message that begins at ``at``: where it ends, ``at`` for none, None when more is needed."""
        buffer, have = self.buffer, self._have
        limit = min(have, at + _MAX_HEAD)
        found = _HEAD_END.search(buffer, at, limit)
        if buffer.find(0, at, found.start() if found else limit) >= 0:  # every packet begins with some
            return at
        if not found:
            return None if have - at < _MAX_HEAD else at
        body_at = found.end()
        lines = buffer[at : found.start()].decode("utf-8", "replace").split("\n")
        words = lines[0].split(" ", 2)
        answers = len(words) > 1 and words[0].startswith("RTSP/")
        status = number(words[1], most=999) or 0 if answers else 0
        pairs = [line.partition(":") for line in lines[1:]]
        message = Message(status, words[2].strip() if len(words) > 2 else "")
        message.headers = [(name.strip().lower(), value.strip()) for name, _, value in pairs]
        end = body_at + (number(message.header("content-length") or "", most=1 << 62) or 0)
        if end > have:
            return None if end - at <= _MAX_MESSAGE else at
        message.body = bytes(buffer[body_at:end])
        self.messages.append(message)
        return end

    def close(self, *, farewell: bytes = b"") -> None:
        """Ends the connection. A farewell gets a moment to arrive: closing over unread media would cut it off."""
        if farewell and self._socket.fileno() >= 0:
            with suppress(OSError, StreamError):
                self.send(farewell, wait=False)
                self._socket.shutdown(socket.SHUT_WR)
                end_s = time.monotonic() + _FAREWELL_S
                while time.monotonic() < end_s and self._drained(end_s - time.monotonic()):
                    pass
        self._socket.close()

    def _drained(self, wait_s: float) -> bool:
        """Throws away what comes; False at the end of it."""
        poll = select.poll()
        poll.register(self._socket, select.POLLIN)
        return bool(poll.poll(wait_s * 1000)) and bool(self._socket.recv_into(self.view, 0, socket.MSG_DONTWAIT))


def _connected(host: str, port: int, end_s: float, interruption: Interruption) -> socket.socket:
    fault: Exception = OSError(errno.EHOSTUNREACH, "no address")
    for family, kind, protocol, _, place in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM):
        reachable.check(str(place[0]))
        made = socket.socket(family, kind, protocol)
        try:
            _connect(made, place, end_s, interruption)
        except (OSError, StreamTimeout) as error:
            made.close()
            fault = error
            continue
        except StreamInterrupted:
            made.close()
            raise
        made.settimeout(None)
        made.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return made
    raise fault


def _connect(made: socket.socket, place: object, end_s: float, interruption: Interruption) -> None:
    made.settimeout(0)
    code = made.connect_ex(place)  # type: ignore[arg-type]
    poll = select.poll()
    poll.register(made, select.POLLOUT)
    while code in (errno.EINPROGRESS, errno.EALREADY, errno.EAGAIN):
        if interruption.is_set:
            raise StreamInterrupted
        if time.monotonic() > end_s:
            raise StreamTimeout("The camera did not answer in time.")
        if poll.poll(_CONNECT_LOOK_MS):
            code = made.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
            break
    if code:
        raise OSError(code, os.strerror(code))
