"""What we hand out to be shown again. Each kind has its own form and its own key, and none passes for another.

session     43 letters in a cookie                 looked up by its SHA-256
API key     cctv_PREFIX_SECRET                     looked up by its prefix, compared by its SHA-256
service     a JWT of type cctv-service+jwt         HS256 with a key of its own, 60 s, for one audience
metrics     cctvm_SECRET                           made of the signing key, for monitoring alone
provider    a JWT of the organisation's provider   RS256 or ES256 only, by its published keys (bearer.py)
media       in media addresses alone               the grants of playback, signed for their own purpose
"""

import secrets
from dataclasses import dataclass, field
from typing import Any, Final

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import OctKey

from cctv.access.identity.errors import BadCredential
from cctv.base.clock import US_PER_S, Clock, SystemClock
from cctv.infra.keys import Keyring

SERVICE_TYPE: Final = "cctv-service+jwt"
SERVICE_LIFETIME_S: Final = 60
AUDIENCE: Final = "cctv"
CONSOLE: Final = "local"
KEY_START: Final = "cctv_"
METRICS_START: Final = "cctvm_"

_ISSUER: Final = "cctv"
_SKEW_S: Final = 30
_PREFIX_LETTERS: Final = 10
_ALPHABET: Final = "abcdefghijkmnpqrstuvwxyz23456789"


def new_session_secret() -> str:
    return secrets.token_urlsafe(32)


def new_key() -> tuple[str, str]:
    """A new API key and its prefix."""
    prefix = "".join(secrets.choice(_ALPHABET) for _ in range(_PREFIX_LETTERS))
    return f"{KEY_START}{prefix}_{secrets.token_urlsafe(32)}", prefix


def prefix_of(key: str) -> str | None:
    """The prefix of something that looks like an API key."""
    start, _, rest = key.partition("_")
    prefix, _, secret = rest.partition("_")
    return prefix if start + "_" == KEY_START and len(prefix) == _PREFIX_LETTERS and secret else None


@dataclass(frozen=True, slots=True)
class ServiceTokens:
    """Short-lived tokens of our own processes, and of whoever may read the key files: the server's console."""

    keyring: Keyring
    clock: Clock = field(default_factory=SystemClock)

    def issue(self, name: str, *, audience: str = AUDIENCE) -> str:
        """A token for ``name`` (a service, or ``local`` for the console), good for a minute."""
        now = self.clock.wall_us() // US_PER_S
        claims = {"iss": _ISSUER, "sub": name, "aud": audience, "iat": now, "exp": now + SERVICE_LIFETIME_S}
        return jwt.encode({"alg": "HS256", "typ": SERVICE_TYPE}, claims, self._key(), algorithms=["HS256"])

    def read(self, token: str, *, audience: str = AUDIENCE) -> str:
        """Whose token it is; :class:`BadCredential` for any other kind, key, audience or time."""
        try:
            found = jwt.decode(token, self._key(), algorithms=["HS256"])
        except (JoseError, ValueError) as fault:
            raise BadCredential from fault
        now = self.clock.wall_us() // US_PER_S
        claims: dict[str, Any] = found.claims
        ours = found.header.get("typ") == SERVICE_TYPE and claims.get("iss") == _ISSUER
        if not ours or claims.get("aud") != audience:
            raise BadCredential
        issued, expires, name = claims.get("iat"), claims.get("exp"), claims.get("sub")
        if not isinstance(issued, int) or not isinstance(expires, int) or not isinstance(name, str):
            raise BadCredential
        if not issued - _SKEW_S <= now <= expires + _SKEW_S:
            raise BadCredential
        return name

    def metrics(self) -> str:
        """What monitoring shows; it changes with the signing key only."""
        return METRICS_START + self.keyring.sign("metrics-credential", b"1").hex()

    def is_metrics(self, token: str) -> bool:
        return secrets.compare_digest(token.encode(), self.metrics().encode())

    def _key(self) -> OctKey:
        return OctKey.import_key(self.keyring.sign("service-token-key", b"1"))
