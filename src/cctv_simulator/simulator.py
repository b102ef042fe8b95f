"""The server: cameras, their ports, and what the control interface may do with them."""

from __future__ import annotations

import asyncio
import contextlib
import re
import socket
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import TypedDict

from cctv_simulator import faults
from cctv_simulator.auth import Guard
from cctv_simulator.camera import Camera, Stream
from cctv_simulator.connection import Connection
from cctv_simulator.kinds import SUB, Kind, parse_kind
from cctv_simulator.ledger import Ledger, SentFrame
from cctv_simulator.scheduler import Scheduler
from cctv_simulator.sender import Sender
from cctv_simulator.studio import Studio

_PATH = re.compile(r"^/cam/(\d+)/(main|sub)(?:/trackID=(\d))?$")
_IDLE_CHECK_S = 1.0


class NoSuchCamera(LookupError):
    """There is no camera, or no stream, of that name."""


class CameraWords(TypedDict):
    """A camera in words, as the ready file and the control interface give it. The addresses have no password."""

    number: int
    port: int
    main: str
    sub: str
    kind: str
    sub_kind: str
    faults: dict[str, list[str]]
    clients: int


@dataclass
class Options:
    """How a simulator is set up. `own_ports`: each camera listens on a port of its own. Ports 0: any free one."""

    cache: Path
    film: Path | None = None
    host: str = "127.0.0.1"
    port: int = 0
    own_ports: bool = False
    session_s: int = 60
    window_s: int = 120


