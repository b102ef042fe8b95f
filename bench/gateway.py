"""Media bytes through the gateway with the right checked, against bare nginx sending the same files.

`wrk` asks both for random ranges of 500 kB (and 50 kB) of one camera's recorded files over kept connections,
in turn, several rounds. At the gateway each address carries a grant; nginx asks playback-service about it and
keeps the answer four seconds. Bare nginx has sendfile, the same buffers and nothing else to do.
"""

import asyncio
import json
import shutil
import statistics
import subprocess
import sys
from datetime import timedelta
from pathlib import Path
from uuid import UUID, uuid4

import httpx

from bench.ground import Ground, ground, line, playback_service
from cctv.base.clock import SystemClock, from_us, to_us, utc_now
from cctv.base.ids import CameraId, new_run_id, object_name
from cctv.infra.database import Database
from cctv.infra.embedded import Child, free_port, spawn
from cctv.infra.gateway import EmbeddedNginx, Gateway, Route, Upstream, find_nginx
from cctv.media.mp4.index import FragmentEntry, encode_index
from cctv.recording import archive
from cctv.recording.archive import Batch, Run, Segment

FILES = 20
FILE_BYTES = 15_000_000  # a minute of 2 Mbit/s
ROUNDS = 3
SECONDS = 5
CONNECTIONS = 16
TARGET = 0.7

_SCRIPT = """
local paths = {}
for path in io.lines("%(paths)s") do paths[#paths + 1] = path end
local size, whole = %(size)d, %(whole)d
request = function()
   local from = math.random(0, whole - size)
   local range = "bytes=" .. from .. "-" .. (from + size - 1)
   return wrk.format("GET", paths[math.random(#paths)], {Range = range})
end
done = function(summary, latency)
   local errors = summary.errors.connect + summary.errors.read + summary.errors.timeout + summary.errors.status
   io.write(string.format('{"bytes": %%d, "us": %%d, "requests": %%d, "errors": %%d, "p99_us": %%d}\\n',
      summary.bytes, summary.duration, summary.requests, errors, latency:percentile(99)))
end
"""


