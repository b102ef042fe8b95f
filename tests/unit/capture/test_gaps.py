"""The book of a camera: every planned second is recorded or in a gap, whatever happens in whichever order."""

from itertools import count
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from cctv.base.faults import Cause
from cctv.recording.capture.writing.gaps import SPLIT_US, GapBook, Hole

S = 1_000_000


def book() -> GapBook:
    numbers = count(1)
    return GapBook(new_id=lambda: UUID(int=next(numbers)))


class Table:
    """What the catalogue makes of the rows: the last word on each id counts."""

    def __init__(self) -> None:
        self.rows: dict[UUID, Hole] = {}

    def put(self, holes: list[Hole]) -> None:
        for hole in holes:
            self.rows[hole.id] = hole

    @property
    def spans(self) -> list[tuple[int, int | None, Cause]]:
        return sorted(
            (h.start_us, h.end_us, h.cause)
            for h in self.rows.values()
            if h.end_us is None or h.end_us > h.start_us
        )


def test_a_new_camera_has_a_gap_until_its_first_frame() -> None:
    one, table = book(), Table()
    table.put(one.plan_on(10 * S))
    table.put(one.tail(None, None, Cause.CAMERA))
    assert table.spans == [(10 * S, None, Cause.CAMERA)]
    table.put(one.run_started(12 * S))
    assert table.spans == [(10 * S, 12 * S, Cause.CAMERA)]
    assert [hole.detail for hole in table.rows.values()] == [{"reason": "waiting for the first picture"}]


def test_a_new_camera_that_cannot_be_reached_waits_for_the_network_from_the_beginning() -> None:
    one, table = book(), Table()
    table.put(one.plan_on(10 * S))
    table.put(one.tail(None, None, Cause.CAMERA))
    table.put(one.failing(11 * S, Cause.NETWORK))
    assert table.spans == [(10 * S, None, Cause.NETWORK)]
    table.put(one.failing(60 * S, Cause.AUTH))
    table.put(one.run_started(90 * S))
    assert table.spans == [(10 * S, 60 * S, Cause.NETWORK), (60 * S, 90 * S, Cause.AUTH)]


def test_a_new_cameras_first_frame_may_come_before_the_catalogue_answers() -> None:
    one, table = book(), Table()
    table.put(one.plan_on(10 * S))
    table.put(one.run_started(12 * S))
    table.put(one.tail(None, None, Cause.CAMERA))
    assert table.spans == [(10 * S, 12 * S, Cause.CAMERA)]


def test_a_camera_switched_on_again_waits_for_its_picture_and_for_no_old_restart() -> None:
    one, table = book(), Table()
    table.put([*one.plan_on(0), *one.tail(0, None, Cause.RESTART), *one.run_started(0)])
    table.put([*one.plan_off(100 * S), *one.run_ended(100 * S, Cause.RESTART)])
    table.put(one.plan_on(200 * S))
    table.put(one.run_started(203 * S))
    assert table.spans == [(200 * S, 203 * S, Cause.CAMERA)]


def test_what_the_catalogue_knew_may_come_late() -> None:
    one, table = book(), Table()
    table.put(one.plan_on(0))
    table.put(one.run_started(100 * S))
    assert table.spans == []
    table.put(one.tail(95 * S, None, Cause.NODE))
    assert table.spans == [(95 * S, 100 * S, Cause.NODE)]


def test_a_gap_that_the_dead_one_left_open_is_closed() -> None:
    left = Hole(UUID(int=99), 50 * S, None, Cause.NETWORK)
    for late in (False, True):
        one, table = book(), Table()
        table.put(one.plan_on(0))
        if late:
            table.put(one.run_started(100 * S))
        table.put(one.tail(50 * S, left, Cause.RESTART))
        if not late:
            table.put(one.run_started(100 * S))
        assert table.spans == [(50 * S, 100 * S, Cause.NETWORK)]


def test_a_lost_session_opens_a_gap_at_once() -> None:
    one, table = book(), Table()
    table.put([*one.plan_on(0), *one.run_started(0), *one.tail(0, None, Cause.RESTART)])
    table.put(one.run_ended(60 * S, Cause.CAMERA))
    assert table.spans == [(60 * S, None, Cause.CAMERA)]
    table.put(one.run_started(75 * S))
    assert table.spans == [(60 * S, 75 * S, Cause.CAMERA)]


def test_abutting_runs_leave_no_gap_and_a_hole_between_them_does() -> None:
    one, table = book(), Table()
    table.put([*one.plan_on(0), *one.run_started(0), *one.tail(0, None, Cause.RESTART)])
    table.put(one.run_ended(60 * S, Cause.CODEC, lasting=False))
    table.put(one.run_started(60 * S))
    assert table.spans == []
    table.put(one.run_ended(90 * S, Cause.CLOCK, lasting=False))
    table.put(one.run_started(3690 * S))
    assert table.spans == [(90 * S, 3690 * S, Cause.CLOCK)]


