"""Stills of recorded moments, decoded by real children out of real files."""

import asyncio
import io
import sys
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import av
import httpx
import pytest
from fastapi import FastAPI
from prometheus_client import REGISTRY
from tests.conftest import KnownAs, UserWith

from cctv.base.actor import Actor
from cctv.base.clock import SystemClock, utc_now
from cctv.infra.disks import Volume
from cctv.infra.http.inject import provided_to
from cctv.viewing.playback import Playback, PlaybackSettings, stills

START = (utc_now(SystemClock()) - timedelta(hours=3)).replace(microsecond=0)
S = timedelta(seconds=1)
STILL = "/api/v1/playback/still"


@pytest.fixture
def settings() -> PlaybackSettings:
    return PlaybackSettings(still_timeout_s=30.0, still_workers=1, stills=4)


@pytest.fixture
def reads(monkeypatch: pytest.MonkeyPatch) -> list[datetime]:
    """The moments for which footage was read; each read takes a while."""
    read = stills._read
    seen: list[datetime] = []

    def noted(file: Any, wanted: stills.StillRequest, choice: Any) -> Any:
        seen.append(wanted.at)
        time.sleep(0.5)
        return read(file, wanted, choice)

    monkeypatch.setattr(stills, "_read", noted)
    return seen


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(10):
        while not condition():
            await asyncio.sleep(0.01)


def counted(name: str) -> float:
    return REGISTRY.get_sample_value(f"playback_cache_{name}_total", {"kind": "still"}) or 0.0


def asked(camera: Any, at: datetime, **more: Any) -> dict[str, Any]:
    return {"camera": str(camera), "at": at.isoformat()} | more


def size_of(jpeg: bytes) -> tuple[int, int]:
    with av.open(io.BytesIO(jpeg), "r") as container:
        frame = next(container.decode(video=0))
        return frame.width, frame.height


def frame_time(answer: httpx.Response) -> datetime:
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "image/jpeg"
    return datetime.fromisoformat(answer.headers["x-frame-time"])


@pytest.mark.parametrize("kind", ["h264-high", "h264-high-b", "h265", "mjpeg"])
async def test_exact_is_the_frame_shown_at_that_moment(recorder: Any, api: httpx.AsyncClient, kind: str) -> None:
    recorded = await recorder.record(start=START, seconds=12, kind=kind)
    frame = timedelta(seconds=recorded.frame_90k / 90_000)
    pictures = set()
    for at in (START, START + frame * 7.5, START + S * 3.999, START + S * 11.5):
        answer = await api.get(STILL, params=asked(recorded.camera, at, exact="true"))
        shown = frame_time(answer)
        assert timedelta(0) <= at - shown < frame + timedelta(microseconds=20), (at, shown)
        assert answer.headers["x-frame-match"] == "exact"
        pictures.add(answer.content)
    assert len(pictures) == 4
    assert {size_of(one) for one in pictures} == {(640, 360)}


async def test_nearest_is_the_key_frame_on_whichever_side(recorder: Any, api: httpx.AsyncClient) -> None:
    recorded = await recorder.record(start=START, seconds=12)
    for at_s, key_s in ((3.4, 3), (3.6, 4), (9.9, 10), (11.9, 11)):
        answer = await api.get(STILL, params=asked(recorded.camera, START + S * at_s))
        assert frame_time(answer) == START + S * key_s
        assert answer.headers["x-frame-match"] == "nearest"


async def test_stills_are_scaled_and_come_from_the_cache_the_second_time(
    recorder: Any, api: httpx.AsyncClient
) -> None:
    recorded = await recorder.record(start=START, seconds=12)
    hits, misses = counted("hits"), counted("misses")
    wish = asked(recorded.camera, START + S * 5.2, width=160)
    first, second = await api.get(STILL, params=wish), await api.get(STILL, params=wish)
    assert size_of(first.content) == (160, 90)
    assert first.content == second.content
    assert first.headers["x-frame-time"] == second.headers["x-frame-time"]
    near = await api.get(STILL, params=asked(recorded.camera, START + S * 5.3, width=160))
    assert near.content == first.content
    assert (counted("hits") - hits, counted("misses") - misses) == (2, 1)


async def test_where_there_is_no_footage_the_nearest_is_told(recorder: Any, api: httpx.AsyncClient) -> None:
    recorded = await recorder.record(start=START, seconds=12)
    await recorder.record(start=START + S * 100, seconds=12, camera=recorded.camera, fence=2)
    for exact in ("true", "false"):
        answer = await api.get(STILL, params=asked(recorded.camera, START + S * 50, exact=exact))
        problem = answer.json()
        assert (answer.status_code, problem["code"]) == (404, "no_footage")
        assert datetime.fromisoformat(problem["nearest_before"]) == START + S * 12
        assert datetime.fromisoformat(problem["nearest_after"]) == START + S * 100
    problem = (await api.get(STILL, params=asked(recorded.camera, START - S * 50))).json()
    assert problem["nearest_before"] is None
    arabic = await api.get(STILL, params=asked(recorded.camera, START - S * 50), headers={"Accept-Language": "ar"})
    assert arabic.json()["detail"].startswith("لا يوجد")


async def test_the_file_being_written_has_stills_too(recorder: Any, api: httpx.AsyncClient) -> None:
    now = utc_now(SystemClock())
    recorded = await recorder.record(start=now - S * 26, seconds=26, leave_open=True)
    at = recorded.opened.end - S * 0.2
    answer = await api.get(STILL, params=asked(recorded.camera, at, exact="true"))
    assert timedelta(0) <= at - frame_time(answer) < S * 0.05


