"""One RTSP connection: reads requests, answers them, and carries interleaved media."""

from __future__ import annotations

import asyncio
import contextlib
import secrets
import socket
import struct
from dataclasses import dataclass, field
from typing import Protocol, cast

from cctv_simulator import rtsp
from cctv_simulator.auth import Guard
from cctv_simulator.camera import Stream
from cctv_simulator.clients import Client, TcpClient, UdpClient
from cctv_simulator.faults import refusal
from cctv_simulator.rtsp import Answer, Request


class House(Protocol):
    """What a connection needs of the server."""

    guard: Guard | None
    session_s: int
    udp: tuple[socket.socket, socket.socket] | None
    connections: set[Connection]

    def stream(self, path: str) -> tuple[Stream, int | None] | None:
        """The stream that a path names, and the track of it if it names one."""


@dataclass
class Session:
    """What was set up: clients by track; `playing` once PLAY came."""

    stream: Stream
    number: str = field(default_factory=lambda: secrets.token_hex(8))
    clients: dict[int, Client] = field(default_factory=dict)
    playing: bool = False


class Connection(asyncio.Protocol):
    """A client's TCP connection. Its session ends with it."""

    def __init__(self, house: House) -> None:
        self._house = house
        self._buffer = bytearray()
        self._transport: asyncio.Transport
        self._session: Session | None = None
        self._stream: Stream | None = None
        self._deaf = False
        self._loop = asyncio.get_running_loop()
        self.heard = self._loop.time()

    # -- asyncio.Protocol ------------------------------------------------------------

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        self._transport.set_write_buffer_limits(high=8_000_000)
        sock = self._transport.get_extra_info("socket")
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._house.connections.add(self)

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002  asyncio's signature
        self._end_session()
        self._forget()
        self._house.connections.discard(self)

    def data_received(self, data: bytes) -> None:
        if self._deaf:
            return
        self.heard = self._loop.time()
        self._buffer += data
        try:
            while (message := rtsp.take(self._buffer)) is not None:
                if isinstance(message, Request):
                    self._obey(message)
                if self._deaf or self._transport.is_closing():
                    return
        except rtsp.BadRequest:
            self._say(Answer(400), "0", "")
            self._transport.close()

    # -- what faults do to it (camera.Line) ---------------------------------------------

    def hang_up(self, *, reset: bool) -> None:
        """End the connection: in order, or with a TCP reset."""
        if reset:
            sock = self._transport.get_extra_info("socket")
            with contextlib.suppress(OSError):
                sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self._transport.abort()
        else:
            self._transport.close()
        self._end_session()

    def go_deaf(self) -> None:
        """Read and write nothing any more."""
        self._deaf = True
        self._transport.pause_reading()
        self._end_session()

    @property
    def idle_since(self) -> float | None:
        """When the client was last heard, if it has a session that can time out."""
        return self.heard if self._session is not None and not self._deaf else None

    # -- requests ------------------------------------------------------------

    def _obey(self, request: Request) -> None:
        found = self._house.stream(request.path)
        if found is not None and found[0] is not self._stream:
            self._forget()
            self._stream = found[0]
            self._stream.lines.append(self)
        stream = self._stream
        if stream is not None and "half_open" in stream.faults:
            self.go_deaf()
        elif stream is not None and "unreachable" in stream.faults:
            self.hang_up(reset=True)
        else:
            answer = self._answer(request, found)
            self._say(answer, request.headers.get("cseq", "0"), request.method)

    def _answer(self, request: Request, found: tuple[Stream, int | None] | None) -> Answer:
        if request.method == "OPTIONS":
            return Answer(200, [("Public", rtsp.METHODS)])
        refused = refusal(self._stream.faults, request.method) if self._stream is not None else None
        guard, given = self._house.guard, request.headers.get("authorization")
        if guard is not None and (refused == 401 or not guard.allows(request.method, given)):
            return Answer(401, guard.challenges(given))
        if refused is not None:
            return Answer(refused, [("WWW-Authenticate", 'Basic realm="camera"')] if refused == 401 else [])
        if request.method in ("DESCRIBE", "SETUP") and found is None:
            return Answer(404)
        if request.method == "DESCRIBE":
            assert found is not None
            base = request.url.rstrip("/") + "/"
            return Answer(200, [("Content-Base", base), ("Content-Type", "application/sdp")], found[0].describe())
        if request.method == "SETUP":
            assert found is not None
            return self._set_up(request, found[0], found[1] or 0)
        return self._in_session(request)

    def _set_up(self, request: Request, stream: Stream, track: int) -> Answer:
        if track >= len(stream.senders):
            return Answer(404)
        offer = rtsp.parameters(request.headers.get("transport", ""))
        made = self._udp(offer) if "client_port" in offer else self._tcp(offer, track)
        if made is None:
            return Answer(461)
        if self._session is None or self._session.stream is not stream:
            self._end_session()
            self._session = Session(stream)
        client, transport = made
        self._session.clients[track] = client
        transport += f";ssrc={stream.senders[track].ssrc:08X}"
        return Answer(200, [("Transport", transport), self._session_header()])

    def _tcp(self, offer: dict[str, str], track: int) -> tuple[Client, str] | None:
        if offer["protocol"] != "RTP/AVP/TCP":
            return None
        first = offer.get("interleaved", "").partition("-")[0]
        channel = int(first) if first.isdigit() else 2 * track
        return TcpClient(self._transport, channel), f"RTP/AVP/TCP;unicast;interleaved={channel}-{channel + 1}"

    def _udp(self, offer: dict[str, str]) -> tuple[Client, str] | None:
        rtp, _, rtcp = offer["client_port"].partition("-")
        if self._house.udp is None or not rtp.isdigit() or "multicast" in offer:
            return None
        ports = (int(rtp), int(rtcp) if rtcp.isdigit() else int(rtp) + 1)
        host = self._transport.get_extra_info("peername")[0]
        ours = "-".join(str(one.getsockname()[1]) for one in self._house.udp)
        transport = f"RTP/AVP;unicast;client_port={ports[0]}-{ports[1]};server_port={ours}"
        return UdpClient(self._house.udp, host, ports), transport

    def _in_session(self, request: Request) -> Answer:
        session = self._session
        if request.method not in rtsp.METHODS.split(", "):
            return Answer(405, [("Allow", rtsp.METHODS)])
        if session is None or request.headers.get("session", session.number).partition(";")[0] != session.number:
            return Answer(454) if request.method in ("PLAY", "PAUSE", "TEARDOWN") else Answer(200)
        if request.method == "PLAY":
            if not session.clients:
                return Answer(455)
            base = request.url.rstrip("/")
            info = ",".join(self._first_packet(base, session.stream, track) for track in sorted(session.clients))
            return Answer(200, [self._session_header(), ("Range", "npt=0.000-"), ("RTP-Info", info)])
        return Answer(200, [self._session_header()])

    @staticmethod
    def _first_packet(base: str, stream: Stream, track: int) -> str:
        """A track's part of RTP-Info."""
        sender = stream.senders[track]
        lies = "rtp_info_lies" in stream.faults
        sequence, rtp = (0, 0) if lies else (sender.sequence, sender.next_rtp())
        return f"url={base}/trackID={track};seq={sequence};rtptime={rtp}"

    def _after(self, method: str, status: int) -> None:
        """What follows once the answer is on its way: media must not overtake it."""
        session = self._session
        if session is None or status != 200:
            return
        if method == "PLAY" and not session.playing:
            session.playing = True
            for track, client in session.clients.items():
                session.stream.play(track, client)
        elif method == "PAUSE":
            self._silence()
        elif method == "TEARDOWN":
            self._end_session()

    def _session_header(self) -> tuple[str, str]:
        assert self._session is not None
        return ("Session", f"{self._session.number};timeout={self._house.session_s}")

    # -- answers ------------------------------------------------------------

    def _say(self, answer: Answer, sequence: str, method: str) -> None:
        data = answer.encode(sequence)
        faults = self._stream.faults if self._stream is not None else {}
        if "slow_answers" in faults:
            seconds = float(faults["slow_answers"]["seconds"])
            self._loop.call_later(seconds, self._write, data, method, answer.status)
        elif "trickle_answers" in faults:
            self._trickle(data, method, answer.status)
        else:
            self._write(data, method, answer.status)

    def _write(self, data: bytes, method: str, status: int) -> None:
        if not self._deaf and not self._transport.is_closing():
            self._transport.write(data)
            self._after(method, status)

    def _trickle(self, data: bytes, method: str, status: int) -> None:
        if self._deaf or self._transport.is_closing():
            return
        self._transport.write(data[:1])
        if len(data) > 1:
            self._loop.call_later(1.0, self._trickle, data[1:], method, status)
        else:
            self._after(method, status)

    # -- ends ------------------------------------------------------------

    def _silence(self) -> None:
        session = self._session
        if session is not None and session.playing:
            session.playing = False
            for track, client in session.clients.items():
                session.stream.stop(track, client)
                client.waiting = True

    def _end_session(self) -> None:
        self._silence()
        self._session = None

    def _forget(self) -> None:
        if self._stream is not None and self in self._stream.lines:
            self._stream.lines.remove(self)
        self._stream = None
