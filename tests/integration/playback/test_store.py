"""Footage that lies in an object store, seen through the gateway as if it were here."""

import asyncio
import hashlib
import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from cctv.base.clock import SystemClock, utc_now
from cctv.infra.database import Database
from cctv.infra.disks import Volume
from cctv.infra.objects import ObjectStore, ObjectStoreSettings, StoreFault
from cctv.recording import archive
from cctv.recording.archive import Segment, Uploader, VolumeRow
from cctv.viewing.playback import Playback, PlaybackSettings
from cctv.viewing.playback.metrics import CACHE_EVICTIONS, CACHE_HITS, CACHE_MISSES

LOOP_START = utc_now(SystemClock()) - timedelta(hours=3)


def fetched(folder: Path, names: str = "*.mp4") -> list[Path]:
    """What the cache of segments holds."""
    return sorted(folder.rglob(names))


class Counting(ObjectStore):
    """The real store; knows what was fetched from it."""

    def __init__(self, settings: ObjectStoreSettings) -> None:
        super().__init__(settings)
        self.fetched: list[str] = []

    def read(self, name: str) -> Iterator[bytes]:
        self.fetched.append(name)
        return super().read(name)


class Counters:
    """How far the contract's counters of segments have moved since."""

    def __init__(self) -> None:
        self._before = self._now()

    def moved(self) -> tuple[float, ...]:
        """Hits, misses, evictions."""
        return tuple(now - before for now, before in zip(self._now(), self._before, strict=True))

    def _now(self) -> list[float]:
        return [one.labels(kind="segment")._value.get() for one in (CACHE_HITS, CACHE_MISSES, CACHE_EVICTIONS)]


@pytest.fixture
def store(s3_server: Any, bucket: str) -> Counting:
    return Counting(s3_server.store(bucket)._settings)


@pytest.fixture
def stores(store: Counting) -> dict[str, ObjectStore]:
    return {store.id: store}


@pytest.fixture
def uploaded(recorder: Any, database: Database, volume: Volume, store: Counting) -> Any:
    """``await uploaded(seconds)``: recorded, then moved into the store."""

    async def record(seconds: int, **more: Any) -> Any:
        async with database.write() as tx:
            await archive.save_volume(tx, VolumeRow(id="default", address=volume.address, uploads_to=store.id))
        recorded = await recorder.record(start=LOOP_START, seconds=seconds, **more)
        contents = {
            one.object_name: volume.archive_path(one.object_name).read_bytes() for one in recorded.segments
        }
        uploader = Uploader(database=database, spool=volume, target=store, at_once=1)
        while (await uploader.some()).files:
            pass
        assert not list(volume.stored())
        return recorded, contents

    return record


async def playlist(web: httpx.AsyncClient, grant: Any, recorded: Any, seconds: int) -> tuple[str, list[str]]:
    """The folder that the playlist's addresses are relative to, and the addresses, each once."""
    given = await grant(web, recorded.camera, recorded.start, recorded.start + timedelta(seconds=seconds))
    answer = await web.get(given["video_url"])
    assert answer.status_code == 200, answer.text
    folder = given["video_url"].rpartition("/")[0]
    return folder, list(dict.fromkeys(re.findall(r"^[^#\s].*$", answer.text, re.MULTILINE)))


def address(folder: str, volume: str, segment: Segment) -> str:
    return f"{folder}/{volume}/{segment.object_name}"


async def test_bytes_come_from_the_store_once_and_then_from_the_disk(
    web: httpx.AsyncClient, grant: Any, uploaded: Any, store: Counting, segment_folder: Path
) -> None:
    recorded, contents = await uploaded(20)
    folder, addresses = await playlist(web, grant, recorded, 20)
    assert addresses == [f"store/{one.object_name}" for one in recorded.segments]
    counters = Counters()
    for name, content in contents.items():
        answer = await web.get(f"{folder}/store/{name}", headers={"Range": "bytes=1000-1999"})
        assert (answer.status_code, answer.content) == (206, content[1000:2000])
        answer = await web.get(f"{folder}/store/{name}")
        assert (answer.status_code, answer.content, answer.headers["content-type"]) == (200, content, "video/mp4")
        answer = await web.head(f"{folder}/store/{name}")
        assert (answer.status_code, int(answer.headers["content-length"])) == (200, len(content))
    assert store.fetched == list(contents)
    before, misses, _ = counters.moved()
    assert misses == 2
    again, _ = await playlist(web, grant, recorded, 20)
    for name, content in contents.items():
        assert (await web.get(f"{again}/store/{name}")).content == content
    hits, misses, evictions = counters.moved()
    assert (store.fetched, misses, evictions) == (list(contents), 2, 0)
    assert hits >= before + 2, "another grant is asked about anew"
    assert {path.read_bytes() for path in fetched(segment_folder)} == set(contents.values())


