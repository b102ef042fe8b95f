"""Time on the record never jumps inside an epoch, and a run's media time maps to it without holes."""

from datetime import timedelta
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from cctv.base.clock import ManualClock, from_us
from cctv.recording.archive import Epoch, new_epoch
from cctv.recording.capture.timing.clock import MAX_SLEW_PPM, STEP_US, NodeClock, RunClock
from cctv.recording.capture.timing.epochs import EpochFile

S = 1_000_000
NOON_US = 1_764_000_000 * S


class Counting:
    """Epochs without a file."""

    def __init__(self) -> None:
        self.all: list[Epoch] = []

    def current(self, *, wall_us: int, monotonic_us: int) -> Epoch:
        return self._new(wall_us, 0)

    def stepped(self, *, wall_us: int, monotonic_us: int, step_us: int) -> Epoch:
        return self._new(wall_us, step_us)

    def _new(self, wall_us: int, step_us: int) -> Epoch:
        after = self.all[-1] if self.all else None
        step = timedelta(microseconds=step_us)
        self.all.append(new_epoch(node="n", at=from_us(wall_us), step=step, after=after))
        return self.all[-1]


drifts = st.lists(
    st.tuples(st.integers(1_000, 2 * S), st.one_of(st.integers(-STEP_US // 4, STEP_US // 4), st.just(0))),
    min_size=1,
    max_size=60,
)


@given(drifts)
def test_small_differences_are_slewed_and_never_jumped(drift: list[tuple[int, int]]) -> None:
    clock = ManualClock(NOON_US)
    node = NodeClock(clock, Counting())
    before, before_mono = node.now_us(), clock.monotonic_us()
    for passed_us, nudge_us in drift:
        clock.advance(passed_us)
        now, mono = node.now_us(), clock.monotonic_us()
        real = mono - before_mono
        assert abs((now - before) - real) <= real * MAX_SLEW_PPM // 1_000_000 + 2
        if abs(clock.wall_us() + nudge_us - now) < STEP_US:
            clock.step_wall(nudge_us)
        assert node.tick() is None
        assert abs(node.now_us() - now) <= 1
        before, before_mono = node.now_us(), mono


def test_a_second_of_difference_is_gone_after_half_an_hour_and_a_bit() -> None:
    clock = ManualClock(NOON_US)
    node = NodeClock(clock, Counting())
    clock.step_wall(S)
    for _ in range(2 * 2200):
        clock.advance(S // 2)
        node.tick()
    assert abs(node.now_us() - clock.wall_us()) < 20_000


@given(st.integers(STEP_US, 24 * 3600 * S), st.booleans())
def test_a_step_begins_an_epoch_from_the_new_time_on(size_us: int, back: bool) -> None:
    clock, book = ManualClock(NOON_US), Counting()
    node = NodeClock(clock, book)
    clock.advance(S)
    clock.step_wall(-size_us if back else size_us)
    epoch = node.tick()
    assert epoch is node.epoch
    assert epoch is book.all[1]
    assert book.all[1].id.int >> 64 > book.all[0].id.int >> 64
    assert node.now_us() == clock.wall_us()
    assert node.tick() is None


runs = st.lists(st.tuples(st.integers(1, 900_000), st.integers(-3 * S, 3 * S)), min_size=1, max_size=80)


@given(runs)
@settings(max_examples=200)
def test_media_time_maps_without_holes_and_strictly_forward(fragments: list[tuple[int, int]]) -> None:
    run = RunClock(start_us=NOON_US)
    at_90k, before_us = 0, NOON_US
    for length_90k, late_us in fragments:
        begin_us = run.wall_us(at_90k)
        assert begin_us == before_us, "a fragment begins where the one before ended"
        at_90k += length_90k
        end_us = run.wall_us(at_90k)
        true_us = length_90k * S / 90_000
        assert abs((end_us - begin_us) - true_us) <= true_us * MAX_SLEW_PPM / S + 1
        assert end_us > begin_us or length_90k < 1
        run.observe(at_90k, NOON_US + int(at_90k * S / 90_000) + late_us)
        before_us = end_us


def test_a_camera_whose_seconds_are_too_long_is_found_out() -> None:
    run = RunClock(start_us=NOON_US)
    for second in range(1, 1000):
        run.observe(second * 90_000, NOON_US + int(second * S * 0.99))
        if run.strayed:
            break
    assert 200 <= second <= 300, "2 s of 1 %, less what was slewed, for ten fragments"


def test_a_stall_of_the_network_is_no_straying() -> None:
    run = RunClock(start_us=NOON_US)
    for second in range(1, 200):
        late_us = 5 * S if 100 <= second < 105 else 0
        run.observe(second * 90_000, NOON_US + second * S + late_us)
        assert not run.strayed


def test_processes_of_a_node_agree_on_the_epoch(tmp_path: Path) -> None:
    clocks = [ManualClock(NOON_US, 5 * S) for _ in range(2)]
    nodes = [NodeClock(one, EpochFile(tmp_path / "clock.json", node="n", boot="b")) for one in clocks]
    assert nodes[0].epoch.id == nodes[1].epoch.id
    for one in clocks:
        one.advance(S)
        one.step_wall(3600 * S)
    epochs = [node.tick() for node in nodes]
    assert epochs[0] is not None
    assert epochs[0].step == timedelta(hours=1)
    assert epochs[1] is not None
    assert epochs[1].id == epochs[0].id


def test_two_steps_one_after_the_other_are_two_epochs(tmp_path: Path) -> None:
    clock = ManualClock(NOON_US, 5 * S)
    node = NodeClock(clock, EpochFile(tmp_path / "clock.json", node="n", boot="b"))
    seen = {node.epoch.id}
    for _ in range(2):
        clock.step_wall(10 * S)
        node.tick()
        seen.add(node.epoch.id)
    assert len(seen) == 3


def test_a_clock_that_went_back_while_nothing_ran_begins_an_epoch(tmp_path: Path) -> None:
    path = tmp_path / "clock.json"
    before = EpochFile(path, node="n", boot="first").current(wall_us=NOON_US, monotonic_us=100 * S)
    after = EpochFile(path, node="n", boot="second").current(wall_us=NOON_US - 3600 * S, monotonic_us=S)
    assert after.id != before.id
    assert after.id.int > before.id.int
    assert after.step == timedelta(hours=-1)


def test_a_restart_goes_on_with_the_epoch(tmp_path: Path) -> None:
    path = tmp_path / "clock.json"
    before = EpochFile(path, node="n", boot="b").current(wall_us=NOON_US, monotonic_us=100 * S)
    after = EpochFile(path, node="n", boot="b").current(wall_us=NOON_US + 9 * S, monotonic_us=109 * S)
    rebooted = EpochFile(path, node="n", boot="c").current(wall_us=NOON_US + 99 * S, monotonic_us=3 * S)
    assert before.id == after.id == rebooted.id


def test_a_damaged_file_begins_anew(tmp_path: Path) -> None:
    path = tmp_path / "clock.json"
    path.write_text("{torn")
    assert EpochFile(path, node="n", boot="b").current(wall_us=NOON_US, monotonic_us=0).node == "n"


def test_a_full_disk_ends_no_clock_and_is_told_again_later(tmp_path: Path) -> None:
    path = tmp_path / "clock.json"
    clock = ManualClock(NOON_US, 5 * S)
    book = EpochFile(path, node="n", boot="b")
    node = NodeClock(clock, book)
    before = node.epoch
    (tmp_path / "clock.new").symlink_to("/dev/full")
    again = EpochFile(path, node="n", boot="b")
    assert again.current(wall_us=NOON_US, monotonic_us=5 * S).id == before.id, "a start goes on as well"
    clock.step_wall(3600 * S)
    forward = node.tick()
    clock.step_wall(-7200 * S)
    back = node.tick()
    assert forward is not None
    assert back is not None
    assert before.id.int < forward.id.int < back.id.int, "though the file knows the first one only"
    (tmp_path / "clock.new").unlink()
    book.seen(node.epoch, wall_us=clock.wall_us(), monotonic_us=clock.monotonic_us())
    assert again.current(wall_us=clock.wall_us(), monotonic_us=clock.monotonic_us()).id == back.id
