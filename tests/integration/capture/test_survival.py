"""Recorders are killed, cut off, doubled and starved; the catalogue tells the truth afterwards."""

import asyncio
import contextlib
import errno
import random
import signal
import sys
import time
from collections.abc import AsyncIterator, Callable
from datetime import timedelta
from pathlib import Path

import pytest

from cctv.base.clock import utc_now
from cctv.base.faults import CameraState, Cause
from cctv.base.ids import CameraId
from cctv.base.span import Span
from cctv.cameras import status
from cctv.infra.cache import Cache
from cctv.infra.database import Database
from cctv.infra.disks import OsFiles, Volume
from cctv.infra.embedded import EmbeddedPostgres, EmbeddedValkey, free_port
from cctv.infra.keys import Keyring
from cctv.recording import archive
from cctv.services.migrations import run as migrations
from cctv_simulator.process import SimulatorProcess

from .child import Child, running
from .conftest import Room, eventually


@pytest.fixture
def urls(database_url: str, valkey: EmbeddedValkey) -> tuple[str, str]:
    return database_url, valkey.url


async def test_a_killed_recorder_loses_a_second_and_its_successor_says_so(
    room: Room, urls: tuple[str, str]
) -> None:
    cameras = [await room.add(number) for number in (1, 2)]
    seed = random.randrange(1 << 32)
    sys.stdout.write(f"seed {seed}\n")
    chance = random.Random(seed)
    children = [Child(room, urls)]
    with contextlib.ExitStack() as ends:
        ends.callback(lambda: children[-1].kill())  # noqa: PLW0108 - the last one there is then
        for camera in cameras:
            await room.recorded(camera.id, seconds=2, limit_s=40)
        for _ in range(3):
            await asyncio.sleep(chance.uniform(0.5, 3.0))
            children[-1].kill()
            killed = time.time()
            await asyncio.sleep(1)
            children.append(Child(room, urls))
            for camera in cameras:
                await told_after(room, camera.id, killed)
        assert children[-1].stop() == 0
    for camera in cameras:
        timeline = await room.timeline(camera.id)
        gaps = [gap for gap in timeline.gaps if gap.start > camera.mode_since]
        assert len(gaps) == 3
        assert {gap.cause for gap in gaps} == {Cause.RESTART}
        assert all(gap.end is not None for gap in gaps)
    await room.holds()


async def told_after(room: Room, camera: CameraId, moment: float) -> None:
    """Wait until a segment that began after ``moment`` is in the catalogue."""

    async def told() -> bool:
        return any(row.start.timestamp() > moment for row in await room.segments(camera))

    await eventually(told, limit_s=40, what="recording after the kill")


async def opened(room: Room, camera: CameraId, *, seconds: float, after: float = 0) -> None:
    """Wait until so many seconds lie in an open file that was begun after a moment."""

    async def told() -> bool:
        one = (await archive.read_open(room.cache, [camera])).get(camera)
        return one is not None and one.span.start.timestamp() > after and one.span.seconds >= seconds

    await eventually(told, limit_s=40, what=f"an open file of {seconds} s")


async def test_a_recorder_that_dies_before_it_could_tell_of_the_one_before_it(
    room: Room, urls: tuple[str, str]
) -> None:
    camera = await room.add(1)
    first = Child(room, urls)
    with running(first):
        await room.recorded(camera.id, seconds=2, limit_s=40)
        first.kill()
    killed = time.time()
    await asyncio.sleep(1.5)
    silent = Child(room, urls, segment_s=60.0, rows_s=1000.0)  # records, and asks the catalogue nothing
    with running(silent):
        await opened(room, camera.id, seconds=2, after=killed)
        silent.kill()
    await asyncio.sleep(1.5)
    async with room.recording():
        await told_after(room, camera.id, time.time())
    gaps = [gap for gap in await room.gaps(camera.id) if gap.start > camera.mode_since]
    assert [gap.cause for gap in gaps] == [Cause.RESTART] * 2
    await room.holds()