async def test_many_who_want_the_same_make_one_fetch(
    web: httpx.AsyncClient, grant: Any, uploaded: Any, store: Counting
) -> None:
    recorded, contents = await uploaded(10)
    folder, _ = await playlist(web, grant, recorded, 10)
    where = address(folder, "store", recorded.segments[0])
    answers = await asyncio.gather(*(web.get(where, headers={"Range": f"bytes={n}-{n}"}) for n in range(20)))
    content = contents[recorded.segments[0].object_name]
    assert [one.content for one in answers] == [content[n : n + 1] for n in range(20)]
    assert len(store.fetched) == 1


async def test_an_address_from_before_the_upload_goes_on_working(
    web: httpx.AsyncClient, grant: Any, uploaded: Any
) -> None:
    recorded, contents = await uploaded(10)
    folder, _ = await playlist(web, grant, recorded, 10)
    (segment,) = recorded.segments
    answer = await web.get(address(folder, "default", segment), headers={"Range": "bytes=0-99"})
    assert (answer.status_code, answer.content) == (206, contents[segment.object_name][:100])


async def test_what_is_on_its_way_is_sent_from_where_it_is(
    web: httpx.AsyncClient,
    grant: Any,
    recorder: Any,
    database: Database,
    volume: Volume,
    s3_server: Any,
    store: Counting,
) -> None:
    async with database.write() as tx:
        await archive.save_volume(tx, VolumeRow(id="default", address=volume.address, uploads_to=store.id))
    recorded = await recorder.record(start=LOOP_START, seconds=10)
    s3_server.stop()
    try:
        with pytest.raises(StoreFault):
            await Uploader(database=database, spool=volume, target=store).some()
        folder, addresses = await playlist(web, grant, recorded, 10)
        assert addresses == [f"store/{recorded.segments[0].object_name}"], "the store's already, and not there yet"
        content = (await web.get(f"{folder}/{addresses[0]}")).content
        assert hashlib.sha256(content).digest() == recorded.segments[0].sha256
        still = await web.get(
            "/api/v1/playback/still", params={"camera": str(recorded.camera), "at": LOOP_START.isoformat()}
        )
        assert still.status_code == 200
    finally:
        s3_server.start()


async def test_stills_and_downloads_of_what_is_in_the_store(
    web: httpx.AsyncClient, uploaded: Any, store: Counting, run_program: Any, tmp_path: Path
) -> None:
    recorded, _ = await uploaded(20)
    at = recorded.start + timedelta(seconds=3)
    asked = {"camera": str(recorded.camera), "at": at.isoformat(), "exact": "true"}
    still = await web.get("/api/v1/playback/still", params=asked)
    assert (still.status_code, still.content[:2]) == (200, b"\xff\xd8")
    end = recorded.start + timedelta(seconds=20)
    span = {"camera": str(recorded.camera), "from": recorded.start.isoformat(), "to": end.isoformat()}
    film = await web.get("/api/v1/recordings/download", params=span)
    assert film.status_code == 200
    (tmp_path / "film.mp4").write_bytes(film.content)
    count = ("-count_packets", "-show_entries", "stream=nb_read_packets", "-of", "csv=p=0")
    _, said, _ = await run_program(
        "ffprobe", "-v", "error", "-select_streams", "v", *count, str(tmp_path / "film.mp4")
    )
    assert int(said) == len(recorded.samples)
    assert sorted(store.fetched) == sorted(one.object_name for one in recorded.segments)


class TestASmallCache:
    @pytest.fixture
    def settings(self) -> PlaybackSettings:
        """Room for two or three of the segments, and a tenth for stills."""
        return PlaybackSettings(cache_size=1_500_000, still_timeout_s=30.0)

    async def test_the_oldest_go_and_everything_is_still_served(
        self,
        web: httpx.AsyncClient,
        grant: Any,
        uploaded: Any,
        settings: PlaybackSettings,
        segment_folder: Path,
        store: Counting,
    ) -> None:
        recorded, contents = await uploaded(60)
        folder, _ = await playlist(web, grant, recorded, 60)
        limit = settings.cache_size * 9 // 10
        size = len(next(iter(contents.values())))
        assert size * 2 < limit < size * 6, "the test's own arithmetic"
        counters = Counters()
        for name, content in contents.items():
            assert (await web.get(f"{folder}/store/{name}")).content == content
            kept = {path.name: path.stat().st_size for path in fetched(segment_folder)}
            assert sum(kept.values()) <= limit
            assert Path(name).name in kept
        _, misses, evictions = counters.moved()
        assert (misses, evictions) == (6, 6 - len(kept))
        first = next(iter(contents))
        assert (await web.get(f"{folder}/store/{first}")).content == contents[first]
        assert store.fetched.count(first) == 2


