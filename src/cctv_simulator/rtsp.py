"""The words of RTSP 1.0 (RFC 2326): requests in, answers out. No sockets here."""

from __future__ import annotations

from dataclasses import dataclass, field
from urllib.parse import urlsplit

REASONS = {
    200: "OK",
    400: "Bad Request",
    401: "Unauthorized",
    404: "Not Found",
    405: "Method Not Allowed",
    453: "Not Enough Bandwidth",
    454: "Session Not Found",
    455: "Method Not Valid in This State",
    461: "Unsupported Transport",
    503: "Service Unavailable",
}
METHODS = "OPTIONS, DESCRIBE, SETUP, PLAY, PAUSE, TEARDOWN, GET_PARAMETER, SET_PARAMETER"


class BadRequest(ValueError):
    """The bytes are not an RTSP request."""


@dataclass(frozen=True)
class Request:
    """One request; header names are in lower case."""

    method: str
    url: str
    headers: dict[str, str]
    body: bytes = b""

    @property
    def path(self) -> str:
        """The address without scheme and host, without a slash at its end."""
        return urlsplit(self.url).path.rstrip("/")


@dataclass(frozen=True)
class Answer:
    """One answer; `headers` may name a header twice (WWW-Authenticate)."""

    status: int
    headers: list[tuple[str, str]] = field(default_factory=list)
    body: bytes = b""

    def encode(self, sequence: str) -> bytes:
        """The bytes on the wire, answering the request numbered `sequence`."""
        headers = [("CSeq", sequence), ("Server", "RTA simulated camera"), *self.headers]
        if self.body:
            headers.append(("Content-Length", str(len(self.body))))
        lines = [
            f"RTSP/1.0 {self.status} {REASONS[self.status]}",
            *(f"{name}: {value}" for name, value in headers),
        ]
        return ("\r\n".join(lines) + "\r\n\r\n").encode() + self.body


@dataclass(frozen=True)
class Interleaved:
    """A packet that the client put between its requests (RTCP receiver reports)."""

    channel: int
    payload: bytes


@dataclass(frozen=True)
class Reply:
    """A client's answer to what it took for a request of ours (it has read garbage)."""

    status: str


def take(buffer: bytearray) -> Request | Reply | Interleaved | None:
    """Take the first whole message out of `buffer`; None: more bytes are needed. BadRequest: hang up."""
    while buffer[:2] == b"\r\n":
        del buffer[:2]
    if not buffer:
        return None
    if buffer[0] == 0x24:
        length = 4 + int.from_bytes(buffer[2:4], "big")
        if len(buffer) < 4 or len(buffer) < length:
            return None
        packet = Interleaved(buffer[1], bytes(buffer[4:length]))
        del buffer[:length]
        return packet
    end = buffer.find(b"\r\n\r\n")
    if end < 0:
        if len(buffer) > 16_384:
            raise BadRequest("a head of more than 16 kB")
        return None
    if buffer.startswith(b"RTSP/"):
        reply = Reply(bytes(buffer[: buffer.index(b"\r\n")]).decode("utf-8", "replace"))
        del buffer[: end + 4]
        return reply
    request = _parse(bytes(buffer[:end]).decode("utf-8", "replace"))
    size = request.headers.get("content-length", "0")
    whole = end + 4 + (int(size) if size.isdigit() else 0)
    if len(buffer) < whole:
        return None
    body = bytes(buffer[end + 4 : whole])
    del buffer[:whole]
    return Request(request.method, request.url, request.headers, body)


def _parse(head: str) -> Request:
    first, *rest = head.split("\r\n")
    words = first.split(" ")
    if len(words) != 3 or not words[2].startswith("RTSP/"):
        raise BadRequest(f"not a request line: {first[:80]}")
    headers = {}
    for line in rest:
        name, _, value = line.partition(":")
        headers[name.strip().lower()] = value.strip()
    return Request(words[0].upper(), words[1], headers)


def parameters(transport: str) -> dict[str, str]:
    """A Transport header's first offer as a dictionary: its first word under the key `protocol`."""
    words = transport.split(",")[0].split(";")
    found = {"protocol": words[0].strip().upper()}
    for word in words[1:]:
        name, _, value = word.strip().partition("=")
        found[name.lower()] = value
    return found
