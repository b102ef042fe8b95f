"""What rights are: roles, grants, and the one question ``may``. Pure.

Whatever gives a right (a role that was granted, a provider's token, an API key's scopes) is brought to one form,
the *hold*: one verb on one part of the cameras, until some moment, looking back some time. A part names an agency,
a group and a camera, each or none of them; what it names must all be so. A scope is the parts of one verb.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final, NamedTuple
from uuid import UUID

from cctv.base.actor import CONSOLE, SERVICE, Actor
from cctv.base.errors import InvalidInput
from cctv.base.permission import Permission, System, UnknownPermission, Verb, parse_permission


class Owned(NamedTuple):
    """A camera as rights see it: whose it is."""

    camera: UUID
    agency: str
    group: UUID | None = None


class Part(NamedTuple):
    """Some of the cameras: those of which all that is named here is so; nothing named: all cameras."""

    agency: str | None = None
    group: UUID | None = None
    camera: UUID | None = None

    def has(self, owned: Owned) -> bool:
        return (
            self.agency in (None, owned.agency)
            and self.group in (None, owned.group)
            and self.camera in (None, owned.camera)
        )

    def within_agency(self, agency: str | None) -> "Part | None":
        """The part of this that belongs to ``agency``; ``None`` when there is none."""
        if agency is None or self.agency == agency:
            return self
        return self._replace(agency=agency) if self.agency is None else None


EVERYTHING: Final = Part()


@dataclass(frozen=True, slots=True)
class Hold:
    """One verb on one part. ``look_back`` ``None``: as far as there is footage; ``until`` ``None``: no end."""

    verb: Verb
    part: Part
    look_back: timedelta | None = None
    until: datetime | None = None

    def counts(self, now: datetime) -> bool:
        return self.until is None or now < self.until


@dataclass(frozen=True, slots=True)
class Scope:
    """Which cameras a verb reaches; a store turns it into a WHERE."""

    parts: frozenset[Part]

    @property
    def everything(self) -> bool:
        return EVERYTHING in self.parts

    @property
    def nothing(self) -> bool:
        return not self.parts

    def has(self, owned: Owned) -> bool:
        return any(part.has(owned) for part in self.parts)

    def may_place(self, agency: str, *, now_in: str | None = None) -> bool:
        """Whether a camera that is ``now_in`` an agency (``None``: a new one) may be, or come, into ``agency``.

        It may stay where it is. Whose it is else chooses only who reaches every camera of the agency, those to
        come too: not who reaches it alone, or its group.
        """
        return agency == now_in or any(
            part.agency in (None, agency) and part.group is None and part.camera is None for part in self.parts
        )


ALL: Final = Scope(frozenset({EVERYTHING}))


@dataclass(frozen=True, slots=True)
class Rights:
    """All that one actor may. Made by :func:`rights_of`."""

    holds: tuple[Hold, ...] = ()
    system: frozenset[tuple[System, datetime | None]] = field(default=frozenset())

    def may(self, verb: Verb | None, owned: Owned, *, now: datetime) -> bool:
        """Whether ``verb`` (``None``: any, which is seeing it) may be done with the camera."""
        return any(
            (verb is None or hold.verb is verb) and hold.counts(now) and hold.part.has(owned)
            for hold in self.holds
        )

    def may_system(self, right: System, *, now: datetime) -> bool:
        """Whether this right on the system is held."""
        return any(held is right and (until is None or now < until) for held, until in self.system)

    def scope(self, verb: Verb | None, *, now: datetime) -> Scope:
        """The cameras that ``verb`` reaches."""
        return Scope(
            frozenset(hold.part for hold in self.holds if (verb is None or hold.verb is verb) and hold.counts(now))
        )

    def earliest(self, verb: Verb, owned: Owned, *, now: datetime) -> datetime | None:
        """The oldest moment that may be looked at with ``verb``; ``None``: no limit. The widest hold counts."""
        backs = [
            hold.look_back
            for hold in self.holds
            if hold.verb is verb and hold.counts(now) and hold.part.has(owned)
        ]
        if not backs:
            return now
        known = [back for back in backs if back is not None]
        return now - max(known) if len(known) == len(backs) else None

    def covers(
        self, permission: Permission, part: Part, *, now: datetime, back: timedelta | None, until: datetime | None
    ) -> bool:
        """Whether the holder may hand out ``permission`` on ``part``, looking back ``back``, until ``until``."""
        if isinstance(permission.verb, System):
            return any(
                held is permission.verb and (end is None or now < end) and _lasts(end, until)
                for held, end in self.system
            )
        wanted = part.within_agency(permission.agency)
        return wanted is None or any(
            hold.verb is permission.verb
            and hold.counts(now)
            and _lasts(hold.until, until)
            and _contains(hold.part, wanted)
            and (hold.look_back is None or (back is not None and back <= hold.look_back))
            for hold in self.holds
        )

    def cover(self, other: "Rights", *, now: datetime) -> bool:
        """Whether all that ``other`` holds now is held here, too, as far back and for as long."""
        return all(
            self.covers(Permission(hold.verb), hold.part, now=now, back=hold.look_back, until=hold.until)
            for hold in other.holds
            if hold.counts(now)
        ) and all(
            self.covers(Permission(held), EVERYTHING, now=now, back=None, until=until)
            for held, until in other.system
            if until is None or now < until
        )


class TargetKind(StrEnum):
    """What a grant is on."""

    EVERYTHING = "everything"
    AGENCY = "agency"
    GROUP = "group"
    CAMERA = "camera"


@dataclass(frozen=True, slots=True, kw_only=True)
class Role:
    """A set of permissions with a name, and how far back its holders may look."""

    code: str
    name: str
    name_ar: str = ""
    permissions: frozenset[Permission] = frozenset()
    look_back: timedelta | None = None
    built_in: bool = False


@dataclass(frozen=True, slots=True)
class Grant:
    """A role for a user on a part of the cameras."""

    role: Role
    part: Part
    until: datetime | None = None


def rights_of(actor: Actor, grants: Iterable[Grant]) -> Rights:
    """What ``actor`` may: grants, and the claims of the credential, and of these at most its limits.

    Rights on the system come from grants on everything only. Our own console may everything but what services
    ask of each other; a service may what its token claims.
    """
    if actor.kind == CONSOLE:
        return ALMIGHTY
    holds: list[Hold] = []
    rights: set[tuple[System, datetime | None]] = set()
    for grant in grants:
        for permission in grant.role.permissions:
            _add(holds, rights, permission, grant)
    bearer = Role(code="token", name="token", permissions=_known(actor.claims, internal=actor.kind == SERVICE))
    for permission in bearer.permissions:
        _add(holds, rights, permission, Grant(bearer, EVERYTHING, actor.until))
    return _limited(Rights(tuple(holds), frozenset(rights)), actor.limits)


def _add(
    holds: list[Hold], rights: set[tuple[System, datetime | None]], permission: Permission, grant: Grant
) -> None:
    if isinstance(permission.verb, System):
        if grant.part == EVERYTHING:
            rights.add((permission.verb, grant.until))
        return
    part = grant.part.within_agency(permission.agency)
    if part is not None:
        holds.append(Hold(permission.verb, part, grant.role.look_back, grant.until))


def _limited(rights: Rights, limits: frozenset[str] | None) -> Rights:
    if limits is None:
        return rights
    allowed = _known(limits, internal=True)
    holds = [
        Hold(hold.verb, part, hold.look_back, hold.until)
        for hold in rights.holds
        for limit in allowed
        if limit.verb is hold.verb and (part := hold.part.within_agency(limit.agency)) is not None
    ]
    kept = {limit.verb for limit in allowed}
    return Rights(tuple(holds), frozenset(one for one in rights.system if one[0] in kept))


def _known(texts: Iterable[str], *, internal: bool) -> frozenset[Permission]:
    """What we can read of ``texts``; a word of a token that we do not know gives nothing."""
    found = set()
    for text in texts:
        try:
            permission = parse_permission(text)
        except UnknownPermission:
            continue
        if internal or permission.verb is not System.INTERNAL:
            found.add(permission)
    return frozenset(found)


def _contains(whole: Part, part: Part) -> bool:
    return all(outer is None or outer == inner for outer, inner in zip(whole, part, strict=True))


def _lasts(end: datetime | None, until: datetime | None) -> bool:
    """Whether what is held until ``end`` is still held all the time until ``until``; ``None`` is no end."""
    return end is None or (until is not None and until <= end)


def _permissions(*texts: str) -> frozenset[Permission]:
    return frozenset(map(parse_permission, texts))


_ALL_VERBS: Final = frozenset(Permission(verb) for verb in Verb)
_ALL_SYSTEM: Final = frozenset(Permission(right) for right in System if right is not System.INTERNAL)

ADMINISTRATOR: Final = Role(
    code="administrator",
    name="Administrator",
    name_ar="مدير النظام",
    permissions=_ALL_VERBS | _ALL_SYSTEM,
    built_in=True,
)
BUILT_IN: Final = (
    ADMINISTRATOR,
    Role(code="supervisor", name="Supervisor", name_ar="مشرف", permissions=_ALL_VERBS, built_in=True),
    Role(
        code="operator",
        name="Operator",
        name_ar="مشغّل",
        permissions=_permissions("camera:*:live", "camera:*:playback", "camera:*:ptz"),
        look_back=timedelta(days=7),
        built_in=True,
    ),
    Role(
        code="investigator",
        name="Investigator",
        name_ar="محقق",
        permissions=_permissions("camera:*:live", "camera:*:playback", "camera:*:export"),
        built_in=True,
    ),
    Role(
        code="auditor",
        name="Auditor",
        name_ar="مدقق",
        permissions=_permissions("system:audit"),
        built_in=True,
    ),
    Role(
        code="viewer",
        name="Viewer",
        name_ar="مشاهد",
        permissions=_permissions("camera:*:live"),
        built_in=True,
    ),
)

ALMIGHTY: Final = Rights(
    tuple(Hold(verb, EVERYTHING) for verb in Verb),
    frozenset((right, None) for right in System if right is not System.INTERNAL),
)


def part_of(kind: TargetKind, target: str | None) -> Part:
    """The part that a grant on ``target`` is about; :class:`InvalidInput`."""
    try:
        match kind:
            case TargetKind.EVERYTHING:
                if not target:
                    return EVERYTHING
            case TargetKind.AGENCY:
                if target:
                    return Part(agency=target)
            case TargetKind.GROUP:
                return Part(group=UUID(target or ""))
            case TargetKind.CAMERA:
                return Part(camera=UUID(target or ""))
    except ValueError:
        pass
    raise InvalidInput(
        f"a grant on {kind} needs {'no target' if kind == 'everything' else 'its target'}",
        arabic=f"المنح على {kind}: " + ("لا يُذكر له هدف." if kind == "everything" else "يجب ذكر هدفه."),
    )
