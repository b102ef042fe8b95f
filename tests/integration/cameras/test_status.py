"""States as recorders report them and as people read them: never older than they look."""

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any, cast
from uuid import UUID

import httpx
import pytest
from sqlalchemy import text

from cctv.base.clock import utc_now
from cctv.base.events import CAMERA_STATUS, EVENTS_CHANNEL
from cctv.base.faults import CameraState, Cause, Fault
from cctv.base.ids import CameraId
from cctv.cameras import registry, status
from cctv.cameras.status import Details, Report, Status, StreamFacts, reason, silence, store
from cctv.cameras.status.gauges import renew_gauges
from cctv.cameras.status.metrics import camera_up, cameras_in_state, cameras_stale
from cctv.cameras.status.model import HISTORY_KEPT
from cctv.infra.cache import Cache
from cctv.infra.database import Database
from cctv.infra.keys import Keyring

AT = datetime(2026, 11, 23, 10, tzinfo=UTC)
FACTS = StreamFacts("h264", 1920, 1080, 25.0, 2_000_000)


@pytest.fixture
async def camera(database: Database, keyring: Keyring) -> CameraId:
    draft = registry.Draft(name="Gate", agency="METRO", main_url="rtsp://127.0.0.1/1")
    async with database.write() as tx:
        return (await registry.add_camera(tx, draft, keyring=keyring, at=utc_now())).id


async def report(database: Database, *reports: Report, reporter: str = "recorder-1") -> list[Report]:
    async with database.write() as tx:
        return await status.set_statuses(tx, reports, reporter=reporter)


async def now_of(database: Database, camera: CameraId) -> Status:
    async with database.read() as tx:
        return (await status.statuses(tx, [await registry.get_camera(tx, camera)]))[camera]


def silent(camera: CameraId, at: datetime = AT, **more: Any) -> Report:
    return Report(
        camera_id=camera,
        state=CameraState.NO_VIDEO,
        cause=Cause.CAMERA,
        fault=Fault.SENDS_NOTHING,
        since=at,
        **more,
    )


def online(camera: CameraId, at: datetime = AT, **more: Any) -> Report:
    return Report(camera_id=camera, state=CameraState.ONLINE, since=at, stream=FACTS, **more)


async def test_what_a_recorder_reports_is_shown_with_its_reason(
    database: Database, camera: CameraId, api: httpx.AsyncClient
) -> None:
    before = (await api.get(f"/cameras/{camera}")).json()["status"]
    assert (before["state"], before["fresh"]) == ("connecting", False)
    assert before["reason"] == "no recorder has taken this camera yet"
    began = utc_now() - timedelta(seconds=12)
    await report(database, silent(camera, began, details=Details(last_video_at=began)))
    shown = (await api.get(f"/cameras/{camera}")).json()["status"]
    assert (shown["state"], shown["cause"], shown["fresh"]) == ("no_video", "camera", True)
    assert shown["reason"].startswith("no video for 1")
    assert shown["reason"].endswith(" s: camera answers, sends nothing")
    await report(database, online(camera, utc_now()))
    shown = (await api.get(f"/cameras/{camera}")).json()["status"]
    assert (shown["state"], shown["reason"]) == ("online", "video arrives")
    assert shown["stream"] == {"codec": "h264", "width": 1920, "height": 1080, "fps": 25.0} | {
        "bit_rate": 2_000_000,
        "recording": None,
    }
    past = (await api.get(f"/cameras/{camera}/status")).json()
    assert [one["state"] for one in past["history"]] == ["online", "no_video"]


async def test_the_same_state_again_keeps_its_since_and_is_no_news(database: Database, camera: CameraId) -> None:
    assert len(await report(database, silent(camera))) == 1
    later = silent(camera, AT + timedelta(minutes=1), details=Details(attempts=7))
    assert await report(database, later) == []
    now = await now_of(database, camera)
    assert (now.since, now.details.attempts) == (AT, 7)
    assert len(await report(database, online(camera))) == 1


