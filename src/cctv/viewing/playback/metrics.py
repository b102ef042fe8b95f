"""What playback counts. Every series exists at 0 from the first scrape."""

from typing import Final

from prometheus_client import Counter, Gauge, Histogram

KINDS: Final = ("still", "playlist", "segment")

CACHE_HITS = Counter("playback_cache_hits_total", "Answers found in a playback cache", ["kind"])
CACHE_MISSES = Counter("playback_cache_misses_total", "Answers not found in a playback cache", ["kind"])
CACHE_EVICTIONS = Counter(
    "playback_cache_evictions_total", "Entries that a full playback cache threw out", ["kind"]
)
ACTIVE_SESSIONS = Gauge("playback_active_sessions", "Grants with which media was asked for in the last minute")
TRANSMUX_SECONDS = Histogram(
    "playback_transmux_duration_seconds",
    "Time to plan a download as plain MP4, from the request to its first byte",
    buckets=(0.01, 0.03, 0.1, 0.3, 1, 3, 10, 30),
)
TRANSMUX_FAILURES = Counter(
    "playback_transmux_failures_total",
    "Downloads as plain MP4 that could not be made or were broken off by us",
)

for _kind in KINDS:
    for _counter in (CACHE_HITS, CACHE_MISSES, CACHE_EVICTIONS):
        _counter.labels(kind=_kind)
