"""Recording many cameras in one process against one ffmpeg a camera, by CPU time and memory of the processes.

Simulated cameras of 25 frames/s and 2 Mbit/s run in a process of their own, which is not counted. Ours is the
whole pipeline: files with hashes and heads, journal, rows in PostgreSQL, open indexes in Valkey (both counted
apart). The other way is ``ffmpeg -c copy -f segment`` for each camera. CPU is user and system time of the
processes and their children by ``/proc/PID/stat`` over the same number of seconds; memory is their proportional
set size.

``python -m bench.recorder`` prints the lines of 100 cameras and of flatness (25 to 200 cameras), with
``BENCH_FULL=1`` of 500 cameras for ten minutes besides; ``python -m bench.recorder many`` records those alone.
``BENCH_SECONDS`` changes how long each is measured.
"""

import asyncio
import contextlib
import json
import multiprocessing
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any

import psutil
import structlog
import uvloop

from bench.ground import Ground, ground, line
from cctv.base.clock import utc_now
from cctv.base.ids import CameraId
from cctv.base.span import Span, total_seconds
from cctv.cameras import registry
from cctv.infra.cache import Cache
from cctv.infra.database import Database
from cctv.infra.disks import Volume
from cctv.infra.keys import Keyring
from cctv.recording import archive, schedule
from cctv.recording.archive import Depth
from cctv.recording.capture import CaptureSettings, Slot
from cctv.recording.capture.recorder import Machines, Recorder
from cctv.recording.capture.workshop import Site
from cctv_simulator.process import SimulatorProcess

CAMERAS = int(os.environ.get("BENCH_CAMERAS", "100"))
SECONDS = float(os.environ.get("BENCH_SECONDS", "60"))
WARM_S = 20.0
KIND = os.environ.get("BENCH_KIND", "h264-main-1080p@2000")
MANY, MANY_KIND, MANY_SECONDS = 500, "sub", 600.0
CPU_TARGET, MEMORY_TARGET, FLAT_TARGET = 1.0, 0.2, 1.2
_TICK_S = 1 / os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True)
class Cost:
    """CPU in percent of a core and memory in MB, of all processes together, and what they wrote meanwhile."""

    cpu_percent: float
    memory_mb: float
    written_mb: float = 0.0


def cpu_s(pids: list[int]) -> float:
    """User and system time of these processes and of their children that have ended."""
    total = 0.0
    for pid in pids:
        with contextlib.suppress(OSError):
            fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
            total += sum(int(one) for one in fields[11:15]) * _TICK_S
    return total


def memory_mb(pids: list[int]) -> float:
    """Proportional set size."""
    total = 0
    for pid in pids:
        with contextlib.suppress(OSError):
            for row in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
                if row.startswith("Pss:"):
                    total += int(row.split()[1])
    return total / 1024


def family(pid: int) -> list[int]:
    """The process and all below it."""
    return [pid, *(child.pid for child in psutil.Process(pid).children(recursive=True))]


def measure(pids: list[int], seconds: float) -> Cost:
    """What the processes cost for so long."""
    before, began = cpu_s(pids), time.monotonic()
    time.sleep(seconds)
    used, lasted = cpu_s(pids) - before, time.monotonic() - began
    return Cost(100 * used / lasted, memory_mb(pids))


@contextlib.contextmanager
def simulated(cameras: int, kind: str) -> Iterator[SimulatorProcess]:
    with SimulatorProcess(cameras=cameras, kinds=kind, start_s=600) as simulator:
        yield simulator


async def register(place: Ground, urls: list[str]) -> None:
    """The cameras, as an operator adds them."""
    database, keyring = Database(place.database_url), Keyring.load(place.keys, make=False)
    async with database.write() as tx:
        for number, url in enumerate(urls):
            draft = registry.Draft(name=f"Camera {number}", agency="METRO", main_url=url)
            await registry.add_camera(tx, draft, keyring=keyring, at=utc_now())
    await database.close()


