"""Tokens of the organisation's provider at our API: who shows one is the user whom it names."""

import hashlib
from datetime import UTC, datetime
from typing import Final

from cctv.access.identity import store
from cctv.access.identity.desk import Desk
from cctv.access.identity.errors import BadCredential
from cctv.access.identity.organisation.claims import told
from cctv.access.identity.organisation.provider import Provider
from cctv.access.identity.organisation.provisioning import is_dead, is_news, provision
from cctv.base.actor import PERSON, Actor
from cctv.infra.database import Database

_OF_SIGN_IN: Final = {"nonce", "at_hash", "c_hash", "s_hash", "events"}
"""Claims of tokens that were made for a sign-in or a notice: such are no key to an API (RFC 8725, 3.12)."""


class ProviderBearers:
    """Reads them, for the keeper."""

    def __init__(self, *, provider: Provider, database: Database, desk: Desk) -> None:
        self._provider = provider
        self._database = database
        self._desk = desk

    async def actor(self, token: str) -> Actor:
        """Whose token it is; :class:`BadCredential` for what is not good, ``Unavailable`` while we cannot know."""
        settings = self._provider.settings
        if not settings.oidc_issuer or not settings.oidc_audience:
            raise BadCredential
        claims = await self._provider.claims(token, audience=settings.oidc_audience)
        if _OF_SIGN_IN & set(claims):
            raise BadCredential
        async with self._database.read() as tx:
            said = told(claims, await store.provider_names(tx), settings)
            user = await store.user_of(tx, said.issuer, said.subject)
        if user is None or is_news(user, said):
            async with self._database.write() as tx:
                user = await provision(tx, self._desk, said)
        if is_dead(user, said):
            raise BadCredential
        issued = int(said.issued_at.timestamp())
        return Actor(
            id=str(user.id),
            kind=PERSON,
            name=user.name,
            session=f"token:{hashlib.sha256(token.encode()).hexdigest()[:32]}@{issued}",
            claims=said.claims,
            until=datetime.fromtimestamp(claims["exp"], UTC),
            agency=user.agency,
            groups=said.groups,
        )
