"""Spreads one session's samples over its taps, and keeps the GOP at hand so that a picture is there at once."""

import threading
from collections.abc import Callable

from cctv.base.faults import Cause
from cctv.media.model import Sample, TrackParams
from cctv.recording.capture.live.tap import Came, Item, Tap


class Fan:
    """A sink of a session. ``begin``, ``push`` and ``end`` are called on its thread; the rest from anywhere.

    The GOP is kept whether anybody watches or not: the samples are the very objects that the recorder holds until
    they are on the disk, so a second of video costs its bytes once.
    """

    def __init__(self, *, gop_bytes: int, now_us: Callable[[], int]) -> None:
        self._now_us = now_us
        self._most_bytes = gop_bytes
        self._guard = threading.Lock()
        self._taps: tuple[Tap, ...] = ()
        self._params: TrackParams | None = None
        self._gop: list[Came] = []
        self._bytes = 0

    def begin(self, params: TrackParams, _camera_time: Callable[[], int | None]) -> None:
        with self._guard:
            self._params = params
            self._gop, self._bytes = [], 0
            for tap in self._taps:
                tap.put(params)

    def push(self, sample: Sample) -> None:
        came = Came(sample, self._now_us())
        with self._guard:
            if sample.key and sample.track == "video":
                self._gop, self._bytes = [came], len(sample.data)
            elif self._gop:
                self._bytes += len(sample.data)
                if self._bytes > self._most_bytes:
                    self._gop, self._bytes = [], 0
                else:
                    self._gop.append(came)
            for tap in self._taps:
                tap.put(came)

    def end(self, _cause: Cause, *, lasting: bool) -> None:  # noqa: ARG002 - a sink's word
        with self._guard:
            self._params = None
            self._gop, self._bytes = [], 0

    def attach(self, tap: Tap) -> None:
        """From now on ``tap`` gets everything, beginning with what is ready."""
        with self._guard:
            ready: list[Item] = [*([self._params] if self._params else []), *self._gop]
            for item in ready:
                tap.put(item)
            self._taps = (*self._taps, tap)

    def detach(self, tap: Tap) -> None:
        with self._guard:
            self._taps = tuple(one for one in self._taps if one is not tap)

    def at_hand(self) -> tuple[TrackParams, list[Sample]] | None:
        """The newest GOP as far as it has come, key frame first; ``None`` while there is none."""
        with self._guard:
            if self._params is None or not self._gop:
                return None
            return self._params, [came.sample for came in self._gop]

    @property
    def watched(self) -> bool:
        return bool(self._taps)
