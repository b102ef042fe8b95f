"""Who may fetch which bytes: grants are issued, renewed, withdrawn and checked here.

nginx asks at every object and keeps the answer a few seconds, so a check looks nothing up in the usual case:
the signature is arithmetic, withdrawals and the times of segments are in memory.
"""

import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Final, Protocol

from cctv.base.clock import Clock
from cctv.base.ids import CameraId, ObjectName, parse_object_name
from cctv.base.span import Span
from cctv.viewing.playback import grants
from cctv.viewing.playback.errors import OutsideGrant
from cctv.viewing.playback.granting.withdrawals import Withdrawals
from cctv.viewing.playback.grants import Grant, Signer
from cctv.viewing.playback.lru import WeightedLru

_SESSION_S: Final = 60.0
_MOST_SESSIONS: Final = 20_000


@dataclass(frozen=True, slots=True)
class MediaAddress:
    """A media address taken apart by the gateway: ``/media/{camera}/{grant}/{volume}/{object}``."""

    camera: str
    grant: str
    object_name: str
    address: str = ""
    """From which it is fetched."""


class Holders(Protocol):
    """What is known of who got grants."""

    async def still_may(self, grant: Grant) -> None:
        """Raise :class:`GrantWithdrawn` when the right behind the grant is gone."""

    def fetched(self, grant: Grant, address: str) -> None:
        """Something was fetched under the grant, from this address."""


class Sessions:
    """Which grants were used in the last minute."""

    def __init__(self) -> None:
        self._seen_s: dict[bytes, float] = {}

    def note(self, grant: Grant) -> None:
        """This grant was used now."""
        self._seen_s[grant.id] = time.monotonic()
        if len(self._seen_s) > _MOST_SESSIONS:
            self._forget_old()

    def count(self) -> int:
        """Grants used in the last minute."""
        self._forget_old()
        return len(self._seen_s)

    def _forget_old(self) -> None:
        oldest_s = time.monotonic() - _SESSION_S
        self._seen_s = {grant: seen for grant, seen in self._seen_s.items() if seen >= oldest_s}


class Rights:
    """``find`` asks the catalogue (or the recorder's open segment) for the time of an object."""

    def __init__(
        self,
        *,
        signer: Signer,
        clock: Clock,
        withdrawn: Withdrawals,
        times: WeightedLru[str, Span],
        find: Callable[[ObjectName], Awaitable[Span | None]],
        watching: Holders,
    ) -> None:
        self._watching = watching
        self._signer = signer
        self._clock = clock
        self._withdrawn = withdrawn
        self._times = times
        self._find = find
        self.sessions = Sessions()

    def seal(self, grant: Grant) -> str:
        """The grant as it stands in an address."""
        return grants.seal(grant, self._signer)

    def open(self, text: str, *, camera: CameraId | None = None) -> Grant:
        """The living grant behind ``text``, for ``camera`` when one is given.

        Raises BadGrant, GrantExpired, GrantWithdrawn, or OutsideGrant for another camera.
        """
        grant = grants.unseal(text, self._signer, now_us=self._clock.wall_us())
        self._withdrawn.check(grant)
        if camera is not None and camera != grant.camera:
            raise OutsideGrant
        return grant

    def renew(self, text: str) -> Grant:
        """The same right for five more minutes."""
        return grants.renew(self.open(text), now_us=self._clock.wall_us())

    async def holds(self, grant: Grant, *, address: str) -> None:
        """Raise :class:`GrantWithdrawn` unless whoever got the grant has the right still; its use is noted."""
        await self._watching.still_may(grant)
        self.sessions.note(grant)
        self._watching.fetched(grant, address)

    async def check(self, address: MediaAddress) -> None:
        """Let the bytes pass, or raise as :meth:`open` does.

        The camera of the address, of the grant and in the object's name must be one, and the object's time
        must touch the grant's.
        """
        name = parse_object_name(address.object_name)
        if name is None or str(name.camera) != address.camera:
            raise OutsideGrant
        grant = self.open(address.grant, camera=name.camera)
        # A segment that was open when its time was learnt may have grown: a touch is certain, a miss is not.
        known = self._times.get(address.object_name)
        if known is None or not known.overlaps(grant.span):
            known = await self._find(name)
            if known is None or not known.overlaps(grant.span):
                raise OutsideGrant
            self._times.put(address.object_name, known, weight=1)
        await self.holds(grant, address=address.address)
