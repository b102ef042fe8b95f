"""HLS over real recordings: playlists by the rules, and ffmpeg plays them through the gateway."""

import json
import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import av
import httpx
import pytest

from cctv.base.clock import SystemClock, utc_now
from cctv.infra.cache import Cache
from cctv.recording import archive

LOOP_START = utc_now(SystemClock()) - timedelta(hours=3)
S = timedelta(seconds=1)


def entries(text: str) -> list[tuple[float, int, int, str]]:
    """(seconds, length, offset, address) of each entry."""
    found = re.findall(r"#EXTINF:([\d.]+),\n#EXT-X-BYTERANGE:(\d+)@(\d+)\n(\S+)\n", text)
    return [(float(one[0]), int(one[1]), int(one[2]), one[3]) for one in found]


async def fetch_range(web: httpx.AsyncClient, url: str, offset: int, length: int) -> bytes:
    answer = await web.get(url, headers={"Range": f"bytes={offset}-{offset + length - 1}"})
    assert answer.status_code == 206, (answer.status_code, url)
    assert len(answer.content) == length
    return answer.content


@pytest.mark.parametrize("kind", ["h264-baseline", "h264-high", "h264-high-b", "h265"])
async def test_ffmpeg_plays_a_range_without_a_word(
    recorder: Any, web: httpx.AsyncClient, grant: Callable[..., Any], run_program: Callable[..., Any], kind: str
) -> None:
    recorded = await recorder.record(start=LOOP_START, seconds=35, kind=kind)
    right = await grant(web, recorded.camera, recorded.start, recorded.start + S * 35, renewable=False)
    url = f"{str(web.base_url).rstrip('/')}{right['url']}"
    code, said, complained = await run_program(
        "ffmpeg", "-v", "warning", "-xerror", "-i", url, "-c", "copy", "-f", "framehash", "-"
    )
    assert (code, complained) == (0, "")
    frames = [line for line in said.splitlines() if not line.startswith("#")]
    assert len(frames) == len(recorded.samples)
    code, said, complained = await run_program(
        "ffprobe", "-v", "error", "-show_entries", "format=duration", "-of", "json", url
    )
    assert (code, complained) == (0, "")
    assert float(json.loads(said)["format"]["duration"]) == pytest.approx(35, abs=0.1)


async def test_ffmpeg_decodes_every_frame(
    recorder: Any, web: httpx.AsyncClient, grant: Callable[..., Any], run_program: Callable[..., Any]
) -> None:
    recorded = await recorder.record(start=LOOP_START, seconds=12, segment_s=4)
    right = await grant(web, recorded.camera, recorded.start, recorded.start + S * 12)
    url = f"{str(web.base_url).rstrip('/')}{right['video_url']}"
    code, said, complained = await run_program("ffmpeg", "-v", "warning", "-i", url, "-f", "framemd5", "-")
    assert (code, complained) == (0, "")
    frames = [line for line in said.splitlines() if not line.startswith("#")]
    assert len(frames) == len(recorded.samples)


async def test_each_entry_is_a_group_of_pictures_that_decodes_by_itself(
    recorder: Any, web: httpx.AsyncClient, grant: Callable[..., Any]
) -> None:
    recorded = await recorder.record(start=LOOP_START, seconds=21, kind="h264-high-b")
    right = await grant(web, recorded.camera, recorded.start, recorded.start + S * 21)
    text = (await web.get(right["video_url"])).text
    folder = right["video_url"].rsplit("/", 1)[0]
    mapped = re.findall(r'#EXT-X-MAP:URI="([^"]+)",BYTERANGE="(\d+)@0"', text)
    assert len(mapped) == 1
    init = await fetch_range(web, f"{folder}/{mapped[0][0]}", 0, int(mapped[0][1]))
    frames = 0
    for _, length, offset, address in entries(text):
        media = await fetch_range(web, f"{folder}/{address}", offset, length)
        frames += decoded(init + media)
    assert frames == len(recorded.samples)


