"""What an edge counts of its viewers."""

from prometheus_client import Counter, Gauge

viewers = Gauge("live_viewers", "Viewers of live pictures by protocol.", ["protocol"])
for _protocol in ("mse", "webrtc"):
    viewers.labels(_protocol)
skipped_frames = Counter("live_skipped_frames_total", "Frames left out because a viewer was too slow.")
