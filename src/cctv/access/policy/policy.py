"""Rights as a process knows them: looked up, believed for a few seconds, forgotten when one is withdrawn.

``forget`` is called for every notification of ``ACCESS_CHANGED``; what is believed longest without one is five
seconds. While the database is away nobody new comes in; who is in stays until a right is known to be gone.
"""

import asyncio
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Final, NamedTuple
from uuid import UUID

from cctv.access import identity
from cctv.access.policy import store
from cctv.access.policy.errors import CameraHidden, CannotLetIn, MayNot, TooFarBack
from cctv.access.policy.model import ALMIGHTY, EVERYTHING, Owned, Rights, rights_of
from cctv.base.actor import CONSOLE, MACHINE, PERSON, Actor
from cctv.base.clock import Clock, utc_now
from cctv.base.permission import Verb
from cctv.infra.database import Database, ReadTx

BELIEVED_S: Final = 5.0
_MOST_KEPT: Final = 20_000
NOTHING: Final = Rights()


class _Kept(NamedTuple):
    rights: Rights
    until_s: float


class Policy:
    """One a process. Its answers are of this moment; nothing of them may be kept by who asks."""

    def __init__(self, database: Database, *, clock: Clock) -> None:
        self._database = database
        self._clock = clock
        self._rights: dict[tuple[str, Actor], _Kept] = {}
        self._owned: dict[UUID, tuple[Owned | None, float]] = {}
        self._purpose: tuple[frozenset[str], float] = (frozenset(), 0.0)
        self._turn = 0
        self._changed: set[asyncio.Event] = set()

    def now(self) -> datetime:
        return utc_now(self._clock)

    def forget(self, user: str) -> None:
        """A right of ``user`` changed; empty: of anybody, or of cameras."""
        self._turn += 1  # what is being read now may be from before the change
        if user:
            self._rights = {key: kept for key, kept in self._rights.items() if key[0] != user}
        else:
            self._rights.clear()
            self._owned.clear()
            self._purpose = (frozenset(), 0.0)
        for event in self._changed:
            event.set()

    def forget_cameras(self) -> None:
        """A camera changed hands, or may have."""
        self._turn += 1
        self._owned.clear()
        for event in self._changed:
            event.set()

    async def rights(self, actor: Actor) -> Rights:
        """What ``actor`` may now."""
        if actor.kind == CONSOLE:
            return ALMIGHTY
        key = (actor.id, _who(actor))
        kept = self._rights.get(key)
        if kept is not None and self._now_s() < kept.until_s:
            return kept.rights
        turn = self._turn
        async with self._database.read() as tx:
            rights = await load(tx, actor)
        self._keep(key, rights, turn)
        return rights

    async def rights_by_id(self, user: str) -> Rights:
        """What the user of this id may now, by what was granted and what the provider last told of them."""
        key = (user, Actor(user, kind="remembered"))
        kept = self._rights.get(key)
        if kept is not None and self._now_s() < kept.until_s:
            return kept.rights
        turn = self._turn
        async with self._database.read() as tx:
            rights = await load_by_id(tx, user)
        self._keep(key, rights, turn)
        return rights

    async def owned(self, cameras: Sequence[UUID]) -> dict[UUID, Owned]:
        """Whose these cameras are; unknown ones are left out."""
        now_s, turn = self._now_s(), self._turn
        missing = [one for one in cameras if one not in self._owned or self._owned[one][1] <= now_s]
        found: dict[UUID, Owned] = {}
        if missing:
            async with self._database.read() as tx:
                found = await store.owned(tx, missing)
            if turn == self._turn:
                if len(self._owned) > _MOST_KEPT:
                    self._owned.clear()
                self._owned.update({one: (found.get(one), now_s + BELIEVED_S) for one in missing})
        known = {one: self._owned[one][0] for one in cameras if one in self._owned and one not in found}
        return found | {one: owned for one, owned in known.items() if owned is not None}

    async def require(self, rights: Rights, verb: Verb | None, cameras: Iterable[UUID]) -> None:
        """Let pass, or raise :class:`CameraHidden` for a camera of which nothing may be seen, else MayNot."""
        if rights.scope(verb, now=self.now()).everything:
            return  # also for cameras that do not exist: what is behind says so
        wanted = list(dict.fromkeys(cameras))
        owned = await self.owned(wanted)
        now = self.now()
        for one in wanted:
            mine = owned.get(one)
            if mine is None or not rights.may(None, mine, now=now):
                raise CameraHidden(camera=str(one))
            if not rights.may(verb, mine, now=now):
                raise MayNot(camera=str(one), verb=str(verb))

    async def earliest(self, rights: Rights, verb: Verb, camera: UUID) -> datetime | None:
        """How far back ``verb`` may look at the camera; ``None``: no limit."""
        now = self.now()
        if any(
            hold.verb is verb and hold.part == EVERYTHING and hold.look_back is None and hold.counts(now)
            for hold in rights.holds
        ):
            return None
        mine = (await self.owned([camera])).get(camera)
        return now if mine is None else rights.earliest(verb, mine, now=now)

    async def require_back(self, rights: Rights, verb: Verb, camera: UUID, start: datetime) -> None:
        """Raise :class:`TooFarBack` when ``start`` is before what may be looked at."""
        earliest = await self.earliest(rights, verb, camera)
        if earliest is not None and start < earliest:
            raise TooFarBack(earliest=earliest, camera=str(camera))

    async def purpose_needed(self, camera: UUID) -> bool:
        """Whether footage of this camera is shown for a case only."""
        agencies, until_s = self._purpose
        if self._now_s() >= until_s:
            turn = self._turn
            async with self._database.read() as tx:
                agencies = await store.purpose_agencies(tx)
            if turn == self._turn:
                self._purpose = (agencies, self._now_s() + BELIEVED_S)
        if not agencies:
            return False
        mine = (await self.owned([camera])).get(camera)
        return mine is not None and mine.agency in agencies

    async def agency_of(self, camera: UUID) -> str | None:
        """Whose the camera is, for the audit; ``None`` when we cannot know."""
        mine = (await self.owned([camera])).get(camera)
        return None if mine is None else mine.agency

    async def until_withdrawn(self, actor: Actor, verb: Verb, camera: UUID) -> None:
        """Return once ``actor`` may no longer do this with the camera: for what goes on after its request."""
        event = asyncio.Event()
        self._changed.add(event)
        try:
            while await self._still(actor, verb, camera):
                event.clear()
                try:
                    async with asyncio.timeout(BELIEVED_S - 1):
                        await event.wait()
                except TimeoutError:
                    pass
        finally:
            self._changed.discard(event)

    async def _still(self, actor: Actor, verb: Verb, camera: UUID) -> bool:
        if actor.until is not None and self.now() >= actor.until:
            return False
        try:
            rights = await self.rights(actor)
            await self.require(rights, verb, [camera])
        except (CameraHidden, MayNot):
            return False
        except Exception:  # noqa: BLE001 - the database is away: nothing can have been withdrawn there
            await asyncio.sleep(0.5)
        return True

    def _keep(self, key: tuple[str, Actor], rights: Rights, turn: int) -> None:
        if turn != self._turn:
            return
        if len(self._rights) > _MOST_KEPT:
            self._rights.clear()
        self._rights[key] = _Kept(rights, self._now_s() + BELIEVED_S)

    def _now_s(self) -> float:
        return self._clock.monotonic_us() / 1e6