@pytest.mark.parametrize("kind", ["h264-high-b", "h265", "mjpeg"])
async def test_each_iframe_range_decodes_alone(
    recorder: Any, web: httpx.AsyncClient, grant: Callable[..., Any], kind: str
) -> None:
    recorded = await recorder.record(start=LOOP_START, seconds=12, kind=kind)
    right = await grant(web, recorded.camera, recorded.start, recorded.start + S * 12)
    text = (await web.get(right["iframes_url"])).text
    assert "#EXT-X-I-FRAMES-ONLY" in text
    folder = right["iframes_url"].rsplit("/", 1)[0]
    mapped = re.search(r'#EXT-X-MAP:URI="([^"]+)",BYTERANGE="(\d+)@0"', text)
    assert mapped is not None
    init = await fetch_range(web, f"{folder}/{mapped[1]}", 0, int(mapped[2]))
    found = entries(text)
    assert len(found) >= 12
    for _, length, offset, address in found:
        assert decoded(init + await fetch_range(web, f"{folder}/{address}", offset, length)) == 1


def decoded(data: bytes) -> int:
    """Frames that libav makes of ``data``; a key frame cut out of its fragment is followed by nothing."""
    import io

    frames = 0
    with av.open(io.BytesIO(data), "r") as container:
        try:
            for packet in container.demux(video=0):
                frames += len(packet.decode())
        except av.error.FFmpegError:
            frames += len(container.streams.video[0].decode(None))
    return frames


async def test_a_range_from_the_middle_of_a_group_begins_at_its_key_frame(
    recorder: Any, web: httpx.AsyncClient, grant: Callable[..., Any], run_program: Callable[..., Any]
) -> None:
    recorded = await recorder.record(start=LOOP_START, seconds=30)
    begin, end = recorded.start + S * 7.6, recorded.start + S * 22.3
    right = await grant(web, recorded.camera, begin, end)
    text = (await web.get(right["video_url"])).text
    assert sum(one[0] for one in entries(text)) == pytest.approx(16)
    url = f"{str(web.base_url).rstrip('/')}{right['url']}"
    code, said, complained = await run_program("ffmpeg", "-v", "warning", "-i", url, "-f", "framemd5", "-")
    assert (code, complained) == (0, "")
    assert len([line for line in said.splitlines() if not line.startswith("#")]) == 16 * 25


async def test_a_window_of_a_grant(recorder: Any, api: httpx.AsyncClient, grant: Callable[..., Any]) -> None:
    recorded = await recorder.record(start=LOOP_START, seconds=30)
    right = await grant(api, recorded.camera, recorded.start, recorded.start + S * 30)
    window = {"from": (recorded.start + S * 10).isoformat(), "to": (recorded.start + S * 20).isoformat()}
    index = await api.get(right["url"], params=window)
    inner = re.findall(r"^video\.m3u8\?\S+", index.text, re.MULTILINE)
    assert len(inner) == 1
    text = (await api.get(right["url"].rsplit("/", 1)[0] + "/" + inner[0])).text
    assert sum(one[0] for one in entries(text)) == pytest.approx(10)
    outside = await api.get(right["url"], params={"from": (recorded.start + S * 40).isoformat()})
    assert (outside.status_code, outside.json()["code"]) == (422, "bad_range")


async def test_a_gap_and_another_codec_are_discontinuities_and_ffmpeg_goes_on(
    recorder: Any, web: httpx.AsyncClient, grant: Callable[..., Any], run_program: Callable[..., Any]
) -> None:
    first = await recorder.record(start=LOOP_START, seconds=10)
    second = await recorder.record(
        start=LOOP_START + S * 25, seconds=10, camera=first.camera, kind="h264-main", fence=2
    )
    third = await recorder.record(start=LOOP_START + S * 35, seconds=10, camera=first.camera, kind="sub", fence=3)
    right = await grant(web, first.camera, LOOP_START, LOOP_START + S * 60)
    text = (await web.get(right["video_url"])).text
    assert text.count("#EXT-X-DISCONTINUITY\n") == 2
    assert text.count("#EXT-X-MAP") == 3
    times = re.findall(r"#EXT-X-PROGRAM-DATE-TIME:(\S+)", text)
    assert len(times) == 3
    index = (await web.get(right["url"])).text
    assert "RESOLUTION=640x360" in index
    code, said, complained = await run_program(
        *("ffmpeg", "-v", "error", "-i", f"{str(web.base_url).rstrip('/')}{right['url']}"),
        *("-c", "copy", "-f", "framehash", "-"),
    )
    assert (code, complained) == (0, "")
    frames = [line for line in said.splitlines() if not line.startswith("#")]
    assert len(frames) == len(first.samples) + len(second.samples) + len(third.samples)


