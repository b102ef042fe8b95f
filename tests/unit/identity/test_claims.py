"""What other organisations call permissions, in our words."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cctv.access.identity import IdentitySettings
from cctv.access.identity.organisation.claims import told, translated
from cctv.base.permission import parse_permission

NAMES = {
    "camera:*:view": ("camera:*:live", "camera:*:playback"),
    "clip:*:create": ("camera:*:export",),
    "auditors": ("system:audit",),
    "wrong": ("no permission",),
}


@pytest.mark.parametrize(
    ("theirs", "ours"),
    [
        (["camera:METRO:view"], {"camera:METRO:live", "camera:METRO:playback"}),
        (["camera:*:view"], {"camera:*:live", "camera:*:playback"}),
        (["clip:BUS:create"], {"camera:BUS:export"}),
        (["auditors"], {"system:audit"}),
        (["camera:metro:view", "camera::view", "camera:A:B:view", "CAMERA:A:view"], set()),
        (["system:users", "camera:METRO:live", "wrong", ""], set()),
    ],
)
def test_their_names_in_our_words(theirs: list[str], ours: set[str]) -> None:
    assert translated(theirs, NAMES) == ours


@given(st.lists(st.text(max_size=40)))
def test_only_what_the_table_means_is_ever_given(theirs: list[str]) -> None:
    for one in translated(theirs, NAMES):
        assert parse_permission(one)


@given(
    st.dictionaries(
        st.sampled_from(["iss", "sub", "name", "agency", "permissions", "groups", "camera_sources", "name_ar"]),
        st.recursive(
            st.none() | st.booleans() | st.integers() | st.text(),
            lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
            max_leaves=5,
        ),
    )
)
def test_odd_claims_are_left_out(claims: dict[str, object]) -> None:
    said = told({"iat": 0, **claims}, NAMES, IdentitySettings())
    assert len(said.name) <= 200
    assert all(isinstance(group, str) for group in said.groups)


def test_scope_words_and_lists_are_alike() -> None:
    assert (
        told({"iat": 0, "permissions": "camera:BUS:view x"}, NAMES, IdentitySettings()).claims
        == told({"iat": 0, "permissions": ["camera:BUS:view", "x"]}, NAMES, IdentitySettings()).claims
    )
