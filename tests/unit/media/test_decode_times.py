"""Decode times: the n-th is the n-th presentation time, as soon as it can be known."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from cctv.media.intake.decode_times import DecodeTimes, Timed


def run(times: list[int | None], reorder: int) -> list[Timed[int]]:
    clock: DecodeTimes[int] = DecodeTimes(reorder)
    done = [one for number, pts in enumerate(times) for one in clock.push(number, pts)]
    return done + clock.flush()


def shuffled(count: int, depth: int, steps: list[int]) -> list[int]:
    """Presentation times in decode order with B-frames: each group's last frame comes first."""
    shown = [sum(steps[:number]) for number in range(count)]
    order = [shown[0]]
    for begin in range(1, count, depth + 1):
        group = shown[begin : begin + depth + 1]
        order += [group[-1], *group[:-1]]
    return order


def test_frames_in_order_pass_straight_through() -> None:
    clock: DecodeTimes[int] = DecodeTimes(0)
    for number in range(5):
        assert clock.push(number, number * 3600) == [Timed(number, number * 3600, number * 3600)]


@given(depth=st.integers(1, 4), steps=st.lists(st.integers(1, 9000), min_size=40, max_size=40))
def test_reordered_frames_get_the_nth_time(depth: int, steps: list[int]) -> None:
    times = shuffled(40, depth, steps)
    found = run(list(times), reorder=1)
    assert [one.item for one in found] == list(range(40))
    assert [one.pts_90k for one in found] == times
    assert [one.dts_90k for one in found] == sorted(times)


def test_the_first_frame_without_a_time_gets_the_one_before() -> None:
    assert [one.pts_90k for one in run([None, 3609, 7209, 10809], 0)] == [9, 3609, 7209, 10809]
    found = run([None, 10_872, 3672, 7272, 21_672, 14_472, 18_072], 2)
    assert found[0].pts_90k == 72
    assert [one.dts_90k for one in found] == [72 + 3600 * number for number in range(7)]


def test_a_single_frame_without_a_time_is_not_lost() -> None:
    assert [one.item for one in run([None], 0)] == [0]
    assert [one.pts_90k for one in run([None, 90_000], 0)] == [86_400, 90_000]


def test_reordering_that_was_not_announced_is_found() -> None:
    times = shuffled(60, 2, [3600] * 60)
    clock: DecodeTimes[int] = DecodeTimes(0)
    done = [one for number, pts in enumerate(times) for one in clock.push(number, pts)] + clock.flush()
    assert clock.reorder == 1
    decode = [one.dts_90k for one in done]
    assert decode == sorted(set(decode))
    assert decode[10:] == sorted(times)[10:]


def test_equal_times_still_increase() -> None:
    assert [one.dts_90k for one in run([0, 0, 0, 3600], 0)] == [0, 1, 2, 3600]


def test_a_jump_forward_and_a_jump_back_are_passed_on() -> None:
    times: list[int | None] = [0, 3600, 10**8, 10**8 + 3600, 7200, 10_800]
    assert [one.dts_90k for one in run(times, 0)] == times
    assert [one.dts_90k for one in run(times, 2)] == times


def test_a_small_step_back_delays_nothing_where_frames_come_in_order() -> None:
    clock: DecodeTimes[int] = DecodeTimes(0, in_order=True)
    times = [number * 3600 - 45_000 * (number >= 100) for number in range(200)]
    for number, time in enumerate(times):
        assert clock.push(number, time) == [Timed(number, time, time)], "the step is passed on"
    assert clock.reorder == 0


def test_jitter_of_frames_in_order_is_no_step() -> None:
    clock: DecodeTimes[int] = DecodeTimes(0, in_order=True)
    found = [one for number, time in enumerate([0, 3600, 2000, 7200, 7200]) for one in clock.push(number, time)]
    assert [one.dts_90k for one in found] == [one.pts_90k for one in found] == [0, 3600, 3601, 7200, 7201]


@given(times=st.lists(st.one_of(st.none(), st.integers(-(2**40), 2**40)), max_size=60), reorder=st.integers(0, 16))
def test_nothing_is_lost_or_moved_whatever_the_times(times: list[int | None], reorder: int) -> None:
    found = run(times, reorder)
    assert [one.item for one in found] == list(range(len(times)))
    for time, one in zip(times, found, strict=True):
        assert time is None or one.pts_90k == time
    # Backwards only where the camera's clock went back by more than a second.
    for number, (one, later) in enumerate(pairwise(found)):
        if later.dts_90k <= one.dts_90k:
            assert max(t for t in times[: number + 2] if t is not None) - later.pts_90k > 90_000
