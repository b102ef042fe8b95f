"""What every act of identity is made with: one a process, put together by the service."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from cctv.access.audit import Audit
from cctv.access.identity.lockout import Lockout
from cctv.access.identity.passwords import Passwords
from cctv.access.identity.settings import IdentitySettings
from cctv.base.actor import Actor
from cctv.base.clock import Clock, utc_now
from cctv.infra.database import WriteTx
from cctv.infra.keys import Keyring

Ending = Callable[[WriteTx, UUID], Awaitable[None]]
"""Ends, in the same transaction, what else a user holds that outlives a session: media addresses."""

Guard = Callable[[WriteTx, UUID], Awaitable[None]]
"""Asked, in the same transaction, before somebody disables a user; raises where that user must stay."""


LettingIn = Callable[[WriteTx, Actor, UUID, datetime], Awaitable[None]]
"""Asked, in the same transaction, before somebody lets a user in; raises Forbidden where that is too much."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """``endings`` are called whenever everything of a user must end, ``guards`` before somebody disables one,

    ``letting_in`` before somebody enables or recovers one.
    """

    keyring: Keyring
    clock: Clock
    audit: Audit
    lockout: Lockout
    settings: IdentitySettings = field(default_factory=IdentitySettings)
    passwords: Passwords = field(default_factory=Passwords)
    endings: tuple[Ending, ...] = ()
    guards: tuple[Guard, ...] = ()
    letting_in: tuple[LettingIn, ...] = ()

    @property
    def now(self) -> datetime:
        return utc_now(self.clock)
