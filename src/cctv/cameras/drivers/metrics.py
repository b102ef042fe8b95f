"""Counters of probing."""

from prometheus_client import Counter, Histogram

RESULTS = ("ok", "warnings", "failed", "busy")

probes_total = Counter("camera_probes_total", "Probes of cameras by result.", ["result"])
probe_seconds = Histogram(
    "camera_probe_seconds", "Time of one probe without waiting for its turn.", buckets=(1, 2, 5, 10, 20, 30, 60)
)

for _result in RESULTS:
    probes_total.labels(_result)
