"""A camera is registered, and its video is on the disk and in the catalogue; changes take effect at once."""

import asyncio
from datetime import timedelta
from itertools import pairwise

from cctv.base.clock import utc_now
from cctv.base.faults import CameraState, Cause
from cctv.base.ids import CameraId, RunId
from cctv.base.span import Span
from cctv.cameras import registry, status
from cctv.media.mp4 import fmp4
from cctv.recording import archive
from cctv.recording.capture import CaptureSettings

from .conftest import FAST, Room, eventually


async def test_a_registered_camera_is_recorded_without_a_hole(room: Room) -> None:
    camera = await room.add(1)
    async with room.recording() as recorder:
        await room.recorded(camera.id, seconds=7)
        async with room.database.read() as tx:
            state = (await status.statuses(tx, [camera]))[camera.id]
        assert state.state is CameraState.ONLINE
        assert state.fresh
        assert state.stream is not None
        assert recorder.workshop.posts.all[camera.id].recorder.recording
    timeline = await room.timeline(camera.id)
    assert len(timeline.spans) == 1
    (gap,) = timeline.gaps
    assert gap.cause is Cause.CAMERA
    assert gap.detail == {"reason": "waiting for the first picture"}
    assert gap.start == camera.mode_since
    assert gap.end == timeline.spans[0].start
    rows = await room.segments(camera.id)
    assert len(rows) >= 3
    assert all(one.end == two.start for one, two in pairwise(rows)), "segments abut exactly"
    assert len({row.run_id for row in rows}) == 1
    await room.holds()


async def test_a_files_head_says_whose_it_is_and_what_came_before(room: Room) -> None:
    camera = await room.add(1)
    async with room.recording():
        await room.recorded(camera.id, seconds=6)
    async with room.database.read() as tx:
        rows = await archive.segment_list(tx, camera.id, archive_span(), limit=100)
    previous = None
    for row in rows:
        with room.volumes[0].archive_path(row.object_name).open("rb") as file:
            found = fmp4.scan(file)
        assert found.head.camera == camera.id
        assert found.head.agency == "METRO"
        assert found.head.prev_sha256 == previous
        assert found.head.camera_time_us is not None
        previous = row.sha256


async def test_the_open_file_is_told(room: Room) -> None:
    camera = await room.add(1)
    async with room.recording(segment_s=60.0):

        async def told() -> bool:
            opened = (await archive.read_open(room.cache, [camera.id])).get(camera.id)
            return opened is not None and opened.span.seconds >= 2

        await eventually(told, what="the open file told")


async def test_changes_of_the_registry_take_effect_within_two_seconds(room: Room) -> None:
    """By what PostgreSQL tells: the registry is looked at once a minute here, and heartbeats are the default's.

    Two seconds are for the act. What the camera itself then takes until it sends is not ours: it has the longest
    opening besides.
    """
    default, act_s = CaptureSettings(), 2.0
    begun_s = act_s + FAST["open_s"]
    async with room.recording(poll_s=60.0, heartbeat_s=default.heartbeat_s, lease_s=default.lease_s) as recorder:
        camera = await room.add(1)
        posts = recorder.workshop.posts

        async def recording() -> bool:
            return camera.id in posts.all and posts.all[camera.id].recorder.recording

        async def on() -> bool:
            return posts.all[camera.id].session is not None

        async def off() -> bool:
            return not await on()

        async def watched(number: int) -> bool:
            return bool((await asyncio.to_thread(room.simulator.control.camera, number))["clients"])

        async def left() -> bool:
            return not await watched(1)

        async def moved() -> bool:
            return await watched(2)

        await eventually(recording, what="recording of a new camera")
        await room.change(camera.id, mode="off")
        await eventually(off, limit_s=act_s, what="switching off")
        await asyncio.sleep(1.0)
        await room.change(camera.id, mode="continuous")
        await eventually(on, limit_s=act_s, what="switching on")
        await eventually(recording, limit_s=begun_s, what="recording after switching on")
        before = posts.all[camera.id].session
        await room.change(camera.id, main_url=room.simulator.url(2))
        await eventually(left, limit_s=act_s, what="leaving the old address")
        await eventually(moved, limit_s=begun_s, what="recording from the new address")
        assert posts.all[camera.id].session is before
        await room.recorded(camera.id, seconds=6)
        async with room.database.write() as tx:
            await registry.remove_camera(tx, camera.id, at=utc_now())

        async def gone() -> bool:
            return camera.id not in posts.all

        await eventually(gone, limit_s=act_s, what="removal")
    await room.holds()


async def test_a_camera_that_is_switched_on_again_is_not_online_before_it_sends(room: Room) -> None:
    words = room.simulator.control.add_camera("h264-main-gop1")
    camera = await room.add(words["number"], url=words["main"])

    async def state() -> CameraState:
        async with room.database.read() as tx:
            return (await status.statuses(tx, [camera]))[camera.id].state

    async def off() -> bool:
        return await state() is CameraState.OFF

    async def connecting() -> bool:
        return await state() is CameraState.CONNECTING

    async with room.recording():
        await room.recorded(camera.id, seconds=1)
        await room.change(camera.id, mode="off")
        await eventually(off, what="switched off")
        room.simulator.control.fault(words["number"], "half_open")
        await room.change(camera.id, mode="continuous")
        await eventually(connecting, what="connecting")
        seen = []
        for _ in range(20):
            seen.append(await state())
            await asyncio.sleep(0.1)
        assert CameraState.ONLINE not in seen


async def test_an_orderly_restart_leaves_nothing_but_its_gap(room: Room) -> None:
    camera = await room.add(1)
    async with room.recording():
        await room.recorded(camera.id, seconds=4)
    began = utc_now()
    assert not list(room.volumes[0].spooled()), "all files are stored"
    await asyncio.sleep(2)  # a camera may send what it has of its GOP: that is then from before the restart
    async with room.recording():
        await room.recorded(camera.id, seconds=8)
    first, second = (await room.timeline(camera.id)).spans
    gap = next(gap for gap in await room.gaps(camera.id) if gap.start >= first.start)
    assert (gap.start, gap.end, gap.cause) == (first.end, second.start, Cause.RESTART)
    assert second.start - began < timedelta(seconds=5)
    fences = {run.fence for run in (await runs_of(room, camera.id)).values()}
    assert fences == {1, 2}, "the slot took its lease back with a higher fence"
    await room.holds()


async def runs_of(room: Room, camera: CameraId) -> dict[RunId, archive.Run]:
    rows = await room.segments(camera)
    async with room.database.read() as tx:
        return await archive.runs(tx, {row.run_id for row in rows})


def archive_span() -> Span:
    now = utc_now()
    return Span(now - timedelta(hours=1), now + timedelta(hours=1))
