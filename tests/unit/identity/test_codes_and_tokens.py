"""Codes of authenticators by the examples of the standards; forms of tokens; rules of passwords."""

import pytest

from cctv.access.identity import totp
from cctv.access.identity.errors import WeakPassword
from cctv.access.identity.model import check_password, checked_name, name_key
from cctv.access.identity.organisation.flow import challenge
from cctv.access.identity.passwords import one_time_password
from cctv.access.identity.tokens import new_key, prefix_of
from cctv.base.errors import InvalidInput

RFC_SECRET = b"12345678901234567890"


@pytest.mark.parametrize(
    ("at_s", "code"), [(59, "287082"), (1111111109, "081804"), (1234567890, "005924"), (20000000000, "353130")]
)
def test_codes_of_rfc_6238_appendix_b(at_s: int, code: str) -> None:
    assert totp.code_at(RFC_SECRET, at_s // 30) == code


def test_a_step_counts_once() -> None:
    step = totp.matching_step(RFC_SECRET, "287082", now_s=59, after=0)
    assert step == 1
    assert totp.matching_step(RFC_SECRET, "287082", now_s=59, after=1) is None
    assert totp.matching_step(RFC_SECRET, "287082", now_s=150, after=0) is None
    assert totp.matching_step(RFC_SECRET, "٢٨٧٠٨٢", now_s=59, after=0) is None


def test_the_challenge_of_rfc_7636_appendix_b() -> None:
    verifier = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
    assert challenge(verifier) == "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"


def test_keys_are_found_by_their_beginning() -> None:
    key, prefix = new_key()
    assert prefix_of(key) == prefix
    assert all(
        prefix_of(odd) is None for odd in ("", "cctv_", f"cctv_{prefix}", f"x_{prefix}_y", f"cctv_{prefix}_")
    )


def test_recovery_codes_do_not_depend_on_how_they_are_typed() -> None:
    code = totp.new_recovery_codes()[0]
    assert totp.recovery_hash("u", code) == totp.recovery_hash("u", code.upper().replace("-", " "))
    assert totp.recovery_hash("u", code) != totp.recovery_hash("v", code)


@pytest.mark.parametrize(
    "password", ["x" * 257, "elevenchars", "abcabcabcabcabc", "mariam's own one", "1234567890123"]
)
def test_weak_passwords(password: str) -> None:
    with pytest.raises(WeakPassword):
        check_password(password, name="mariam")


def test_one_time_passwords_pass_the_rules() -> None:
    for _ in range(50):
        check_password(one_time_password(), name="administrator")


def test_names_are_compared_as_people_read_them() -> None:
    assert name_key("\uff2dariam") == name_key("mariam ")
    assert checked_name(" مريم الكعبي ") == "مريم الكعبي"
    for odd in ("", "a  b", "a\u202eb", "<x>"):
        with pytest.raises(InvalidInput):
            checked_name(odd)
