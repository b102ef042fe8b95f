"""Recordings of real footage, playback over them on a real server, and nginx before it.

The films are the simulator's renditions of real road traffic; they are written by the recorder's own writer
and catalogued by the archive, so only the camera and its network are left out.
"""

import asyncio
import hashlib
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
from fastapi import FastAPI

from cctv.access.audit import Audit
from cctv.access.policy import Policy
from cctv.base.clock import SystemClock, from_us, to_us
from cctv.base.ids import CameraId, RunId, new_run_id, object_name
from cctv.infra.cache import Cache
from cctv.infra.database import Database
from cctv.infra.disks import Volume
from cctv.infra.embedded import free_port
from cctv.infra.gateway import EmbeddedNginx, Gateway, Route, Upstream
from cctv.infra.http import create_app, listen, make_server, provide, serve
from cctv.infra.keys import Keyring
from cctv.infra.objects import ObjectStore
from cctv.media.coding.codecs import codecs_string
from cctv.media.coding.nal import annexb_to_lengths, split_annexb
from cctv.media.coding.parameters import jpeg_params, video_params
from cctv.media.model import Sample, TrackParams, VideoCodec
from cctv.media.mp4 import fmp4
from cctv.media.mp4.fmp4 import Fragment, Fragmenter, SegmentHead
from cctv.media.mp4.index import FragmentEntry, encode_index
from cctv.recording import archive
from cctv.recording.archive import Batch, OpenSegment, Run, Segment
from cctv.viewing.playback import Machines, Playback, PlaybackSettings, Watching
from cctv.viewing.playback.routes import media_router, router
from cctv_simulator import footage, renditions
from cctv_simulator.kinds import parse_kind

LOOP_START = from_us(1_795_000_000_000_000)


@dataclass(frozen=True)
class Recorded:
    """What was recorded: ``samples`` are the coded frames in order, times relative to the run."""

    camera: CameraId
    run: Run
    segments: list[Segment]
    samples: list[Sample]
    frame_90k: int
    opened: OpenSegment | None = None

    @property
    def start(self) -> datetime:
        return self.run.started_at


def film(kind: str, seconds: int) -> tuple[TrackParams, list[Sample], int]:
    """``seconds`` of looped footage of ``kind``: parameters, samples, ticks of a frame."""
    made = renditions.video(footage.cache_folder(), footage.film(footage.cache_folder()), parse_kind(kind))
    codec = VideoCodec(made.codec)
    frame_90k = 90_000 // made.fps
    first = made.units[0]
    shown_first_90k = min(unit.pts for unit in made.units) - first.dts
    samples: list[Sample] = []
    while len(samples) < seconds * made.fps:
        shift = len(samples) // len(made.units) * made.duration - first.dts
        for unit in made.units:
            data = unit.data if codec is VideoCodec.MJPEG else annexb_to_lengths(unit.data)
            samples.append(Sample("video", unit.dts + shift, unit.pts + shift, unit.key, data))
    del samples[seconds * made.fps :]
    # A camera sends the time at which a picture is shown; decode times are made of them, as the demuxer does.
    for sample, dts_90k in zip(samples, sorted(one.pts_90k for one in samples), strict=True):
        sample.dts_90k = dts_90k - shown_first_90k
        sample.pts_90k -= shown_first_90k
    if codec is VideoCodec.MJPEG:
        return TrackParams(jpeg_params(first.data)), samples, frame_90k
    return TrackParams(video_params(codec, split_annexb(first.data))), samples, frame_90k


