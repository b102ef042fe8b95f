"""From a simulated camera over a recorder and an edge to a socket: what a player would get."""

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import uvicorn
from fastapi import FastAPI
from websockets.asyncio.client import connect

from cctv.base.actor import SERVICE, Actor
from cctv.base.clock import Clock, SystemClock, utc_now
from cctv.base.ids import CameraId
from cctv.cameras import registry
from cctv.infra.cache import Cache
from cctv.infra.database import Database
from cctv.infra.disks import Volume
from cctv.infra.http import create_app, listen, make_server, provide, serve
from cctv.infra.keys import Keyring
from cctv.recording.capture import CaptureSettings, Slot, find_recorder
from cctv.recording.capture.live.routes import router as origin_router
from cctv.recording.capture.recorder import Machines, Recorder
from cctv.recording.capture.workshop import Site
from cctv.viewing.feed import Feeds, FeedSettings, Origin
from cctv.viewing.live import router as edge_router
from cctv_simulator.process import SimulatorProcess

CAMERAS = 2


@dataclass
class Edge:
    """A recorder and an edge, each behind a real port."""

    port: int
    database: Database
    keyring: Keyring
    simulator: SimulatorProcess
    recorder: Recorder
    feeds: Feeds

    async def add(self, number: int, **given: Any) -> CameraId:
        draft = registry.Draft(
            name=f"Camera {number}",
            agency="METRO",
            main_url=self.simulator.url(number),
            sub_url=self.simulator.url(number, "sub"),
            **given,
        )
        async with self.database.write() as tx:
            return (await registry.add_camera(tx, draft, keyring=self.keyring, at=utc_now())).id

    async def watch(self, camera: CameraId, stream: str = "main", *, frames: int = 30) -> tuple[list[Any], bytes]:
        """Text messages and bytes (init segment and fragments) until so many binary messages came."""
        texts: list[Any] = []
        parts: list[bytes] = []
        async with asyncio.timeout(20), connect(self.address(camera, stream), max_size=None) as socket:
            while len(parts) < frames:
                message = await socket.recv()
                if isinstance(message, str):
                    texts.append(json.loads(message))
                else:
                    parts.append(bytes(message))
        return texts, b"".join(parts)

    def address(self, camera: CameraId, stream: str = "main") -> str:
        return f"ws://127.0.0.1:{self.port}/ws/live/{camera}?stream={stream}"


@pytest.fixture(scope="module")
def simulator() -> Any:
    with SimulatorProcess(cameras=CAMERAS, kinds="h264-main-360p") as one:
        yield one


@contextlib.asynccontextmanager
async def answering(app: FastAPI) -> AsyncIterator[int]:
    listening = listen("127.0.0.1", 0)
    server: uvicorn.Server = make_server(app, stop_within_s=1)
    task = asyncio.create_task(serve(server, listening))
    try:
        yield int(listening.getsockname()[1])
    finally:
        server.should_exit = True
        await task
        listening.close()


@pytest.fixture
async def edge(
    database: Database,
    cache: Cache,
    keyring: Keyring,
    tmp_path: Path,
    simulator: SimulatorProcess,
    let_in: Callable[..., Any],
) -> AsyncIterator[Edge]:
    origin_app, edge_app = (create_app(service=name, title=name) for name in ("origin", "edge"))
    let_in(origin_app, database, Actor("live-edge", SERVICE, claims=frozenset({"system:internal"})))
    let_in(edge_app, database)
    origin_app.include_router(origin_router)
    edge_app.include_router(edge_router)
    async with answering(origin_app) as origin_port, answering(edge_app) as port:
        recorder = Recorder(
            machines=Machines(database=database, cache=cache, keyring=keyring),
            site=Site(
                slot=Slot(node="n", number=0, address=f"127.0.0.1:{origin_port}"),
                volumes=[Volume("default", tmp_path / "volume")],
                folder=tmp_path / "journal",
            ),
            settings=CaptureSettings(heartbeat_s=0.2, settle_s=0.1, poll_s=0.5),
        )
        provide(origin_app, recorder)

        async def origins(camera: CameraId) -> Origin | None:
            async with database.read() as tx:
                address = await find_recorder(tx, camera)
            return Origin(address) if address else None

        feeds = Feeds(origins=origins, settings=FeedSettings(feed_linger_s=0.5, feed_retry_s=0.1))
        provide(edge_app, feeds)
        provide(edge_app, SystemClock(), as_type=Clock)
        task = asyncio.create_task(recorder.run())
        try:
            yield Edge(port, database, keyring, simulator, recorder, feeds)
        finally:
            await feeds.close()
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task