def record(place: Ground) -> None:
    """The recorder's process."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(30))
    uvloop.run(_record(place))


async def _record(place: Ground) -> None:
    recorder = Recorder(
        machines=Machines(
            database=Database(place.database_url),
            cache=Cache(place.valkey_url),
            keyring=Keyring.load(place.keys, make=False),
        ),
        site=Site(slot=Slot(node="bench"), volumes=[place.volume], folder=place.folder / "journal"),
        settings=CaptureSettings(),
    )
    task = asyncio.ensure_future(recorder.run())
    asyncio.get_running_loop().add_signal_handler(15, task.cancel)
    with contextlib.suppress(asyncio.CancelledError):
        await task


@contextlib.contextmanager
def recorder_process(place: Ground) -> Iterator[BaseProcess]:
    process = multiprocessing.get_context("spawn").Process(target=record, args=(place,))
    process.start()
    try:
        yield process
    finally:
        process.terminate()
        process.join(20)


async def recorded(place: Ground, since: datetime, until: datetime) -> tuple[float, dict[str, float], int]:
    """Seconds recorded by the catalogue in this time, seconds in gaps by cause, and findings of the check."""
    database, span = Database(place.database_url), Span(since, until)
    async with database.read() as tx:
        ids = [CameraId(camera.id) for camera in await registry.list_cameras(tx)]
        lines = await archive.timeline(tx, ids, span)
    volumes = [Volume("default", place.folder / "volume")]
    report = await archive.check(database, volumes, planned=schedule.all_planned, depth=Depth())
    await database.close()
    gaps: dict[str, float] = {}
    for one in lines.values():
        for gap in one.gaps:
            within = Span(max(gap.start, since), min(gap.end or until, until))
            gaps[gap.cause.value] = gaps.get(gap.cause.value, 0.0) + within.seconds
    return sum(total_seconds(one.spans) for one in lines.values()), gaps, len(report.findings)


def ours(cameras: int, kind: str, seconds: float) -> tuple[Cost, dict[str, Any]]:
    """Our pipeline over so many cameras."""
    with simulated(cameras, kind) as simulator, ground() as place:
        asyncio.run(register(place, [simulator.url(number) for number in range(1, cameras + 1)]))
        with recorder_process(place) as process:
            time.sleep(WARM_S + cameras / 50)
            pid = process.pid or 0
            machines = [one for one in family(os.getpid()) if one not in (pid, simulator.pid, os.getpid())]
            since, written = datetime.now(UTC), _bytes(place)
            apart = cpu_s(machines)
            cost = measure([pid], seconds)
            apart, until = cpu_s(machines) - apart, datetime.now(UTC)
            written = _bytes(place) - written
            late = simulator.control.stats()
        got, gaps, findings = asyncio.run(recorded(place, since, until))
    more = {
        "cameras": cameras,
        "seconds": round((until - since) / timedelta(seconds=1)),
        "mbit_s_each": round(written * 8e-6 / seconds / cameras, 2),
        "recorded_share": round(got / (cameras * ((until - since) / timedelta(seconds=1))), 4),
        "gap_seconds": round(sum(gaps.values()), 1),
        "gaps": {cause: round(lost, 1) for cause, lost in gaps.items()},
        "findings": findings,
        "database_and_cache_cpu_percent": round(100 * apart / seconds, 2),
        "simulator": late,
    }
    return Cost(cost.cpu_percent, cost.memory_mb, written / 1e6), more


def theirs(cameras: int, kind: str, seconds: float) -> Cost:
    """An ffmpeg for each camera."""
    with simulated(cameras, kind) as simulator, ground() as place:
        children = []
        try:
            for number in range(1, cameras + 1):
                children.append(_ffmpeg(simulator.url(number), place.folder / f"{number}-%05d.mp4"))
                time.sleep(0.02)
            time.sleep(WARM_S)
            return measure([child.pid for child in children], seconds)
        finally:
            for child in children:
                child.terminate()
            for child in children:
                child.wait(20)


def _ffmpeg(url: str, target: Path) -> "subprocess.Popen[bytes]":
    program = shutil.which("ffmpeg")
    if program is None:
        raise SystemExit("ffmpeg is not installed")
    words = ["-nostdin", "-loglevel", "error", "-rtsp_transport", "tcp", "-i", url]
    return subprocess.Popen([program, *words, "-c", "copy", "-f", "segment", "-segment_time", "60", str(target)])


def _bytes(place: Ground) -> int:
    return sum(path.stat().st_size for path in (place.folder / "volume").rglob("*.mp4"))


def hundred() -> bool:
    """CPU and memory against one ffmpeg a camera."""
    mine, more = ours(CAMERAS, KIND, SECONDS)
    other = theirs(CAMERAS, KIND, SECONDS)
    cpu, memory = mine.cpu_percent / other.cpu_percent, mine.memory_mb / other.memory_mb
    whole = bool(more["gap_seconds"] == 0 and more["findings"] == 0)
    line(
        f"CPU of recording {CAMERAS} cameras of 25 frames/s and 2 Mbit/s, percent of a core a camera",
        ours=mine.cpu_percent / CAMERAS,
        other=other.cpu_percent / CAMERAS,
        ratio=cpu,
        target=f"<= {CPU_TARGET}",
        met=cpu <= CPU_TARGET and whole,
        **more,
    )
    line(
        f"memory of recording {CAMERAS} cameras of 25 frames/s and 2 Mbit/s, MB a camera",
        ours=mine.memory_mb / CAMERAS,
        other=other.memory_mb / CAMERAS,
        ratio=memory,
        target=f"<= {MEMORY_TARGET}",
        met=memory <= MEMORY_TARGET,
    )
    return cpu <= CPU_TARGET and whole and memory <= MEMORY_TARGET


def flat() -> bool:
    """CPU a camera with 200 cameras against 25."""
    kind = os.environ.get("BENCH_FLAT_KIND", "h264-main-360p@500")
    few, _ = ours(25, kind, SECONDS)
    more, facts = ours(200, kind, SECONDS)
    ratio = (more.cpu_percent / 200) / (few.cpu_percent / 25)
    line(
        "CPU of recording, percent of a core a camera, 200 cameras against 25",
        ours=more.cpu_percent / 200,
        other=few.cpu_percent / 25,
        ratio=ratio,
        target=f"<= {FLAT_TARGET}",
        met=ratio <= FLAT_TARGET,
        **facts,
    )
    return ratio <= FLAT_TARGET


def many() -> bool:
    """500 cameras: no gap."""
    seconds = float(os.environ.get("BENCH_SECONDS", MANY_SECONDS))
    mine, more = ours(MANY, MANY_KIND, seconds)
    met = bool(more["gap_seconds"] == 0 and more["findings"] == 0)
    line(
        f"seconds of gaps in recording {MANY} cameras ({MANY_KIND}) for {seconds:.0f} s",
        ours=more["gap_seconds"],
        other=0,
        ratio=more["recorded_share"],
        target="no gap",
        met=met,
        cpu_percent=round(mine.cpu_percent, 1),
        memory_mb=round(mine.memory_mb, 1),
        **more,
    )
    return met


def one_way() -> bool:
    """Our side alone, for profiling."""
    mine, more = ours(CAMERAS, KIND, SECONDS)
    print(
        json.dumps({"cpu_percent_each": mine.cpu_percent / CAMERAS, "mb_each": mine.memory_mb / CAMERAS, **more})
    )
    return True


ROUNDS = {"hundred": hundred, "flat": flat, "many": many, "ours": one_way}


def rounds() -> list[str]:
    """Those that are named, else all that have a target; the ten minutes of 500 cameras are asked for."""
    return sys.argv[1:] or ["hundred", "flat", *(["many"] if os.environ.get("BENCH_FULL") else [])]


def main() -> int:
    """0 when all targets are met, 1 when not."""
    met = [ROUNDS[name]() for name in rounds()]
    return 0 if all(met) else 1


if __name__ == "__main__":
    sys.exit(main())