def _who(actor: Actor) -> Actor:
    """The actor as far as rights depend on it; address and request do not."""
    return Actor(
        actor.id, actor.kind, limits=actor.limits, claims=actor.claims, groups=actor.groups, until=actor.until
    )


async def load(tx: ReadTx, actor: Actor) -> Rights:
    """The rights of somebody who has shown a credential."""
    user = _uuid(actor.id) if actor.kind in (PERSON, MACHINE) else None
    if user is None and not actor.groups:
        return rights_of(actor, ())
    return rights_of(actor, await store.grants_of(tx, user, sorted(actor.groups)))


async def load_by_id(tx: ReadTx, user: str) -> Rights:
    """The rights of a user who is known by id only; none for one who is disabled or gone."""
    if user == "local":
        return ALMIGHTY
    known = _uuid(user)
    standing = await identity.standing(tx, known) if known is not None else None
    if known is None or standing is None or not standing.active:
        return NOTHING
    return await _of(tx, known, standing)


async def may_let_in(tx: ReadTx, actor: Actor, user_id: UUID, now: datetime) -> None:
    """Raise :class:`CannotLetIn` unless ``actor`` holds all that the user, once let in, would hold."""
    standing = await identity.standing(tx, user_id)
    if standing is None:
        return
    # As granted and told: the rights of a session of the provider's end with it, those it is compared with do not.
    mine, theirs = await load_by_id(tx, actor.id), await _of(tx, user_id, standing)
    if not mine.cover(theirs, now=now):
        raise CannotLetIn(user=str(user_id))


async def _of(tx: ReadTx, user_id: UUID, standing: identity.Standing) -> Rights:
    actor = Actor(str(user_id), claims=standing.claims, groups=standing.groups)
    return rights_of(actor, await store.grants_of(tx, user_id, sorted(standing.groups)))


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