class Simulator:
    """Hundreds of cameras in one event loop."""

    def __init__(self, options: Options, guard: Guard | None = None) -> None:
        self.options = options
        self.guard = guard
        self.session_s = options.session_s
        self.udp: tuple[socket.socket, socket.socket] | None = None
        self.connections: set[Connection] = set()
        self.cameras: dict[int, Camera] = {}
        self.port = 0
        self.scheduler = Scheduler(asyncio.get_running_loop())
        self._studio = Studio(options.cache, options.film)
        self._listeners: dict[int, asyncio.Server] = {}
        self._idle_check: asyncio.Task[None] | None = None
        self._numbers = count(1)

    async def start(self) -> None:
        """Listen. Cameras come by `add`."""
        self.udp = _udp_pair(self.options.host)
        self.port = await self._listen(self.options.port)
        self._idle_check = asyncio.create_task(self._end_idle_sessions())

    async def stop(self) -> None:
        """Hang up on everybody and close the ports."""
        if self._idle_check is not None:
            self._idle_check.cancel()
        for connection in list(self.connections):
            connection.hang_up(reset=False)
        for server in self._listeners.values():
            server.close()
        self._studio.close()
        for one in self.udp or ():
            one.close()

    async def add(self, kind: Kind, sub: Kind = SUB) -> Camera:
        """One more camera; its renditions are made first if they are not in the cache."""
        number = next(self._numbers)
        streams = {
            "main": await self._stream(number, "main", kind),
            "sub": await self._stream(number, "sub", sub),
        }
        port = await self._listen(0) if self.options.own_ports else self.port
        self.cameras[number] = Camera(number, streams, port)
        return self.cameras[number]

    def remove(self, number: int) -> None:
        """Take a camera off the network: its connections end, its addresses answer 404."""
        camera = self._camera(number)
        del self.cameras[number]
        for stream in camera.streams.values():
            stream.hang_up(reset=True)
        if camera.port != self.port:
            self._listeners.pop(camera.port).close()

    def stream(self, path: str) -> tuple[Stream, int | None] | None:
        """The stream that a path names, and the track of it if it names one."""
        match = _PATH.match(path)
        camera = self.cameras.get(int(match[1])) if match else None
        if match is None or camera is None:
            return None
        return camera.streams[match[2]], int(match[3]) if match[3] else None

    async def set_fault(self, number: int, name: str, values: faults.Values, *, stream: str | None = None) -> None:
        """Give a camera a fault; UnknownFault, UnknownKind and NoSuchCamera say what is wrong."""
        full = faults.checked(name, values)
        camera = self._camera(number)
        for one in self._chosen(camera, stream or faults.FAULTS[name].stream):
            if name == "change_kind":
                await self._change_kind(one, parse_kind(str(full["kind"])))
            elif name == "stale_nonce" and self.guard is not None:
                self.guard.forget()
            elif name == "b_frames":
                await self._b_frames(one)
            one.set_fault(name, full)
        if camera.unreachable and camera.port in self._listeners and camera.port != self.port:
            self._listeners.pop(camera.port).close()

    async def clear_fault(self, number: int, name: str | None = None, *, stream: str = "both") -> None:
        """End one fault of a camera, or all."""
        camera = self._camera(number)
        if name is not None:
            faults.checked(name, {})
        for one in self._chosen(camera, stream):
            for fault in list(one.faults) if name is None else [name]:
                one.clear_fault(fault)
            if "b_frames" not in one.faults and one.before_b_frames is not None:
                one.video.pending, one.before_b_frames = one.before_b_frames, None
        if camera.port not in self._listeners and not camera.unreachable:
            await self._listen(camera.port)

    def frames(self, number: int, stream: str, track: int = 0, since: int = 0) -> list[SentFrame]:
        """The frames that a stream has sent lately (see ledger.SentFrame)."""
        (chosen,) = self._chosen(self._camera(number), stream)
        return chosen.senders[track].ledger.since(since)

    def words(self, camera: Camera) -> CameraWords:
        """A camera in words."""
        base = f"rtsp://{self.options.host}:{camera.port}"
        main, sub = camera.streams["main"], camera.streams["sub"]
        return {
            "number": camera.number,
            "port": camera.port,
            "main": base + main.path,
            "sub": base + sub.path,
            "kind": str(main.kind),
            "sub_kind": str(sub.kind),
            "faults": {name: sorted(one.faults) for name, one in camera.streams.items()},
            "clients": len(main.video.clients) + len(sub.video.clients),
        }

    def stats(self) -> dict[str, float]:
        """How it does: how late frames leave at worst since the last call, and what slow clients lost."""
        worst, self.scheduler.worst_late_s = self.scheduler.worst_late_s, 0.0
        senders = [one for camera in self.cameras.values() for s in camera.streams.values() for one in s.senders]
        return {
            "cameras": len(self.cameras),
            "connections": len(self.connections),
            "clients": sum(len(one.clients) for one in senders),
            "packets": sum(one.packets for one in senders),
            "payload_bytes": sum(one.payload_bytes for one in senders),
            "dropped_frames": sum(one.dropped + sum(client.dropped for client in one.clients) for one in senders),
            "worst_late_s": round(worst, 4),
        }

    # -- inside ------------------------------------------------------------

    async def _listen(self, port: int) -> int:
        loop = asyncio.get_running_loop()
        server = await loop.create_server(lambda: Connection(self), self.options.host, port, backlog=1024)
        taken = int(server.sockets[0].getsockname()[1])
        self._listeners[taken] = server
        return taken

    async def _stream(self, number: int, name: str, kind: Kind) -> Stream:
        track, live = await self._studio.video(kind)
        sound = await self._studio.audio(kind.audio) if kind.audio else None
        size = self.options.window_s * kind.fps
        audio = Sender(sound, self.scheduler, Ledger(size * 2)) if sound else None
        video = Sender(track, self.scheduler, Ledger(size))
        return Stream(name, f"/cam/{number}/{name}", kind, video, audio, live)

    async def _change_kind(self, stream: Stream, kind: Kind) -> None:
        track, live = await self._studio.video(kind)
        in_band = kind.codec == stream.kind.codec and live is None and stream.live is None
        stream.kind = kind
        if in_band:
            stream.video.pending = track
            return
        stream.hang_up(reset=False)
        stream.live = live
        stream.video = Sender(track, self.scheduler, stream.video.ledger, mischief=stream.video.mischief)

    async def _b_frames(self, stream: Stream) -> None:
        kind = stream.kind
        if kind.codec != "h264" or kind.live:
            raise faults.UnknownFault(f"{kind} cannot have B-frames here: only looped H.264")
        wanted = Kind("h264-high-b", kind.width, kind.height, fps=kind.fps, gop_s=kind.gop_s, kbit=kind.kbit)
        track, _ = await self._studio.video(wanted)
        if stream.before_b_frames is None:
            stream.before_b_frames = stream.video.track
        stream.video.pending = track

    def _camera(self, number: int) -> Camera:
        if number not in self.cameras:
            raise NoSuchCamera(f"no camera {number}")
        return self.cameras[number]

    def _chosen(self, camera: Camera, stream: str) -> list[Stream]:
        if stream not in (*camera.streams, "both"):
            raise NoSuchCamera(f"no stream {stream}: main, sub or both")
        return camera.chosen(stream)

    async def _end_idle_sessions(self) -> None:
        loop = asyncio.get_running_loop()
        while True:
            await asyncio.sleep(_IDLE_CHECK_S)
            for connection in list(self.connections):
                since = connection.idle_since
                if since is not None and loop.time() - since > self.session_s:
                    connection.hang_up(reset=False)


def _udp_pair(host: str) -> tuple[socket.socket, socket.socket]:
    """Two UDP sockets on an even port and the one above it, as RTP and RTCP have it."""
    for _ in range(100):
        first = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        second = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        first.bind((host, 0))
        port = first.getsockname()[1]
        with contextlib.suppress(OSError):
            if port % 2 == 0:
                second.bind((host, port + 1))
                for one in (first, second):
                    one.settimeout(0)
                    one.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4_000_000)
                return first, second
        first.close()
        second.close()
    raise OSError("no pair of free UDP ports")