async def test_what_a_killed_recorder_had_written_is_salvaged_up_to_the_last_second(
    room: Room, urls: tuple[str, str]
) -> None:
    camera = await room.add(1)
    child = Child(room, urls, segment_s=60.0)
    with running(child):
        await opened(room, camera.id, seconds=4)
        killed = time.time()
        child.kill()
    async with room.recording():
        await room.recorded(camera.id, seconds=6)
    first = (await room.timeline(camera.id)).spans[0]
    assert killed - first.end.timestamp() < 2.5, "a second of video, and what a busy machine adds"
    await room.holds()


async def test_two_recorders_for_one_camera_share_and_take_over(room: Room) -> None:
    cameras = [await room.add(number) for number in (1, 2, 3, 4)]
    async with contextlib.AsyncExitStack() as stack:
        one = await stack.enter_async_context(room.recording(room.recorder(0)))
        two = await stack.enter_async_context(room.recording(room.recorder(1)))

        async def shared() -> bool:
            return len(one.workshop.posts.all) == len(two.workshop.posts.all) == 2

        await eventually(shared, what="two cameras each")
        assert not set(one.workshop.posts.all) & set(two.workshop.posts.all)
        for camera in cameras:
            await room.recorded(camera.id, seconds=3)
    await room.holds()


async def test_another_slot_takes_over_from_a_dead_one(room: Room, urls: tuple[str, str]) -> None:
    camera = await room.add(1)
    child = Child(room, urls, slot=0, node="elsewhere")
    with running(child):
        await room.recorded(camera.id, seconds=4, limit_s=40)
        child.kill()
    before = (await room.timeline(camera.id)).spans[-1].end
    async with room.recording(room.recorder(1)):
        await told_after(room, camera.id, before.timestamp() + 1)
    gap = next(gap for gap in await room.gaps(camera.id) if gap.start > camera.mode_since)
    assert gap.cause is Cause.NODE
    assert gap.end is not None
    assert gap.end - gap.start < timedelta(seconds=20)
    await room.holds()


