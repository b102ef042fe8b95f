"""The conversation with a camera: describe, set up, play, stay alive, farewell."""

import secrets
import time
from typing import Final, NamedTuple
from urllib.parse import quote

from cctv.media.errors import (
    StreamAuthRefused,
    StreamEnded,
    StreamNotFound,
    StreamRefused,
    StreamTimeout,
    StreamUnreachable,
)
from cctv.media.interruption import Interruption
from cctv.media.rtsp.address import Address, parse_address
from cctv.media.rtsp.auth import Signer
from cctv.media.rtsp.description import Description, Media, parse_description
from cctv.media.rtsp.errors import NotSpoken, TransportRefused
from cctv.media.rtsp.numbers import number
from cctv.media.rtsp.rtp import empty_receiver_report
from cctv.media.rtsp.wire import Message, Packet, Wire

_AGENT: Final = "RTA-CCTV"
_MAX_REDIRECTS: Final = 3
_USUAL_TIMEOUT_S: Final = 60
_LONGEST_TIMEOUT_S: Final = 120  # some promise hours, and forget us within minutes
_LEAST_ALIVE_S: Final = 0.5
_REPORT_S: Final = 5.0
_LONGEST_WORDS: Final = 200
_OK: Final = 200
_WRONG_TRANSPORT: Final = 461
_MAX_EARLY: Final = 4 << 20  # bytes of packets that may come before the answer to PLAY
_MOVED: Final = frozenset((301, 302, 303, 305, 307))


class Track(NamedTuple):
    """A media that was set up: its packets come on ``channel``, its reports on the next one."""

    media: Media
    channel: int


