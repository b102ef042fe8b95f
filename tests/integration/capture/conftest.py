"""A recorder on real machines: PostgreSQL, Valkey, a disk, and simulated cameras over real RTSP.

Times are shortened by settings: heartbeats of 0.2 s, leases of 2 s, segments of 3 s.
"""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from cctv.base.clock import Clock, SystemClock, utc_now
from cctv.base.ids import CameraId
from cctv.base.span import Span
from cctv.cameras import registry
from cctv.infra.cache import Cache
from cctv.infra.database import Database
from cctv.infra.disks import Volume
from cctv.infra.keys import Keyring
from cctv.recording import archive, schedule
from cctv.recording.archive import Depth, Gap, Report, SegmentRow, Timeline
from cctv.recording.capture import CaptureSettings, Slot
from cctv.recording.capture.recorder import Machines, Recorder
from cctv.recording.capture.workshop import Site
from cctv_simulator.process import SimulatorProcess

FAST: dict[str, Any] = {
    "heartbeat_s": 0.2,
    "lease_s": 2.0,
    "settle_s": 0.3,
    "handover_beats": 3,
    "handover_share": 1.0,
    "poll_s": 1.0,
    "open_s": 4.0,
    "prove_s": 0.0,
    "silence_s": 2.0,
    "retry_first_s": 0.3,
    "retry_most_s": 1.0,
    "segment_s": 3.0,
    "sync_s": 0.5,
    "reserve_bytes": 1 << 20,
    "publish_s": 0.1,
    "rows_s": 0.1,
    "status_s": 0.1,
    "stop_s": 8.0,
}
LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)


@dataclass
class Room:
    """What the tests of this room do with a system."""

    database: Database
    cache: Cache
    keyring: Keyring
    folder: Path
    simulator: SimulatorProcess
    clock: Clock = field(default_factory=SystemClock)

    def __post_init__(self) -> None:
        self.volumes = [Volume("default", self.folder / "volume")]

    async def add(self, number: int = 1, **given: Any) -> registry.Camera:
        """Register the simulator's camera of that number."""
        address = given.pop("url", None) or self.simulator.url(number)
        draft = registry.Draft(name=f"Camera {number}", agency="METRO", main_url=address, **given)
        async with self.database.write() as tx:
            return await registry.add_camera(tx, draft, keyring=self.keyring, at=utc_now(self.clock))

    async def change(self, camera: CameraId, **given: Any) -> None:
        async with self.database.write() as tx:
            await registry.change_camera(tx, camera, given, keyring=self.keyring, at=utc_now(self.clock))

    def recorder(self, slot: int = 0, *, database: Database | None = None, **settings: Any) -> Recorder:
        machines = Machines(
            database=database or self.database, cache=self.cache, keyring=self.keyring, clock=self.clock
        )
        site = Site(slot=Slot(node="n1", number=slot), volumes=self.volumes, folder=self.folder / "journal")
        return Recorder(machines=machines, site=site, settings=CaptureSettings(**(FAST | settings)))

    @contextlib.asynccontextmanager
    async def recording(self, recorder: Recorder | None = None, **settings: Any) -> AsyncIterator[Recorder]:
        """A recorder at work; stopped in good order at the end."""
        one = recorder or self.recorder(**settings)
        task = asyncio.create_task(one.run())
        try:
            yield one
            if task.done():
                task.result()
        finally:
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task

    async def timeline(self, camera: CameraId, *, until: datetime | None = None) -> Timeline:
        span = Span(LONG_AGO, until or utc_now(self.clock) + timedelta(days=1))
        async with self.database.read() as tx:
            return (await archive.timeline(tx, [camera], span))[camera]

    async def gaps(self, camera: CameraId) -> list[Gap]:
        return (await self.timeline(camera)).gaps

    async def segments(self, camera: CameraId) -> list[SegmentRow]:
        async with self.database.read() as tx:
            return await archive.segments(tx, camera, Span(LONG_AGO, utc_now(self.clock) + timedelta(days=1)))

    async def recorded(self, camera: CameraId, *, seconds: float, limit_s: float = 30) -> None:
        """Wait until so many seconds of the camera are in the catalogue."""

        async def enough() -> bool:
            spans = (await self.timeline(camera)).spans
            return sum(span.seconds for span in spans) >= seconds

        await eventually(enough, limit_s=limit_s, what=f"{seconds} s recorded")

    async def check(self) -> Report:
        """The design's invariants 1 to 4, every byte read."""

        return await archive.check(
            self.database,
            self.volumes,
            planned=schedule.all_planned,
            depth=Depth(hashes=True, settle_s=2.0),
            clock=self.clock,
        )

    async def holds(self) -> None:
        """All invariants hold."""
        report = await self.check()
        assert not report.findings, [finding.words for finding in report.findings]


async def eventually(true: Callable[[], Awaitable[bool]], *, limit_s: float = 15, what: str = "it") -> None:
    """Wait until ``true``; the test fails after ``limit_s``, which is never how long it takes."""
    end = time.monotonic() + limit_s
    while not await true():
        if time.monotonic() > end:
            pytest.fail(f"{what} did not happen within {limit_s} s")
        await asyncio.sleep(0.05)


@pytest.fixture(scope="session")
def simulator() -> Iterator[SimulatorProcess]:
    """Four cameras of short GOPs; a test takes one of its own by ``control.add_camera``."""
    with SimulatorProcess(cameras=4, kinds="h264-main-gop1") as child:
        yield child


@pytest.fixture
async def room(
    database: Database, cache: Cache, keyring: Keyring, tmp_path: Path, simulator: SimulatorProcess
) -> AsyncIterator[Room]:
    yield Room(database, cache, keyring, tmp_path, simulator)
    for words in simulator.control.cameras():
        simulator.control.clear(words["number"])
