"""What retention tells the monitoring."""

from prometheus_client import Counter, Gauge

total_bytes = Gauge("storage_volume_bytes", "Size of the volume's file system.", ["volume"])
free_bytes = Gauge("storage_volume_free_bytes", "Room that is left for recordings.", ["volume"])
deleted_bytes = Counter(
    "storage_deleted_bytes_total", "Footage deleted, by reason: age or room.", ["volume", "why"]
)
short = Gauge(
    "storage_room_short", "1 while room is needed but everything left is locked: recording will stop.", ["volume"]
)
paused = Gauge(
    "storage_age_paused",
    "1 while nothing is deleted for its age, because a clock was set forward by an hour or more.",
)
uploads = Counter("storage_uploads_total", "Files that reached the object store, or were refused.", ["result"])
uploaded_bytes = Counter("storage_uploaded_bytes_total", "Bytes that reached the object store.")
queue_files = Gauge("storage_upload_queue_files", "Closed files that wait for the object store.")
queue_bytes = Gauge("storage_upload_queue_bytes", "Bytes of these.")
queue_age_s = Gauge("storage_upload_queue_age_seconds", "Age of the beginning of the oldest of these.")

for result in ("stored", "refused"):
    uploads.labels(result)


def begin(volume: str) -> None:
    """Every value exists from the first scrape."""
    for why in ("age", "room"):
        deleted_bytes.labels(volume, why)
    short.labels(volume).set(0)
