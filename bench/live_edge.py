"""What a viewer costs the live edge: 200 players of four cameras, the edge's own CPU from /proc.

The players are sockets in processes of their own that count messages and look into none: what they cost is not
what is asked. ``BENCH_VIEWERS`` and ``BENCH_SECONDS`` change the numbers.
"""

import asyncio
import base64
import multiprocessing
import os
import struct
import sys
import time
from multiprocessing.queues import Queue
from multiprocessing.synchronize import Barrier
from pathlib import Path
from urllib.parse import urlsplit

from bench.ground import line
from bench.live_ground import LiveSystem, live_system

VIEWERS = int(os.environ.get("BENCH_VIEWERS", "200"))
SECONDS = float(os.environ.get("BENCH_SECONDS", "20"))
CAMERAS = 4
KIND = "h264-main-360p"
CLIENT_PROCESSES = 2
SETTLE_S = 3.0
MOST_PERCENT = 0.06
_TICK_S = 1 / os.sysconf("SC_CLK_TCK")
_BINARY = 2
_LENGTH_16, _LENGTH_64 = 126, 127


class _Player(asyncio.Protocol):
    """A socket that counts what comes (RFC 6455, section 5.2; a server's frames are not masked)."""

    def __init__(self, path: str, host: str, session: str) -> None:
        self._hello = (
            f"GET {path} HTTP/1.1\r\nHost: {host}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            f"Cookie: cctv_session={session}\r\n"
            f"Sec-WebSocket-Key: {base64.b64encode(os.urandom(16)).decode()}\r\nSec-WebSocket-Version: 13\r\n\r\n"
        )
        self._bytes = bytearray()
        self._open = False
        self._skip = 0
        self.messages = 0
        self.lost = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        transport.write(self._hello.encode())

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 - asyncio's signature
        self.lost = True

    def data_received(self, data: bytes) -> None:
        self._bytes += data
        if not self._open:
            head, found, rest = self._bytes.partition(b"\r\n\r\n")
            if not found:
                return
            assert b" 101 " in head.split(b"\r\n")[0], head
            self._bytes, self._open = rest, True
        while self._frame():
            pass

    def _frame(self) -> bool:
        drop = min(self._skip, len(self._bytes))
        del self._bytes[:drop]
        self._skip -= drop
        if self._skip or len(self._bytes) < 2:
            return False
        short = self._bytes[1] & 127
        head = {_LENGTH_16: 4, _LENGTH_64: 10}.get(short, 2)
        if len(self._bytes) < head:
            return False
        if short == _LENGTH_16:
            (short,) = struct.unpack_from(">H", self._bytes, 2)
        elif short == _LENGTH_64:
            (short,) = struct.unpack_from(">Q", self._bytes, 2)
        self.messages += self._bytes[0] & 15 == _BINARY
        self._skip = head + short
        return True


def _watch(
    url: str, session: str, cameras: list[str], viewers: int, ready: Barrier, told: "Queue[tuple[int, int]]"
) -> None:
    async def main() -> None:
        place = urlsplit(url)
        assert place.hostname is not None
        assert place.port is not None
        loop = asyncio.get_running_loop()
        players = []
        for number in range(viewers):
            path = f"/ws/live/{cameras[number % len(cameras)]}?stream=main"
            player = _Player(path, place.netloc, session)
            await loop.create_connection(lambda one=player: one, place.hostname, place.port)  # type: ignore[misc]
            players.append(player)
        await asyncio.sleep(SETTLE_S)
        await loop.run_in_executor(None, ready.wait)
        before = sum(player.messages for player in players)
        await asyncio.sleep(SECONDS)
        told.put((sum(player.messages for player in players) - before, sum(player.lost for player in players)))

    asyncio.run(main())


def _cpu_s(pid: int) -> float:
    """User and system time of a process (``proc(5)``, fields 14 and 15)."""
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) * _TICK_S


def measure(system: LiveSystem) -> bool:
    spawn = multiprocessing.get_context("spawn")
    told: Queue[tuple[int, int]] = spawn.Queue()
    share = VIEWERS // CLIENT_PROCESSES
    ready = spawn.Barrier(CLIENT_PROCESSES + 1)
    clients = [
        spawn.Process(target=_watch, args=(system.url, system.session, system.cameras, share, ready, told))
        for _ in range(CLIENT_PROCESSES)
    ]
    for client in clients:
        client.start()
    ready.wait(120)
    edge = system.pids["live-edge"]
    cpu_s, began = _cpu_s(edge), time.monotonic()
    time.sleep(SECONDS)
    percent = 100 * (_cpu_s(edge) - cpu_s) / (time.monotonic() - began) / (share * CLIENT_PROCESSES)
    answers = [told.get(timeout=120) for _ in clients]
    for client in clients:
        client.join()
    messages, lost = (sum(column) for column in zip(*answers, strict=True))
    per_viewer = messages / SECONDS / (share * CLIENT_PROCESSES)
    met = percent <= MOST_PERCENT and lost == 0
    line(
        f"CPU of the live edge per viewer, {share * CLIENT_PROCESSES} viewers of {CAMERAS} cameras "
        "(360p, 25 pictures a second), % of a core, against the limit",
        ours=percent,
        other=MOST_PERCENT,
        ratio=percent / MOST_PERCENT,
        target=f"<= {MOST_PERCENT} %",
        met=met,
        messages_per_viewer_s=round(per_viewer, 1),
        lost=lost,
        load_before=round(os.getloadavg()[0], 1),
    )
    return met


def main() -> int:
    with live_system(cameras=CAMERAS, kinds=KIND) as system:
        return 0 if measure(system) else 1


if __name__ == "__main__":
    sys.exit(main())
