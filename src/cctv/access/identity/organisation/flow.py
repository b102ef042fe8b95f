"""Signing in at the organisation's provider: authorization code with PKCE, state and nonce (RFC 9700, 2.1).

What must be remembered between going there and coming back is sealed into a cookie of ten minutes, so that any
replica can finish what another began, and only in the browser that began it.
"""

import base64
import hashlib
import json
import secrets
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlencode

from cctv.access.identity import metrics, store
from cctv.access.identity.desk import Desk
from cctv.access.identity.errors import BadCredential, FlowBroken, SignInRefused
from cctv.access.identity.model import Told, User
from cctv.access.identity.organisation.claims import told
from cctv.access.identity.organisation.provider import Provider
from cctv.access.identity.organisation.provisioning import is_dead, provision
from cctv.access.identity.signing_in import From, SignedIn, begin, refuse_stranger
from cctv.base.clock import US_PER_S
from cctv.base.errors import Forbidden, Unauthenticated
from cctv.infra.database import Database
from cctv.infra.keys import SealBroken

LASTS_S: Final = 600
_CONTEXT: Final = "oidc-sign-in"


@dataclass(frozen=True, slots=True)
class Begun:
    """Where the browser is to go, and what it must bring back."""

    url: str
    cookie: str


class Flow:
    """One a process."""

    def __init__(self, *, provider: Provider, desk: Desk, database: Database) -> None:
        self._provider = provider
        self._desk = desk
        self._database = database

    async def begin(self, back: str) -> Begun:
        """Send somebody to the provider, who sends them to ``back``; NoProvider, ProviderAway."""
        described = await self._provider.describe()
        kept = {
            "state": secrets.token_urlsafe(24),
            "nonce": secrets.token_urlsafe(24),
            "verifier": secrets.token_urlsafe(48),
            "back": back,
            "at": self._desk.clock.wall_us() // US_PER_S,
        }
        settings = self._provider.settings
        asked = {
            "response_type": "code",
            "client_id": settings.oidc_client_id,
            "redirect_uri": back,
            "scope": settings.oidc_scopes,
            "state": kept["state"],
            "nonce": kept["nonce"],
            "code_challenge": challenge(str(kept["verifier"])),
            "code_challenge_method": "S256",
        }
        url = f"{described.authorization}{'&' if '?' in described.authorization else '?'}{urlencode(asked)}"
        sealed = self._desk.keyring.seal(json.dumps(kept).encode(), context=_CONTEXT)
        return Begun(url=url, cookie=sealed.hex())

    async def finish(self, *, cookie: str, state: str, code: str, issuer: str, origin: From) -> SignedIn:
        """Let in whoever the provider says it is; FlowBroken, SignInRefused, BadCredential: all are kept."""
        user: User | None = None
        try:
            kept = self._kept(cookie)
            if not secrets.compare_digest(kept["state"].encode(), state.encode()):
                raise FlowBroken
            if issuer and issuer != self._provider.issuer:  # another provider's answer (RFC 9207)
                raise FlowBroken
            said = await self._told(kept, code)
            async with self._database.write() as tx:
                user = await provision(tx, self._desk, said)
                if is_dead(user, said):  # also what was exchanged for the code just before everything ended
                    raise SignInRefused
                done = await begin(tx, self._desk, user, method="provider", origin=origin, first_factor_only=False)
        except (Unauthenticated, Forbidden) as fault:
            metrics.sign_ins.labels("provider", "refused").inc()
            refuse_stranger(self._desk, user, origin, why=fault.code, method="provider")
            raise
        metrics.sign_ins.labels("provider", "done").inc()
        return done

    async def _told(self, kept: dict[str, Any], code: str) -> Told:
        settings = self._provider.settings
        given = await self._provider.exchange(code, verifier=kept["verifier"], back=kept["back"])
        claims = await self._provider.claims(str(given.get("id_token", "")), audience=settings.oidc_client_id)
        meant_for = claims.get("azp", settings.oidc_client_id)
        if claims.get("nonce") != kept["nonce"] or meant_for != settings.oidc_client_id:
            raise BadCredential
        more = await self._provider.userinfo(str(given["access_token"]))
        if more.get("sub", claims["sub"]) != claims["sub"]:
            raise BadCredential
        async with self._database.read() as tx:
            names = await store.provider_names(tx)
        return told({**more, **claims}, names, settings)

    def _kept(self, cookie: str) -> dict[str, Any]:
        try:
            kept: dict[str, Any] = json.loads(self._desk.keyring.unseal(bytes.fromhex(cookie), context=_CONTEXT))
        except (SealBroken, ValueError) as fault:
            raise FlowBroken from fault
        if not 0 <= self._desk.clock.wall_us() // US_PER_S - kept["at"] <= LASTS_S:
            raise FlowBroken
        return kept


def challenge(verifier: str) -> str:
    """What the provider keeps of the verifier (RFC 7636, 4.2, S256)."""
    digest = hashlib.sha256(verifier.encode()).digest()
    return base64.urlsafe_b64encode(digest).decode().rstrip("=")
