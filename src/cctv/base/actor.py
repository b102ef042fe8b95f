"""Who does something. Rooms receive an actor; they never ask the web framework who it is."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

PERSON = "person"
MACHINE = "machine"
SERVICE = "service"
CONSOLE = "console"
ANONYMOUS = "anonymous"


@dataclass(frozen=True, slots=True)
class Actor:
    """``id`` is what the audit shows; ``kind`` tells people from machines.

    ``id`` of a person or machine is the user's UUID as text, so that rights can be asked for again from it alone.
    Rights are what the user holds, plus ``claims``, and at most ``limits``.
    """

    id: str
    kind: str = PERSON
    name: str = ""
    """The name to sign in with, as the audit keeps it: users may be removed later."""
    session: str | None = None
    """The session or key by which the actor came; never its secret."""
    address: str | None = None
    """Where the request came from."""
    request_id: str | None = None
    limits: frozenset[str] | None = None
    """Permissions at most, of a key with scopes; ``None``: all that the user holds."""
    claims: frozenset[str] = frozenset()
    """Permissions that the credential itself gives: tokens of services, of an organisation's provider."""
    until: datetime | None = None
    """When the sign-in ends; open streams end then too."""
    agency: str | None = None
    groups: frozenset[str] = frozenset()
    """Groups that an organisation's provider told of; policy may give them roles."""
    break_glass: bool = False
    pending: Literal["password", "totp"] | None = None
    """What must be done before anything else is allowed: choose a password, give the second factor."""


LOCAL = Actor(id="local", kind=CONSOLE, name="console")
"""Whoever types commands on the server itself; may do everything."""

NOBODY = Actor(id="-", kind=ANONYMOUS, name="")
"""Who has not signed in; what the audit shows for public doors."""


@dataclass(frozen=True, slots=True)
class Shown:
    """What a request shows of who sends it. At most one of the two counts: ``bearer`` before ``session``."""

    bearer: str | None
    session: str | None
    address: str
