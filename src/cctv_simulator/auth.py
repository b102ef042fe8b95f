"""Who may look: RTSP's digest (MD5, SHA-256) and basic authentication."""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
import time
from base64 import b64decode
from dataclasses import dataclass, field

REALM = "RTA simulated camera"
SCHEMES = ("digest", "digest-sha256", "basic")
_PART = re.compile(r'(\w+)=(?:"([^"]*)"|([^\s,]*))')
_HASHES = {"MD5": hashlib.md5, "SHA-256": hashlib.sha256}


@dataclass
class Guard:
    """Checks requests against one user and password.

    `schemes` are offered in that order. `nonce_s`: how long a nonce is good for; an older one is answered by a new
    challenge with stale=TRUE, as cameras do in the middle of a session.
    """

    user: str
    password: str
    schemes: tuple[str, ...] = ("digest",)
    nonce_s: float = 3600.0
    _nonces: dict[str, float] = field(default_factory=dict)

    def challenges(self, header: str | None) -> list[tuple[str, str]]:
        """The WWW-Authenticate headers of a 401 that answers a request with this Authorization `header`."""
        stale = ", stale=TRUE" if header and _parts(header).get("nonce") in self._nonces else ""
        made = []
        for scheme in self.schemes:
            if scheme == "basic":
                made.append(("WWW-Authenticate", f'Basic realm="{REALM}"'))
                continue
            algorithm = ', algorithm="SHA-256"' if scheme == "digest-sha256" else ""
            made.append(
                ("WWW-Authenticate", f'Digest realm="{REALM}", nonce="{self._new_nonce()}"{algorithm}{stale}')
            )
        return made

    def forget(self) -> None:
        """The nonces given so far are known but no longer good."""
        for nonce in self._nonces:
            self._nonces[nonce] = -self.nonce_s

    def allows(self, method: str, header: str | None) -> bool:
        """Whether this Authorization `header` signs a request with `method`."""
        if header is None:
            return False
        scheme, _, rest = header.partition(" ")
        if scheme.lower() == "basic":
            return "basic" in self.schemes and self._allows_basic(rest)
        return scheme.lower() == "digest" and self._allows_digest(method, _parts(header))

    def _allows_basic(self, token: str) -> bool:
        try:
            given = b64decode(token, validate=True)
        except ValueError:
            return False
        return hmac.compare_digest(given, f"{self.user}:{self.password}".encode())

    def _allows_digest(self, method: str, parts: dict[str, str]) -> bool:
        made = self._nonces.get(parts.get("nonce", ""))
        algorithm = parts.get("algorithm", "MD5").upper()
        wanted = "digest-sha256" if algorithm == "SHA-256" else "digest"
        if made is None or time.monotonic() - made > self.nonce_s or wanted not in self.schemes:
            return False
        expected = response(self.user, self.password, method, parts)
        return parts.get("username") == self.user and hmac.compare_digest(expected, parts.get("response", ""))

    def _new_nonce(self) -> str:
        nonce = secrets.token_hex(16)
        self._nonces[nonce] = time.monotonic()
        while len(self._nonces) > 10_000:
            del self._nonces[next(iter(self._nonces))]
        return nonce


def response(user: str, password: str, method: str, parts: dict[str, str]) -> str:
    """The digest `response` (RFC 2617, 7616) for the realm, nonce, uri, algorithm and qop in `parts`."""
    algorithm = _HASHES.get(parts.get("algorithm", "MD5").upper(), hashlib.md5)

    def digest(text: str) -> str:
        return algorithm(text.encode()).hexdigest()

    who = digest(f"{user}:{parts.get('realm', '')}:{password}")
    what = digest(f"{method}:{parts.get('uri', '')}")
    if "qop" in parts:
        once = f"{parts.get('nc', '')}:{parts.get('cnonce', '')}:{parts['qop']}"
        return digest(f"{who}:{parts.get('nonce', '')}:{once}:{what}")
    return digest(f"{who}:{parts.get('nonce', '')}:{what}")


def _parts(header: str) -> dict[str, str]:
    return {name.lower(): quoted or plain for name, quoted, plain in _PART.findall(header)}
