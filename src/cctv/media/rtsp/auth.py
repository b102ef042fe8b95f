"""Signs requests: Digest (RFC 7616, RFC 2617) with SHA-256 or MD5, and Basic (RFC 7617) for want of better."""

import base64
import hashlib
import re
import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

_TOKEN: Final = re.compile(r'([\w-]+)\s*=\s*(?:"([^"]*)"|([^\s,]+))|(\w+)(?=\s|,|$)')


def _md5(text: str) -> str:
    return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()


def _sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


_HASHES: Final[dict[str, Callable[[str], str]]] = {"SHA-256": _sha256, "MD5": _md5}
_PREFERRED: Final = ("SHA-256", "MD5")


@dataclass(slots=True)
class Signer:
    """Answers a camera's challenges for one user. Remembers the last one, counts its uses."""

    user: str
    password: str = field(repr=False)
    _challenge: dict[str, str] | None = field(default=None, repr=False)
    _basic: bool = False
    _uses: int = 0
    _accepted: bool = False
    _tried_basic: bool = False

    def challenged(self, headers: list[str]) -> bool:
        """Takes the best of the ``WWW-Authenticate`` headers; False when there is no use in trying again.

        A password that was refused is not tried a second time: cameras lock accounts. A nonce that has become
        stale, or that served before, is another matter.
        """
        offers: dict[str, dict[str, str]] = {}
        for scheme, fields in _challenges(headers):
            if scheme == "digest":
                offers.setdefault(fields.get("algorithm", "MD5").upper(), fields)
            self._basic = self._basic or scheme == "basic"
        before = self._challenge
        self._challenge = next((offers[name] for name in _PREFERRED if name in offers), None)
        if self._challenge is None:
            return self._basic and before is None and not self._tried_basic
        stale = self._challenge.get("stale", "").lower() == "true"
        fresh = before is None or stale or (self._accepted and before.get("nonce") != self._challenge.get("nonce"))
        self._uses, self._accepted = 0, False
        return fresh

    def accepted(self) -> None:
        """The camera has taken a signed request."""
        self._accepted = True

    def sign(self, method: str, url: str) -> str | None:
        """The ``Authorization`` header of a request, None before the first challenge."""
        if self._challenge is not None:
            return self._digest(self._challenge, method, url)
        if self._basic:
            self._tried_basic = True
            return "Basic " + base64.b64encode(f"{self.user}:{self.password}".encode()).decode()
        return None

    def _digest(self, challenge: dict[str, str], method: str, url: str) -> str:
        algorithm = challenge.get("algorithm", "MD5")
        digest = _HASHES[algorithm.upper()]
        realm, nonce = challenge.get("realm", ""), challenge.get("nonce", "")
        secret, request = digest(f"{self.user}:{realm}:{self.password}"), digest(f"{method}:{url}")
        fields = {"username": self.user, "realm": realm, "nonce": nonce, "uri": url}
        plain = {"algorithm": algorithm} if "algorithm" in challenge else {}
        if "auth" in (word.strip() for word in challenge.get("qop", "").split(",")):
            self._uses += 1
            count, own = f"{self._uses:08x}", secrets.token_hex(8)
            fields["cnonce"] = own
            plain |= {"qop": "auth", "nc": count}
            fields["response"] = digest(f"{secret}:{nonce}:{count}:{own}:auth:{request}")
        else:
            fields["response"] = digest(f"{secret}:{nonce}:{request}")
        if "opaque" in challenge:
            fields["opaque"] = challenge["opaque"]
        quoted = [f'{name}="{_escaped(value)}"' for name, value in fields.items()]
        return "Digest " + ", ".join(quoted + [f"{name}={value}" for name, value in plain.items()])


def _challenges(headers: list[str]) -> list[tuple[str, dict[str, str]]]:
    """Scheme and fields of each challenge; several may stand in one header."""
    found: list[tuple[str, dict[str, str]]] = []
    for header in headers:
        found.append(("", {}))
        for key, quoted, plain, scheme in _TOKEN.findall(header):
            if scheme:
                found.append((scheme.lower(), {}))
            else:
                found[-1][1][key.lower()] = quoted or plain
    return found


def _escaped(value: str) -> str:
    return value.replace("\\", "\\\\").replace('"', '\\"')
