"""What a recorder counts. The names are contracts; every counter is there, at 0, from the first scrape."""

from collections.abc import Callable, Iterable, Iterator

from prometheus_client import REGISTRY, Counter, Gauge
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from cctv.base.faults import Cause

active = Gauge("recording_active", "Cameras that are being recorded.")
segments = Counter("recording_segments_total", "Segments closed and safe on the disk.")
written_bytes = Counter("recording_bytes_total", "Bytes of video written.")
gap_seconds = Counter("recording_gap_seconds_total", "Seconds that were planned and not recorded.", ["cause"])
queue_bytes = Gauge("recording_queue_bytes", "Bytes of video that wait for the disk.")
queue_depth = Gauge("recording_queue_depth", "Rows that wait in the journal for the database.")
reach_hours = Gauge("spool_reach_hours", "Hours until the volumes are full at the present rate.")
shed = Counter("recording_shed_total", "Runs ended because the queue to the disk was full.", ["cause"])
lost_packets = Counter("recording_packets_lost_total", "Video packets of cameras that never came.")
jumps = Counter("recording_timestamp_jumps_total", "Jumps in cameras' timestamps that were bridged or cut.")
sync_seconds = Gauge("recording_sync_delay_seconds", "Age of the oldest data that are not forced to the disk.")
rejected = Counter("recording_rejected_rows_total", "Journal entries that the catalogue would not take.")
epochs = Counter("recording_clock_steps_total", "Steps of the wall clock by 2 s or more.")

for cause in Cause:
    gap_seconds.labels(cause)
for cause in (Cause.DISK, Cause.OVERLOAD):
    shed.labels(cause)


Ages = Callable[[], Iterable[tuple[str, float]]]


class Newest(Collector):
    """``recording_newest_segment_age_seconds{camera}``, asked at each scrape: it grows without anybody's doing."""

    def __init__(self) -> None:
        self._ages: Ages | None = None

    def ask(self, ages: Ages) -> None:
        """From now on ``ages`` tells camera and seconds."""
        self._ages = ages

    def forget(self, ages: Ages) -> None:
        if self._ages == ages:
            self._ages = None

    def collect(self) -> Iterator[Metric]:
        family = GaugeMetricFamily(
            "recording_newest_segment_age_seconds",
            "Seconds since the newest moment of a camera that is on the disk.",
            labels=["camera"],
        )
        for camera, age_s in self._ages() if self._ages is not None else ():
            family.add_metric([camera], age_s)
        yield family


newest = Newest()
REGISTRY.register(newest)
