"""Playback against the other way: a playlist made of the catalogue against transmuxing; and its cost as the
catalogue grows to millions of segments. ``BENCH_FULL=1`` adds 22 million (30 days of 500 cameras).
"""

import asyncio
import contextlib
import gc
import os
import random
import re
import statistics
import subprocess
import time
from collections.abc import Coroutine, Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import httpx

from bench.film import record_film
from bench.ground import Ground, everybody_watches, ground, line, percentile, playback_service
from bench.many_segments import Loaded, load
from cctv.base.clock import SystemClock, utc_now
from cctv.base.ids import CameraId
from cctv.base.span import Span
from cctv.infra.cache import Cache
from cctv.infra.database import Database
from cctv.infra.embedded import free_port
from cctv.infra.gateway import EmbeddedNginx, Gateway, Route, Upstream
from cctv.infra.keys import Keyring
from cctv.viewing.playback import Machines, Playback, PlaybackSettings, answers

KIND = "h264-high-1080p@2000"
SOONER = 50
COLD_STARTS = 5
CALLS = 100
PLAYLIST_MS = 50.0
TIMELINE_MS = 20.0
GROWTH = 1.5


def first_fragment() -> bool:
    """An hour of 1080p at 2 Mbit/s: from asking for the right to its first fragment, through the gateway."""
    with ground() as place:
        start = utc_now(SystemClock()) - timedelta(hours=3)
        camera = asyncio.run(record_film(place, kind=KIND, start=start, minutes=60))
        warm = asyncio.run(record_film(place, kind="sub", start=start, minutes=1))
        ours: list[float] = []
        for number in range(COLD_STARTS):
            with playback_service(place) as service, _gateway(place, service, number) as web:
                _watch(web, str(warm), start, minutes=1)
                ours.append(_watch(web, str(camera), start, minutes=60))
                if not number:
                    hour = _one_file(place, web, str(camera), start)
        other_s = _transmux(place, hour)
    ours_s = statistics.median(ours)
    ratio = other_s / ours_s
    line(
        "right, playlist and first fragment of an hour (1080p, cold), against ffmpeg transmuxing it to HLS, s",
        ours=ours_s,
        other=other_s,
        ratio=ratio,
        target=f">= {SOONER} times sooner",
        met=ratio >= SOONER,
    )
    return ratio >= SOONER


@contextlib.contextmanager
def _gateway(place: Ground, service: str, number: int) -> Iterator[httpx.Client]:
    address = f"127.0.0.1:{free_port()}"
    gateway = EmbeddedNginx(
        Gateway(
            listen=(address,),
            folder=place.folder / f"gateway-{number}",
            upstreams=(Upstream("playback-service", (service,)),),
            routes=(Route("/api/v1/", "playback-service"),),
            media_upstream="playback-service",
            volumes={"default": place.volume.root},
        )
    )
    gateway.start()
    try:
        with httpx.Client(base_url=f"http://{address}", timeout=60) as web:
            yield web
    finally:
        gateway.stop()


def _watch(web: httpx.Client, camera: str, start: datetime, *, minutes: int) -> float:
    wish = {"camera": camera, "from": start.isoformat(), "to": (start + timedelta(minutes=minutes)).isoformat()}
    began = time.perf_counter()
    right = web.post("/api/v1/playback/grants", json=wish).json()
    text = web.get(right["video_url"]).text
    folder = right["video_url"].rsplit("/", 1)[0]
    found = re.search(r"#EXT-X-BYTERANGE:(\d+)@(\d+)\n(\S+)\n", text)
    assert found is not None
    first, last = int(found[2]), int(found[2]) + int(found[1]) - 1
    got = web.get(f"{folder}/{found[3]}", headers={"Range": f"bytes={first}-{last}"})
    took = time.perf_counter() - began
    assert got.status_code == 206
    assert text.endswith("#EXT-X-ENDLIST\n")
    return took


def _one_file(place: Ground, web: httpx.Client, camera: str, start: datetime) -> Path:
    """The same hour as one plain MP4, so that ffmpeg has a source as simple as can be."""
    target = place.folder / "hour.mp4"
    wish = {"camera": camera, "from": start.isoformat(), "to": (start + timedelta(hours=1)).isoformat()}
    with web.stream("GET", "/api/v1/recordings/download", params=wish) as answer, target.open("wb") as out:
        assert answer.status_code == 200
        for chunk in answer.iter_bytes(1 << 20):
            out.write(chunk)
    return target


def _transmux(place: Ground, source: Path) -> float:
    folder = place.folder / "hls"
    folder.mkdir()
    command = ["ffmpeg", "-v", "error", "-i", str(source), "-c", "copy", "-f", "hls", "-hls_time", "2"]
    command += ["-hls_playlist_type", "vod", "-hls_segment_type", "fmp4", str(folder / "index.m3u8")]
    began = time.perf_counter()
    subprocess.run(command, check=True)
    return time.perf_counter() - began


