"""Leases on a real database: who holds what, and who must give way."""

import asyncio
import contextlib
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from cctv.base.clock import utc_now
from cctv.cameras import registry
from cctv.recording.capture import CaptureSettings, Slot, Superseded
from cctv.recording.capture.lease import LeaseKeeper
from cctv.recording.capture.recorder import Recorder

from .conftest import FAST, Room, eventually


def elsewhere(room: Room, folder: Path) -> Room:
    """The same system seen from a machine with a data folder of its own."""
    other = replace(room, folder=folder)
    other.volumes = room.volumes
    return other


async def test_a_process_whose_slot_is_taken_ends(room: Room, tmp_path: Path) -> None:
    camera = await room.add(1)
    first = room.recorder(0)
    task = asyncio.create_task(first.run())

    async def held() -> bool:
        return camera.id in first.workshop.posts.all

    await eventually(held, what="the first one's lease")
    async with room.recording(elsewhere(room, tmp_path / "other").recorder(0)) as second:
        with pytest.raises(Superseded):
            await asyncio.wait_for(task, 15)

        async def taken() -> bool:
            return camera.id in second.workshop.posts.all

        await eventually(taken, what="the second one's lease")
        await room.recorded(camera.id, seconds=4)
    await room.holds()


async def test_a_newcomer_gets_its_share_without_a_hole_left_behind(room: Room) -> None:
    cameras = [await room.add(number) for number in (1, 2, 3, 4)]
    async with contextlib.AsyncExitStack() as stack:
        first = await stack.enter_async_context(room.recording(room.recorder(0)))
        for camera in cameras:
            await room.recorded(camera.id, seconds=1)
        second = await stack.enter_async_context(room.recording(room.recorder(1)))

        async def even() -> bool:
            return [len(one.workshop.posts.all) for one in (first, second)] == [2, 2]

        await eventually(even, what="an even share")
        moved = set(second.workshop.posts.all)
        for camera in cameras:
            await room.recorded(camera.id, seconds=6)
        assert set(second.workshop.posts.all) == moved, "once shared, nothing moves"
    for camera in cameras:
        gaps = [gap for gap in await room.gaps(camera.id) if gap.start > camera.mode_since]
        assert len(gaps) <= (1 if camera.id in moved else 0)
        assert all((gap.end or utc_now()) - gap.start < timedelta(seconds=8) for gap in gaps)
    await room.holds()


async def test_a_camera_that_is_not_recorded_has_a_lease_too(room: Room) -> None:
    camera = await room.add(1, mode="off")
    async with room.recording() as recorder:

        async def held() -> bool:
            return camera.id in recorder.workshop.posts.all

        await eventually(held, what="a lease of a camera that is off")
        assert recorder.workshop.posts.all[camera.id].session is None
    assert (await room.timeline(camera.id)).spans == []
    await room.holds()


async def test_fences_grow_with_each_start(room: Room) -> None:
    camera = await room.add(1)
    fences = []
    for _ in range(3):
        async with room.recording() as recorder:

            async def held(recorder: Recorder = recorder) -> bool:
                return camera.id in recorder.workshop.posts.all

            await eventually(held, what="the lease")
            fences.append(recorder.workshop.posts.all[camera.id].fence)
    assert fences == [1, 2, 3]


async def test_a_disabled_camera_is_released(room: Room) -> None:
    camera = await room.add(1)
    async with room.recording() as recorder:
        await room.recorded(camera.id, seconds=1)
        await room.change(camera.id, enabled=False)

        async def gone() -> bool:
            return not recorder.workshop.posts.all

        await eventually(gone, limit_s=3, what="letting go")
    async with room.database.read() as tx:
        assert not (await registry.get_camera(tx, camera.id)).enabled
    await room.holds()


def test_a_holder_names_its_node() -> None:
    assert Slot(node="a/b", number=3).holder == "a/b/3"


def keeper(room: Room, number: int, **settings: float) -> LeaseKeeper:
    return LeaseKeeper(
        database=room.database,
        slot=Slot(node="n1", number=number),
        settings=CaptureSettings(**(FAST | settings)),
        clock=room.clock,
    )


async def test_who_records_through_a_time_without_database_keeps_its_cameras(room: Room) -> None:
    """Its lease has run out, and whoever comes back first does not take it: two would record the camera."""
    camera = await room.add(1)
    short = {"settle_s": 0.0, "lease_s": 1.0}
    one, other = keeper(room, 0, **short), keeper(room, 1, **short)
    assert len((await one.beat([camera.id])).granted) == 1
    assert (await other.beat([camera.id])).granted == []
    await asyncio.sleep(1.2)  # no heartbeat reaches the database
    assert (await other.beat([camera.id])).granted == []
    assert (await one.beat([camera.id])).lost == []
    assert list(one.held) == [camera.id]

    async def dead_ones_are_replaced() -> bool:
        await asyncio.sleep(0.2)
        return bool((await other.beat([camera.id])).granted)

    await eventually(dead_ones_are_replaced, what="the camera of one that comes back no more")


async def test_who_starts_right_after_such_a_time_takes_only_what_is_nobody_s(room: Room) -> None:
    """The database is back a moment before the heartbeat of the one that recorded on."""
    camera, new = (await room.add(1)).id, (await room.add(2)).id
    short = {"settle_s": 0.0, "lease_s": 1.0}
    one, started = keeper(room, 0, **short), keeper(room, 1, **short)
    assert len((await one.beat([camera])).granted) == 1
    await asyncio.sleep(1.2)  # no heartbeat reaches the database
    granted = (await started.beat([camera, new])).granted
    assert [grant.camera for grant in granted] == [new]
    assert (await one.beat([camera])).lost == []


async def test_cameras_are_not_handed_again_and_again_to_one_that_died(room: Room) -> None:
    """Each time would cost a connection: the one that is meant is taken for alive until its lease is over."""
    cameras = [(await room.add(number)).id for number in (1, 2)]
    fast = {"settle_s": 0.0, "lease_s": 30.0, "heartbeat_s": 1.0, "handover_beats": 1}
    one, dead = keeper(room, 0, **fast), keeper(room, 1, **fast)
    assert len((await one.beat(cameras)).granted) == 2
    await dead.beat(cameras)
    handed = 0
    for _ in range(12):
        going = (await one.beat(cameras)).hand_over
        handed += len(going)
        await one.release(going)
    assert handed == 1
    assert sorted(one.held) == sorted(cameras)


async def test_a_camera_that_was_handed_to_nobody_is_taken_back(room: Room) -> None:
    """The recorder that it was meant for died meanwhile: it is our slot's own, and free as well."""
    camera = await room.add(1)
    one = keeper(room, 0, settle_s=0.0)
    first = (await one.beat([camera.id])).granted
    await one.release([camera.id])
    again = (await one.beat([camera.id])).granted
    assert [one.camera for one in (*first, *again)] == [camera.id] * 2
    assert again[0].fence == first[0].fence + 1
