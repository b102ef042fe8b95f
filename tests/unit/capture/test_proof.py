"""When a camera's pictures count as broken, and when as mended."""

from typing import Any

import pytest

from cctv.recording.capture.proof import News, Proof


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
    return [proof.learnt(decodable=one == "+") for one in verdicts]


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


def test_what_stays_broken_is_told_again(proof: Proof) -> None:
    news = said(proof, "-" * 50)
    assert [number for number, one in enumerate(news) if one] == [2, 32]


def test_when_a_camera_is_looked_at(proof: Proof, clock: Any) -> None:
    def due_after(seconds: float) -> bool:
        clock.now_us += int((seconds - 0.5) * 1e6)
        early = proof.overdue_us
        clock.now_us += 1_000_000
        return early is None and proof.overdue_us is not None

    assert due_after(5)
    said(proof, "+")
    assert due_after(20)
    said(proof, "-")
    assert due_after(2)
    said(proof, "--")
    assert due_after(20)
    proof.later()
    assert due_after(2)
    proof.end()
    clock.now_us += 10**12
    assert proof.overdue_us is None


def test_where_a_verdict_is_being_made_comes_before_who_waits(proof: Proof, clock: Any) -> None:
    other = Proof(clock=clock, first_s=1, every_s=20)
    other.begin()
    said(proof, "-")
    clock.now_us = 3_600_000_000
    assert (proof.overdue_us or 0) > (other.overdue_us or 0) > 0


def test_it_can_be_switched_off(clock: Any) -> None:
    proof = Proof(clock=clock, first_s=1, every_s=0)
    proof.begin()
    clock.now_us = 10**12
    assert proof.overdue_us is None
