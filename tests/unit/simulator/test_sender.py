"""A sender over loops, changes and faults: what reaches its clients, packet by packet."""

import itertools
import struct
from dataclasses import dataclass, field

import pytest

from cctv_simulator.ledger import Ledger
from cctv_simulator.mischief import Mischief
from cctv_simulator.scheduler import Due
from cctv_simulator.sender import Sender
from cctv_simulator.tracks import Track, frame_of, sets_of

SPS, PPS = b"\x67\x64\x00\x1e\xac", b"\x68\xee\x3c\x80"
STEP = 3600


@dataclass
class Timer:
    """A scheduler by hand: `time` moves only when a frame is due."""

    time: float = 100.0
    due: list[tuple[float, Due]] = field(default_factory=list)

    def now(self) -> float:
        return self.time

    def add(self, due: float, what: Due) -> None:
        self.due.append((due, what))

    def run(self, frames: int) -> None:
        """Let so many frames go out."""
        for _ in range(frames):
            self.due.sort(key=lambda one: one[0])
            at, what = self.due.pop(0)
            self.time = max(self.time, at)
            following = what.act(at, 1_700_000_000_000_000 + int(self.time * 1e6))
            if following is not None:
                self.due.append((following, what))


@dataclass
class Packet:
    marker: bool
    sequence: int
    timestamp: int
    ssrc: int
    payload: bytes


@dataclass
class Wire:
    """A client that takes packets to pieces."""

    waiting: bool = True
    dropped: int = 0
    packets: list[Packet] = field(default_factory=list)
    stray: list[bytes] = field(default_factory=list)
    reports: list[bytes] = field(default_factory=list)

    def send(self, wire: bytearray, offsets: tuple[int, ...], *, key: bool) -> bool:
        if self.waiting and not key:
            return True
        self.waiting = False
        ends = (*offsets[1:], len(wire))
        self.send_pieces([bytes(wire[start:end]) for start, end in zip(offsets, ends, strict=True)])
        return True

    def send_pieces(self, pieces: list[bytes]) -> None:
        for piece in pieces:
            if piece[:1] != b"$":
                self.stray.append(piece)
                continue
            assert int.from_bytes(piece[2:4], "big") == len(piece) - 4
            _, kind, sequence, timestamp, ssrc = struct.unpack(">BBHII", piece[4:16])
            self.packets.append(Packet(bool(kind & 0x80), sequence, timestamp, ssrc, piece[16:]))

    def send_report(self, packet: bytes) -> None:
        self.reports.append(packet)

    @property
    def times(self) -> list[int]:
        """The timestamps of the pictures in the order in which they came."""
        return [packet.timestamp for packet in self.packets if packet.marker]


def film(name: str, *, order: tuple[int, ...] = (0, 1, 2, 3, 4, 5), gop: int = 3) -> Track:
    """Six pictures, a key frame each three; `order` says when each is shown, counted in pictures."""
    frames = []
    for number, shown in enumerate(order):
        key = number % gop == 0
        sets = b"\x00\x00\x00\x01" + SPS + b"\x00\x00\x00\x01" + PPS if key else b""
        head = b"\x65" if key else b"\x41"
        data = sets + b"\x00\x00\x00\x01" + head + f"{name}{number}".encode() + b"\x80" * 3000
        frames.append(frame_of("h264", data, dts=number * STEP, pts=shown * STEP, key=key))
    sets_of_first = sets_of("h264", frames[0].data)
    return Track("h264", 90_000, len(order) * STEP, frames, 640, 360, fps=25, sets=sets_of_first)


@pytest.fixture
def timer() -> Timer:
    return Timer()


def sender(timer: Timer, track: Track, mischief: Mischief | None = None) -> Sender:
    return Sender(track, timer, Ledger(1000), mischief=mischief)  # type: ignore[arg-type]


def steps(values: list[int], modulus: int) -> set[int]:
    return {(later - former) % modulus for former, later in itertools.pairwise(values)}


def test_numbers_run_on_over_the_seam_of_the_loop(timer: Timer) -> None:
    one, wire = sender(timer, film("a")), Wire()
    one.sequence, one.shift = 0xFFF0, 0xFFFFF000
    one.join(wire)
    timer.run(40)
    assert steps([packet.sequence for packet in wire.packets], 1 << 16) == {1}
    assert steps(wire.times, 1 << 32) == {STEP}
    assert {packet.ssrc for packet in wire.packets} == {one.ssrc}


def test_each_key_frame_brings_its_parameter_sets(timer: Timer) -> None:
    one, wire = sender(timer, film("a")), Wire()
    one.join(wire)
    timer.run(30)
    kinds = [packet.payload[0] & 0x1F for packet in wire.packets]
    starts = [at for at, kind in enumerate(kinds) if kind == 7]
    assert len(starts) == 10
    assert all(kinds[at + 1] == 8 and wire.packets[at + 2].payload[:2] == b"\x7c\x85" for at in starts)


def test_the_last_packet_of_a_picture_is_marked_and_no_other(timer: Timer) -> None:
    one, wire = sender(timer, film("a")), Wire()
    one.join(wire)
    timer.run(6)
    for _, packets in itertools.groupby(wire.packets, key=lambda packet: packet.timestamp):
        assert [packet.marker for packet in packets][-1:] == [True]
    assert sum(packet.marker for packet in wire.packets) == 6


def test_frames_keep_real_time_whatever_the_loop(timer: Timer) -> None:
    one, wire = sender(timer, film("a")), Wire()
    start = timer.time
    one.join(wire)
    timer.run(251)
    assert timer.time - start == pytest.approx(10, abs=0.05)