class Plug:
    """A database behind a plug of its own: pulled, it answers no more; what was open breaks."""

    def __init__(self, room: Room, target: str) -> None:
        self.room = room
        host = target.rpartition("@")[2].partition("/")[0]
        self._target = host.rpartition(":")[::2]
        self._url = target
        self._links: set[asyncio.StreamWriter] = set()
        self._server: asyncio.Server | None = None
        self.pulled = False

    async def __aenter__(self) -> "Plug":
        self._server = await asyncio.start_server(self._link, "127.0.0.1", 0)
        return self

    async def __aexit__(self, *_: object) -> None:
        self.pull()
        if self._server is not None:
            self._server.close()

    @property
    def url(self) -> str:
        assert self._server is not None
        port = self._server.sockets[0].getsockname()[1]
        return self._url.replace(f"{self._target[0]}:{self._target[1]}", f"127.0.0.1:{port}")

    def pull(self) -> None:
        self.pulled = True
        for link in list(self._links):
            link.transport.abort()

    async def _link(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self.pulled:
            writer.transport.abort()
            return
        there, back = await asyncio.open_connection(self._target[0], int(self._target[1]))
        self._links |= {writer, back}
        await asyncio.gather(_pump(reader, back), _pump(there, writer), return_exceptions=True)
        self._links -= {writer, back}


async def _pump(source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
    with contextlib.suppress(OSError):
        while data := await source.read(65536):
            sink.write(data)
            await sink.drain()
    sink.transport.abort()


@pytest.fixture
async def plugged(room: Room, database_url: str) -> AsyncIterator[tuple[Plug, Database]]:
    async with Plug(room, database_url) as plug:
        database = Database(plug.url)
        yield plug, database
        await database.close()


async def test_recording_goes_on_while_the_database_is_away(room: Room, plugged: tuple[Plug, Database]) -> None:
    plug, database = plugged
    camera = await room.add(1)
    async with room.recording(room.recorder(database=database, lease_s=30.0)) as recorder:
        await room.recorded(camera.id, seconds=3)
        plug.pull()
        await asyncio.sleep(8)
        assert recorder.workshop.posts.all[camera.id].recorder.recording
        waiting = len(recorder.workshop.notebook)
        assert waiting >= 1, "rows wait in the journal"
        plug.pulled = False

        async def drained() -> bool:
            return len(recorder.workshop.notebook) == 0

        await eventually(drained, limit_s=30, what="the journal drained")
    timeline = await room.timeline(camera.id)
    assert len(timeline.spans) == 1, "nothing was lost"
    assert len({row.run_id for row in await room.segments(camera.id)}) == 1
    await room.holds()


async def test_a_recorder_starts_from_its_roster_while_the_database_is_away(
    room: Room, plugged: tuple[Plug, Database]
) -> None:
    plug, database = plugged
    camera = await room.add(1)
    async with room.recording():
        await room.recorded(camera.id, seconds=3)
    plug.pull()
    await asyncio.sleep(2)
    async with room.recording(room.recorder(database=database)) as recorder:

        async def recording() -> bool:
            post = recorder.workshop.posts.all.get(camera.id)
            return post is not None and post.recorder.written_us > 0

        await eventually(recording, limit_s=20, what="recording from the roster")
        await asyncio.sleep(2)
        plug.pulled = False
        await room.recorded(camera.id, seconds=9)
    gaps = [gap for gap in await room.gaps(camera.id) if gap.start > camera.mode_since]
    assert [gap.cause for gap in gaps] == [Cause.RESTART]
    await room.holds()


async def test_a_recorder_cut_off_learns_that_it_lost_its_lease(
    room: Room, plugged: tuple[Plug, Database]
) -> None:
    plug, database = plugged
    camera = await room.add(1)
    async with room.recording(room.recorder(0, database=database)) as cut_off:
        await room.recorded(camera.id, seconds=3)
        plug.pull()
        await asyncio.sleep(3)
        async with room.recording(room.recorder(1)) as other:

            async def taken() -> bool:
                post = other.workshop.posts.all.get(camera.id)
                return post is not None and post.recorder.written_us > 0

            await eventually(taken, limit_s=20, what="the other's taking over")
            await asyncio.sleep(4)
            assert cut_off.workshop.posts.all[camera.id].recorder.recording, "it goes on, not knowing"
            plug.pulled = False

            async def stopped() -> bool:
                return camera.id not in cut_off.workshop.posts.all

            await eventually(stopped, limit_s=20, what="giving way")
            await asyncio.sleep(2)
    now = (await room.timeline(camera.id)).spans
    assert sum(span.seconds for span in now) > 8
    async with room.database.read() as tx:
        rows = await archive.segment_list(tx, camera.id, _all_time(), limit=1000)
    assert len({row.run_id for row in rows}) >= 2
    await room.holds()


def _all_time() -> Span:
    return Span(utc_now() - timedelta(days=1), utc_now() + timedelta(days=1))


@pytest.fixture
def small_disk(mount_small: Callable[[int], Path]) -> Path:
    """A file system of 8 MB."""
    return mount_small(8)


async def test_a_full_disk_makes_room_or_a_gap_and_never_a_broken_file(room: Room, small_disk: Path) -> None:
    camera = await room.add(1)
    room.volumes = [Volume("default", small_disk)]
    async with room.recording(segment_s=3.0) as recorder:
        await room.recorded(camera.id, seconds=3)
        ballast = small_disk / "ballast"
        size = recorder.workshop.desk.shelves[0].volume.usage().free_bytes - 400_000
        ballast.write_bytes(bytes(max(0, size)))
        await asyncio.sleep(12)
        ballast.unlink()
        await asyncio.sleep(4)
        state = recorder.workshop.posts.all[camera.id].recorder
        assert state.recording
    gaps = [gap for gap in await room.gaps(camera.id) if gap.start > camera.mode_since]
    assert {gap.cause for gap in gaps} <= {Cause.DISK}
    report = await room.check()
    assert not report.findings, [finding.words for finding in report.findings]


async def test_video_that_no_disk_takes_is_said_of_the_camera(room: Room, small_disk: Path) -> None:
    """It comes, so the camera is online; but it is not recorded, and nothing may be deleted for it."""
    camera = await room.add(1)
    room.volumes = [Volume("default", small_disk)]

    async def said() -> status.Status:
        async with room.database.read() as tx:
            return (await status.statuses(tx, [camera]))[camera.id]

    async def recording() -> bool:
        now = await said()
        return now.cause is None and now.stream is not None and now.stream.recording is True

    async def refused() -> bool:
        now = await said()
        return (now.state, now.cause) == (CameraState.ONLINE, Cause.DISK) and "disk" in status.reason(now)

    async with room.recording(segment_s=3.0):
        await room.recorded(camera.id, seconds=3)
        await eventually(recording, what="said to be recorded")
        now = utc_now()
        async with room.database.write() as tx:
            kept = Span(now - timedelta(hours=1), now + timedelta(hours=1))
            await archive.lock(tx, camera.id, kept, case_ref="case 7", by="tester")
        ballast = small_disk / "ballast"
        with contextlib.suppress(OSError), ballast.open("wb") as file:
            while True:
                file.write(bytes(1 << 16))
        await eventually(refused, limit_s=30, what="the disk is named")
        stream = (await said()).stream
        assert stream is not None
        assert stream.recording is False
        ballast.unlink()
        await eventually(recording, what="recorded again")
    gaps = [gap for gap in await room.gaps(camera.id) if gap.start > camera.mode_since]
    assert {gap.cause for gap in gaps} == {Cause.DISK}
    await room.holds()


class _Failing(OsFiles):
    """A disk that says how much is free on it, and takes nothing any more."""

    broken = False

    def write(self, descriptor: int, data: bytes) -> None:
        if self.broken:
            raise OSError(errno.EIO, "Input/output error")
        super().write(descriptor, data)


async def test_a_disk_on_which_each_write_fails_is_said_of_the_camera(room: Room) -> None:
    camera, disk = await room.add(1), _Failing()
    room.volumes = [Volume("default", room.folder / "volume", files=disk)]
    seen: list[tuple[Cause | None, bool | None]] = []

    async def look() -> tuple[Cause | None, bool | None]:
        async with room.database.read() as tx:
            now = (await status.statuses(tx, [camera]))[camera.id]
        seen.append((now.cause, None if now.stream is None else now.stream.recording))
        return seen[-1]

    async def refused() -> bool:
        return await look() == (Cause.DISK, False)

    async def recorded() -> bool:
        return await look() == (None, True)

    async with room.recording(segment_s=3.0):
        await room.recorded(camera.id, seconds=3)
        disk.broken = True
        await eventually(refused, what="the disk is named")
        seen.clear()
        for _ in range(30):
            await look()
            await asyncio.sleep(0.2)
        assert set(seen) == {(Cause.DISK, False)}, "and stays named, whatever is tried"
        disk.broken = False
        await eventually(recorded, what="recorded again")


async def test_a_postgres_that_is_really_stopped(
    tmp_path: Path, cache: Cache, keyring: Keyring, simulator: SimulatorProcess
) -> None:
    server = EmbeddedPostgres(tmp_path / "pg", port=free_port())
    await asyncio.to_thread(server.start)
    migrations.upgrade(server.url)
    database = Database(server.url)
    room = Room(database, cache, keyring, tmp_path, simulator)
    camera = await room.add(1)
    try:
        async with room.recording():
            await room.recorded(camera.id, seconds=3)
            await asyncio.to_thread(server.stop)
            await asyncio.sleep(6)
            await asyncio.to_thread(server.start)
            await room.recorded(camera.id, seconds=10)
        assert len((await room.timeline(camera.id)).spans) == 1
        await room.holds()
    finally:
        await database.close()
        server.stop()


async def test_an_orderly_stop_takes_less_than_ten_seconds(room: Room, urls: tuple[str, str]) -> None:
    camera = await room.add(1)
    child = Child(room, urls)
    with running(child):
        await room.recorded(camera.id, seconds=2, limit_s=40)
        child.process.send_signal(signal.SIGTERM)
        assert child.process.wait(10) == 0
    assert not list(room.volumes[0].spooled())
    await room.holds()
