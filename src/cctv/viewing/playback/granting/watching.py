"""Who may still watch under a grant, and how long they did: the audit's word on playback.

A grant says who got it for what, which is enough to ask anew at every object whether the right is still there. Use
is counted in seconds of wall clock while objects are fetched, and written when it pauses for a minute or lasts for
five.
"""

import asyncio
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final, NamedTuple

import structlog

from cctv.access.audit import Audit, Entry
from cctv.access.policy import CameraHidden, MayNot, Policy
from cctv.base.actor import Actor
from cctv.base.errors import Unavailable
from cctv.base.ids import CameraId
from cctv.base.permission import Verb
from cctv.base.span import Span
from cctv.viewing.playback.errors import GrantWithdrawn
from cctv.viewing.playback.grants import Grant
from cctv.viewing.playback.model import Purpose

_LOOK_S: Final = 5.0
_PAUSE_S: Final = 60.0
_LONGEST_S: Final = 300.0
_STILLS_S: Final = 10.0
_LONGEST_FETCH_S: Final = 30.0
"""A player that buffers well asks about twice a minute; what lies further apart is not watching."""
_MOST_GRANTEES: Final = 20_000
_MOST_ADDRESSES: Final = 10
"""That one entry names."""

_LOG = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Case:
    """Why somebody looks, where an agency wants to know."""

    case_ref: str | None = None
    reason: str | None = None


@dataclass(slots=True)
class _Use:
    grant: Grant
    began_s: float
    last_s: float
    seconds: float = 1.0
    addresses: set[str] = field(default_factory=set)


class _Look(NamedTuple):
    """What stills of one entry have in common: a user's key and another case are told apart."""

    user: str
    session: str | None
    camera: CameraId
    case: Case


@dataclass(slots=True)
class _Stills:
    actor: Actor
    began_s: float
    first: datetime
    last: datetime
    count: int = 0


@dataclass(frozen=True, slots=True)
class _Grantee:
    actor: Actor
    case: Case = field(default=Case())


