"""Keys on disk: sealing what is stored (AES-256-GCM) and signing what is handed out (HMAC-SHA-256).

The folder holds ``sealing-1.key``, ``sealing-2.key`` … (the highest seals, all unseal, so that rotation is adding
a file and sealing anew) and ``signing.key``. First start on one machine makes them; on several machines they
come from files, and a node that finds none refuses to start.
"""

import hashlib
import hmac
import os
import re
import secrets
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from cctv.base.errors import DataLoss, Unavailable
from cctv.infra.disks import write_whole

_KEY_BYTES = 32
_NONCE_BYTES = 12
_SEALED_FORMAT = 1
_HEADER_BYTES = 1 + 2
_SEALING_NAME = re.compile(r"sealing-(\d{1,5})\.key")


class KeysMissing(Unavailable):
    """The folder of keys is empty; copy the keys of the other machines to it."""

    code = "keys_missing"
    message_ar = "مجلد المفاتيح فارغ؛ انسخ إليه مفاتيح الأجهزة الأخرى."


class SealBroken(DataLoss):
    """A sealed value cannot be opened with the keys of this machine."""

    code = "seal_broken"
    message_ar = "لا يمكن فتح قيمة مختومة بمفاتيح هذا الجهاز."


class Keyring:
    """Seals and signs. A sealed value opens only in the context it was sealed for (for example a camera's id)."""

    def __init__(self, sealing: dict[int, bytes], signing: bytes, *, folder: Path | None = None) -> None:
        self._sealing = sealing
        self._newest = max(sealing)
        self._signing = signing
        self._folder = folder

    @classmethod
    def load(cls, folder: Path, *, make: bool) -> "Keyring":
        """Read the keys; :class:`KeysMissing` when there are none. ``make`` (mode 600) what is missing first.

        Only where nothing was sealed or signed yet; so what an end in between left empty is made anew, too.
        """
        if make:
            _make_missing(folder)
        sealing = _sealing_keys(folder)
        if not sealing:
            raise KeysMissing(f"{folder} holds no keys: copy them from the machine that has them")
        return cls(sealing, _read_key(folder / "signing.key"), folder=folder)

    def add_sealing_key(self) -> int:
        """Make a new key, which seals from now on; its number. Old ones stay, and unseal what they sealed.

        Other processes find it when they meet what it sealed.
        """
        assert self._folder is not None, "a keyring that was read from files"
        self._sealing = _sealing_keys(self._folder)
        number = max(self._sealing) + 1
        _write_new(self._folder / f"sealing-{number}.key")
        self._read_anew()
        return number

    @property
    def newest(self) -> int:
        """The number of the key that seals."""
        return self._newest

    def _read_anew(self) -> None:
        if self._folder is not None:
            self._sealing = _sealing_keys(self._folder) or self._sealing
            self._newest = max(self._sealing)

    def seal(self, clear: bytes, *, context: str) -> bytes:
        """Format (1 byte), key number (2), nonce (12), ciphertext and tag."""
        nonce = secrets.token_bytes(_NONCE_BYTES)
        header = bytes([_SEALED_FORMAT]) + self._newest.to_bytes(2, "big")
        return (
            header + nonce + AESGCM(self._sealing[self._newest]).encrypt(nonce, clear, header + context.encode())
        )

    def unseal(self, sealed: bytes, *, context: str) -> bytes:
        """The clear value; :class:`SealBroken` for other keys, another context or changed bytes."""
        header, rest = sealed[:_HEADER_BYTES], sealed[_HEADER_BYTES:]
        number = int.from_bytes(header[1:], "big")
        if number > self._newest:
            self._read_anew()
        key = self._sealing.get(number)
        if key is None or header[:1] != bytes([_SEALED_FORMAT]):
            raise SealBroken
        try:
            return AESGCM(key).decrypt(rest[:_NONCE_BYTES], rest[_NONCE_BYTES:], header + context.encode())
        except (InvalidTag, ValueError) as fault:
            raise SealBroken from fault

    def sign(self, purpose: str, message: bytes) -> bytes:
        """32 bytes that prove ``message`` is ours. Each purpose has its own key: tokens never interchange."""
        key = hmac.digest(self._signing, b"purpose:" + purpose.encode(), hashlib.sha256)
        return hmac.digest(key, message, hashlib.sha256)

    def verify(self, purpose: str, message: bytes, signature: bytes) -> bool:
        """Whether ``signature`` (possibly cut to its first 16 bytes or more) is ours, in constant time."""
        ours = self.sign(purpose, message)
        return len(signature) >= 16 and hmac.compare_digest(ours[: len(signature)], signature)


def _make_missing(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    for path in folder.glob("*.key"):
        if path.stat().st_size == 0:
            path.unlink()
    if not (folder / "signing.key").exists():
        _write_new(folder / "signing.key")
    if not _sealing_keys(folder):
        _write_new(folder / "sealing-1.key")


def _sealing_keys(folder: Path) -> dict[int, bytes]:
    names = sorted(path.name for path in folder.glob("sealing-*.key")) if folder.is_dir() else []
    matches = (_SEALING_NAME.fullmatch(name) for name in names)
    return {int(match[1]): _read_key(folder / match[0]) for match in matches if match}


def _read_key(path: Path) -> bytes:
    try:
        key = bytes.fromhex(path.read_text(encoding="ascii").strip())
    except (OSError, ValueError) as fault:
        raise KeysMissing(f"{path} cannot be read as a key: {fault}") from fault
    if len(key) != _KEY_BYTES:
        raise KeysMissing(f"{path} has {len(key)} bytes, a key has {_KEY_BYTES}")
    return key


def _write_new(path: Path) -> None:
    """A new key, whole or not at all; ``FileExistsError``: another made it at the same time."""
    beside = path.with_name(f"{path.name}.{secrets.token_hex(4)}")
    write_whole(beside, secrets.token_hex(_KEY_BYTES) + "\n")
    try:
        os.link(beside, path)
    finally:
        beside.unlink()


def kept_secret(path: Path) -> str:
    """The password in a file (mode 600), made when there is none yet."""
    kept = path.read_text(encoding="ascii").strip() if path.exists() else ""
    if not kept:
        kept = secrets.token_urlsafe(24)
        write_whole(path, kept)
    return kept
