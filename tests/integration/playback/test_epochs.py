"""The clock was set back: the hour is there twice. The newest is shown, the other has an address."""

import re
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx

from cctv.base.clock import SystemClock, utc_now

START = utc_now(SystemClock()) - timedelta(hours=3)
S = timedelta(seconds=1)
OLD, NEW = UUID(int=1), UUID(int=2)


async def twice(recorder: Any) -> tuple[Any, Any]:
    """40 seconds; then, by a clock set back, 20 seconds over their middle."""
    old = await recorder.record(start=START, seconds=40)
    new = await recorder.record(start=START + 10 * S, seconds=20, camera=old.camera, fence=2)
    return old, new


async def line(api: httpx.AsyncClient, camera: UUID, **more: str) -> Any:
    span = {"camera": str(camera), "from": START.isoformat(), "to": (START + 60 * S).isoformat()}
    answer = await api.get("/api/v1/playback/timeline", params=span | more)
    assert answer.status_code == 200, answer.text
    return answer.json()["cameras"][0]


def runs(playlist: str) -> list[str]:
    """The runs of a playlist's addresses, each once, in order."""
    found = re.findall(r"^[^#\s].*/([0-9a-f]{32})-\d+\.mp4$", playlist, re.MULTILINE)
    return [one for number, one in enumerate(found) if number == 0 or found[number - 1] != one]


async def test_the_timeline_names_what_is_hidden_and_shows_it_when_asked(
    recorder: Any, api: httpx.AsyncClient
) -> None:
    old, _ = await twice(recorder)
    shown = await line(api, old.camera)
    assert len(shown["spans"]) == 1
    (hidden,) = shown["hidden"]
    assert UUID(hidden["epoch"]) == OLD
    assert (hidden["from"], hidden["to"]) == tuple(
        (START + n * S).isoformat().replace("+00:00", "Z") for n in (10, 30)
    )
    alone = await line(api, old.camera, epoch=hidden["epoch"])
    assert (alone["spans"], alone["gaps"], alone["hidden"]) == (shown["spans"], [], [])
    (newest,) = (await line(api, old.camera, epoch=str(NEW)))["spans"]
    assert newest == {"from": hidden["from"], "to": hidden["to"]}
    assert (await line(api, old.camera, epoch=str(UUID(int=7))))["spans"] == []


async def test_a_grant_leads_to_the_hidden_footage(recorder: Any, web: httpx.AsyncClient, grant: Any) -> None:
    old, new = await twice(recorder)
    usual = await grant(web, old.camera, START, START + 40 * S)
    first, over = old.run.id.hex, new.run.id.hex
    assert runs((await web.get(usual["video_url"])).text) == [first, over, first]
    given = await grant(web, old.camera, START, START + 40 * S, epoch=str(OLD))
    index = (await web.get(given["url"])).text
    (media,) = re.findall(r"^video\.m3u8\S*$", index, re.MULTILINE)
    folder = given["url"].rpartition("/")[0]
    for where in (given["video_url"], given["iframes_url"], f"{folder}/{media}"):
        playlist = (await web.get(where)).text
        assert runs(playlist) == [first], where
        assert "#EXT-X-DISCONTINUITY\n" not in playlist
    name = re.findall(r"^[^#\s].*$", (await web.get(given["video_url"])).text, re.MULTILINE)[-1]
    assert (await web.get(f"{folder}/{name}")).status_code == 200


async def test_hidden_footage_can_be_downloaded(
    recorder: Any, web: httpx.AsyncClient, run_program: Any, tmp_path: Path
) -> None:
    old, _ = await twice(recorder)
    span = {"camera": str(old.camera), "from": START.isoformat(), "to": (START + 40 * S).isoformat()}
    film = await web.get("/api/v1/recordings/download", params=span | {"epoch": str(OLD)})
    (tmp_path / "film.mp4").write_bytes(film.content)
    count = ("-count_packets", "-show_entries", "stream=nb_read_packets", "-of", "csv=p=0")
    _, said, _ = await run_program("ffprobe", "-v", "error", *count, str(tmp_path / "film.mp4"))
    assert int(said) == len(old.samples)


async def test_what_is_recorded_now_belongs_to_its_epoch(recorder: Any, api: httpx.AsyncClient) -> None:
    start = utc_now(SystemClock()) - 20 * S
    recorded = await recorder.record(start=start, seconds=20, leave_open=True)
    span = {"camera": str(recorded.camera), "from": start.isoformat(), "to": (start + 60 * S).isoformat()}

    async def growing(epoch: UUID) -> Any:
        answer = await api.get("/api/v1/playback/timeline", params=span | {"epoch": str(epoch)})
        return answer.json()["cameras"][0]["recording_until"]

    assert await growing(OLD) is not None
    assert await growing(NEW) is None
