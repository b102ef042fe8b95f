"""AAC as a camera sends it."""

from cctv.base.clock import TICKS_PER_S
from cctv.media.model import AudioParams, Sample

AAC_UNIT = 1024


class KeptAac:
    """Access units with the times of the packets that they came in."""

    def __init__(self, params: AudioParams) -> None:
        self.params = params
        self._unit_90k = AAC_UNIT * TICKS_PER_S // params.sample_rate
        self._next_90k: int | None = None

    def take(self, units: list[bytes], pts_90k: int | None) -> list[Sample]:
        """The units of one packet; the first one begins at ``pts_90k``."""
        if pts_90k is None:
            pts_90k = self._next_90k
        if pts_90k is None:
            return []
        times = [pts_90k + number * self._unit_90k for number in range(len(units))]
        self._next_90k = pts_90k + len(units) * self._unit_90k
        return [Sample("audio", at, at, key=True, data=unit) for at, unit in zip(times, units, strict=True)]
