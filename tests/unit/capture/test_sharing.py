"""Recorders share cameras by rules alone: fair, complete, and calm."""

from uuid import UUID

from hypothesis import given, settings
from hypothesis import strategies as st

from cctv.base.faults import Cause
from cctv.base.ids import CameraId
from cctv.recording.capture.model import LeaseRow, RecorderRow
from cctv.recording.capture.sharing import View, free_to_take, own_again, shares, surplus, to_hand_over


def camera(number: int) -> CameraId:
    return CameraId(UUID(int=number))


class World:
    """Leases and recorders, with the database's guard on fences."""

    def __init__(self, cameras: int) -> None:
        self.enabled = frozenset(camera(number) for number in range(cameras))
        self.leases: dict[CameraId, LeaseRow] = {}
        self.live: dict[str, RecorderRow] = {}
        self.moves = 0

    def view(self, holder: str) -> View:
        return View(holder, self.enabled, dict(self.leases), list(self.live.values()))

    def join(self, holder: str, capacity: int = 1000) -> None:
        self.live[holder] = RecorderRow(holder, capacity)

    def beat(self, holder: str) -> None:
        for taking in free_to_take(self.view(holder)):
            row = self.leases.get(taking.camera)
            if (row.fence if row else 0) == taking.seen:
                self.leases[taking.camera] = LeaseRow(taking.camera, holder, taking.seen + 1, expired=False)
                self.moves += 1
        held = [row.camera for row in self.leases.values() if row.holder == holder and not row.expired]
        for gone in to_hand_over(held, holder, surplus(self.view(holder))):
            row = self.leases[gone]
            self.leases[gone] = LeaseRow(gone, holder, row.fence, expired=True)

    def settle(self, beats: int = 30) -> None:
        for _ in range(beats):
            for holder in sorted(self.live):
                self.beat(holder)

    def die(self, holder: str) -> None:
        del self.live[holder]
        for row in list(self.leases.values()):
            if row.holder == holder:
                self.leases[row.camera] = LeaseRow(row.camera, holder, row.fence, expired=True)

    @property
    def load(self) -> dict[str, int]:
        return {
            holder: sum(row.holder == holder and not row.expired for row in self.leases.values())
            for holder in self.live
        }


@given(st.integers(0, 60), st.integers(1, 6))
@settings(deadline=None, max_examples=25)
def test_every_camera_finds_a_recorder_and_loads_are_even(cameras: int, recorders: int) -> None:
    world = World(cameras)
    for number in range(recorders):
        world.join(f"n/{number}")
    world.settle()
    assert sum(world.load.values()) == cameras
    assert not cameras or max(world.load.values()) - min(world.load.values()) <= 1 or recorders > cameras
    moves = world.moves
    world.settle()
    assert world.moves == moves, "once settled, nothing moves"


@given(st.integers(1, 60), st.lists(st.sampled_from(["join", "die"]), max_size=8))
@settings(deadline=None, max_examples=25)
def test_comings_and_goings_settle_again(cameras: int, story: list[str]) -> None:
    world = World(cameras)
    world.join("n/0")
    world.settle()
    for number, what in enumerate(story, start=1):
        if what == "join":
            world.join(f"n/{number}")
        elif len(world.live) > 1:
            world.die(max(world.live))
        world.settle(40)
        assert sum(world.load.values()) == cameras
        assert max(world.load.values()) - min(world.load.values()) <= 1
        moves = world.moves
        world.settle()
        assert world.moves == moves


@given(st.integers(0, 300), st.lists(st.integers(0, 100), min_size=1, max_size=6))
def test_a_full_recorder_leaves_the_rest_to_others(cameras: int, capacities: list[int]) -> None:
    bounds = shares(cameras, [RecorderRow(f"n/{index}", size) for index, size in enumerate(capacities)])
    assert sum(most for _, most in bounds.values()) >= min(cameras, sum(capacities))
    for index, size in enumerate(capacities):
        least, most = bounds[f"n/{index}"]
        assert least <= most <= size


def test_a_slot_takes_back_what_was_its_own_and_nothing_else() -> None:
    world = World(4)
    world.join("n/0")
    world.leases = {
        camera(0): LeaseRow(camera(0), "n/0", 7, expired=False),
        camera(1): LeaseRow(camera(1), "n/1", 3, expired=False),
        camera(2): LeaseRow(camera(2), "n/0", 9, expired=True),
    }
    again = own_again(world.view("n/0"), {})
    assert {(one.camera, one.seen, one.cause) for one in again} == {
        (camera(0), 7, Cause.RESTART),
        (camera(2), 9, Cause.RESTART),
    }
    assert own_again(world.view("n/0"), {camera(0): 7, camera(2): 9}) == []


def test_what_was_handed_over_and_nobody_took_is_taken_back_once() -> None:
    """It is the slot's own and free as well; it counts against the share that a slot takes of what is free."""
    world = World(3)
    world.join("n/0")
    world.join("n/1")
    world.leases[camera(0)] = LeaseRow(camera(0), "n/0", 4, expired=True)
    view = world.view("n/0")
    own = own_again(view, {})
    free = free_to_take(view.with_taken(own))
    assert [one.camera for one in own] == [camera(0)]
    assert len(free) == 1
    assert camera(0) not in {one.camera for one in free}


def test_what_ran_out_with_its_holder_unseen_is_not_free_at_once() -> None:
    """Its holder may be recording on without a database. What a living recorder gave up is free."""
    world = World(3)
    world.join("n/0")
    world.join("n/1", capacity=0)
    world.leases = {
        camera(0): LeaseRow(camera(0), "gone/0", 1, expired=True),
        camera(1): LeaseRow(camera(1), "n/1", 1, expired=True),
    }
    view = world.view("n/0")
    assert {one.camera for one in free_to_take(view, inherit=False)} == {camera(1), camera(2)}
    assert {one.camera for one in free_to_take(view)} == {camera(0), camera(1), camera(2)}


def test_the_cause_of_a_taking_tells_a_lost_node_from_a_restart_and_a_new_camera_from_both() -> None:
    world = World(4)
    world.join("here/0")
    world.join("there/1")
    world.leases = {
        camera(0): LeaseRow(camera(0), "gone/0", 1, expired=True),
        camera(1): LeaseRow(camera(1), "here/5", 1, expired=True),
        camera(2): LeaseRow(camera(2), "there/1", 1, expired=True),
    }
    view = View("here/0", world.enabled, world.leases, [RecorderRow("here/0", 9), RecorderRow("there/1", 0)])
    causes = {one.camera: one.cause for one in free_to_take(view)}
    assert causes == {
        camera(0): Cause.NODE,
        camera(1): Cause.RESTART,
        camera(2): Cause.RESTART,
        camera(3): Cause.CAMERA,
    }
