"""The server's clock is set while recording: forward leaves a gap, backward a newer layer on top."""

import asyncio
from datetime import timedelta

import pytest

from cctv.base.clock import SystemClock, utc_now
from cctv.base.faults import Cause

from .conftest import Room

HOUR_US = 3600 * 1_000_000


class Settable(SystemClock):
    """The machine's clock with somebody's hand on it."""

    def __init__(self) -> None:
        self.off_us = 0

    def wall_us(self) -> int:
        return super().wall_us() + self.off_us


@pytest.mark.parametrize("step_us", [HOUR_US, -HOUR_US])
async def test_a_step_by_an_hour(room: Room, step_us: int) -> None:
    clock = Settable()
    clock.off_us = max(0, -step_us)  # so that nothing lies in the past of the camera's plan
    room.clock = clock
    camera = await room.add(1)
    async with room.recording(segment_s=3.0):
        await asyncio.sleep(5)
        before = utc_now(clock)
        clock.off_us += step_us
        await asyncio.sleep(6)
    rows = await room.segments(camera.id)
    assert len({row.run_id for row in rows}) == 2, "a step begins a run of its own"
    if step_us > 0:
        (gap,) = [gap for gap in await room.gaps(camera.id) if gap.start > camera.mode_since]
        assert gap.cause is Cause.CLOCK
        assert gap.end is not None
        assert timedelta(minutes=59) < gap.end - gap.start <= timedelta(minutes=60, seconds=3)
    else:
        assert min(row.start for row in rows) < before - timedelta(minutes=59)
        assert not [gap for gap in await room.gaps(camera.id) if gap.cause is Cause.CLOCK]
    report = await room.check()
    assert not report.findings, [finding.words for finding in report.findings]
