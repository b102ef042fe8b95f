"""The supervisor's rules, with processes that are only pretended: real ones are killed in tests/system."""

import os
import signal
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field

import pytest

from cctv.base.errors import Unavailable
from cctv.services.supervisor import Happening, Part, Supervisor

_pids = iter(range(1000, 10_000))


@dataclass
class Pretended:
    """Ends when asked, unless it is stubborn."""

    stubborn: bool = False
    code: int | None = None
    alive: bool = True
    words: str = ""
    pid: int = field(default_factory=lambda: next(_pids))

    def poll(self) -> int | None:
        return self.code

    def last_words(self) -> str:
        return self.words

    def heard(self) -> bool:
        return self.alive

    def ask_to_end(self) -> None:
        if not self.stubborn:
            self.code = 0

    def kill(self) -> None:
        if self.code is None:
            self.code = -signal.SIGKILL


class Scene:
    """Parts whose starts are written down."""

    def __init__(self) -> None:
        self.told: list[Happening] = []
        self.started: dict[str, list[tuple[float, Pretended]]] = {}
        self.refuse: set[str] = set()
        self.supervisor = Supervisor(tell=self.told.append)

    def part(
        self,
        name: str,
        *,
        rank: int = 0,
        stubborn: bool = False,
        ends_all: bool = False,
        once: bool = False,
        hang_limit_s: float | None = None,
    ) -> Part:
        def start() -> Pretended:
            if name in self.refuse:
                raise Unavailable(f"{name} does not start")
            process = Pretended(stubborn=stubborn)
            self.started.setdefault(name, []).append((time.monotonic(), process))
            return process

        return Part(
            name=name,
            start=start,
            stop_rank=rank,
            stop_within_s=0.2,
            ends_all=ends_all,
            once=once,
            hang_limit_s=hang_limit_s,
        )

    def last(self, name: str) -> Pretended:
        return self.started[name][-1][1]

    def run_while(self, *acts: tuple[float, Callable[[], object]]) -> int:
        """Run; do each act (seconds from the start, function); then SIGTERM."""

        def drive() -> None:
            began = time.monotonic()
            for after_s, act in acts:
                time.sleep(max(0.0, began + after_s - time.monotonic()))
                act()
            os.kill(os.getpid(), signal.SIGTERM)

        thread = threading.Thread(target=drive)
        thread.start()
        code = self.supervisor.run()
        thread.join()
        return code

    def words(self, name: str) -> list[str]:
        return [one.what for one in self.told if one.part == name]


@pytest.fixture
def scene() -> Scene:
    return Scene()


def die(process: Pretended) -> None:
    process.code = -signal.SIGKILL
    os.kill(os.getpid(), signal.SIGCHLD)


def test_why_a_part_ended_is_told_where_it_said_so(scene: Scene) -> None:
    scene.supervisor.start([scene.part("one")])

    def end_badly() -> None:
        process = scene.last("one")
        process.words, process.code = "FATAL: no space left on device", 1
        os.kill(os.getpid(), signal.SIGCHLD)

    scene.run_while((0.1, end_badly), (0.4, lambda: die(scene.last("one"))), (0.6, lambda: None))
    died = [one.detail for one in scene.told if one.what == "died"]
    assert died == ["exit code 1: FATAL: no space left on device", "killed by SIGKILL"]


def test_a_dead_part_is_started_again_at_once_and_the_others_are_left_alone(scene: Scene) -> None:
    scene.supervisor.start([scene.part("one"), scene.part("two")])
    died_at = []

    def let_it_die() -> None:
        died_at.append(time.monotonic())
        die(scene.last("one"))

    scene.run_while((0.1, let_it_die), (0.6, lambda: None))
    assert len(scene.started["one"]) == 2
    assert scene.started["one"][1][0] - died_at[0] < 0.2
    assert len(scene.started["two"]) == 1
    assert scene.words("one") == ["started", "died", "started", "stopped"]
    assert next(one.detail for one in scene.told if one.what == "died") == "killed by SIGKILL"