async def test_a_player_gets_codec_init_and_frames_that_decode(edge: Edge, tmp_path: Path) -> None:
    camera = await edge.add(1)
    texts, data = await edge.watch(camera, frames=40)
    codec = next(text for text in texts if text["type"] == "codec")
    assert codec["mime"].startswith('video/mp4; codecs="avc1.4D')
    assert (codec["width"], codec["height"], codec["stream"]) == (640, 360, "main")
    assert any(text["type"] == "clock" for text in texts)
    whole = tmp_path / "live.mp4"
    whole.write_bytes(data)
    assert decoded_frames(whole) >= 30


def decoded_frames(path: Path) -> int:
    import av

    with av.open(str(path)) as film:
        return sum(1 for _ in film.decode(video=0))


async def test_video_is_not_deflated_for_browsers_that_offer_it(edge: Edge) -> None:
    camera = await edge.add(1)
    async with asyncio.timeout(20), connect(edge.address(camera), compression="deflate") as socket:
        await socket.recv()
        assert not socket.protocol.extensions


async def test_many_viewers_share_one_connection_to_the_camera(edge: Edge) -> None:
    camera = await edge.add(1)
    await edge.watch(camera, frames=3)
    everybody = await asyncio.gather(*(edge.watch(camera, frames=20) for _ in range(8)))
    assert all(any(text["type"] == "codec" for text in texts) for texts, _ in everybody)
    assert edge.simulator.control.camera(1)["clients"] == 1


async def test_a_camera_that_is_not_recorded_is_opened_while_somebody_watches(edge: Edge) -> None:
    camera = await edge.add(2, mode=registry.Mode.OFF)
    texts, data = await edge.watch(camera, "sub", frames=10)
    assert next(text for text in texts if text["type"] == "codec")["width"] == 320
    assert len(data) > 1000
    async with asyncio.timeout(20):
        while edge.simulator.control.camera(2)["clients"]:
            await asyncio.sleep(0.1)


async def test_a_camera_that_is_lost_says_so_and_comes_back_by_itself(edge: Edge) -> None:
    camera = await edge.add(1)
    async with asyncio.timeout(40), connect(edge.address(camera), max_size=None) as socket:
        await until(socket, "codec")
        edge.simulator.control.fault(1, "unreachable")
        lost = await until(socket, "state", state="connecting")
        assert lost["cause"] == "network"
        edge.simulator.control.clear(1)
        await until(socket, "codec")


async def until(socket: Any, kind: str, **facts: Any) -> dict[str, Any]:
    """The next text message of that type with those values."""
    while True:
        message = await socket.recv()
        if isinstance(message, str):
            text: dict[str, Any] = json.loads(message)
            if text["type"] == kind and facts.items() <= text.items():
                return text


async def test_who_does_not_read_is_skipped_and_told(edge: Edge) -> None:
    camera = await edge.add(1)
    await edge.watch(camera, frames=3)
    with edge.feeds.watch(camera, "main") as slow:
        slow.limit(20_000)
        await asyncio.sleep(3)
        messages, skipped = await slow.get()
    assert skipped > 0
    assert sum(len(getattr(one, "data", b"")) for one in messages) <= 20_000