class Session:
    """One session over one connection. ``end_s`` is the moment (monotonic) by which it must play."""

    def __init__(self, address: Address, *, end_s: float, interruption: Interruption) -> None:
        self._address = address
        self._end_s = end_s
        self._interruption = interruption
        self._signer = Signer(address.user, address.password) if address.user is not None else None
        self._wire: Wire | None = None
        self._sequence = 0
        self._session = ""
        self._public = ""
        self._base = address.url
        self._early: list[bytes] = []
        self._early_bytes = 0
        self._source = secrets.randbits(32)
        self._alive_every_s = _USUAL_TIMEOUT_S / 2
        self._alive_at_s = self._report_at_s = 0.0
        self.tracks: list[Track] = []
        self.text = ""
        self.description = Description()

    @property
    def wire(self) -> Wire:
        """The connection."""
        assert self._wire is not None
        return self._wire

    def describe(self) -> Description:
        """Connects, signs in and learns what the camera offers."""
        for _ in range(_MAX_REDIRECTS):
            self._wire = self._connect()
            options = self._ask("OPTIONS", self._address.url, must=False)
            if options.status == 401 and self._signer is not None and options.all("www-authenticate"):
                self._insist(options, "OPTIONS")  # it was signed: once more would be a second wrong password
            self._public = options.header("public") or ""
            answer = self._ask("DESCRIBE", self._address.url, {"Accept": "application/sdp"}, must=False)
            if answer.status not in _MOVED or not answer.header("location"):
                break
            self.close()
            self._follow(answer.header("location") or "")
        self._insist(answer, "DESCRIBE")
        base = answer.header("content-base") or answer.header("content-location") or ""
        self._base = base if base.startswith("rtsp") else self._address.url
        self.text = answer.body.decode("utf-8", "replace")
        self.description = parse_description(self.text)
        return self.description

    def _connect(self) -> Wire:
        host, port = self._address.host, self._address.port
        try:
            return Wire(host, port, end_s=self._end_s, interruption=self._interruption)
        except OSError as error:
            words = (error.strerror or "no answer").lower()
            raise StreamUnreachable(f"The camera's connection failed: {words}.") from None
        except UnicodeError:
            raise StreamUnreachable("The camera's address is no name that a network can know.") from None

    def _follow(self, location: str) -> None:
        """Goes where the camera sends us; the password goes along to the same host only."""
        target = parse_address(location)
        if target.host != self._address.host:
            self._signer = None
        self._address = target
        if target.scheme != "rtsp":
            raise NotSpoken(self.place)

    @property
    def place(self) -> str:
        """Where the camera is by now, with user and password if they may be told there."""
        url, signer = self._address.url, self._signer
        if signer is None:
            return url
        scheme, _, rest = url.partition("://")
        return f"{scheme}://{quote(signer.user, safe='')}:{quote(signer.password, safe='')}@{rest}"

    def set_up(self, wanted: list[Media]) -> None:
        """Asks for the wanted media inside this connection; goes on without those behind the first if need be.

        Raises TransportRefused when the camera wants to send its first media beside the connection only.
        """
        for place, media in enumerate(wanted):
            channel = 2 * place
            answer = self._ask(
                "SETUP",
                self._control(media.control),
                {"Transport": f"RTP/AVP/TCP;unicast;interleaved={channel}-{channel + 1}"},
                must=False,
            )
            transport = answer.header("transport") or ""
            if answer.status == _WRONG_TRANSPORT or (answer.status == _OK and _is_beside(transport)):
                if not place:
                    raise TransportRefused(self.place)
                continue
            if place and answer.status != _OK:
                continue
            self._insist(answer, "SETUP")
            given = _interleaved(transport, channel)
            self.tracks.append(Track(media, given))
            self.wire.channels |= {given: media.payload_type, given + 1: -1}

    def play(self) -> None:
        """Starts the media. Packets that come before the answer are kept for ``early``."""
        url = self._control(self.description.control) if self.description.control else self._base
        self._ask("PLAY", url, {"Range": "npt=0.000-"})
        now_s = time.monotonic()
        self._alive_at_s, self._report_at_s = now_s + self._alive_every_s, now_s

    def _control(self, control: str) -> str:
        """The address of a track. Plain joining beats RFC 1808: cameras count on it."""
        if control.startswith("rtsp"):
            return control
        if control in ("", "*"):
            return self._base
        return f"{self._base.rstrip('/')}/{control.lstrip('/')}"

    def _ask(self, method: str, url: str, headers: dict[str, str] | None = None, *, must: bool = True) -> Message:
        """One request and its answer; signs it when the camera asks for that. ``must`` insists on success."""
        self._send(method, url, headers)
        answer = self._answer()
        signer = self._signer
        if answer.status == 401 and signer and signer.challenged(answer.all("www-authenticate")):
            self._send(method, url, headers)
            answer = self._answer()
        if answer.status == _OK and self._signer is not None:
            self._signer.accepted()
        if must:
            self._insist(answer, method)
        if session := answer.header("session"):
            self._note_session(session)
        return answer

    def _note_session(self, header: str) -> None:
        self._session, _, rest = header.replace(" ", "").partition(";")
        _, _, timeout = rest.lower().partition("timeout=")
        seconds = number(timeout.split(";")[0], most=_LONGEST_TIMEOUT_S) or _USUAL_TIMEOUT_S
        self._alive_every_s = max(seconds / 2, _LEAST_ALIVE_S)

    def _send(self, method: str, url: str, headers: dict[str, str] | None = None, *, wait: bool = True) -> None:
        self.wire.send(self._request(method, url, headers), wait=wait)

    def _request(self, method: str, url: str, headers: dict[str, str] | None = None) -> bytes:
        """The next request, signed if need be."""
        self._sequence += 1
        lines = [f"{method} {url} RTSP/1.0", f"CSeq: {self._sequence}", f"User-Agent: {_AGENT}"]
        if self._session and method != "DESCRIBE":
            lines.append(f"Session: {self._session}")
        signed = self._signer.sign(method, url) if self._signer is not None else None
        if signed is not None:
            lines.append(f"Authorization: {signed}")
        lines += [f"{name}: {value}" for name, value in (headers or {}).items()]
        return ("\r\n".join(lines) + "\r\n\r\n").encode()

    def _answer(self) -> Message:
        """The answer to the last request; requests and answers to older ones are passed over.

        Some cameras number their answers as they like, so any number that is not an older one will do.
        """
        wire = self.wire
        while True:
            while wire.messages:
                message = wire.messages.pop(0)
                place = number(message.header("cseq") or "", most=1 << 32) or self._sequence
                if message.status >= _OK and place >= self._sequence:
                    return message
            if time.monotonic() > self._end_s:
                raise StreamTimeout("The camera did not answer in time.")
            try:
                packets = wire.read()
            except StreamEnded:
                raise StreamUnreachable(
                    "The camera closed the connection without an answer that makes sense."
                ) from None
            for channel, begin, end in packets:
                if self._early_bytes < _MAX_EARLY:
                    self._early_bytes += end - begin
                    self._early.append(bytes((channel,)) + bytes(wire.view[begin:end]))

    def early(self) -> list[bytes]:
        """Packets that came before the answer to PLAY, each behind its channel's number; once."""
        early, self._early = self._early, []
        return early

    def _insist(self, answer: Message, method: str) -> None:
        if answer.status == _OK:
            return
        plain = "".join(letter for letter in answer.words if letter.isprintable())[:_LONGEST_WORDS]
        words = f"{answer.status} {plain}".strip() + f", to {method}"
        if answer.status in (401, 403):
            raise StreamAuthRefused(words=words)
        if answer.status == 404:
            raise StreamNotFound(words=words)
        raise StreamRefused(f"The camera refuses to send the stream: {words}.", words=words)

    def read(self, *, wait: bool = True) -> list[Packet]:
        """The packets that are whole by now, perhaps none."""
        packets = self.wire.read(wait=wait)
        if self.wire.messages:
            self._take_messages()
        return packets

    def keep_alive(self, now_s: float) -> None:
        """An empty report for each track every 5 s, and a request before the session would expire."""
        if now_s >= self._report_at_s:
            self._report_at_s = now_s + _REPORT_S
            for track in self.tracks:
                self.wire.send(empty_receiver_report(track.channel + 1, self._source), wait=False)
        if now_s >= self._alive_at_s:
            self._alive_at_s = now_s + self._alive_every_s
            method = "GET_PARAMETER" if "GET_PARAMETER" in self._public else "OPTIONS"
            self._send(method, self._base, wait=False)

    def _take_messages(self) -> None:
        """Answers to our signs of life: a stale nonce is renewed, everything else does not matter.

        A camera whose password was changed refuses each of them, and locks the account of who goes on at once.
        """
        signer = self._signer
        for message in self.wire.messages:
            if signer is None:
                break
            if message.status == _OK:
                signer.accepted()
            elif message.status == 401 and signer.challenged(message.all("www-authenticate")):
                self._alive_at_s = 0.0
        self.wire.messages.clear()

    def close(self) -> None:
        """Says farewell without waiting for an answer, and ends the connection; takes 0.1 s at most."""
        if self._wire is not None:
            self._wire.close(farewell=self._request("TEARDOWN", self._base) if self._session else b"")


def _interleaved(transport: str, usual: int) -> int:
    """The channel that the camera has given; the one that we asked for when it does not say."""
    for word in transport.split(";"):
        name, _, channels = word.strip().partition("=")
        first = channels.split("-")[0]
        given = number(first, most=254) if name.lower() == "interleaved" else None
        if given is not None:
            return given
    return usual


def _is_beside(transport: str) -> bool:
    """Whether the camera will send beside the connection, whatever it was asked for."""
    words = transport.lower()
    return "interleaved" not in words and "/tcp" not in words and ("_port=" in words or "multicast" in words)