async def test_a_range_that_changes_codec_picks_the_right_run(recorder: Any, api: httpx.AsyncClient) -> None:
    first = await recorder.record(start=START, seconds=10)
    await recorder.record(start=START + S * 10, seconds=10, camera=first.camera, kind="sub", fence=2)
    sizes = [
        size_of((await api.get(STILL, params=asked(first.camera, START + S * at, exact="true"))).content)
        for at in (9.5, 10.5)
    ]
    assert sizes == [(640, 360), (320, 180)]


@pytest.mark.parametrize("harm", ["gone", "short", "garbage"])
async def test_a_harmed_file_is_a_problem_and_never_a_crash(
    recorder: Any, api: httpx.AsyncClient, volume: Volume, harm: str
) -> None:
    recorded = await recorder.record(start=START, seconds=12)
    path = volume.archive_path(recorded.segments[0].object_name)
    content = path.read_bytes()
    match harm:
        case "gone":
            path.unlink()
        case "short":
            path.write_bytes(content[: len(content) // 2])
        case _:
            path.write_bytes(content[:900] + bytes(len(content) - 900))
    answer = await api.get(STILL, params=asked(recorded.camera, START + S * 9.5, exact="true"))
    assert answer.status_code == 503
    assert answer.json()["code"] in ("footage_unreadable", "still_failed")
    other = await api.get(STILL, params=asked(recorded.camera, START + S * 11, exact="true"))
    assert other.status_code == 200


async def test_the_cache_is_kept_over_a_restart_of_the_service(
    recorder: Any, api: httpx.AsyncClient, segment_folder: Path
) -> None:
    recorded = await recorder.record(start=START, seconds=12)
    assert (await api.get(STILL, params=asked(recorded.camera, START + S * 5))).status_code == 200
    from cctv.viewing.playback.still_cache import StillCache

    again = StillCache(segment_folder.parent, limit_bytes=10**9)
    again.load()
    assert again.total_bytes > 1000


async def test_the_serving_process_never_imports_libav(run_program: Callable[..., Any]) -> None:
    code, _, complained = await run_program(
        sys.executable,
        "-c",
        "import sys, cctv.viewing.playback, cctv.viewing.playback.routes; sys.exit('av' in sys.modules)",
    )
    assert (code, complained) == (0, "")


@pytest.mark.parametrize(
    "change", [{"width": 4}, {"width": 99999}, {"at": "2026-11-23T08:00:00"}, {"exact": "maybe"}]
)
async def test_wrong_wishes_are_refused(api: httpx.AsyncClient, change: dict[str, Any]) -> None:
    answer = await api.get(STILL, params=asked("0192f0c1-7d2e-8a3b-9c4d-5e6f708192a3", START) | change)
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_input")


async def test_a_few_wait_for_a_still_half_of_them_one_user_s_and_hold_no_footage(
    recorder: Any,
    playback: Playback,
    api: httpx.AsyncClient,
    app: FastAPI,
    user_with: UserWith,
    reads: list[datetime],
) -> None:
    recorded = await recorder.record(start=START, seconds=12)
    keeper = provided_to(app)[KnownAs]
    users = [await user_with("investigator") for _ in range(3)]
    waiting: list[asyncio.Task[httpx.Response]] = []

    async def ask(user: Actor, second: int) -> httpx.Response:
        keeper.actor = user
        return await api.get(STILL, params=asked(recorded.camera, START + S * second))

    async with playback._decoders.turn:  # so that all wait
        for user, second in ((0, 0), (0, 1), (1, 2), (1, 3)):
            waiting.append(asyncio.create_task(ask(users[user], second)))
            await until(lambda: playback._stills._places._taken.total() == len(waiting))
            if second == 1:
                greedy = await ask(users[0], 4)
                assert (greedy.status_code, greedy.json()["code"]) == (429, "stills_busy")
                assert "retry-after" in greedy.headers
        assert (await ask(users[2], 4)).status_code == 429
        assert reads == []
    assert {(await one).status_code for one in waiting} == {200}
    assert len(reads) == 4
    assert (await ask(users[2], 4)).status_code == 200
    keeper.actor = users[0]
    assert (await ask(users[0], 5)).status_code == 200


async def test_who_leaves_waits_no_longer(
    recorder: Any, playback: Playback, service: str, reads: list[datetime]
) -> None:
    recorded = await recorder.record(start=START, seconds=12)
    taken = playback._stills._places._taken
    host, port = service.split(":")
    path = httpx.URL(STILL, params=asked(recorded.camera, START)).raw_path.decode()
    async with playback._decoders.turn:
        _, writer = await asyncio.open_connection(host, int(port))
        writer.write(f"GET {path} HTTP/1.1\r\nHost: {service}\r\n\r\n".encode())
        await until(lambda: taken.total() == 1)
        writer.close()
        await until(lambda: taken.total() == 0)
    await asyncio.sleep(0.1)
    assert reads == []


async def test_a_still_that_is_begun_is_made_and_kept_though_its_client_leaves(
    recorder: Any, playback: Playback, api: httpx.AsyncClient, reads: list[datetime]
) -> None:
    recorded = await recorder.record(start=START, seconds=12)
    wanted = stills.StillRequest(camera=recorded.camera, at=START, exact=False, width=None)
    leaving = asyncio.create_task(playback.still(wanted, actor=Actor("user:1")))
    await until(lambda: bool(reads))
    leaving.cancel()
    with pytest.raises(asyncio.CancelledError):
        await leaving
    assert playback._stills._places._taken.total() == 0
    hits = counted("hits")
    assert (await api.get(STILL, params=asked(recorded.camera, START))).status_code == 200
    assert (counted("hits") - hits, len(reads)) == (1, 1)
