"""What an edge counts of its upstreams."""

from prometheus_client import Gauge

upstreams = Gauge("live_upstreams", "Camera streams that this edge holds open at their recorders.")
