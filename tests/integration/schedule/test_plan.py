"""The plan: appended at each change with the time of the change, whoever says it and however often."""

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest

from cctv.base.ids import CameraId
from cctv.base.span import Span
from cctv.cameras.registry import Audio, Camera, Mode, Place, StreamSource
from cctv.infra.database import Database
from cctv.recording import schedule

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
H = timedelta(hours=1)
NOW = NOON + 24 * H
ALL = Span(NOON - H, NOW)


@pytest.fixture
def camera() -> Camera:
    return Camera(
        id=CameraId(uuid4()),
        name="gate",
        name_ar="",
        agency="OTHER",
        group_id=None,
        place=Place(),
        main=StreamSource("rtsp://127.0.0.1/x"),
        sub=None,
        credentials=None,
        mode=Mode.CONTINUOUS,
        audio=Audio.OFF,
        enabled=True,
        mode_since=NOON,
        created_at=NOON,
        updated_at=NOON,
        removed_at=None,
        version=1,
    )


async def sync(database: Database, *cameras: Camera) -> list[CameraId]:
    async with database.write() as tx:
        return await schedule.sync(tx, cameras)


async def planned(database: Database, camera: Camera, span: Span = ALL) -> list[Span]:
    async with database.read() as tx:
        return await schedule.planned(tx, camera.id, span, now=NOW)


async def test_it_follows_the_camera_from_the_moment_of_each_change(database: Database, camera: Camera) -> None:
    assert await sync(database, camera) == [camera.id]
    assert await sync(database, camera) == []
    assert await planned(database, camera) == [Span(NOON, NOW)]
    off = replace(camera, enabled=False, mode_since=NOON + 2 * H)
    assert await sync(database, off) == [camera.id]
    assert await sync(database, off) == []
    again = replace(camera, mode_since=NOON + 3 * H)
    assert await sync(database, again) == [camera.id]
    gone = replace(camera, removed_at=NOON + 5 * H, mode_since=NOON + 5 * H)
    assert await sync(database, gone) == [camera.id]
    assert await planned(database, camera) == [Span(NOON, NOON + 2 * H), Span(NOON + 3 * H, NOON + 5 * H)]
    assert await planned(database, camera, Span(NOON + H, NOON + 4 * H)) == [
        Span(NOON + H, NOON + 2 * H),
        Span(NOON + 3 * H, NOON + 4 * H),
    ]
    assert await planned(database, camera, Span(NOON + 6 * H, NOW)) == []


@pytest.mark.parametrize("change", [{"enabled": False}, {"mode": Mode.OFF}, {"removed_at": NOON}])
async def test_what_is_not_recorded_is_not_planned(
    database: Database, camera: Camera, change: dict[str, Any]
) -> None:
    assert await sync(database, replace(camera, **change)) == []
    assert await planned(database, camera) == []


async def test_a_clock_set_back_between_two_changes_makes_no_backward_row(
    database: Database, camera: Camera
) -> None:
    await sync(database, camera)
    await sync(database, replace(camera, enabled=False, mode_since=NOON - H))
    assert await planned(database, camera) == []


async def test_two_recorders_may_say_it_at_once(database: Database, camera: Camera) -> None:
    said = await asyncio.gather(*(sync(database, camera) for _ in range(4)))
    assert sum(len(one) for one in said) == 1
    assert await planned(database, camera) == [Span(NOON, NOW)]


async def test_many_cameras_are_one_question(database: Database, camera: Camera) -> None:
    others = [replace(camera, id=CameraId(uuid4())) for _ in range(5)]
    await sync(database, camera, *others)
    async with database.read() as tx:
        found = await schedule.all_planned(tx, Span(NOON, NOW), now=NOW)
    assert found == {one.id: [Span(NOON, NOW)] for one in [camera, *others]}
