"""Identifies whoever asks, in every process: sessions, keys and tokens, kept in memory for four seconds.

What ended is forgotten at once where the notification arrives, and within those seconds where it does not: so a
sign-out or a disabled user ends on all replicas in less than five.
"""

import asyncio
import contextlib
import hashlib
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final, Protocol
from uuid import UUID

from cctv.access.audit import Audit
from cctv.access.identity import metrics, store
from cctv.access.identity.errors import BadCredential, SessionEnded
from cctv.access.identity.model import hashed
from cctv.access.identity.refusals import note_refusal
from cctv.access.identity.settings import IdentitySettings
from cctv.access.identity.tokens import CONSOLE, KEY_START, METRICS_START, ServiceTokens, prefix_of
from cctv.base.actor import LOCAL, MACHINE, NOBODY, PERSON, SERVICE, Actor, Shown
from cctv.base.clock import Clock, utc_now
from cctv.base.errors import Unauthenticated, Unavailable
from cctv.base.permission import Permission, System
from cctv.infra.database import Database

BELIEVED_S: Final = 4.0
"""How long what was looked up is believed without looking again."""
_MOST_KNOWN: Final = 20_000
_SEEN_EVERY_S: Final = 20.0
_LONGEST_CREDENTIAL: Final = 16_384
_METRICS: Final = frozenset({str(Permission(System.METRICS))})
_INTERNAL: Final = frozenset({str(Permission(System.INTERNAL)), str(Permission(System.DESCRIBE))})


class Bearers(Protocol):
    """Reads the tokens of an organisation's provider."""

    async def actor(self, token: str) -> Actor:
        """Whose token it is; :class:`BadCredential`."""


@dataclass(frozen=True, slots=True)
class _Known:
    actor: Actor
    until_s: float


