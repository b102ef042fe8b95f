"""The power goes while a recorder writes: what was not synced is dropped, and at most 5 s of video are lost."""

import random
import time
from pathlib import Path

from cctv.infra.embedded import EmbeddedValkey
from cctv.recording import archive

from .child import Child, running
from .conftest import Room, eventually
from .power import cut_power


async def test_a_loss_of_power_costs_five_seconds_at_most(
    room: Room, database_url: str, valkey: EmbeddedValkey, tmp_path: Path
) -> None:
    cameras = [await room.add(number) for number in (1, 2)]
    note = tmp_path / "syncs"
    child = Child(room, (database_url, valkey.url), note_syncs=note, segment_s=8.0, sync_s=5.0)
    with running(child):
        for camera in cameras:
            await room.recorded(camera.id, seconds=3, limit_s=60)

        async def told() -> bool:
            opened = (await archive.read_open(room.cache, [cameras[0].id])).get(cameras[0].id)
            return opened is not None and opened.span.seconds >= past_s

        past_s = random.uniform(2.0, 6.0)
        await eventually(told, limit_s=40, what="an open file")
        child.kill()
        cut = time.time()
    lost_bytes = cut_power(note, room.volumes[0].root, room.folder / "journal")
    assert lost_bytes > 0, "nothing was lost: the cut does not cut"
    for camera in cameras:
        await room.cache.client.delete(f"cctv:open:{camera.id}")
    async with room.recording():

        async def back() -> bool:
            rows = [await room.segments(camera.id) for camera in cameras]
            return all(any(row.start.timestamp() > cut for row in one) for one in rows)

        await eventually(back, limit_s=40, what="recording after the cut")
    for camera in cameras:
        before = [span for span in (await room.timeline(camera.id)).spans if span.start.timestamp() < cut]
        lost_s = cut - before[-1].end.timestamp()
        assert lost_s < 5 + 1 + 1.5, "5 s between syncs, the fragment under way, and what a busy machine adds"
    await room.holds()