async def test_the_open_file_is_played_while_it_grows(
    recorder: Any, cache: Cache, web: httpx.AsyncClient, grant: Callable[..., Any]
) -> None:
    now = utc_now(SystemClock())
    recorded = await recorder.record(start=now - S * 26, seconds=26, leave_open=True)
    right = await grant(web, recorded.camera, recorded.start, now + timedelta(minutes=5))
    text = (await web.get(right["video_url"])).text
    assert "#EXT-X-PLAYLIST-TYPE:EVENT" in text
    assert "#EXT-X-ENDLIST" not in text
    found = entries(text)
    assert sum(one[0] for one in found) == pytest.approx(25)
    assert found[-1][3].endswith("-000002.mp4")
    folder = right["video_url"].rsplit("/", 1)[0]
    _, length, offset, address = found[-1]
    assert await fetch_range(web, f"{folder}/{address}", offset, length)
    await cache.client.flushall()
    text = (await web.get(right["video_url"])).text
    assert len(entries(text)) == len(found), "what was seen open is remembered for a while"


async def test_after_the_end_of_a_range_the_open_file_makes_a_whole_list(
    recorder: Any, api: httpx.AsyncClient, grant: Callable[..., Any]
) -> None:
    now = utc_now(SystemClock())
    recorded = await recorder.record(start=now - S * 26, seconds=26, leave_open=True)
    right = await grant(api, recorded.camera, recorded.start, recorded.start + S * 24)
    text = (await api.get(right["video_url"])).text
    assert text.endswith("#EXT-X-ENDLIST\n")
    assert sum(one[0] for one in entries(text)) == pytest.approx(24)


async def test_what_is_missing_or_corrupt_is_left_out(
    recorder: Any, database: Any, api: httpx.AsyncClient, grant: Callable[..., Any]
) -> None:
    from sqlalchemy import text as sql

    recorded = await recorder.record(start=LOOP_START, seconds=40)
    async with database.write() as tx:
        for seq, state in ((1, "missing"), (2, "corrupt")):
            await tx.execute(
                sql("UPDATE video_segments SET state = :state WHERE run_id = :run AND seq = :seq"),
                {"state": state, "run": recorded.run.id, "seq": seq},
            )
    right = await grant(api, recorded.camera, recorded.start, recorded.start + S * 40)
    text = (await api.get(right["video_url"])).text
    assert sum(one[0] for one in entries(text)) == pytest.approx(20)
    assert text.count("#EXT-X-DISCONTINUITY\n") == 1


async def test_nothing_recorded_is_told(api: httpx.AsyncClient, grant: Callable[..., Any]) -> None:
    right = await grant(api, "0192f0c1-7d2e-8a3b-9c4d-5e6f708192a3", LOOP_START, LOOP_START + S * 60)
    for name in ("url", "video_url", "iframes_url"):
        answer = await api.get(right[name])
        assert (answer.status_code, answer.json()["code"]) == (404, "no_footage")


async def test_without_the_cache_closed_files_are_played(
    recorder: Any, api: httpx.AsyncClient, grant: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    recorded = await recorder.record(start=LOOP_START, seconds=12)
    right = await grant(api, recorded.camera, recorded.start, recorded.start + S * 12)

    async def away(*_: object) -> dict[Any, Any]:
        from cctv.infra.cache import CacheUnavailable

        raise CacheUnavailable

    monkeypatch.setattr(archive, "read_open", away)
    assert (await api.get(right["video_url"])).status_code == 200


async def test_the_peak_of_short_entries_is_no_less_than_the_average(
    recorder: Any, api: httpx.AsyncClient, grant: Callable[..., Any]
) -> None:
    recorded = await recorder.record(start=LOOP_START, seconds=5, kind="mjpeg")
    right = await grant(api, recorded.camera, LOOP_START, LOOP_START + S * 5)
    index = (await api.get(right["url"])).text
    peak, average = re.search(r"[:,]BANDWIDTH=(\d+),AVERAGE-BANDWIDTH=(\d+)", index).groups()  # type: ignore[union-attr]
    assert int(peak) >= int(average) > 0
