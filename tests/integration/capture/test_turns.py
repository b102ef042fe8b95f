"""Two recorders of one machine never read the same camera: the next one waits for the one before it."""

import contextlib
from collections.abc import Iterator

import pytest

from cctv.base.ids import CameraId
from cctv.infra.disks import Claims
from cctv.infra.disks.claims import LARGEST
from cctv.infra.embedded import EmbeddedValkey
from cctv.recording import archive

from .child import Child, running
from .conftest import Room


@pytest.fixture
def urls(database_url: str, valkey: EmbeddedValkey) -> tuple[str, str]:
    return database_url, valkey.url


@pytest.fixture
def claims(room: Room) -> Iterator[Claims]:
    """As another process of the machine has them."""
    with contextlib.closing(Claims(room.folder / "journal" / "cameras.claims")) as claims:
        yield claims


async def is_recorded(room: Room, camera: CameraId) -> bool:
    return bool(await archive.read_open(room.cache, [camera])) or bool(await room.segments(camera))


async def test_a_recorder_waits_until_the_one_before_it_has_let_go(
    room: Room, urls: tuple[str, str], claims: Claims
) -> None:
    busy, free = await room.add(1), await room.add(2)
    assert claims.take(busy.id.int & LARGEST)
    with running(Child(room, urls, lease_s=60.0)):
        await room.recorded(free.id, seconds=4, limit_s=40)
        assert not await is_recorded(room, busy.id)
        claims.leave(busy.id.int & LARGEST)
        await room.recorded(busy.id, seconds=2, limit_s=20)
    assert (await room.timeline(busy.id)).gaps, "the wait is a gap"
    await room.holds()


async def test_one_that_hangs_on_to_a_camera_is_not_waited_for_without_end(
    room: Room, urls: tuple[str, str], claims: Claims
) -> None:
    camera = await room.add(1)
    assert claims.take(camera.id.int & LARGEST)
    with running(Child(room, urls, lease_s=2.0)):
        await room.recorded(camera.id, seconds=2, limit_s=40)