async def test_a_cache_of_nothing_shows_one_after_the_other(
    web: httpx.AsyncClient, grant: Any, uploaded: Any, playback: Playback
) -> None:
    playback._segment_cache._limit = 0
    recorded, contents = await uploaded(30)
    folder, _ = await playlist(web, grant, recorded, 30)
    for name, content in [*contents.items()] * 2:
        assert (await web.get(f"{folder}/store/{name}", headers={"Range": "bytes=5-9"})).content == content[5:10]


async def test_what_the_cache_lost_before_it_was_sent_is_fetched_again(
    web: httpx.AsyncClient,
    grant: Any,
    uploaded: Any,
    playback: Playback,
    store: Counting,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    recorded, contents = await uploaded(10)
    (segment,) = recorded.segments
    fetch = playback._segment_cache.fetch

    async def lost_at_once(name: str) -> Path:
        path = await fetch(name)
        if len(store.fetched) < 3:
            path.unlink()
        return path

    monkeypatch.setattr(playback._segment_cache, "fetch", lost_at_once)
    folder, _ = await playlist(web, grant, recorded, 10)
    answer = await web.get(address(folder, "store", segment))
    assert (answer.status_code, answer.content) == (200, contents[segment.object_name])
    assert len(store.fetched) == 3


async def test_damaged_bytes_are_never_shown(
    web: httpx.AsyncClient, grant: Any, uploaded: Any, store: Counting, segment_folder: Path
) -> None:
    recorded, contents = await uploaded(10)
    (segment,) = recorded.segments
    store.put(segment.object_name, contents[segment.object_name][:-1] + b"!")
    folder, _ = await playlist(web, grant, recorded, 10)
    answer = await web.get(address(folder, "store", segment))
    assert (answer.status_code, answer.json()["code"]) == (503, "footage_unreadable")
    assert not [path for path in fetched(segment_folder, "*") if path.is_file()]
    store.put(segment.object_name, contents[segment.object_name])
    assert (await web.get(address(folder, "store", segment))).content == contents[segment.object_name]


async def test_with_the_store_away_what_was_fetched_is_shown_and_the_rest_comes_back(
    web: httpx.AsyncClient, grant: Any, uploaded: Any, s3_server: Any
) -> None:
    recorded, contents = await uploaded(20)
    folder, _ = await playlist(web, grant, recorded, 20)
    seen, unseen = recorded.segments
    assert (await web.get(address(folder, "store", seen))).status_code == 200
    s3_server.stop()
    try:
        assert (await web.get(address(folder, "store", seen))).status_code == 200
        answer = await web.get(address(folder, "store", unseen))
        assert (answer.status_code, answer.json()["code"]) == (503, "footage_unreadable")
    finally:
        s3_server.start()
    assert (await web.get(address(folder, "store", unseen))).content == contents[unseen.object_name]


async def test_the_cache_outlives_its_process_but_for_what_was_half_written(
    web: httpx.AsyncClient,
    grant: Any,
    uploaded: Any,
    playback: Playback,
    segment_folder: Path,
    store: Counting,
) -> None:
    recorded, _ = await uploaded(20)
    folder, _ = await playlist(web, grant, recorded, 20)
    for one in recorded.segments:
        await web.get(address(folder, "store", one))
    torn = fetched(segment_folder)[0].with_suffix(".mp4.0000.part")
    torn.write_bytes(b"half")
    heir = type(playback._segment_cache)(segment_folder, limit_bytes=10**9, stores={}, find=playback._find_placed)
    heir.load()
    assert heir.total_bytes == playback._segment_cache.total_bytes == sum(s.size_bytes for s in recorded.segments)
    assert not torn.exists()


async def test_no_grant_no_bytes_from_the_store(
    web: httpx.AsyncClient, grant: Any, uploaded: Any, store: Counting
) -> None:
    recorded, _ = await uploaded(20)
    first, second = recorded.segments
    given = await grant(web, recorded.camera, first.start, first.end - timedelta(seconds=1))
    folder = given["video_url"].rpartition("/")[0]
    for where in (address(folder, "store", second), address(folder, "default", second)):
        assert (await web.get(where)).status_code == 403
    assert (
        await web.get("/internal/media/fetch", headers={"X-Media-Object": first.object_name})
    ).status_code == 404
    assert store.fetched == []