def test_a_clock_that_goes_back_leaves_no_gap() -> None:
    one, table = book(), Table()
    table.put([*one.plan_on(0), *one.run_started(5000 * S), *one.tail(5000 * S, None, Cause.RESTART)])
    table.put(one.run_ended(6000 * S, Cause.CLOCK, lasting=False))
    table.put(one.run_started(2400 * S))
    assert table.spans == []


def test_a_cause_that_changes_later_splits_the_gap() -> None:
    one, table = book(), Table()
    table.put([*one.plan_on(0), *one.run_started(0), *one.tail(0, None, Cause.RESTART)])
    table.put(one.run_ended(60 * S, Cause.NETWORK))
    table.put(one.failing(61 * S, Cause.CAMERA))
    assert [cause for *_, cause in table.spans] == [Cause.NETWORK], "causes flap while a camera boots"
    later = 60 * S + SPLIT_US
    table.put(one.failing(later, Cause.AUTH))
    assert table.spans == [(60 * S, later, Cause.NETWORK), (later, None, Cause.AUTH)]


def test_our_restart_ends_where_the_camera_fails() -> None:
    one, table = book(), Table()
    table.put(one.plan_on(0))
    table.put(one.tail(10 * S, None, Cause.RESTART))
    table.put(one.failing(12 * S, Cause.NETWORK))
    assert table.spans == [(10 * S, 12 * S, Cause.RESTART), (12 * S, None, Cause.NETWORK)]


def test_switching_off_closes_the_gap_and_switching_on_opens_one() -> None:
    one, table = book(), Table()
    table.put([*one.plan_on(0), *one.run_started(0), *one.tail(0, None, Cause.RESTART)])
    table.put(one.run_ended(60 * S, Cause.NETWORK))
    table.put(one.plan_off(70 * S))
    assert table.spans == [(60 * S, 70 * S, Cause.NETWORK)]
    table.put(one.plan_on(100 * S))
    table.put(one.run_started(103 * S))
    assert table.spans[1:] == [(100 * S, 103 * S, Cause.CAMERA)], "nobody has seen the network fail since"


events = st.lists(
    st.tuples(
        st.sampled_from(["start", "end", "cut", "fail", "off", "on", "tail"]),
        st.integers(0, 40 * S),
        st.sampled_from([Cause.NETWORK, Cause.CAMERA, Cause.AUTH, Cause.DISK]),
    ),
    max_size=40,
)


@given(events)
def test_planned_is_recorded_plus_gaps(story: list[tuple[str, int, Cause]]) -> None:
    """Told in any order that can happen, the rows cover exactly what was planned and not recorded."""
    one, table = book(), Table()
    now, running = 0, False
    recorded: list[tuple[int, int]] = []
    planned: list[list[int]] = [[0, -1]]
    table.put(one.plan_on(0))
    known = False
    for what, passed, cause in story:
        now += passed + 1
        if what == "start" and not running and planned[-1][1] < 0:
            running = True
            recorded.append((now, -1))
            table.put(one.run_started(now))
        elif what in ("end", "cut") and running:
            running, known = False, True
            recorded[-1] = (recorded[-1][0], now)
            table.put(one.run_ended(now, cause, lasting=what == "end"))
        elif what == "fail" and not running:
            table.put(one.failing(now, cause))
        elif what == "off" and planned[-1][1] < 0:
            if running:
                running = False
                recorded[-1] = (recorded[-1][0], now)
                table.put(one.run_ended(now, cause, lasting=False))
            planned[-1][1] = now
            table.put(one.plan_off(now))
        elif what == "on" and planned[-1][1] >= 0:
            planned.append([now, -1])
            table.put(one.plan_on(now))
        elif what == "tail" and not known:
            known = True
            table.put(one.tail(None, None, Cause.RESTART))
    now += 1
    table.put(one.tail(None, None, Cause.RESTART))
    table.put(one.failing(now, Cause.NETWORK))
    gaps = [(start, now if end is None else end) for start, end, _ in table.spans]
    covered = sorted([(a, now if b < 0 else b) for a, b in recorded] + gaps)
    plan = [(a, now if b < 0 else b) for a, b in planned if b != a]
    assert _merged(covered) == _merged(plan)
    assert sum(b - a for a, b in covered) == sum(b - a for a, b in _merged(covered)), "nothing twice"


def _merged(spans: list[tuple[int, int]]) -> list[tuple[int, int]]:
    merged: list[tuple[int, int]] = []
    for start, end in sorted(spans):
        if start == end:
            continue
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((start, end))
    return merged
