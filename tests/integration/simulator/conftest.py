"""Simulated cameras in a process of their own, and a plain RTSP client that sees every byte."""

import re
import socket
import struct
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from cctv_simulator import footage
from cctv_simulator.process import SimulatorProcess

USER, PASSWORD = "op@dubai", "p@ss:w/rd?#"


@dataclass
class Answer:
    status: int
    head: str
    body: str


@dataclass
class Dial:
    """A raw RTSP connection without authentication; media and answers are told apart as RFC 2326 says."""

    url: str
    sock: socket.socket = field(init=False)
    buffer: bytearray = field(default_factory=bytearray)
    number: int = 0
    session: str = ""

    def __post_init__(self) -> None:
        host, _, port = self.url.split("/")[2].partition(":")
        self.sock = socket.create_connection((host, int(port)), timeout=5)

    def ask(self, method: str, suffix: str = "", headers: str = "") -> Answer:
        self.number += 1
        session = f"Session: {self.session}\r\n" if self.session else ""
        request = f"{method} {self.url}{suffix} RTSP/1.0\r\nCSeq: {self.number}\r\n{session}{headers}\r\n"
        self.sock.sendall(request.encode())
        while b"\r\n\r\n" not in self.buffer:
            self._more()
        head, _, rest = bytes(self.buffer).partition(b"\r\n\r\n")
        size = int((re.search(rb"Content-Length: (\d+)", head) or [b"", b"0"])[1])
        del self.buffer[: len(head) + 4]
        while len(self.buffer) < size:
            self._more()
        body = bytes(self.buffer[:size]).decode()
        del self.buffer[:size]
        if found := re.search(r"Session: (\w+)", head.decode()):
            self.session = found[1]
        del rest
        return Answer(int(head.split()[1]), head.decode(), body)

    def play(self, tracks: int = 1) -> Answer:
        for track in range(tracks):
            channels = f"interleaved={2 * track}-{2 * track + 1}"
            answer = self.ask("SETUP", f"/trackID={track}", f"Transport: RTP/AVP/TCP;unicast;{channels}\r\n")
            assert answer.status == 200
        return self.ask("PLAY")

    def packet(self) -> tuple[int, bytes]:
        """The next interleaved packet; anything else in its place is an error of the test."""
        while len(self.buffer) < 4 or len(self.buffer) < 4 + int.from_bytes(self.buffer[2:4], "big"):
            self._more()
        assert self.buffer[0] == 0x24
        end = 4 + int.from_bytes(self.buffer[2:4], "big")
        channel, payload = self.buffer[1], bytes(self.buffer[4:end])
        del self.buffer[:end]
        return channel, payload

    def rtp(self) -> tuple[int, int, bytes]:
        """Sequence number, timestamp and payload of the next video packet."""
        while True:
            channel, packet = self.packet()
            if channel == 0:
                sequence, timestamp = struct.unpack(">HI", packet[2:8])
                return sequence, timestamp, packet[12:]

    def report(self) -> tuple[float, int]:
        """The camera's time (seconds since 1970) and RTP timestamp in the next sender report of the video."""
        while True:
            channel, packet = self.packet()
            if channel == 1:
                seconds, fraction, rtp = struct.unpack(">III", packet[8:20])
                return seconds - 2_208_988_800 + fraction / 2**32, rtp

    def silent(self, seconds: float) -> bool:
        """Whether nothing comes for so long; what was on its way before does not count."""
        self.sock.settimeout(0.3)
        try:
            while self.sock.recv(65536):
                pass
        except TimeoutError:
            pass
        self.sock.settimeout(seconds)
        try:
            return self.sock.recv(1) == b"never"
        except TimeoutError:
            return True

    def ends(self) -> str:
        """How the connection ends: `reset` or `closed`."""
        end = time.monotonic() + 5
        try:
            while time.monotonic() < end:
                if not self.sock.recv(65536):
                    return "closed"
        except ConnectionResetError:
            return "reset"
        return "open"

    def _more(self) -> None:
        data = self.sock.recv(65536)
        if not data:
            raise ConnectionError("closed")
        self.buffer += data


@pytest.fixture(scope="session")
def film() -> Path:
    """The film, fetched by the ordinary client if the cache has none."""
    return footage.film(footage.cache_folder())


@pytest.fixture(scope="session")
def every_kind(film: Path) -> Iterator[SimulatorProcess]:
    """One camera of each kind, with a password; nobody sets faults here."""
    kinds = (
        "h264-baseline,h264-main+aac,h264-high+pcmu,h264-high-b+pcma,h265,mjpeg,timecode,sub,"
        "h264-high-b-720p-gop2@1000+aac"
    )
    with SimulatorProcess(cameras=9, kinds=kinds, user=USER, password=PASSWORD) as running:
        yield running


@pytest.fixture(scope="session")
def open_house(film: Path) -> Iterator[SimulatorProcess]:
    """Cameras without a password, for faults; each test takes a camera of its own by `camera`."""
    with SimulatorProcess(cameras=1, kinds="h264-main", arguments=["--own-ports"]) as running:
        yield running


@pytest.fixture
def camera(open_house: SimulatorProcess) -> int:
    """The number of a fresh camera."""
    return int(open_house.control.add_camera("h264-main")["number"])


@pytest.fixture
def dial() -> Iterator[Callable[[str], Dial]]:
    """Opens raw connections and closes them after the test."""
    with ExitStack() as open_ones:

        def opened(url: str) -> Dial:
            made = Dial(url)
            open_ones.callback(made.sock.close)
            return made

        yield opened
