"""Settings of probing."""

from pydantic import Field

from cctv.infra.settings import Settings


class ProbeSettings(Settings):
    """How many cameras are asked at once, and how long one may take to let us in."""

    probes_at_once: int = Field(default=4, ge=1, le=64, description="Probes that run at the same time.")
    probes_waiting: int = Field(
        default=32, ge=0, le=1000, description="Probes that may wait for their turn; the next one is refused."
    )
    probe_open_s: float = Field(
        default=10.0, gt=0, le=60, description="Seconds that a camera may take to answer a probe."
    )