class _Asker:
    """Asks one catalogue: a camera's day as a playlist, as a timeline, and the day of up to 500 cameras."""

    def __init__(self, place: Ground, loaded: Loaded) -> None:
        self._database, self._cache = Database(place.database_url), Cache(place.valkey_url)
        keyring = Keyring.load(place.keys, make=False)
        self.playback = Playback(
            machines=Machines(
                database=self._database,
                cache=self._cache,
                signer=keyring,
                clock=SystemClock(),
                folder=place.folder / "stills",
            ),
            volumes={},
            settings=PlaybackSettings(),
            watching=everybody_watches(self._database, keyring),
        )
        self._dice = random.Random(11)
        self._loaded = loaded
        self._days = [loaded.start + timedelta(days=number) for number in range(loaded.days)]
        self.warm = [(self._dice.choice(loaded.cameras), self._day()) for _ in range(6)]
        self.took_ms: dict[str, list[float]] = {"cold": [], "playlist": [], "timeline": [], "all": []}
        self.bytes = 0

    async def warm_up(self) -> None:
        for camera, span in self.warm:
            self.took_ms["cold"].append(await _timed(self._playlist(camera, span)))
        for _ in range(3):
            await self._timeline(self._loaded.cameras[:1])
            await self._timeline(self._loaded.cameras[:500])

    async def ask(self, what: str) -> None:
        if what == "playlist":
            call = self._playlist(*self._dice.choice(self.warm))
        else:
            cameras = self._loaded.cameras[:500] if what == "all" else [self._dice.choice(self._loaded.cameras)]
            call = self._timeline(cameras)
        self.took_ms[what].append(await _timed(call))

    def p95(self, what: str) -> float:
        return percentile(self.took_ms[what], 0.95)

    async def close(self) -> None:
        await self.playback.close()
        await self._cache.close()
        await self._database.close()

    async def _playlist(self, camera: CameraId, span: Span) -> None:
        answer = answers.playlist(*await self.playback.playlist(camera, span, iframes=False))
        assert answer.stream is not None
        self.bytes = sum([len(chunk) async for chunk in answer.stream])

    async def _timeline(self, cameras: list[CameraId]) -> None:
        span = self._day()
        found = await self.playback.timelines(cameras, span)
        answers.timeline(found, span, now=self.playback.now(), known=None)

    def _day(self) -> Span:
        start = self._dice.choice(self._days)
        return Span(start, start + timedelta(days=1))


async def _timed(call: Coroutine[Any, Any, None]) -> float:
    began = time.perf_counter()
    await call
    return (time.perf_counter() - began) * 1000


async def _compare(small: tuple[Ground, Loaded], large: tuple[Ground, Loaded]) -> bool:
    """Both catalogues are asked in turn, call by call, so that whatever else the machine does hits both alike."""
    few, many = _Asker(*small), _Asker(*large)
    await few.warm_up()
    await many.warm_up()
    gc.collect()
    gc.freeze()  # as the supervisor does before it forks a service: modules are not looked through again and again
    for what, calls in (("playlist", CALLS), ("timeline", CALLS), ("all", CALLS // 5)):
        for _ in range(calls):
            await few.ask(what)
            await many.ask(what)
    met = True
    for what, words, limit_ms in (
        ("playlist", "24 h playlist, warm, before compression", PLAYLIST_MS),
        ("timeline", "timeline of a camera's day", TIMELINE_MS),
    ):
        ours, other = many.p95(what), few.p95(what)
        fine = ours < limit_ms and ours / other <= GROWTH
        met = met and fine
        more = (
            {"cold_ms": round(many.p95("cold"), 1), "bytes": many.bytes}
            if what == "playlist"
            else {"all_cameras_ms": round(many.p95("all"), 1)}
        )
        line(
            f"{words}, p95 in ms with {large[1].segments:,} segments, against {small[1].segments:,}",
            ours=ours,
            other=other,
            ratio=ours / other,
            target=f"< {limit_ms:g} ms and <= {GROWTH} times",
            met=fine,
            p50_ms=[round(percentile(one.took_ms[what], 0.5), 1) for one in (many, few)],
            **more,
        )
    await few.close()
    await many.close()
    return met


def growth() -> bool:
    """The same questions with 200,000 segments and with many times more, in the same run."""
    met = True
    for cameras, days in [(464, 3)] + ([(500, 30)] if os.environ.get("BENCH_FULL") else []):
        with ground() as few, ground() as many:
            small = load(few.database_url, cameras=46, days=3)
            large = load(many.database_url, cameras=cameras, days=days)
            met = asyncio.run(_compare((few, small), (many, large))) and met
    return met


def main() -> int:
    """0 when all targets are met, 1 when not."""
    met = [first_fragment(), growth()]
    return 0 if all(met) else 1


if __name__ == "__main__":
    raise SystemExit(main())
