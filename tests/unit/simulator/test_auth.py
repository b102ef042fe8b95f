"""Digest and basic authentication; the digests of the examples are those of RFC 2617 and RFC 7616."""

import hashlib
from base64 import b64encode

import pytest

from cctv_simulator.auth import Guard, response

URI = "rtsp://camera/cam/1/main"


def signed(guard: Guard, *, password: str = "secret", method: str = "DESCRIBE", header: str | None = None) -> str:
    """The Authorization header of a client that was told to authenticate."""
    challenge = header or guard.challenges(None)[0][1]
    parts = dict(piece.split("=", 1) for piece in challenge.removeprefix("Digest ").split(", "))
    parts = {name: value.strip('"') for name, value in parts.items()} | {"uri": URI, "username": guard.user}
    given = response(guard.user, password, method, parts)
    fields = ", ".join(f'{name}="{value}"' for name, value in parts.items() if name != "stale")
    return f'Digest {fields}, response="{given}"'


def test_rfc_2617_example() -> None:
    parts = {
        "realm": "testrealm@host.com",
        "nonce": "dcd98b7102dd2f0e8b11d0f600bfb0c093",
        "uri": "/dir/index.html",
        "qop": "auth",
        "nc": "00000001",
        "cnonce": "0a4f113b",
    }
    assert response("Mufasa", "Circle Of Life", "GET", parts) == "6629fae49393a05397450978507c4ef1"


def test_rfc_7616_example() -> None:
    parts = {
        "realm": "http-auth@example.org",
        "nonce": "7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v",
        "uri": "/dir/index.html",
        "algorithm": "SHA-256",
        "qop": "auth",
        "nc": "00000001",
        "cnonce": "f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ",
    }
    expected = "753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1"
    assert response("Mufasa", "Circle of Life", "GET", parts) == expected


@pytest.mark.parametrize("scheme", ["digest", "digest-sha256"])
def test_digest_lets_in_who_knows_the_password(scheme: str) -> None:
    guard = Guard("operator", "secret", (scheme,))
    assert guard.allows("DESCRIBE", signed(guard))
    assert not guard.allows("DESCRIBE", signed(guard, password="guess"))
    assert not guard.allows("SETUP", signed(guard)), "a signature is for one method"
    assert not guard.allows("DESCRIBE", None)


def test_basic() -> None:
    guard = Guard("operator", "se:cret", ("basic",))
    assert guard.allows("DESCRIBE", "Basic " + b64encode(b"operator:se:cret").decode())
    assert not guard.allows("DESCRIBE", "Basic " + b64encode(b"operator:other").decode())
    assert not guard.allows("DESCRIBE", "Basic ???")
    digest_only = Guard("operator", "se:cret")
    assert not digest_only.allows("DESCRIBE", "Basic " + b64encode(b"operator:se:cret").decode())


def test_every_scheme_is_offered_in_order() -> None:
    offered = [value for _, value in Guard("u", "p", ("digest-sha256", "digest", "basic")).challenges(None)]
    assert [value.split(" ")[0] for value in offered] == ["Digest", "Digest", "Basic"]
    assert "SHA-256" in offered[0]
    assert "algorithm" not in offered[1]


def test_a_foreign_nonce_is_refused() -> None:
    guard = Guard("operator", "secret")
    foreign = f'Digest realm="x", nonce="{hashlib.md5(b"x").hexdigest()}"'
    assert not guard.allows("DESCRIBE", signed(guard, header=foreign))


def test_a_forgotten_nonce_is_called_stale_and_the_next_one_works() -> None:
    guard = Guard("operator", "secret")
    header = signed(guard)
    guard.forget()
    assert not guard.allows("DESCRIBE", header)
    (challenge,) = guard.challenges(header)
    assert "stale=TRUE" in challenge[1]
    assert guard.allows("DESCRIBE", signed(guard, header=challenge[1]))