async def test_that_recording_ended_is_told_and_is_no_other_state(database: Database, camera: CameraId) -> None:
    on = Report(camera_id=camera, state=CameraState.ONLINE, since=AT, stream=replace(FACTS, recording=True))
    faster = replace(
        on, since=AT + timedelta(seconds=5), stream=replace(FACTS, bit_rate=3_000_000, recording=True)
    )
    off = replace(on, since=AT + timedelta(seconds=9), stream=replace(FACTS, recording=False))
    assert [await report(database, one) for one in (on, faster, off, off)] == [[on], [], [off], []]
    now = await now_of(database, camera)
    assert (now.since, now.stream) == (AT, off.stream)
    async with database.read() as tx:
        assert len(await store.history(tx, camera, limit=10)) == 1


async def test_the_last_of_several_reports_counts(database: Database, camera: CameraId) -> None:
    assert len(await report(database, silent(camera), online(camera))) == 1
    assert (await now_of(database, camera)).state is CameraState.ONLINE


async def test_a_state_is_old_when_its_recorder_is_gone(database: Database, camera: CameraId) -> None:
    await report(database, online(camera))
    assert (await now_of(database, camera)).fresh
    async with database.write() as tx:
        await tx.execute(text("UPDATE camera_status_reporters SET seen_at = now() - interval '3 minutes'"))
    old = await now_of(database, camera)
    assert (old.state, old.fresh) == (CameraState.ONLINE, False)
    assert reason(old) == "last known 3 min ago (video arrives): its recorder no longer reports"
    async with database.write() as tx:
        await status.still_here(tx, "recorder-1")
    assert (await now_of(database, camera)).fresh, "a sign of life of the recorder is one for all its cameras"
    async with database.write() as tx:
        await status.gone(tx, "recorder-1")
    assert not (await now_of(database, camera)).fresh


async def test_an_old_lease_does_not_speak_for_a_camera(database: Database, camera: CameraId) -> None:
    await report(database, online(camera, fence=7), reporter="recorder-2")
    assert await report(database, silent(camera, fence=6), reporter="recorder-1") == []
    assert (await now_of(database, camera)).reporter == "recorder-2"
    assert len(await report(database, silent(camera, fence=8), reporter="recorder-1")) == 1
    assert (await now_of(database, camera)).state is CameraState.NO_VIDEO


async def test_another_recorder_does_not_inherit_since(database: Database, camera: CameraId) -> None:
    await report(database, online(camera, fence=1))
    later = AT + timedelta(hours=1)
    await report(database, online(camera, later, fence=2), reporter="recorder-2")
    assert (await now_of(database, camera)).since == later


async def test_a_camera_that_is_switched_off_is_off_whatever_was_said(
    database: Database, camera: CameraId, api: httpx.AsyncClient
) -> None:
    await report(database, online(camera))
    await api.patch(f"/cameras/{camera}", json={"enabled": False})
    shown = (await api.get(f"/cameras/{camera}")).json()["status"]
    assert (shown["state"], shown["fresh"], shown["reason"]) == ("off", True, "switched off")
    assert (await api.get("/cameras?state=off")).json()["total"] == 1
    assert (await api.get("/cameras?state=online")).json()["total"] == 0


async def test_history_is_bounded(database: Database, camera: CameraId, api: httpx.AsyncClient) -> None:
    async with database.write() as tx:
        await tx.execute(
            text(
                "INSERT INTO camera_status_history (camera_id, state, since, reporter)"
                " SELECT :camera, 'online', now(), 'x' FROM generate_series(1, 2000)"
            ),
            {"camera": camera},
        )
    await report(database, silent(camera))
    async with database.read() as tx:
        kept = (await tx.execute(text("SELECT count(*) FROM camera_status_history"))).scalar_one()
    assert kept == HISTORY_KEPT
    assert (await api.get(f"/cameras/{camera}/status?limit=1")).json()["history"][0]["state"] == "no_video"


async def test_a_cameras_own_words_are_made_harmless(
    database: Database, camera: CameraId, api: httpx.AsyncClient
) -> None:
    words = "454 \x1b[31mNo\x00 such\r\nsession rtsp://u:s3cret@h/x " + "y" * 2000
    await report(
        database,
        Report(
            camera_id=camera,
            state=CameraState.REFUSED,
            cause=Cause.CAMERA,
            fault=Fault.STREAM_REFUSED,
            since=AT,
            details=Details(words=words),
        ),
    )
    answer = await api.get(f"/cameras/{camera}")
    shown = answer.json()["status"]["reason"]
    assert "s3cret" not in answer.text
    assert shown.isprintable()
    assert shown.startswith("camera refuses the stream (454 [31mNo such session rtsp://h/x yyy")
    assert len(shown) < 400