class Keeper:
    """One a process. :meth:`run` notes who was seen; ``forget`` is called with each change of access."""

    def __init__(
        self,
        *,
        database: Database,
        tokens: ServiceTokens,
        clock: Clock,
        settings: IdentitySettings,
        audit: Audit,
        bearers: Bearers | None = None,
    ) -> None:
        self._database = database
        self._tokens = tokens
        self._clock = clock
        self._settings = settings
        self._audit = audit
        self._bearers = bearers
        self._known: dict[bytes, _Known] = {}
        self._standing: dict[str, float] = {}
        self._seen_sessions: set[bytes] = set()
        self._seen_keys: set[UUID] = set()
        self._changed = asyncio.Event()
        self._generation = 0

    async def identify(self, shown: Shown) -> Actor | None:
        """As :class:`~cctv.infra.http.Doorkeeper` says."""
        if shown.bearer is not None:
            return await self._bearer(shown.bearer, shown.address)
        if shown.session is not None:
            return await self._remembered(b"s" + hashed(shown.session), "session", shown.address)
        return None

    async def until_revoked(self, actor: Actor) -> None:
        """Return as soon as the actor's session, key or user is no longer good, at the latest when it runs out."""
        while await self._still_good(actor):
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(BELIEVED_S):
                    await self._changed.wait()

    def forget(self, user_id: str) -> None:
        """Look up this user anew at the next request; empty: everybody."""
        self._generation += 1
        if user_id:
            self._known = {what: one for what, one in self._known.items() if one.actor.id != user_id}
        else:
            self._known.clear()
        self._standing.clear()
        changed, self._changed = self._changed, asyncio.Event()
        changed.set()

    async def run(self) -> None:
        """Note to the minute which sessions and keys are in use, for ever."""
        while True:
            await asyncio.sleep(_SEEN_EVERY_S)
            with contextlib.suppress(Unavailable):
                await self.note_seen()

    async def note_seen(self) -> None:
        """Write down who was seen, and forget what has run out."""
        sessions, self._seen_sessions = self._seen_sessions, set()
        keys, self._seen_keys = self._seen_keys, set()
        now = utc_now(self._clock)
        async with self._database.write() as tx:
            if sessions:
                await store.see_sessions(tx, sorted(sessions), now)
            if keys:
                await store.see_keys(tx, sorted(keys), now)
            await store.forget_expired(
                tx, now=now, idle_since=self._idle_since(now), notices_before=now - timedelta(days=1)
            )

    async def _bearer(self, token: str, address: str) -> Actor:
        if len(token) > _LONGEST_CREDENTIAL:
            self._refused("token", address)
            raise BadCredential
        if token.startswith(METRICS_START):
            if not self._tokens.is_metrics(token):
                self._refused("token", address)
                raise BadCredential
            return Actor(id="prometheus", kind=SERVICE, name="prometheus", claims=_METRICS)
        if token.startswith(KEY_START):
            return await self._remembered(b"k" + token.encode(), "key", address)
        return await self._remembered(b"t" + token.encode(), "token", address)

    async def _remembered(self, what: bytes, kind: str, address: str) -> Actor:
        """The actor behind a credential, looked up at most every four seconds. Refusals are never remembered."""
        kept_as = hashlib.sha256(what).digest()
        now_s = self._clock.monotonic_us() / 1e6
        known = self._known.get(kept_as)
        if known is not None and known.until_s > now_s and not _over(known.actor, utc_now(self._clock)):
            return known.actor
        generation = self._generation
        try:
            actor = await self._look_up(what[1:], kind)
        except Unauthenticated:
            self._known.pop(kept_as, None)
            self._refused(kind, address, prefix=(kind == "key" and prefix_of(what[1:].decode())) or "")
            raise
        if generation == self._generation:  # what changed while we looked may not be in what we saw
            if len(self._known) >= _MOST_KNOWN:
                self._known.clear()
            self._known[kept_as] = _Known(actor, now_s + BELIEVED_S)
        return actor

    def _refused(self, kind: str, address: str, *, prefix: str = "") -> None:
        """Count it, and keep it: not that a session has ended, as each does; of a key the part that lists show."""
        metrics.refused_credentials.labels(kind).inc()
        if kind != "session":
            stranger, why = replace(NOBODY, address=address), f"this {kind} is not good"
            note_refusal(self._audit, self._clock, stranger, "access.refused", why=why, thing=(kind, prefix))

    async def _look_up(self, what: bytes, kind: str) -> Actor:
        if kind == "session":
            return await self._session(what)
        if kind == "key":
            return await self._key(what.decode())
        return await self._token(what.decode())

    async def _session(self, session_id: bytes) -> Actor:
        async with self._database.read() as tx:
            found = await store.session(tx, session_id)
        if found is None:
            raise SessionEnded
        session, user = found
        now = utc_now(self._clock)
        ended = session.expires_at <= now or session.seen_at <= self._idle_since(now)
        if ended or not user.active:
            raise SessionEnded
        if session.seen_at < now - timedelta(minutes=1):
            self._seen_sessions.add(session.id)
        return Actor(
            id=str(user.id),
            kind=PERSON,
            name=user.name,
            session=session.name,
            claims=user.claims,
            until=session.expires_at,
            agency=user.agency,
            groups=user.groups,
            break_glass=user.break_glass,
            pending=session.pending,
        )

    async def _key(self, text: str) -> Actor:
        prefix = prefix_of(text)
        if prefix is None:
            raise BadCredential
        async with self._database.read() as tx:
            found = await store.key_by_prefix(tx, prefix)
        if found is None:
            raise BadCredential
        key, secret, user = found
        now = utc_now(self._clock)
        if hashed(text) != secret or not key.good(now) or not user.active:
            raise BadCredential
        if key.used_at is None or key.used_at < now - timedelta(minutes=1):
            self._seen_keys.add(key.id)
        return Actor(
            id=str(user.id),
            kind=MACHINE,
            name=f"{user.name} / {key.name}",
            session=f"key:{key.id}",
            limits=frozenset(key.scopes),
            claims=user.claims,
            until=key.expires_at,
            agency=user.agency,
            groups=user.groups,
        )

    async def _token(self, token: str) -> Actor:
        """One of ours, or one of the provider's: which, the key tells that it was signed with."""
        with contextlib.suppress(BadCredential):
            name = self._tokens.read(token)
            if name == CONSOLE:
                return LOCAL
            return Actor(id=name, kind=SERVICE, name=name, claims=_INTERNAL)
        if self._bearers is None:
            raise BadCredential
        return await self._bearers.actor(token)

    async def _still_good(self, actor: Actor) -> bool:
        """Whether the actor may go on, asked of the database at most every four seconds for all its sockets."""
        if _over(actor, utc_now(self._clock)):
            return False
        if actor.kind not in (PERSON, MACHINE) or actor.session is None:
            return True
        now_s = self._clock.monotonic_us() / 1e6
        if self._standing.get(actor.session, 0.0) > now_s:
            return True
        generation = self._generation
        try:
            async with asyncio.timeout(BELIEVED_S):
                good = await self._good_in_database(actor, actor.session)
        except (Unavailable, TimeoutError):
            return True  # the database is away: nothing new can have been said; streams go on
        if good and generation == self._generation:
            if len(self._standing) >= _MOST_KNOWN:
                self._standing.clear()
            self._standing[actor.session] = now_s + BELIEVED_S
        return good

    async def _good_in_database(self, actor: Actor, session: str) -> bool:
        kind, _, rest = session.rpartition(":")
        async with self._database.read() as tx:
            user = await store.user(tx, UUID(actor.id))
            if user is None or not user.active:
                return False
            if kind == "key":
                key = await store.key(tx, UUID(rest))
                return key is not None and key.good(utc_now(self._clock))
            if kind == "token":
                return user.valid_from.timestamp() <= int(rest.partition("@")[2])
            return await store.session(tx, bytes.fromhex(rest)) is not None

    def _idle_since(self, now: datetime) -> datetime:
        return now - timedelta(minutes=self._settings.session_idle_minutes)


def _over(actor: Actor, now: datetime) -> bool:
    return actor.until is not None and actor.until <= now
