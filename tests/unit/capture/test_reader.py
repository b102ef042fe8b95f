"""One thread reads all cameras: whatever happens in one of its rounds, it goes on."""

import socket
import threading
from collections.abc import Iterator

import pytest

from cctv.base.clock import SystemClock
from cctv.media.errors import StreamEnded, StreamError
from cctv.recording.capture.sessions.reader import Items, Reader


class Moody(SystemClock):
    """Fails once when asked to."""

    fails = False

    def monotonic_us(self) -> int:
        if self.fails:
            self.fails = False
            raise RuntimeError("dictionary changed size during iteration")
        return super().monotonic_us()


class Line:
    """A stream that says how often it was given something to read."""

    def __init__(self) -> None:
        self.near, self.far = socket.socketpair()
        self.near.setblocking(False)
        self.came = threading.Semaphore(0)

    def fileno(self) -> int:
        return self.near.fileno()

    def take_ready(self) -> Items:
        try:
            if not self.near.recv(100):
                raise StreamEnded
        except BlockingIOError:
            return []
        self.came.release()
        return []

    def tend(self) -> None:
        pass

    def hang_up(self) -> None:
        self.far.close()


@pytest.fixture
def clock() -> Moody:
    return Moody()


@pytest.fixture
def reader(clock: Moody) -> Iterator[Reader]:
    one = Reader(clock)
    one.start()
    yield one
    one.stop()


def follow(reader: Reader, line: Line, faults: list[StreamError]) -> threading.Thread:
    def run() -> None:
        try:
            reader.follow(line, lambda _: None)
        except StreamError as fault:
            faults.append(fault)

    thread = threading.Thread(target=run)
    thread.start()
    return thread


def test_an_error_in_a_round_costs_that_round(reader: Reader, clock: Moody) -> None:
    line, faults = Line(), list[StreamError]()
    thread = follow(reader, line, faults)
    line.far.send(b".")
    assert line.came.acquire(timeout=10)
    clock.fails = True
    for _ in range(3):
        line.far.send(b".")
        assert line.came.acquire(timeout=10)
    assert not clock.fails
    line.hang_up()
    thread.join(10)
    line.near.close()
    assert [type(fault) for fault in faults] == [StreamEnded]


def test_streams_come_and_go_while_all_are_looked_at(reader: Reader) -> None:
    faults: list[StreamError] = []
    for _ in range(20):
        lines = [Line() for _ in range(20)]
        threads = [follow(reader, line, faults) for line in lines]
        for line in lines:
            line.far.send(b".")
        for line in lines:
            assert line.came.acquire(timeout=10)
            line.hang_up()
        for thread, line in zip(threads, lines, strict=True):
            thread.join(10)
            assert not thread.is_alive()
            line.near.close()
    assert len(faults) == 400
