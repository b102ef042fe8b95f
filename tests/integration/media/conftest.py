"""Simulated cameras, one of each kind; every test leaves them without faults."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from cctv.media.intake.demux import Stream, open_stream
from cctv_simulator.process import SimulatorProcess

KINDS = [
    "h264-baseline-180p",
    "h264-main-180p",
    "h264-high-b-180p",
    "h265-180p",
    "mjpeg-180p",
    "h264-main-180p+aac",
    "h264-main-180p+pcmu",
    "h264-high-b-180p+pcma",
]


@pytest.fixture(scope="session")
def cameras() -> Iterator[SimulatorProcess]:
    with SimulatorProcess(cameras=len(KINDS), kinds=",".join(KINDS)) as running:
        yield running


@dataclass
class Camera:
    """A simulated camera of one kind."""

    simulator: SimulatorProcess
    number: int

    @property
    def url(self) -> str:
        return self.simulator.url(self.number)

    def open(self, **how: Any) -> Stream:
        return open_stream(self.url, **{"open_s": 5.0, "read_s": 5.0, **how})

    def fault(self, name: str, **values: Any) -> None:
        self.simulator.control.fault(self.number, name, **values)

    def sent(self, track: int = 0) -> list[Any]:
        return list(self.simulator.control.frames(self.number, track=track))


@pytest.fixture
def camera(cameras: SimulatorProcess, request: pytest.FixtureRequest) -> Iterator[Camera]:
    """The camera of the kind that the test is parametrised with, else H.264 Main."""
    kind = getattr(request, "param", "h264-main-180p")
    one = Camera(cameras, KINDS.index(kind) + 1)
    yield one
    cameras.control.clear(one.number)
