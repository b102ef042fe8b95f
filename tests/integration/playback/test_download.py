"""Downloads: one plain MP4 that any player opens, of exactly what was asked."""

import asyncio
import contextlib
import io
import json
import socket
from collections.abc import AsyncIterator, Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import av
import httpx
import pytest
from fastapi import FastAPI
from prometheus_client import REGISTRY
from sqlalchemy import text
from tests.conftest import KnownAs, UserWith

from cctv.access.policy import Policy
from cctv.base.actor import Actor
from cctv.base.clock import SystemClock, utc_now
from cctv.base.span import Span
from cctv.infra.database import Database
from cctv.infra.disks import Volume
from cctv.infra.http.inject import provided_to
from cctv.media.coding.nal import split_lengths
from cctv.viewing.playback import Playback
from cctv.viewing.playback.errors import Busy

START = (utc_now(SystemClock()) - timedelta(hours=3)).replace(microsecond=0)
S = timedelta(seconds=1)
DOWNLOAD = "/api/v1/recordings/download"


def asked(camera: Any, begin_s: float, end_s: float) -> dict[str, Any]:
    return {
        "camera": str(camera),
        "from": (START + S * begin_s).isoformat(),
        "to": (START + S * end_s).isoformat(),
    }


def failures() -> float:
    return REGISTRY.get_sample_value("playback_transmux_failures_total") or 0.0


@pytest.mark.parametrize("kind", ["h264-high", "h264-high-b", "h265"])
async def test_a_download_holds_every_coded_frame_and_ffmpeg_has_no_complaint(
    recorder: Any, web: httpx.AsyncClient, run_program: Callable[..., Any], tmp_path: Path, kind: str
) -> None:
    recorded = await recorder.record(start=START, seconds=25, kind=kind)
    answer = await web.get(DOWNLOAD, params=asked(recorded.camera, 0, 25))
    assert answer.status_code == 200, answer.text
    assert int(answer.headers["content-length"]) == len(answer.content)
    assert answer.content[4:8] == b"ftyp"
    assert answer.content.index(b"moov") < answer.content.index(b"mdat")
    with av.open(io.BytesIO(answer.content), "r") as container:
        packets = [bytes(packet) for packet in container.demux(video=0) if packet.size]
    assert [split_lengths(one) for one in packets] == [split_lengths(one.data) for one in recorded.samples]
    saved = tmp_path / "saved.mp4"
    saved.write_bytes(answer.content)
    code, said, complained = await run_program("ffmpeg", "-v", "warning", "-i", str(saved), "-f", "framemd5", "-")
    assert (code, complained) == (0, "")
    assert len([line for line in said.splitlines() if not line.startswith("#")]) == len(recorded.samples)


async def test_it_begins_at_the_asked_moment_though_its_key_frame_comes_first(
    recorder: Any, web: httpx.AsyncClient, run_program: Callable[..., Any], tmp_path: Path
) -> None:
    recorded = await recorder.record(start=START, seconds=25)
    answer = await web.get(DOWNLOAD, params=asked(recorded.camera, 7.6, 12))
    saved = tmp_path / "saved.mp4"
    saved.write_bytes(answer.content)
    code, said, complained = await run_program(
        "ffprobe", "-v", "warning", "-show_entries", "stream=duration", "-of", "json", str(saved)
    )
    assert (code, complained) == (0, "")
    assert float(json.loads(said)["streams"][0]["duration"]) == pytest.approx(4.4, abs=0.05)


async def test_gaps_are_closed_up(
    recorder: Any, web: httpx.AsyncClient, run_program: Callable[..., Any], tmp_path: Path
) -> None:
    first = await recorder.record(start=START, seconds=10)
    await recorder.record(start=START + S * 30, seconds=10, camera=first.camera, kind="h264-main", fence=2)
    answer = await web.get(DOWNLOAD, params=asked(first.camera, 0, 60))
    saved = tmp_path / "saved.mp4"
    saved.write_bytes(answer.content)
    code, said, complained = await run_program("ffmpeg", "-v", "error", "-i", str(saved), "-f", "framemd5", "-")
    assert (code, complained) == (0, "")
    assert len([line for line in said.splitlines() if not line.startswith("#")]) == 500


