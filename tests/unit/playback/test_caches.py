"""The caches keep their limits, survive what they must, and count."""

import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from prometheus_client import REGISTRY

from cctv.viewing.playback.lru import WeightedLru
from cctv.viewing.playback.still_cache import StillCache


def counted(name: str, kind: str = "still") -> float:
    return REGISTRY.get_sample_value(f"playback_cache_{name}_total", {"kind": kind}) or 0.0


@pytest.mark.parametrize("kind", ["still", "playlist", "segment"])
@pytest.mark.parametrize("name", ["hits", "misses", "evictions"])
def test_every_series_exists_from_the_first_scrape(name: str, kind: str) -> None:
    assert REGISTRY.get_sample_value(f"playback_cache_{name}_total", {"kind": kind}) is not None


@given(st.lists(st.tuples(st.integers(0, 20), st.integers(1, 60)), max_size=200))
def test_memory_keeps_its_limit_and_the_most_recent(puts: list[tuple[int, int]]) -> None:
    cache: WeightedLru[int, int] = WeightedLru(limit=100)
    for key, weight in puts:
        cache.put(key, weight, weight=weight)
        assert cache.weight <= 100
        assert cache.get(key) == weight
    kept = [cache.get(key) for key in range(21)]
    assert cache.weight == sum(weight for weight in kept if weight is not None)


def test_what_was_used_longest_ago_goes_first() -> None:
    cache: WeightedLru[str, str] = WeightedLru(limit=3, kind="playlist")
    before = counted("evictions", "playlist")
    for key in "abc":
        cache.put(key, key, weight=1)
    cache.get("a")
    cache.put("d", "d", weight=1)
    assert [cache.get(key) for key in "abcd"] == ["a", None, "c", "d"]
    assert counted("evictions", "playlist") == before + 1
    cache.put("huge", "huge", weight=4)
    assert cache.get("huge") is None
    cache.drop("a")
    assert (cache.get("a"), len(cache)) == (None, 2)


def stills(folder: Path, limit_bytes: int = 10_000) -> StillCache:
    cache = StillCache(folder, limit_bytes=limit_bytes)
    cache.load()
    return cache


def test_a_still_comes_back_with_its_head(tmp_path: Path) -> None:
    cache = stills(tmp_path)
    hits, misses = counted("hits"), counted("misses")
    assert cache.get("k") is None
    cache.put("k", b"jpeg", {"frame_us": 7})
    found = cache.get("k")
    assert found is not None
    assert (found.picture, found.head) == (b"jpeg", {"frame_us": 7})
    assert (counted("hits"), counted("misses")) == (hits + 1, misses + 1)


def test_stills_survive_a_restart_in_their_order_of_use(tmp_path: Path) -> None:
    first = stills(tmp_path)
    for number, key in enumerate("abc"):
        first.put(key, key.encode() * 1000, {})
        path = next(path for path in tmp_path.glob("??/*") if key.encode() * 1000 in path.read_bytes())
        os.utime(path, ns=(number, number))
    (tmp_path / "aa").mkdir(exist_ok=True)
    torn = tmp_path / "aa" / "x.0123.part"
    torn.write_bytes(b"half")
    evicted = counted("evictions")
    second = stills(tmp_path, limit_bytes=2200)
    assert not torn.exists()
    assert [second.get(key) is not None for key in "abc"] == [False, True, True]
    assert counted("evictions") == evicted + 1


def test_the_disk_limit_holds(tmp_path: Path) -> None:
    cache = stills(tmp_path, limit_bytes=5000)
    for number in range(40):
        cache.put(str(number), bytes(500), {"n": number})
        on_disk = sum(path.stat().st_size for path in tmp_path.glob("??/*"))
        assert on_disk == cache.total_bytes <= 5000
    assert cache.get("39") is not None
    cache.put("39", bytes(100), {})
    assert sum(path.stat().st_size for path in tmp_path.glob("??/*")) == cache.total_bytes
    cache.put("too big", bytes(6000), {})
    assert cache.get("too big") is None


@pytest.mark.parametrize("harm", ["flip", "cut", "empty", "gone"])
def test_a_damaged_entry_is_dropped_like_a_miss(tmp_path: Path, harm: str) -> None:
    cache = stills(tmp_path)
    cache.put("k", b"x" * 300, {"frame_us": 1})
    path = next(tmp_path.glob("??/*.still"))
    content = bytearray(path.read_bytes())
    content[-20] ^= 1
    match harm:
        case "flip":
            path.write_bytes(content)
        case "cut":
            path.write_bytes(content[:40])
        case "empty":
            path.write_bytes(b"")
        case _:
            path.unlink()
    assert cache.get("k") is None
    assert not path.exists()
    assert cache.total_bytes == 0
    cache.put("k", b"new", {})
    found = cache.get("k")
    assert found is not None
    assert found.picture == b"new"


def test_a_disk_that_refuses_costs_the_entry_and_nothing_else(tmp_path: Path) -> None:
    cache = stills(tmp_path / "cache")
    (tmp_path / "cache").rmdir()
    (tmp_path / "cache").write_text("a file where the folder was")
    cache.put("k", b"x", {})
    assert cache.get("k") is None