def test_a_part_that_dies_again_and_again_is_started_with_growing_delays(scene: Scene) -> None:
    scene.supervisor.start([scene.part("one")])
    kill = lambda: die(scene.last("one"))  # noqa: E731
    scene.run_while((0.05, kill), (0.3, kill), (1.1, kill), (1.4, lambda: None))
    moments = [moment for moment, _ in scene.started["one"]]
    assert len(moments) == 3, "the third death waits for a second"
    assert moments[2] - moments[1] >= 0.5


def test_a_part_that_is_silent_for_too_long_hangs_and_is_started_again(scene: Scene) -> None:
    scene.supervisor.start([scene.part("one", hang_limit_s=0.6), scene.part("two")])

    def fall_silent() -> None:
        for name in ("one", "two"):
            scene.last(name).alive = False

    scene.run_while((0.1, fall_silent), (1.9, lambda: None))
    assert scene.words("one")[:2] == ["started", "hung"]
    hung = next(one for one in scene.told if one.what == "hung")
    assert (hung.pid, hung.detail) == (scene.started["one"][0][1].pid, "silent for 0.6 s")
    assert scene.started["one"][0][1].code == -signal.SIGKILL
    scene.supervisor.stop()
    assert scene.words("two") == ["started", "stopped"], "a part that cannot say that it is alive never hangs"


def test_time_in_which_the_supervisor_itself_stood_still_counts_for_nobody(scene: Scene) -> None:
    scene.supervisor.start([scene.part("one", hang_limit_s=5)])
    scene.last("one").alive = False
    clock = time.monotonic
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("cctv.services.supervisor.time.monotonic", lambda: clock() + 3600)
        scene.run_while((0.3, lambda: None))
    assert scene.words("one") == ["started", "stopped"]


def test_a_part_that_does_not_start_is_tried_again_and_ends_nothing(scene: Scene) -> None:
    scene.supervisor.start([scene.part("one"), scene.part("two")])

    def die_and_refuse() -> None:
        scene.refuse.add("one")
        die(scene.last("one"))

    scene.run_while((0.05, die_and_refuse), (0.3, scene.refuse.clear), (1.0, lambda: None))
    assert scene.words("one") == ["started", "died", "failed", "started", "stopped"]
    assert scene.words("two") == ["started", "stopped"]


def test_parts_end_by_rank_and_a_stubborn_one_is_killed(scene: Scene) -> None:
    scene.supervisor.start(
        [scene.part("database", rank=2), scene.part("service", rank=1, stubborn=True), scene.part("recorder")]
    )
    assert scene.run_while((0.05, lambda: None)) == 0
    ends = [one for one in scene.told if one.what == "stopped"]
    assert [one.part for one in ends] == ["recorder", "service", "database"]
    assert [bool(one.detail) for one in ends] == [False, True, False]
    assert scene.supervisor.running() == []


def test_a_part_that_ends_all_gives_the_exit_code(scene: Scene) -> None:
    scene.supervisor.start([scene.part("one"), scene.part("check", ends_all=True)])

    def finish() -> None:
        scene.last("check").code = 1
        os.kill(os.getpid(), signal.SIGCHLD)

    thread = threading.Timer(0.1, finish)
    thread.start()
    assert scene.supervisor.run() == 1
    thread.join()
    assert scene.words("one") == ["started", "stopped"]


def test_a_part_that_runs_once_is_not_missed_when_it_ends_well(scene: Scene) -> None:
    scene.supervisor.start([scene.part("guide", once=True)])

    def finish() -> None:
        scene.last("guide").code = 0
        os.kill(os.getpid(), signal.SIGCHLD)

    scene.run_while((0.05, finish), (0.3, lambda: None))
    assert scene.words("guide") == ["started", "stopped"]


def test_two_supervisors_one_after_the_other_leave_the_signals_as_they_were(scene: Scene) -> None:
    before = signal.getsignal(signal.SIGTERM)
    scene.supervisor.start([scene.part("one")])
    scene.run_while((0.05, lambda: None))
    assert signal.getsignal(signal.SIGTERM) is before