class Watching:
    """One a process of playback-service."""

    def __init__(self, *, policy: Policy, audit: Audit) -> None:
        self._policy = policy
        self._audit = audit
        self._uses: dict[bytes, _Use] = {}
        self._stills: dict[_Look, _Stills] = {}
        self._grantees: dict[bytes, _Grantee] = {}

    async def still_may(self, grant: Grant) -> None:
        """Raise :class:`GrantWithdrawn` when the grant's actor has no longer the right that it was given for."""
        rights = await self._policy.rights_by_id(grant.actor)
        try:
            await self._policy.require(rights, Verb.PLAYBACK, [grant.camera])
            if grant.purpose is Purpose.EXPORT:
                await self._policy.require(rights, Verb.EXPORT, [grant.camera])
        except (CameraHidden, MayNot) as fault:
            raise GrantWithdrawn from fault
        earliest = await self._policy.earliest(rights, Verb.PLAYBACK, grant.camera)
        if earliest is not None and grant.span.end < earliest:
            raise GrantWithdrawn

    async def granted(self, grant: Grant, actor: Actor, case: Case) -> None:
        """Keep in the audit who got this grant; it may not be handed out before."""
        if len(self._grantees) > _MOST_GRANTEES:
            self._grantees.clear()
        self._grantees[grant.id] = _Grantee(actor, case)
        detail = {
            "grant": grant.name,
            "from": grant.span.start,
            "to": grant.span.end,
            "purpose": str(grant.purpose),
            "renewable": grant.renewable,
        }
        agency = await self._policy.agency_of(grant.camera)
        await self._audit.now(_entry("playback.grant", _Grantee(actor, case), grant.camera, agency, detail=detail))

    async def taken(self, camera: CameraId, actor: Actor, case: Case, span: Span, *, first_byte: int) -> None:
        """Keep in the audit that footage leaves the system; before the first byte.

        The seconds count with the file's beginning: players ask for the rest of it as often as they like.
        """
        detail: dict[str, object] = {"from": span.start, "to": span.end}
        seconds = (span.end - span.start).total_seconds() if first_byte == 0 else None
        if first_byte:
            detail["from_byte"] = first_byte
        agency = await self._policy.agency_of(camera)
        entry = _entry(
            "recordings.download", _Grantee(actor, case), camera, agency, detail=detail, seconds=seconds
        )
        await self._audit.now(entry)

    def fetched(self, grant: Grant, address: str) -> None:
        """An object was fetched under this grant, from this address."""
        now_s = time.monotonic()
        use = self._uses.get(grant.id)
        if use is None:
            use = self._uses[grant.id] = _Use(grant, now_s, now_s)
        else:
            use.seconds += min(now_s - use.last_s, _LONGEST_FETCH_S)
            use.last_s = now_s
        if len(use.addresses) < _MOST_ADDRESSES:
            use.addresses.add(address)

    def looked(self, camera: CameraId, actor: Actor, case: Case, at: datetime) -> None:
        """A still was shown."""
        look = _Look(actor.id, actor.session, camera, case)
        seen = self._stills.get(look)
        if seen is None:
            seen = self._stills[look] = _Stills(actor, time.monotonic(), at, at)
        seen.count += 1
        seen.first, seen.last = min(seen.first, at), max(seen.last, at)

    async def run(self) -> None:
        """Write what was watched, for ever, and at the end what is left."""
        try:
            while True:
                await asyncio.sleep(_LOOK_S)
                await self._write_what_can_be()
        finally:
            await self._write_what_can_be(everything=True)

    async def write(self, *, everything: bool = False) -> None:
        """Queue entries for what has paused, or lasted; with ``everything`` for all.

        :class:`Unavailable` while the database is away: what is not queued then is still there the next time.
        """
        now_s = time.monotonic()
        for key, use in list(self._uses.items()):
            if everything or now_s - use.last_s > _PAUSE_S or now_s - use.began_s > _LONGEST_S:
                agency = await self._policy.agency_of(use.grant.camera)
                self._audit.soon(self._watched(use, agency))
                del self._uses[key]
        for look, seen in list(self._stills.items()):
            if everything or now_s - seen.began_s > _STILLS_S:
                agency = await self._policy.agency_of(look.camera)
                detail = {"from": seen.first, "to": seen.last, "stills": seen.count}
                who = _Grantee(seen.actor, look.case)
                self._audit.soon(_entry("playback.still", who, look.camera, agency, detail=detail))
                del self._stills[look]

    async def _write_what_can_be(self, *, everything: bool = False) -> None:
        try:
            await self.write(everything=everything)
        except Unavailable:
            waiting = len(self._uses) + len(self._stills)
            _LOG.warning("watching_not_written", waiting=waiting, last=everything)

    def _watched(self, use: _Use, agency: str | None) -> Entry:
        grant = use.grant
        who = self._grantees.get(grant.id, _Grantee(Actor(grant.actor)))
        detail: dict[str, object] = {"grant": grant.name, "from": grant.span.start, "to": grant.span.end}
        if elsewhere := sorted(use.addresses - {who.actor.address or ""}):
            detail["fetched_from"] = elsewhere
        seconds = round(use.seconds, 1)
        return _entry("playback.watch", who, grant.camera, agency, detail=detail, seconds=seconds)


def _entry(
    action: str,
    who: _Grantee,
    camera: CameraId,
    agency: str | None,
    *,
    detail: Mapping[str, object],
    seconds: float | None = None,
) -> Entry:
    return Entry(
        actor=who.actor,
        action=action,
        thing_kind="camera",
        thing_id=str(camera),
        camera=camera,
        agency=agency,
        case_ref=who.case.case_ref,
        reason=who.case.reason,
        seconds=seconds,
        detail=detail,
    )
