"""The words of rights: verbs on cameras, rights on the system, and what a door asks for.

A permission's text is ``camera:AGENCY:live`` (``*`` for any agency) or ``system:audit``. Roles hold them, keys are
limited by them, tokens of other organisations are translated into them. What they mean is decided by ``policy``.
"""

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, Literal

from cctv.base.errors import InvalidInput


class Verb(StrEnum):
    """What may be done with a camera. Whoever holds any of them sees that the camera exists and how it is."""

    LIVE = "live"
    PLAYBACK = "playback"
    PTZ = "ptz"
    EXPORT = "export"
    MANAGE = "manage"


class System(StrEnum):
    """What may be done with the system itself."""

    USERS = "users"
    ROLES = "roles"
    AGENCIES = "agencies"
    AUDIT = "audit"
    STORAGE = "storage"
    METRICS = "metrics"
    DESCRIBE = "describe"
    INTERNAL = "internal"
    """What services ask of each other; no role holds it."""


@dataclass(frozen=True, slots=True, order=True)
class Permission:
    """One right. ``agency`` ``None`` means any, and is always so for rights on the system."""

    verb: Verb | System
    agency: str | None = None

    def __str__(self) -> str:
        if isinstance(self.verb, System):
            return f"system:{self.verb}"
        return f"camera:{self.agency or '*'}:{self.verb}"


_CAMERA: Final = re.compile(r"camera:(\*|[A-Z0-9][A-Z0-9_-]{0,31}):([a-z]+)")
_SYSTEM: Final = re.compile(r"system:([a-z]+)")


class UnknownPermission(InvalidInput):
    """There is no such permission."""

    code = "unknown_permission"
    message_ar = "لا توجد صلاحية بهذا الاسم."


def parse_permission(text: str) -> Permission:
    """The permission of that text; :class:`UnknownPermission`."""
    if (camera := _CAMERA.fullmatch(text)) and camera[2] in set(Verb):
        return Permission(Verb(camera[2]), None if camera[1] == "*" else camera[1])
    if (system := _SYSTEM.fullmatch(text)) and system[1] in set(System):
        return Permission(System(system[1]))
    raise UnknownPermission(f"{text[:80]!r} is no permission", permission=text[:80])


@dataclass(frozen=True, slots=True)
class Need:
    """What a door asks for before anything behind it runs. ``where`` says where the request names its cameras."""

    kind: Literal["nothing", "identified", "sign_in", "system", "cameras", "some_camera"]
    verb: Verb | System | None = None
    """``None`` with cameras: any verb, that is, seeing that they exist."""
    where: str = ""
    """Name of the path or query parameter (one value or many)."""
    why: str = ""

    def __str__(self) -> str:
        return ":".join(filter(None, (self.kind, self.verb, self.where, self.why)))


IDENTIFIED: Final = Need("identified")
"""Anybody whom we know, also while a second factor or a new password is still to be given."""

SIGNED_IN: Final = Need("sign_in")
"""Anybody whom we know, in good standing."""


def system(right: System) -> Need:
    """A right on the system."""
    return Need("system", right)


def camera(verb: Verb | None, where: str = "camera") -> Need:
    """A verb on each camera that the parameter ``where`` names; ``None``: to see them."""
    return Need("cameras", verb, where)


def some_camera(verb: Verb | None) -> Need:
    """A verb on at least one camera; the handler asks about the one it finds, or narrows its list by the scope."""
    return Need("some_camera", verb)
