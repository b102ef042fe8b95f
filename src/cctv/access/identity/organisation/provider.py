"""An organisation's OpenID Connect provider: what it publishes of itself, its keys, and what its tokens say.

Only RS256 and ES256 are read, with keys of the fitting kind that the provider publishes: a token signed with a
public key as if it were a password (confusion of ``alg``), or with none, is refused (RFC 8725, 2.1 and 3.1).
"""

import asyncio
import json
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import quote

import httpx
from joserfc import jws, jwt
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, KeySet, OctKey, OKPKey, RSAKey

from cctv.access.identity.errors import BadCredential, NoProvider, ProviderAway, SignInRefused
from cctv.access.identity.settings import IdentitySettings

ALGORITHMS: Final = ["RS256", "ES256"]
_LIMIT_S: Final = 5.0
_MOST_BYTES: Final = 1_000_000
_DESCRIBED_FOR_S: Final = 3600.0
_KEYS_FOR_S: Final = 600.0
_ASK_AGAIN_S: Final = 10.0
_SKEW_S: Final = 30
_WELL_KNOWN: Final = "/.well-known/openid-configuration"
_LOOPBACK: Final = ("http://127.0.0.1:", "http://localhost:", "http://[::1]:")


@dataclass(frozen=True, slots=True)
class Described:
    """What the provider says of itself (OpenID Connect Discovery 1.0, 3)."""

    authorization: str
    token: str
    userinfo: str | None
    jwks: str


class Provider:
    """One a process. Keys are kept ten minutes; a key that is not among them is asked for anew, not often."""

    def __init__(self, settings: IdentitySettings) -> None:
        self.settings = settings
        self._described: tuple[float, Described] | None = None
        self._keys: tuple[float, KeySet] | None = None
        self._asking = asyncio.Lock()

    @property
    def issuer(self) -> str:
        if not self.settings.oidc_issuer:
            raise NoProvider
        return self.settings.oidc_issuer

    async def describe(self) -> Described:
        """Where its doors are; :class:`ProviderAway`."""
        now_s = time.monotonic()
        if self._described is None or self._described[0] < now_s - _DESCRIBED_FOR_S:
            said = await self._get(self.issuer.rstrip("/") + _WELL_KNOWN)
            if said.get("issuer") != self.issuer:
                raise ProviderAway("the provider calls itself otherwise than CCTV_OIDC_ISSUER")
            self._described = now_s, _described(said)
        return self._described[1]

    async def claims(self, token: str, *, audience: str) -> dict[str, Any]:
        """The claims of a token that the provider signed for ``audience``; :class:`BadCredential`."""
        keys = await self._keys_for(token)
        try:
            found = jwt.decode(token, keys, algorithms=ALGORITHMS)
        except (JoseError, ValueError, TypeError) as fault:
            raise BadCredential from fault
        claims: dict[str, Any] = found.claims
        self._check(claims, audience=audience)
        return claims

    async def userinfo(self, access_token: str) -> dict[str, Any]:
        """More claims, where the provider gives them there."""
        described = await self.describe()
        if described.userinfo is None:
            return {}
        return await self._get(described.userinfo, {"Authorization": f"Bearer {access_token}"})

    async def exchange(self, code: str, *, verifier: str, back: str) -> dict[str, Any]:
        """The tokens for a code (RFC 6749, 4.1.3); :class:`SignInRefused` when the provider will not."""
        described = await self.describe()
        sent = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": back,
            "code_verifier": verifier,
            "client_id": self.settings.oidc_client_id,
        }
        secret = self.settings.oidc_client_secret
        # As names in a form, RFC 6749, 2.3.1.
        user, password = (
            quote(one, safe="") for one in (sent["client_id"], secret.get_secret_value() if secret else "")
        )
        given = await self._ask("POST", described.token, data=sent, auth=(user, password) if secret else None)
        if not isinstance(given.get("id_token"), str) or not isinstance(given.get("access_token"), str):
            raise SignInRefused
        return given

    def _check(self, claims: Mapping[str, Any], *, audience: str) -> None:
        given = claims.get("aud")
        audiences = given if isinstance(given, list) else [given]
        now = time.time()
        times = [claims.get(name) for name in ("exp", "iat")]
        if not all(isinstance(one, int | float) for one in times):
            raise BadCredential
        not_before = claims.get("nbf", 0)
        good = (
            claims.get("iss") == self.issuer
            and bool(audience)
            and audience in audiences
            and isinstance(claims.get("sub"), str)
            and bool(claims["sub"])
            and claims["exp"] > now - _SKEW_S
            and claims["iat"] < now + _SKEW_S
            and isinstance(not_before, int | float)
            and not_before < now + _SKEW_S
        )
        if not good:
            raise BadCredential

    async def _keys_for(self, token: str) -> KeySet:
        """Keys that hold the one the token names. Anybody can make up names: they are not asked for each time."""
        kid = _kid(token)
        async with self._asking:
            age_s = float("inf") if self._keys is None else time.monotonic() - self._keys[0]
            missing = self._keys is None or kid not in {key.kid for key in self._keys[1].keys}
            if age_s > _KEYS_FOR_S or (missing and age_s > _ASK_AGAIN_S):
                described = await self.describe()
                self._keys = time.monotonic(), _key_set(await self._get(described.jwks))
            assert self._keys is not None
            if kid not in {key.kid for key in self._keys[1].keys}:
                raise BadCredential
            return self._keys[1]

    async def _get(self, url: str, headers: dict[str, str] | None = None) -> dict[str, Any]:
        return await self._ask("GET", url, headers=headers)

    async def _ask(self, method: str, url: str, **sent: Any) -> dict[str, Any]:
        """An answer of JSON, of a megabyte at most, within five seconds, from this address and no other."""
        try:
            async with (
                asyncio.timeout(_LIMIT_S),
                httpx.AsyncClient(timeout=_LIMIT_S, trust_env=False, follow_redirects=False) as client,
                client.stream(method, url, **sent) as answer,
            ):
                body = b""
                async for part in answer.aiter_bytes():
                    body += part
                    if len(body) > _MOST_BYTES:
                        raise ProviderAway("the provider's answer is too long")
            if method == "POST" and answer.status_code in (400, 401, 403):
                raise SignInRefused
            answer.raise_for_status()
            said = json.loads(body)
        except (httpx.HTTPError, httpx.InvalidURL, ValueError, TimeoutError) as fault:
            raise ProviderAway from fault
        if not isinstance(said, dict):
            raise ProviderAway
        return said