async def test_ranges_of_it_are_those_of_the_whole(recorder: Any, api: httpx.AsyncClient) -> None:
    recorded = await recorder.record(start=START, seconds=12)
    wish = asked(recorded.camera, 2, 9)
    whole = (await api.get(DOWNLOAD, params=wish)).content
    size = len(whole)
    for first, last in ((0, 99), (100, size // 2), (size // 2 - 7, size - 1), (size - 1, size - 1)):
        answer = await api.get(DOWNLOAD, params=wish, headers={"Range": f"bytes={first}-{last}"})
        assert answer.status_code == 206
        assert answer.headers["content-range"] == f"bytes {first}-{last}/{size}"
        assert answer.content == whole[first : last + 1]
    behind = await api.get(DOWNLOAD, params=wish, headers={"Range": f"bytes={size}-"})
    assert (behind.status_code, behind.headers["content-range"]) == (416, f"bytes */{size}")

    none = await api.get(DOWNLOAD, params=wish, headers={"Range": "bytes=-0"})
    assert (none.status_code, none.headers["content-range"]) == (416, f"bytes */{size}")


async def test_a_range_is_of_the_file_that_was_begun_or_the_whole_comes_anew(
    recorder: Any, api: httpx.AsyncClient
) -> None:
    now = utc_now(SystemClock())
    recorded = await recorder.record(start=now - S * 30, seconds=12)
    wish = {"camera": str(recorded.camera), "from": (now - S * 30).isoformat(), "to": (now + S * 60).isoformat()}
    begun = await api.get(DOWNLOAD, params=wish)
    tag, rest = begun.headers["etag"], {"Range": "bytes=1000-"}
    same = await api.get(DOWNLOAD, params=wish, headers=rest | {"If-Range": tag})
    assert (same.status_code, same.content) == (206, begun.content[1000:])
    for other in (f"W/{tag}", '"other"', f"{tag}, {tag}", "Sat, 29 Oct 1994 19:43:31 GMT", tag.strip('"')):
        answer = await api.get(DOWNLOAD, params=wish, headers=rest | {"If-Range": other})
        assert (answer.status_code, answer.content) == (200, begun.content)
        assert "content-range" not in answer.headers
    await recorder.record(start=now - S * 18, seconds=12, camera=recorded.camera, fence=2)
    grown = await api.get(DOWNLOAD, params=wish, headers=rest | {"If-Range": tag})
    assert grown.status_code == 200
    assert len(grown.content) == int(grown.headers["content-length"]) > len(begun.content)
    assert grown.headers["etag"] != tag
    lost = await api.get(DOWNLOAD, params=wish, headers={"Range": "bytes=999999999-", "If-Range": tag})
    assert lost.status_code == 200


async def test_seconds_are_counted_once_however_often_a_player_resumes(
    recorder: Any, api: httpx.AsyncClient, database: Database
) -> None:
    recorded = await recorder.record(start=START, seconds=12)
    wish = asked(recorded.camera, 2, 9)
    for ranges in (None, "bytes=0-999", "bytes=1000-", "bytes=-7", "bytes=999999999-", "bytes=-999999999"):
        await api.get(DOWNLOAD, params=wish, headers={"Range": ranges} if ranges else {})
    size = len((await api.get(DOWNLOAD, params=wish)).content)
    query = text("SELECT action, seconds, detail FROM audit_entries ORDER BY id")
    async with database.read() as tx:
        rows = (await tx.execute(query)).all()
    assert {row.action for row in rows} == {"recordings.download"}
    assert [(row.seconds, row.detail.get("from_byte")) for row in rows] == [
        (7.0, None),
        (7.0, None),
        (None, 1000),
        (None, size - 7),
        (7.0, None),
        (7.0, None),
    ]
    assert len({row.detail["from"] for row in rows}) == 1


async def test_the_name_and_the_metrics(recorder: Any, api: httpx.AsyncClient) -> None:
    recorded = await recorder.record(start=START, seconds=12)
    before = REGISTRY.get_sample_value("playback_transmux_duration_seconds_count") or 0.0
    answer = await api.get(DOWNLOAD, params=asked(recorded.camera, 0, 12))
    said = answer.headers["content-disposition"]
    assert said.startswith(f'attachment; filename="{recorded.camera}_')
    assert said.endswith(".mp4")
    assert answer.headers["content-type"] == "video/mp4"
    assert REGISTRY.get_sample_value("playback_transmux_duration_seconds_count") == before + 1


async def test_nothing_there_is_404_and_no_failure(api: httpx.AsyncClient) -> None:
    before = failures()
    answer = await api.get(DOWNLOAD, params=asked("0192f0c1-7d2e-8a3b-9c4d-5e6f708192a3", 0, 12))
    assert (answer.status_code, answer.json()["code"]) == (404, "no_recording")
    assert failures() == before


async def test_a_file_that_is_gone_is_a_failed_transmux_that_is_logged(
    recorder: Any, api: httpx.AsyncClient, volume: Volume, capsys: pytest.CaptureFixture[str]
) -> None:
    recorded = await recorder.record(start=START, seconds=12)
    volume.archive_path(recorded.segments[0].object_name).unlink()
    before = failures()
    answer = await api.get(DOWNLOAD, params=asked(recorded.camera, 0, 12))
    assert (answer.status_code, answer.json()["code"]) == (503, "transmux_failed")
    assert failures() == before + 1
    said = capsys.readouterr().out
    assert "transmux" in said
    assert "failed" in said


async def test_too_many_at_once_are_told_to_wait_and_the_place_is_freed(
    recorder: Any, playback: Playback, api: httpx.AsyncClient
) -> None:
    recorded = await recorder.record(start=START, seconds=12)
    wish = asked(recorded.camera, 0, 12)
    held = await hold(playback, recorded.camera, *[Actor(f"user:{number}") for number in range(4)])
    refused = await api.get(DOWNLOAD, params=wish)
    assert (refused.status_code, refused.json()["code"]) == (429, "busy")
    assert "retry-after" in refused.headers
    held.pop().close()
    assert (await api.get(DOWNLOAD, params=wish)).status_code == 200
    held.clear()  # answers that were never sent let their files go
    for _ in range(2):
        answers = await asyncio.gather(*(api.get(DOWNLOAD, params=wish) for _ in range(2)))
        assert {one.status_code for one in answers} == {200}


async def test_one_user_holds_half_of_the_places_at_most(
    recorder: Any, playback: Playback, api: httpx.AsyncClient, app: FastAPI, user_with: UserWith
) -> None:
    recorded = await recorder.record(start=START, seconds=12)
    wish = asked(recorded.camera, 0, 12)
    greedy, other = await user_with("investigator"), await user_with("investigator")
    held = await hold(playback, recorded.camera, greedy, greedy)
    provided_to(app)[KnownAs].actor = greedy
    refused = await api.get(DOWNLOAD, params=wish)
    assert (refused.status_code, refused.json()["code"]) == (429, "busy")
    provided_to(app)[KnownAs].actor = other
    assert (await api.get(DOWNLOAD, params=wish)).status_code == 200
    held.pop().close()
    provided_to(app)[KnownAs].actor = greedy
    assert (await api.get(DOWNLOAD, params=wish)).status_code == 200


@pytest.mark.parametrize("way", ["service", "gateway"])
@pytest.mark.parametrize("end", ["withdrawn", "signed out"])
async def test_a_slow_download_is_cut_when_the_right_to_it_is_no_more(
    recorder: Any,
    playback: Playback,
    app: FastAPI,
    service: str,
    nginx: str,
    database: Database,
    user_with: UserWith,
    way: str,
    end: str,
) -> None:
    # 63 MB: more than the kernel lets lie in the buffers of two connections, of which a receiver's may be 32 MB.
    recorded = await recorder.record(start=START, seconds=1000, segment_s=60)
    actor = await user_with("investigator")
    keeper = provided_to(app)[KnownAs]
    keeper.actor = actor
    host = httpx.URL(f"http://{service}" if way == "service" else nginx)
    one, other = Actor("user:1"), Actor("user:2")
    held = await hold(playback, recorded.camera, one, one, other)
    got = 0
    async with begun(host, asked(recorded.camera, 0, 1000)) as (reader, size), asyncio.timeout(60):
        await asyncio.sleep(1)  # the buffers are full
        if end == "withdrawn":
            async with database.write() as tx:
                gone = text("DELETE FROM access_grants WHERE user_id = CAST(:id AS uuid)")
                await tx.execute(gone, {"id": actor.id})
            provided_to(app)[Policy].forget(actor.id)  # in production the notification does it
        else:
            keeper.revoke()
        async with asyncio.timeout(5):  # its place is free, though its client has read nothing more
            while not await has_place(playback, recorded.camera, other):
                await asyncio.sleep(0.05)
        while chunk := await reader.read(1 << 16):
            got += len(chunk)
    assert 0 < got < size
    assert len(held) == 3


async def hold(playback: Playback, camera: Any, *actors: Actor) -> list[Any]:
    """Downloads that have begun and are not sent, one an actor."""
    span = Span(START, START + S * 12)
    return [(await playback.download(camera, span, actor=actor))[0] for actor in actors]


async def has_place(playback: Playback, camera: Any, actor: Actor) -> bool:
    """Whether one more download can begin; it is let go at once."""
    try:
        (one,) = await hold(playback, camera, actor)
    except Busy:
        return False
    one.close()
    return True


@contextlib.asynccontextmanager
async def begun(host: httpx.URL, wish: dict[str, Any]) -> AsyncIterator[tuple[asyncio.StreamReader, int]]:
    """A download by a client who has read the answer's head and then stops; and how many bytes are to come."""
    plug = socket.socket()
    plug.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 16)
    plug.setblocking(False)
    await asyncio.get_running_loop().sock_connect(plug, (host.host, host.port))
    reader, writer = await asyncio.open_connection(sock=plug, limit=1 << 14)
    path = httpx.URL(DOWNLOAD, params=wish).raw_path.decode()
    try:
        asking = f"GET {path} HTTP/1.1\r\nHost: {host.host}:{host.port}\r\nConnection: close\r\n\r\n"
        writer.write(asking.encode())
        head = (await reader.readuntil(b"\r\n\r\n")).decode().lower()
        assert head.startswith("http/1.1 200"), head
        yield reader, int(head.split("content-length: ")[1].split("\r\n")[0])
    finally:
        writer.close()
        with contextlib.suppress(OSError):
            await writer.wait_closed()


async def test_the_file_being_written_is_in_it(recorder: Any, api: httpx.AsyncClient) -> None:
    now = utc_now(SystemClock())
    recorded = await recorder.record(start=now - S * 26, seconds=26, leave_open=True)
    wish = {"camera": str(recorded.camera), "from": (now - S * 26).isoformat(), "to": now.isoformat()}
    content = (await api.get(DOWNLOAD, params=wish)).content
    with av.open(io.BytesIO(content), "r") as container:
        assert len([packet for packet in container.demux(video=0) if packet.size]) == len(recorded.samples)


async def test_the_minute_that_was_closed_a_moment_ago_is_waited_for(
    recorder: Any, api: httpx.AsyncClient, database: Any, cache: Any
) -> None:
    from dataclasses import replace

    from cctv.recording import archive
    from cctv.recording.archive import Batch

    now = utc_now(SystemClock())
    recorded = await recorder.record(start=now - S * 36, seconds=36, leave_open=True)
    late = recorded.segments[-1]
    async with database.write() as tx:
        await tx.execute(text("DELETE FROM video_segments WHERE seq = :seq"), {"seq": late.seq})
    wish = {"camera": str(recorded.camera), "from": (now - S * 36).isoformat(), "to": (now - S * 6).isoformat()}
    asking = asyncio.create_task(api.get(DOWNLOAD, params=wish))
    await asyncio.sleep(0.5)
    assert not asking.done()
    async with database.write() as tx:
        await archive.record(tx, Batch(segments=(replace(late),)))
    content = (await asking).content
    with av.open(io.BytesIO(content), "r") as container:
        assert len([packet for packet in container.demux(video=0) if packet.size]) == 30 * 25