def test_a_second_client_waits_for_a_key_frame(timer: Timer) -> None:
    one, first, second = sender(timer, film("a")), Wire(), Wire()
    one.join(first)
    timer.run(2)
    one.join(second)
    timer.run(10)
    assert second.packets[0].payload == SPS
    assert first.packets[-1] == second.packets[-1]


def test_time_goes_on_while_nobody_watches(timer: Timer) -> None:
    one, first, second = sender(timer, film("a")), Wire(), Wire()
    one.join(first)
    timer.run(6)
    one.leave(first)
    timer.run(1)
    timer.time += 60
    one.join(second)
    timer.run(3)
    away = (second.times[0] - first.times[-1]) % (1 << 32)
    assert away == pytest.approx(60 * 90_000, abs=3 * STEP)


def test_pictures_out_of_order_have_the_times_at_which_they_are_shown(timer: Timer) -> None:
    one, wire = sender(timer, film("b", order=(2, 4, 3, 5, 7, 6))), Wire()
    one.join(wire)
    timer.run(36)
    assert steps(wire.times, 1 << 32) != {STEP}
    assert steps(sorted((time - wire.times[0]) & 0xFFFFFFFF for time in wire.times), 1 << 32) == {STEP}


def test_another_track_begins_at_a_key_frame_and_times_stay_in_order(timer: Timer) -> None:
    one, wire = sender(timer, film("a")), Wire()
    one.join(wire)
    timer.run(7)
    for track in (film("b", order=(2, 4, 3, 5, 7, 6)), film("c")):
        one.pending = track
        timer.run(12)
    shown = [(time - wire.times[0]) & 0xFFFFFFFF for time in wire.times]
    assert len(set(shown)) == len(shown), "no two pictures are shown at one time"
    gaps = [later - former for former, later in itertools.pairwise(sorted(shown))]
    assert set(gaps) <= {STEP, 3 * STEP}, "the delay of B-frames comes once and stays"
    assert steps([packet.sequence for packet in wire.packets], 1 << 16) == {1}


def test_a_jump_moves_timestamps_and_nothing_else(timer: Timer) -> None:
    one, wire = sender(timer, film("a")), Wire()
    one.join(wire)
    timer.run(5)
    one.jump(-100)
    timer.run(5)
    assert steps(wire.times, 1 << 32) == {STEP, (STEP - 9_000_000) % (1 << 32)}
    assert steps([packet.sequence for packet in wire.packets], 1 << 16) == {1}


def test_reports_tie_timestamps_to_the_clock(timer: Timer) -> None:
    timer.time = 100.25
    one, wire = sender(timer, film("a")), Wire()
    one.join(wire)
    timer.run(260)
    assert len(wire.reports) == 3, "one at once, then every five seconds"
    for report in wire.reports:
        seconds, fraction, rtp = struct.unpack(">III", report[8:20])
        wall = seconds - 2_208_988_800 + fraction / 2**32
        assert wall - 1_700_000_000 == pytest.approx(100.25 + (rtp - one.shift) % (1 << 32) / 90_000, abs=0.001)


def test_lost_packets_leave_holes_and_are_told(timer: Timer) -> None:
    one, wire = sender(timer, film("a"), Mischief(loss=0.2)), Wire()
    one.join(wire)
    timer.run(60)
    assert len(wire.packets) < one.packets
    assert any(frame["lost"] for frame in one.ledger.since())
    assert not all(frame["lost"] for frame in one.ledger.since())


def test_garbage_lies_between_packets(timer: Timer) -> None:
    one, wire = sender(timer, film("a"), Mischief(garbage=16, garbage_every=5)), Wire()
    one.join(wire)
    timer.run(20)
    assert [len(piece) for piece in wire.stray] == [16] * 4
    assert steps([packet.sequence for packet in wire.packets], 1 << 16) == {1}
    assert not any(frame["lost"] for frame in one.ledger.since())


def test_parameter_sets_are_held_back(timer: Timer) -> None:
    one, wire = sender(timer, film("a"), Mischief(no_sets=True)), Wire()
    one.join(wire)
    timer.run(12)
    assert not {7, 8} & {packet.payload[0] & 0x1F for packet in wire.packets}
    assert sum(packet.marker for packet in wire.packets) == 12


def test_key_frames_are_held_back_and_the_rest_comes(timer: Timer) -> None:
    one, wire = sender(timer, film("a"), Mischief(no_keys=True)), Wire()
    one.join(wire)
    timer.run(12)
    assert sum(packet.marker for packet in wire.packets) == 8
    assert not any(frame["key"] for frame in one.ledger.since())


def test_a_trickle_is_a_byte_a_second(timer: Timer) -> None:
    one, wire = sender(timer, film("a"), Mischief(trickle=True)), Wire()
    got: list[bytes] = []
    wire.send_pieces = got.extend  # type: ignore[method-assign, assignment]
    one.join(wire)
    timer.run(251)
    assert len(got) in (10, 11)
    assert b"".join(got).startswith(b"$\x00\x00\x11"), "it is the beginning of a packet"


def test_the_ledger_keeps_the_last_frames() -> None:
    ledger, track = Ledger(4), film("a")
    for number in range(10):
        ledger.add(track.frames[number % 6], number * STEP, number * 40_000)
    assert [frame["index"] for frame in ledger.since()] == [6, 7, 8, 9]
    assert [frame["wall_ms"] for frame in ledger.since(8)] == [320, 360]
    ledger.mark_lost()
    assert [frame["lost"] for frame in ledger.since()] == [False, False, False, True]
    for number in range(4):
        ledger.add(track.frames[0], number, 0)
    assert not any(frame["lost"] for frame in ledger.since()), "a place in the ring forgets what was there"
    assert ledger.since()[0]["sha256"] == track.frames[0].sha256