class Recorder:
    """Writes runs into a volume and the catalogue, as a recorder would have."""

    def __init__(self, volume: Volume, database: Database, cache: Cache) -> None:
        self.volume = volume
        self._database = database
        self._cache = cache

    async def record(
        self,
        *,
        start: datetime,
        seconds: int,
        camera: UUID | None = None,
        kind: str = "h264-high",
        segment_s: int = 10,
        fence: int = 1,
        leave_open: bool = False,
    ) -> Recorded:
        """``leave_open``: the last file is in the spool, without a row, and told as open."""
        owner = CameraId(camera or uuid4())
        params, samples, frame_90k = film(kind, seconds)
        start_us = to_us(start)
        run_id = new_run_id(started_us=start_us, fence=fence)
        fragmenter = Fragmenter(params, wall_us=lambda dts_90k: start_us + dts_90k * 100 // 9)
        fragments = [one for sample in samples for one in fragmenter.push(sample)] + fragmenter.flush()
        files: list[list[Fragment]] = []
        for fragment in fragments:
            due = not files or fragment.dts_90k - files[-1][0].dts_90k >= segment_s * 90_000
            if due and fragment.key_bytes:
                files.append([])
            files[-1].append(fragment)
        run = _run(run_id, owner, params, start=start, fence=fence)
        segments = [
            self._write(run, params, number, parts, spool=leave_open and parts is files[-1])
            for number, parts in enumerate(files)
        ]
        opened = _as_open(segments.pop()) if leave_open else None
        async with self._database.write() as tx:
            await archive.record(tx, Batch(runs=(run,), segments=tuple(segments)))
        if opened is not None:
            await archive.publish_open(self._cache, [opened])
        return Recorded(owner, run, segments, samples, frame_90k, opened)

    def _write(self, run: Run, params: TrackParams, seq: int, parts: list[Fragment], *, spool: bool) -> Segment:
        start_us, base_90k = parts[0].wall_us, parts[0].dts_90k
        head = fmp4.head(
            params,
            SegmentHead(
                camera=run.camera_id,
                run=run.id,
                seq=seq,
                fence=run.fence,
                agency="METRO",
                start_us=start_us,
                base_90k=base_90k,
                run_start_us=to_us(run.started_at),
            ),
        )
        content = head + b"".join(part.data for part in parts)
        start = from_us(start_us)
        name = object_name(agency="METRO", camera=run.camera_id, run=run.id, seq=seq, started=start)
        path = self.volume.spool_path(name) if spool else self.volume.archive_path(name)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        entries = [FragmentEntry(len(part.data), part.duration_90k, part.key_bytes) for part in parts]
        return Segment(
            camera_id=run.camera_id,
            run_id=run.id,
            seq=seq,
            start=start,
            end=start + timedelta(microseconds=sum(part.duration_90k for part in parts) * 100 // 9),
            size_bytes=len(content),
            sha256=hashlib.sha256(content).digest(),
            volume=self.volume.id,
            object_name=name,
            fragments=encode_index(len(head), base_90k, entries),
        )


def _run(run_id: RunId, camera: CameraId, params: TrackParams, *, start: datetime, fence: int) -> Run:
    return Run(
        id=run_id,
        camera_id=camera,
        fence=fence,
        epoch=UUID(int=fence),
        codec=params.video.codec,
        codecs=codecs_string(params),
        width=params.video.width,
        height=params.video.height,
        rate=params.video.fps,
        init=fmp4.init_segment(params),
        started_at=start,
    )


def _as_open(segment: Segment) -> OpenSegment:
    return OpenSegment(
        camera_id=segment.camera_id,
        run_id=segment.run_id,
        seq=segment.seq,
        start=segment.start,
        end=segment.end,
        volume=segment.volume,
        object_name=segment.object_name,
        fragments=segment.fragments,
    )


@pytest.fixture
def volume(tmp_path: Path) -> Volume:
    return Volume("default", tmp_path / "volume")


@pytest.fixture
def recorder(volume: Volume, database: Database, cache: Cache) -> Recorder:
    return Recorder(volume, database, cache)


@pytest.fixture
def segment_folder(tmp_path: Path) -> Path:
    """Where playback keeps what it fetched from an object store, below its folder of stills."""
    return tmp_path / "stills" / "segments"


@pytest.fixture
def settings() -> PlaybackSettings:
    return PlaybackSettings(still_timeout_s=30.0)


@pytest.fixture
def stores() -> dict[str, ObjectStore]:
    """Object stores by id; tests that need one say so."""
    return {}


@pytest.fixture
async def playback(
    database: Database,
    cache: Cache,
    keyring: Keyring,
    volume: Volume,
    stores: dict[str, ObjectStore],
    settings: PlaybackSettings,
    segment_folder: Path,
) -> AsyncIterator[Playback]:
    """Running, and past the moment in which it does not know yet what was withdrawn."""
    clock = SystemClock()
    made = Playback(
        machines=Machines(
            database=database, cache=cache, signer=keyring, clock=clock, folder=segment_folder.parent
        ),
        volumes={volume.id: volume, **stores},
        settings=settings,
        watching=Watching(
            policy=Policy(database, clock=clock),
            audit=Audit(database, service="playback-service", sign=keyring.sign, clock=clock),
        ),
    )
    running = asyncio.create_task(made.run())
    await until(made.ready)
    yield made
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)


async def until(condition: Callable[[], bool], *, within_s: float = 10.0) -> None:
    """Wait for what has to come."""
    async with asyncio.timeout(within_s):
        while not condition():
            await asyncio.sleep(0.01)


@pytest.fixture
def app(playback: Playback, database: Database, let_in: Callable[..., Any]) -> FastAPI:
    app = create_app(service="playback-service", title="Playback")
    let_in(app, database)
    provide(app, database)
    provide(app, playback)
    app.include_router(router)
    app.include_router(media_router)
    return app


@pytest.fixture
async def api(app: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    """The service itself, without a gateway."""
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://playback") as client:
        yield client


@pytest.fixture
async def service(app: FastAPI) -> AsyncIterator[str]:
    """The service on a socket: host and port."""
    listening = listen("127.0.0.1", 0)
    server = make_server(app)
    running = asyncio.create_task(serve(server, listening))
    yield f"127.0.0.1:{listening.getsockname()[1]}"
    server.should_exit = True
    await running


@pytest.fixture
def nginx(
    service: str, volume: Volume, stores: dict[str, ObjectStore], segment_folder: Path, tmp_path: Path
) -> Iterator[str]:
    """The gateway's address."""
    address = f"127.0.0.1:{free_port()}"
    gateway = EmbeddedNginx(
        Gateway(
            listen=(address,),
            folder=tmp_path / "nginx",
            upstreams=(Upstream("playback-service", (service,)),),
            routes=(Route("/api/v1/", "playback-service"),),
            media_upstream="playback-service",
            volumes={volume.id: volume.root},
            stores=tuple(stores),
            segment_cache=segment_folder if stores else None,
            workers=1,
        )
    )
    gateway.start()
    yield f"http://{address}"
    gateway.stop()


@pytest.fixture
async def web(nginx: str) -> AsyncIterator[httpx.AsyncClient]:
    """A browser's way: through the gateway."""
    async with httpx.AsyncClient(base_url=nginx, timeout=30) as client:
        yield client


async def granted(client: httpx.AsyncClient, camera: UUID, start: datetime, end: datetime, **more: Any) -> Any:
    """A grant by the API."""
    body = {"camera": str(camera), "from": start.isoformat(), "to": end.isoformat()} | more
    answer = await client.post("/api/v1/playback/grants", json=body)
    assert answer.status_code == 201, answer.text
    return answer.json()


@pytest.fixture
def grant() -> Callable[..., Any]:
    """``await grant(client, camera, start, end, **more)``."""
    return granted


async def output_of(*command: str) -> tuple[int, str, str]:
    """Run a program beside our servers: exit code, standard output, standard error."""
    process = await asyncio.create_subprocess_exec(
        *command, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE
    )
    async with asyncio.timeout(120):
        said, complained = await process.communicate()
    return process.returncode or 0, said.decode(), complained.decode()


@pytest.fixture
def run_program() -> Callable[..., Any]:
    """``await run_program("ffprobe", …)``."""
    return output_of
