import pytest

from cctv.base.clock import ManualClock
from cctv.infra.disks import Usage
from cctv.recording.retention.model import Leaps, missing_bytes


@pytest.mark.parametrize(
    ("total", "free", "missing"),
    [(1000, 200, 0), (1000, 50, 0), (1000, 49, 1), (1000, 0, 50), (100_000, 1500, 500), (100_000, 2000, 0)],
)
def test_a_large_disk_keeps_the_reserve_and_a_small_one_a_twentieth(total: int, free: int, missing: int) -> None:
    assert missing_bytes(Usage(total_bytes=total, free_bytes=free), reserve_bytes=2000) == missing


def test_a_clock_that_leapt_is_in_doubt_for_a_day_or_until_it_is_set_back() -> None:
    hour_us = 3600 * 1_000_000
    clock = ManualClock(1_764_000_000_000_000, 5)
    leaps = Leaps(clock)
    clock.advance(30 * hour_us)
    clock.step_wall(hour_us // 2)
    assert not leaps.look()
    clock.step_wall(5 * hour_us)
    assert leaps.look()
    clock.step_wall(-5 * hour_us)
    assert not leaps.look()
    clock.step_wall(hour_us)
    assert leaps.look()
    clock.advance(23 * hour_us)
    assert leaps.look()
    clock.advance(hour_us)
    assert not leaps.look()
