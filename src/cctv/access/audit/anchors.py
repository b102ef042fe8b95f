"""Anchors: where the chain stood at a moment, signed, in files outside the database.

``anchors.jsonl`` gets a line a day, ``head.json`` is renewed whenever the chain grows. Copied to another machine
they prove to whoever has the public key that the chain was so long then: an end cut off shows. Ed25519; the
private key is derived from the system's signing key.
"""

import contextlib
import json
import os
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from cctv.access.audit.model import Link, Sign

_FORMAT: Final = 1
_SEED_LABEL: Final = "audit-anchor"


@dataclass(frozen=True, slots=True)
class Anchor:
    """The chain's end at a moment, and whether the signature is good."""

    at: datetime
    seq: int
    link: bytes
    words: str = ""
    good: bool = True


class Anchors:
    """The files in ``folder``, which is made when the first is written."""

    def __init__(self, folder: Path, *, sign: Sign) -> None:
        self._folder = folder
        self._key = Ed25519PrivateKey.from_private_bytes(sign(_SEED_LABEL, b"seed of the audit's anchors"))

    @property
    def public_key(self) -> str:
        """In hexadecimal; for those who check anchors without our keys."""
        return self._key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw).hex()

    def renew_head(self, link: Link, *, at: datetime) -> None:
        """Note how far the chain reaches now."""
        self._folder.mkdir(parents=True, exist_ok=True, mode=0o750)
        beside = self._folder / "head.json.new"
        _write(beside, self._line(link, at), flags=os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
        beside.replace(self._folder / "head.json")

    def add(self, link: Link, *, at: datetime) -> None:
        """The day's anchor."""
        self._folder.mkdir(parents=True, exist_ok=True, mode=0o750)
        (self._folder / "anchors.pub").write_text(self.public_key + "\n", encoding="ascii")
        _write(self._folder / "anchors.jsonl", self._line(link, at), flags=os.O_WRONLY | os.O_CREAT | os.O_APPEND)

    def read(self) -> list[Anchor]:
        """All anchors and the head; what cannot be read is an anchor that is not good."""
        found = []
        for name in ("anchors.jsonl", "head.json"):
            with contextlib.suppress(FileNotFoundError):
                text = (self._folder / name).read_text(encoding="utf-8", errors="replace")
                found += [self._parse(line, f"{name}:{n}") for n, line in enumerate(text.splitlines(), 1) if line]
        return found

    def last_day(self) -> str:
        """The day (UTC) of the newest anchor, or nothing."""
        days = [anchor.at.date().isoformat() for anchor in self.read() if anchor.words.startswith("anchors")]
        return max(days, default="")

    def _line(self, link: Link, at: datetime) -> str:
        said = _said(at, link.seq, link.link)
        return json.dumps({**said, "signature": self._key.sign(_message(said)).hex()}) + "\n"

    def _parse(self, line: str, where: str) -> Anchor:
        try:
            said = json.loads(line)
            signature = bytes.fromhex(said.pop("signature"))
            link = bytes.fromhex(said["link"])
            anchor = Anchor(datetime.fromisoformat(said["at"]), int(said["seq"]), link, where)
            public = Ed25519PublicKey.from_public_bytes(bytes.fromhex(self.public_key))
            public.verify(signature, _message(said))
        except (ValueError, KeyError, TypeError, InvalidSignature):
            return Anchor(datetime.fromtimestamp(0, UTC), 0, b"", where, good=False)
        return anchor


def _said(at: datetime, seq: int, link: bytes) -> dict[str, Any]:
    return {"format": _FORMAT, "at": at.astimezone(UTC).isoformat(), "seq": seq, "link": link.hex()}


def _message(said: dict[str, Any]) -> bytes:
    return json.dumps(said, sort_keys=True, separators=(",", ":")).encode()


def _write(path: Path, text: str, *, flags: int) -> None:
    descriptor = os.open(path, flags, 0o640)
    with os.fdopen(descriptor, "w", encoding="utf-8") as out:
        out.write(text)
        out.flush()
        os.fsync(out.fileno())
