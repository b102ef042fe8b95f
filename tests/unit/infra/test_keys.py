"""Sealed values open only with our keys, in their context; signatures do not cross purposes."""

import stat
from pathlib import Path

import pytest

from cctv.infra.keys import Keyring, KeysMissing, SealBroken, kept_secret


def test_sealing_and_context(keyring: Keyring) -> None:
    sealed = keyring.seal(b"secret", context="camera-1")
    assert b"secret" not in sealed
    assert keyring.unseal(sealed, context="camera-1") == b"secret"
    with pytest.raises(SealBroken):
        keyring.unseal(sealed, context="camera-2")
    for position in range(len(sealed)):
        with pytest.raises(SealBroken):
            keyring.unseal(
                sealed[:position] + bytes([sealed[position] ^ 1]) + sealed[position + 1 :], context="camera-1"
            )


def test_purposes_do_not_interchange(keyring: Keyring) -> None:
    signature = keyring.sign("media", b"m")
    assert keyring.verify("media", b"m", signature[:16])
    assert not keyring.verify("session", b"m", signature)
    assert not keyring.verify("media", b"m", signature[:8])


def test_an_older_key_still_opens_after_rotation(tmp_path: Path) -> None:
    sealed = Keyring.load(tmp_path, make=True).seal(b"old", context="c")
    (tmp_path / "sealing-2.key").write_text("ab" * 32)
    rotated = Keyring.load(tmp_path, make=False)
    assert rotated.unseal(sealed, context="c") == b"old"
    assert rotated.seal(b"new", context="c")[1:3] == b"\x00\x02"


def test_keys_are_private_and_not_made_unasked(tmp_path: Path) -> None:
    with pytest.raises(KeysMissing):
        Keyring.load(tmp_path / "none", make=False)
    Keyring.load(tmp_path / "keys", make=True)
    for key in (tmp_path / "keys").iterdir():
        assert stat.S_IMODE(key.stat().st_mode) == 0o600


@pytest.mark.parametrize("empty", ["sealing-1.key", "signing.key"])
def test_a_key_that_a_power_loss_left_empty_is_made_anew(tmp_path: Path, empty: str) -> None:
    Keyring.load(tmp_path, make=True)
    (tmp_path / empty).write_text("")
    with pytest.raises(KeysMissing):
        Keyring.load(tmp_path, make=False)
    Keyring.load(tmp_path, make=True)
    assert Keyring.load(tmp_path, make=False).newest == 1


def test_keys_that_were_made_by_half_are_made_whole(tmp_path: Path) -> None:
    """The first start ended between the two files: the one that is there is kept."""
    (tmp_path / "signing.key").write_text("11" * 32 + "\n")
    keyring = Keyring.load(tmp_path, make=True)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["sealing-1.key", "signing.key"]
    signature = keyring.sign("test", b"words")
    assert Keyring({1: bytes(32)}, bytes.fromhex("11" * 32)).verify("test", b"words", signature)


def test_a_password_s_file_that_is_empty_gets_one(tmp_path: Path) -> None:
    (tmp_path / "password").touch()
    made = kept_secret(tmp_path / "password")
    assert len(made) == 32
    assert kept_secret(tmp_path / "password") == made
    assert (tmp_path / "password").stat().st_mode & 0o777 == 0o600
