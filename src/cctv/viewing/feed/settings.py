"""Limits of an edge. Every queue has one in bytes, so that a slow viewer costs a bounded amount of memory."""

from pydantic import Field

from cctv.infra.settings import Settings


class FeedSettings(Settings):
    """Environment: ``CCTV_FEED_…``."""

    feed_linger_s: float = Field(15.0, ge=0, description="How long a feed stays open after its last viewer.")
    feed_most: int = Field(500, ge=1, description="Different camera streams that one edge holds.")
    feed_gop_bytes: int = Field(8_000_000, gt=0, description="Most that is kept of the GOP at hand, per feed.")
    viewer_queue_bytes: int = Field(
        2_000_000,
        gt=0,
        description="What may wait for one viewer; beyond it he skips to the latest key frame.",
    )
    feed_retry_s: float = Field(
        0.5, gt=0, description="First wait before an upstream is opened again; doubles to 5 s."
    )
