"""When a camera's pictures count as broken, and when as mended."""

from typing import Any

import pytest

from cctv.media.coding.nal import begins_anew, join_lengths, split_lengths
from cctv.media.model import VideoCodec
from cctv.recording.capture.proof import News, Proof, Proving, Turn


class _Clock:
    now_us = 0

    def monotonic_us(self) -> int:
        return self.now_us

    wall_us = monotonic_us


@pytest.fixture
def clock() -> Any:
    return _Clock()


@pytest.fixture
def proof(clock: Any) -> Proof:
    one = Proof(clock=clock, first_s=5, every_s=20)
    one.begin()
    return one


def said(proof: Proof, verdicts: str) -> list[News | None]:
    turn = turn_of(proof)
    return [proof.learnt(turn, decodable=one == "+") for one in verdicts]


def turn_of(proof: Proof) -> Turn:
    """Of the session that is."""
    return Turn(0, 0, proof._session)


def test_healthy_pictures_are_no_news(proof: Proof) -> None:
    assert set(said(proof, "++-+--+")) == {None}
    assert not proof.broken


def test_only_three_in_a_row_are_a_verdict(proof: Proof) -> None:
    assert "broken" not in said(proof, "--+--+-")
    assert not proof.broken
    assert said(proof, "--") == [None, "broken"]
    assert said(proof, "++-++") == [None] * 5
    assert proof.broken
    assert said(proof, "+") == ["mended"]
    assert not proof.broken


def test_what_stays_broken_is_told_again_every_ten_minutes(proof: Proof, clock: Any) -> None:
    assert said(proof, "---")[-1] == "broken"
    for _ in range(2):
        clock.now_us += 599_000_000
        assert said(proof, "-") == [None]
        clock.now_us += 1_000_000
        assert said(proof, "--") == ["broken", None]


def test_when_a_camera_is_looked_at(proof: Proof, clock: Any) -> None:
    def due_after(seconds: float) -> bool:
        clock.now_us += int((seconds - 0.5) * 1e6)
        early = proof.turn()
        clock.now_us += 1_000_000
        return early is None and proof.turn() is not None

    assert due_after(5)
    said(proof, "+")
    assert due_after(20)
    said(proof, "-")
    assert due_after(2)
    said(proof, "--")
    assert due_after(20)
    proof.later(turn_of(proof))
    assert due_after(20)
    proof.end()
    clock.now_us += 10**12
    assert proof.turn() is None


def test_verdicts_come_before_news_and_news_before_the_rest(proof: Proof, clock: Any) -> None:
    def another(verdicts: str) -> Proof:
        one = Proof(clock=clock, first_s=1, every_s=20)
        one.begin()
        said(one, verdicts)
        return one

    healthy, new, doubted, broken = another("+"), another(""), another("+-"), another("---")
    clock.now_us += 3_600_000_000
    urgent = [turn.urgency for one in (healthy, new, doubted, broken) if (turn := one.turn()) is not None]
    assert urgent == [0, 1, 2, 1]


def test_what_is_learnt_of_a_session_that_has_ended_is_not_believed(proof: Proof, clock: Any) -> None:
    clock.now_us += 3_600_000_000
    before = proof.turn()
    assert before is not None
    for act in (proof.end, proof.begin):
        act()
        assert [proof.learnt(before, decodable=False) for _ in range(3)] == [None] * 3
        proof.later(before)
        assert not proof.broken
    proof.end()
    assert proof.turn() is None, "nothing that comes too late makes it due"


def test_another_stream_begins_unjudged(proof: Proof) -> None:
    said(proof, "---")
    proof.end()
    proof.begin()
    assert proof.broken, "the same stream, connected anew"
    proof.end(forget=True)
    assert not proof.broken


def test_it_can_be_switched_off(clock: Any) -> None:
    proof = Proof(clock=clock, first_s=1, every_s=0)
    proof.begin()
    clock.now_us = 10**12
    assert proof.turn() is None


class _Odd:
    """A camera of which not even a GOP can be had."""

    def __init__(self, proof: Proof) -> None:
        self.proof = proof

    def at_hand(self) -> Any:
        raise IndexError

    def proved(self, turn: Turn, *, decodable: bool) -> None:
        raise AssertionError


async def test_one_that_cannot_be_looked_at_does_not_keep_the_turn(proof: Proof, clock: Any) -> None:
    proving = Proving(lambda: [_Odd(proof)])
    clock.now_us += 5_000_000
    with pytest.raises(IndexError):
        await proving._next()
    assert proof.turn() is None
    clock.now_us += 60_000_000
    assert proof.turn() is not None


@pytest.mark.parametrize(
    ("codec", "unit", "anew"),
    [
        (VideoCodec.H264, b"\x65", True),
        (VideoCodec.H264, b"\x41", False),
        (VideoCodec.H265, bytes((19 << 1, 1)), True),
        (VideoCodec.H265, bytes((21 << 1, 1)), False),
    ],
)
def test_only_what_begins_anew_is_judged_also_beside_an_empty_unit(
    codec: VideoCodec, unit: bytes, *, anew: bool
) -> None:
    """A hostile camera may send units of no length."""
    assert begins_anew(codec, split_lengths(join_lengths([b"", unit]))) is anew


def test_a_jpeg_stands_alone() -> None:
    assert begins_anew(VideoCodec.MJPEG, split_lengths(b"\xff\xd8\xff\xe0" + bytes(20)))
