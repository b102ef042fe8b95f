"""The rules of a camera: every problem at once, passwords only where they were."""

from dataclasses import replace
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cctv.cameras.registry.model import FIRST_AGENCIES, Credentials, Draft, Known, Settled, World, name_key
from cctv.cameras.registry.problems import Problem
from cctv.cameras.registry.settle import settle

WORLD = World(frozenset(agency.code for agency in FIRST_AGENCIES), frozenset({UUID(int=7)}))
GOOD = Draft(name="Gate", agency="METRO", main_url="rtsp://10.0.0.7/1")
KNOWN = Known(Credentials("u", "p"), frozenset({"10.0.0.7"}))


def settled(draft: Draft, known: Known | None = None) -> Settled:
    found = settle(draft, WORLD, known) if known else settle(draft, WORLD)
    assert isinstance(found, Settled), found
    return found


def codes(draft: Draft, known: Known | None = None) -> list[tuple[str, str]]:
    found = settle(draft, WORLD, known) if known else settle(draft, WORLD)
    assert isinstance(found, list), found
    return [(problem.field, problem.code) for problem in found]


def test_user_and_password_may_stand_in_either_address_or_beside() -> None:
    for draft in (
        replace(GOOD, main_url="rtsp://u:p@10.0.0.7/1"),
        replace(GOOD, sub_url="rtsp://u:p@10.0.0.7/2"),
        replace(GOOD, username="u", password="p"),
        replace(GOOD, main_url="rtsp://u:p@10.0.0.7/1", username="u", password="p"),
    ):
        found = settled(draft)
        assert found.credentials == Credentials("u", "p")
        assert "u:p" not in found.main.url
    assert codes(replace(GOOD, main_url="rtsp://u:p@10.0.0.7/1", username="u", password="q")) == [
        ("credentials", "credentials_twice")
    ]
    assert codes(replace(GOOD, password="p")) == [("credentials.username", "username_missing")]
    assert codes(replace(GOOD, username="a\r\nX: y", password="p")) == [("credentials", "text_control")]


def test_known_credentials_go_to_known_hosts_only() -> None:
    keep = replace(GOOD, keep=True)
    assert settled(keep, KNOWN).credentials == Credentials("u", "p")
    for address in ("rtsp://10.0.0.8/1", "rtsp://10.0.0.7.evil.example/1"):
        assert codes(replace(keep, main_url=address), KNOWN) == [("credentials", "credentials_needed")]
    assert codes(replace(keep, sub_url="rtsp://10.0.0.8/1"), KNOWN) == [("credentials", "credentials_needed")]
    assert settled(replace(keep, main_url="rtsp://x:y@10.0.0.8/1"), KNOWN).credentials == Credentials("x", "y")
    assert not settled(GOOD, KNOWN).credentials, "without keep they are gone"


def test_what_a_camera_may_not_be() -> None:
    assert codes(
        Draft(
            name=" ",
            agency="NOBODY",
            group_id=UUID(int=8),
            lat=float("nan"),
            lon=181,
            place="x" * 501,
            main_url="",
            main_transport="quic",
            mode="sometimes",
            audio="loud",
        )
    ) == [
        ("name", "name_missing"),
        ("place.text", "text_too_long"),
        ("agency", "agency_unknown"),
        ("group_id", "group_unknown"),
        ("place.lat", "lat_range"),
        ("place.lon", "lon_range"),
        ("main.transport", "choice"),
        ("mode", "choice"),
        ("audio", "choice"),
        ("main.url", "url_missing"),
    ]


@pytest.mark.parametrize("other", ["gate  4", " GATE 4 ", "Ｇａｔｅ 4", "Ga\u200fte 4", "gate\u00a04"])  # noqa: RUF001
def test_names_that_a_reader_takes_for_one(other: str) -> None:
    assert name_key(other) == name_key("Gate 4")


_maybe = st.none() | st.text()
_number = st.none() | st.floats()
_draft = st.builds(
    Draft, name=st.text(), agency=st.text(), main_url=st.text(), sub_url=_maybe, username=_maybe, password=_maybe,
    place=st.text(), lat=_number, lon=_number, mode=st.text(), audio=st.text(),
)  # fmt: skip


@given(_draft)
def test_any_draft_is_a_camera_or_problems(draft: Draft) -> None:
    found = settle(draft, WORLD)
    assert isinstance(found, Settled) or found
    if isinstance(found, list):
        assert all(isinstance(problem, Problem) and problem.as_dict() for problem in found)


def test_nothing_secret_is_shown_by_repr() -> None:
    draft = replace(GOOD, main_url="rtsp://u:hunter2@10.0.0.7/password=hunter2", password="hunter2", username="u")
    assert "hunter2" not in repr(draft)
    assert "hunter2" not in repr(settled(draft))
