"""Grants: what is signed comes back, and nothing else passes."""

import base64
from datetime import timedelta
from pathlib import Path
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cctv.base.clock import from_us
from cctv.base.ids import CameraId
from cctv.base.span import Span
from cctv.infra.keys import Keyring
from cctv.viewing.playback import grants
from cctv.viewing.playback.errors import BadGrant, GrantExpired, OutsideGrant
from cctv.viewing.playback.grants import Grant
from cctv.viewing.playback.model import Purpose

NOW_US = 1_795_000_000_000_000
KEYS = Keyring({1: b"s" * 32}, b"k" * 32)
CAMERA = CameraId(UUID("0192f0c1-7d2e-8a3b-9c4d-5e6f708192a3"))
HOUR = Span(from_us(NOW_US), from_us(NOW_US + 3_600_000_000))

moments_us = st.integers(0, 4_000_000_000_000_000)
all_grants = st.builds(
    lambda actor, camera, edges, now_us, purpose, renewable: grants.issue(
        actor=actor,
        camera=CameraId(camera),
        span=Span(from_us(min(edges)), from_us(max(edges))),
        now_us=now_us,
        purpose=purpose,
        renewable=renewable,
    ),
    st.text(max_size=60),
    st.uuids(),
    st.tuples(moments_us, moments_us).filter(lambda pair: abs(pair[0] - pair[1]) < 86_400_000_000),
    st.integers(0, 4_000_000_000_000_000),
    st.sampled_from(Purpose),
    st.booleans(),
)


def issued(**changes: object) -> Grant:
    given: dict[str, object] = {
        "actor": "a9d3b0a0-9f6c-4f6e-8f63-0d2f7f8f4c11",
        "camera": CAMERA,
        "span": HOUR,
        "now_us": NOW_US,
        "purpose": Purpose.PLAYBACK,
        "renewable": True,
    }
    return grants.issue(**(given | changes))  # type: ignore[arg-type]


@given(all_grants)
def test_what_is_sealed_comes_back(grant: Grant) -> None:
    text = grants.seal(grant, KEYS)
    assert len(text) < grants.MAX_LENGTH
    assert all(letter.isascii() and (letter.isalnum() or letter in "-_") for letter in text)
    assert grants.unseal(text, KEYS, now_us=grant.issued_s * 1_000_000) == grant


@given(all_grants, st.data())
def test_one_changed_bit_is_refused(grant: Grant, data: st.DataObject) -> None:
    text = grants.seal(grant, KEYS)
    raw = bytearray(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
    bit = data.draw(st.integers(0, len(raw) * 8 - 1))
    raw[bit // 8] ^= 1 << bit % 8
    forged = base64.urlsafe_b64encode(raw).rstrip(b"=").decode()
    with pytest.raises(BadGrant):
        grants.unseal(forged, KEYS, now_us=grant.issued_s * 1_000_000)


@given(st.text(max_size=300))
def test_no_text_breaks_the_parser(text: str) -> None:
    with pytest.raises(BadGrant):
        grants.unseal(text, KEYS, now_us=NOW_US)


@given(all_grants, st.integers(0, 200))
def test_a_cut_or_padded_grant_is_refused(grant: Grant, length: int) -> None:
    text = grants.seal(grant, KEYS)
    for other in (text[:length], text + "A", text + "=", "A" + text, text + "\n"):
        if other != text:
            with pytest.raises(BadGrant):
                grants.unseal(other, KEYS, now_us=grant.issued_s * 1_000_000)


def test_a_token_for_another_purpose_is_no_grant() -> None:
    text = grants.seal(issued(), KEYS)
    raw = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    body = raw[:-16]
    session = base64.urlsafe_b64encode(body + KEYS.sign("session", body)[:16]).rstrip(b"=").decode()
    with pytest.raises(BadGrant):
        grants.unseal(session, KEYS, now_us=NOW_US)


def test_another_machines_keys_do_not_open_it(tmp_path: Path) -> None:
    with pytest.raises(BadGrant):
        grants.unseal(grants.seal(issued(), KEYS), Keyring.load(tmp_path, make=True), now_us=NOW_US)


def test_it_lives_five_minutes_and_not_a_second_longer() -> None:
    text = grants.seal(issued(), KEYS)
    grants.unseal(text, KEYS, now_us=NOW_US + 299_999_999)
    with pytest.raises(GrantExpired):
        grants.unseal(text, KEYS, now_us=NOW_US + 300_000_000)


def test_one_that_cannot_be_renewed_lives_as_long_as_its_range_and_five_minutes() -> None:
    grant = issued(renewable=False)
    assert timedelta(seconds=grant.until_s - grant.issued_s) == HOUR.duration + timedelta(minutes=5)
    with pytest.raises(OutsideGrant):
        grants.renew(grant, now_us=NOW_US)


def test_renewing_keeps_the_right_and_moves_its_end() -> None:
    grant = issued()
    later = grants.renew(grant, now_us=NOW_US + 200_000_000)
    assert later.until_s == grant.until_s + 200
    assert (later.id, later.camera, later.span, later.actor) == (grant.id, grant.camera, grant.span, grant.actor)


def test_a_long_actor_is_shortened_and_never_split_inside_a_letter() -> None:
    grant = issued(actor="ش" * 60)
    assert grant.actor == "ش" * 20
    assert grants.unseal(grants.seal(grant, KEYS), KEYS, now_us=NOW_US) == grant
