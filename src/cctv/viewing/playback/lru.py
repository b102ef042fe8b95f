"""A cache in memory that is limited by weight and throws out what was used longest ago."""

from collections import OrderedDict
from collections.abc import Hashable, Iterable
from threading import Lock
from typing import Generic, TypeVar

from cctv.viewing.playback.metrics import CACHE_EVICTIONS, CACHE_HITS, CACHE_MISSES

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


class WeightedLru(Generic[K, V]):
    """At most ``limit`` of whatever the callers weigh by (bytes, entries). Safe between threads.

    ``kind`` names the series of the playback cache counters that it adds to; ``None`` counts nowhere.
    An entry heavier than the whole cache is not kept.
    """

    def __init__(self, *, limit: int, kind: str | None = None) -> None:
        self._limit = limit
        self._entries: OrderedDict[K, tuple[V, int]] = OrderedDict()
        self._weight = 0
        self._lock = Lock()
        self._hits = CACHE_HITS.labels(kind=kind) if kind else None
        self._misses = CACHE_MISSES.labels(kind=kind) if kind else None
        self._evictions = CACHE_EVICTIONS.labels(kind=kind) if kind else None

    @property
    def weight(self) -> int:
        """What all entries weigh together."""
        return self._weight

    def __len__(self) -> int:
        return len(self._entries)

    def get(self, key: K) -> V | None:
        """The value, which becomes the most recently used, or ``None``."""
        with self._lock:
            found = self._entries.get(key)
            if found is not None:
                self._entries.move_to_end(key)
        self._count(hits=found is not None, misses=found is None)
        return None if found is None else found[0]

    def get_many(self, keys: Iterable[K]) -> dict[K, V]:
        """The values that are there, in one go: a day's playlist asks for 1,440."""
        with self._lock:
            entries = self._entries
            found = {key: entry[0] for key in keys if (entry := entries.get(key)) is not None}
            for key in found:
                entries.move_to_end(key)
        self._count(hits=len(found))
        return found

    def missed(self, count: int) -> None:
        """What :meth:`get_many` did not find, as the caller counts it."""
        self._count(misses=count)

    def put(self, key: K, value: V, *, weight: int) -> None:
        """Keep ``value``, at the cost of the least recently used."""
        if weight > self._limit:
            return
        with self._lock:
            old = self._entries.pop(key, None)
            self._weight += weight - (old[1] if old else 0)
            self._entries[key] = (value, weight)
            evicted = 0
            while self._weight > self._limit:
                _, (_, gone) = self._entries.popitem(last=False)
                self._weight -= gone
                evicted += 1
        if self._evictions is not None and evicted:
            self._evictions.inc(evicted)

    def drop(self, key: K) -> None:
        """Forget one entry, if it is there."""
        with self._lock:
            old = self._entries.pop(key, None)
            self._weight -= old[1] if old else 0

    def _count(self, *, hits: int = 0, misses: int = 0) -> None:
        if self._hits is not None and hits:
            self._hits.inc(hits)
        if self._misses is not None and misses:
            self._misses.inc(misses)