async def recorded(place: Ground) -> tuple[CameraId, list[str], dict[str, str]]:
    """A camera with files and rows; the object names, and what to ask a grant for."""
    camera, start = CameraId(uuid4()), utc_now(SystemClock()) - timedelta(hours=2)
    run = new_run_id(started_us=to_us(start), fence=1)
    size = FILE_BYTES // 60
    index = encode_index(1000, 0, [FragmentEntry(size, 90_000, 20_000)] * 60)
    segments = []
    for seq in range(FILES):
        begin = from_us(to_us(start) + seq * 60_000_000)
        name = object_name(agency="METRO", camera=camera, run=run, seq=seq, started=begin)
        path = place.volume.archive_path(name)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes((b"%08d" % seq) * (FILE_BYTES // 8))
        segments.append(
            Segment(
                camera_id=camera,
                run_id=run,
                seq=seq,
                start=begin,
                end=begin + timedelta(seconds=60),
                size_bytes=FILE_BYTES,
                sha256=bytes(32),
                volume="default",
                object_name=name,
                fragments=index,
            )
        )
    row = Run(
        id=run,
        camera_id=camera,
        fence=1,
        epoch=UUID(int=1),
        codec="h264",
        codecs="avc1.640028",
        width=1920,
        height=1080,
        rate=25.0,
        init=b"",
        started_at=start,
    )
    database = Database(place.database_url)
    async with database.write() as tx:
        await archive.record(tx, Batch(runs=(row,), segments=tuple(segments)))
    await database.close()
    wish = {"camera": str(camera), "from": start.isoformat(), "to": (start + timedelta(hours=1)).isoformat()}
    return camera, [segment.object_name for segment in segments], wish


def bare_nginx(place: Ground, port: int) -> Child:
    """nginx with sendfile over the same files."""
    folder = place.folder / "bare"
    folder.mkdir()
    config = folder / "nginx.conf"
    config.write_text(
        f"""daemon off; pid {folder}/pid; error_log stderr error; worker_processes 2;
user root; events {{ worker_connections 1024; }}
http {{ access_log off; sendfile on; keepalive_requests 1000000; request_pool_size 16k;
        open_file_cache max=4000 inactive=20s;
        server {{ listen 127.0.0.1:{port}; root {place.volume.root}/archive; }} }}
"""
    )
    child = spawn(
        [find_nginx(), "-p", str(folder), "-c", str(config), "-e", "stderr"], name="bare nginx", log=folder / "log"
    )
    child.await_ready(lambda: _answers(port), within_s=10, log=folder / "log")
    return child


def _answers(port: int) -> bool:
    try:
        return httpx.get(f"http://127.0.0.1:{port}/", timeout=1).status_code > 0
    except httpx.HTTPError:
        return False


def hammer(base: str, script: Path, size: int) -> dict[str, float]:
    """One round of wrk: what its script prints. Looking at each answer in Lua would cost more than sending it."""
    done = subprocess.run(
        ["wrk", "-t2", f"-c{CONNECTIONS}", f"-d{SECONDS}s", "-s", str(script), base],
        capture_output=True,
        text=True,
        check=True,
    )
    found: dict[str, float] = json.loads(done.stdout.strip().splitlines()[-1])
    if found["errors"] or not 1 <= found["bytes"] / found["requests"] / size < 1.1:
        raise RuntimeError(f"{base}: {found}")
    return found


def script_for(folder: Path, name: str, paths: list[str], size: int) -> Path:
    listed, script = folder / f"{name}.txt", folder / f"{name}-{size}.lua"
    listed.write_text("\n".join(paths) + "\n")
    script.write_text(_SCRIPT % {"paths": listed, "size": size, "whole": FILE_BYTES})
    return script


def compare(place: Ground, service: str) -> bool:
    camera, names, wish = asyncio.run(recorded(place))
    gate, bare = f"127.0.0.1:{free_port()}", free_port()
    gateway = EmbeddedNginx(
        Gateway(
            listen=(gate,),
            folder=place.folder / "gateway",
            upstreams=(Upstream("playback-service", (service,)),),
            routes=(Route("/api/v1/", "playback-service"),),
            media_upstream="playback-service",
            volumes={"default": place.volume.root},
        )
    )
    gateway.start()
    other = bare_nginx(place, bare)
    try:
        grant = httpx.post(f"http://{gate}/api/v1/playback/grants", json=wish).json()["grant"]
        ways = {
            "gateway": (f"http://{gate}", [f"/media/{camera}/{grant}/default/{name}" for name in names]),
            "bare": (f"http://127.0.0.1:{bare}", [f"/{name}" for name in names]),
        }
        met = [_measure(place, ways, size) for size in (500_000, 50_000)]
        return all(met)
    finally:
        gateway.stop()
        other.stop(within_s=5)


def _measure(place: Ground, ways: dict[str, tuple[str, list[str]]], size: int) -> bool:
    rates: dict[str, list[float]] = {name: [] for name in ways}
    slowest: dict[str, float] = {}
    for _ in range(ROUNDS):
        for name, (base, paths) in ways.items():
            found = hammer(base, script_for(place.folder, name, paths, size), size)
            rates[name].append(found["bytes"] / found["us"])
            slowest[name] = found["p99_us"] / 1000
    ours, other = statistics.median(rates["gateway"]), statistics.median(rates["bare"])
    met = ours / other >= TARGET or size < 500_000
    line(
        f"media bytes through the gateway with the right checked, ranges of {size // 1000} kB, MB/s",
        ours=ours,
        other=other,
        ratio=ours / other,
        target=f">= {TARGET} of bare nginx" if size >= 500_000 else "none; for comparison",
        met=met,
        p99_ms={name: round(one, 1) for name, one in slowest.items()},
    )
    return met


def main() -> int:
    """0 when the target is met, 1 when not, 2 when it cannot run."""
    if shutil.which("wrk") is None:
        print("bench gateway: wrk is missing (apt-get install wrk)", file=sys.stderr)
        return 2
    with ground() as place, playback_service(place) as service:
        return 0 if compare(place, service) else 1


if __name__ == "__main__":
    raise SystemExit(main())