def _described(said: Mapping[str, Any]) -> Described:
    doors = {name: said.get(name) for name in ("authorization_endpoint", "token_endpoint", "jwks_uri")}
    userinfo = said.get("userinfo_endpoint")
    for url in (*doors.values(), *([userinfo] if userinfo else [])):
        if not isinstance(url, str) or not url.startswith(("https://", *_LOOPBACK)):
            raise ProviderAway("the provider names a door without TLS")
    return Described(
        authorization=str(doors["authorization_endpoint"]),
        token=str(doors["token_endpoint"]),
        userinfo=str(userinfo) if userinfo else None,
        jwks=str(doors["jwks_uri"]),
    )


def _kid(token: str) -> str:
    try:
        header = jws.extract_compact(token.encode()).headers()
    except (JoseError, ValueError, TypeError) as fault:
        raise BadCredential from fault
    kid = header.get("kid")
    if header.get("alg") not in ALGORITHMS or not isinstance(kid, str):
        raise BadCredential
    return kid


def _key_set(said: Mapping[str, Any]) -> KeySet:
    """Public keys for signatures only; a symmetric key in there is no key of ours."""
    keys: list[OctKey | RSAKey | ECKey | OKPKey] = []
    for one in said.get("keys", []):
        if not isinstance(one, dict) or one.get("use", "sig") != "sig" or not isinstance(one.get("kid"), str):
            continue
        try:
            if one.get("kty") == "RSA":
                keys.append(RSAKey.import_key(one))
            elif one.get("kty") == "EC" and one.get("crv") == "P-256":
                keys.append(ECKey.import_key(one))
        except (JoseError, ValueError, TypeError):
            continue
    return KeySet(keys)