async def test_two_recorders_at_once_do_not_block_each_other(database: Database, keyring: Keyring) -> None:
    ids = []
    async with database.write() as tx:
        for number in range(40):
            draft = registry.Draft(name=f"c{number}", agency="BUS", main_url=f"rtsp://127.0.0.1/{number}")
            ids.append((await registry.add_camera(tx, draft, keyring=keyring, at=utc_now())).id)
    for _ in range(5):
        async with asyncio.timeout(30):
            await asyncio.gather(
                report(database, *(online(one, fence=1) for one in ids)),
                report(database, *(silent(one, fence=1) for one in reversed(ids)), reporter="recorder-2"),
            )


async def test_news_reach_whoever_listens(database: Database, camera: CameraId, cache: Cache) -> None:
    async with asyncio.timeout(20):
        heard = cache.subscribe(EVENTS_CHANNEL)

        async def first() -> dict[str, Any]:
            return await anext(said async for said in heard if said is not None)

        waiting = asyncio.create_task(first())
        while not (await cache.client.pubsub_numsub(EVENTS_CHANNEL))[0][1]:
            await asyncio.sleep(0.01)
        await status.announce(cache, await report(database, silent(camera)), reporter="recorder-1")
        message = await waiting
    assert message["type"] == CAMERA_STATUS
    data = message["data"]
    assert (data["camera"], data["state"], data["cause"]) == (str(camera), "no_video", "camera")
    assert data["reason_ar"]


async def test_no_listener_and_no_valkey_stop_nobody(database: Database, camera: CameraId) -> None:
    away = Cache("valkey://127.0.0.1:1/0")
    await status.announce(away, await report(database, silent(camera)), reporter="recorder-1")
    await away.close()


async def test_the_gauges_say_what_the_list_says(database: Database, camera: CameraId) -> None:
    await report(database, online(camera))
    await renew_gauges(database)
    assert camera_up.labels(str(camera), "METRO")._value.get() == 1
    assert cameras_in_state.labels("online")._value.get() == 1
    async with database.write() as tx:
        await status.gone(tx, "recorder-1")
    await renew_gauges(database)
    assert camera_up.labels(str(camera), "METRO")._value.get() == 0, "nobody vouches for it"
    assert cameras_stale._value.get() == 1


async def test_a_summary_counts_states(database: Database, camera: CameraId, api: httpx.AsyncClient) -> None:
    await report(database, online(camera))
    found = (await api.get("/cameras/summary")).json()
    assert found == {"total": 1, "stale": 0, "states": {"online": 1}, "agencies": {"METRO": {"online": 1}}}


async def test_browsers_are_told_of_a_recorder_that_falls_silent_and_is_heard_again(
    database: Database, camera: CameraId, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[tuple[UUID, bool]] = []

    async def publish(_cache: Cache, status: Status) -> bool:
        told.append((status.camera_id, status.fresh))
        return True

    monkeypatch.setattr(silence, "publish", publish)
    watch = status.SilenceWatch(database, cast(Cache, None))
    await report(database, online(camera))
    await watch.look()
    await watch.look()
    assert told == [], "nothing fell silent"
    async with database.write() as tx:
        await tx.execute(text("UPDATE camera_status_reporters SET seen_at = now() - interval '6 seconds'"))
    await watch.look()
    await watch.look()
    assert told == [(camera, False)]
    async with database.write() as tx:
        await status.still_here(tx, "recorder-1")
    await watch.look()
    assert told == [(camera, False), (camera, True)]
    async with database.write() as tx:
        await status.gone(tx, "recorder-1")
    await watch.look()
    assert told[2:] == [(camera, False)], "one that took its leave speaks no more either"


async def test_what_another_recorder_says_meanwhile_is_left_alone(database: Database, camera: CameraId) -> None:
    await report(database, online(camera, fence=1))
    await report(database, online(camera, fence=2), reporter="recorder-2")
    async with database.read() as tx:
        assert await store.reported_by(tx, ["recorder-1"]) == set()
        assert await store.reported_by(tx, ["recorder-2"]) == {camera}
