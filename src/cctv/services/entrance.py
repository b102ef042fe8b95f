"""What every service has at its doors: who asks, what they may, what is kept of it. One a process."""

from collections.abc import Callable, Coroutine
from typing import Any

from fastapi import FastAPI

from cctv.access.audit import Audit
from cctv.access.doors import PolicyGate
from cctv.access.identity.keeper import Keeper
from cctv.access.identity.organisation.bearers import ProviderBearers
from cctv.access.identity.organisation.provider import Provider
from cctv.access.identity.tokens import ServiceTokens
from cctv.access.policy import Policy
from cctv.base.clock import Clock
from cctv.base.events import ACCESS_CHANGED, CAMERAS_CHANGED
from cctv.infra.cache import Cache
from cctv.infra.database import Database
from cctv.infra.http import Doorkeeper, Gate, provide
from cctv.infra.keys import Keyring
from cctv.services.identity_desk import identity_desk


class Entrance:
    """Put together once, provided to the application, kept up to date by its loops."""

    def __init__(self, *, service: str, database: Database, cache: Cache, keyring: Keyring, clock: Clock) -> None:
        self._database = database
        self.service = service
        self.tokens = ServiceTokens(keyring, clock)
        self.audit = Audit(database, service=service, sign=keyring.sign, clock=clock)
        self.desk = identity_desk(keyring=keyring, clock=clock, audit=self.audit, cache=cache)
        self.provider = Provider(self.desk.settings)
        self.keeper = Keeper(
            database=database,
            tokens=self.tokens,
            clock=clock,
            settings=self.desk.settings,
            audit=self.audit,
            bearers=ProviderBearers(provider=self.provider, database=database, desk=self.desk),
        )
        self.policy = Policy(database, clock=clock)

    def provide_to(self, app: FastAPI) -> None:
        """Give handlers the gate and what is behind it."""
        provide(app, self.keeper, as_type=Doorkeeper)
        provide(app, PolicyGate(self.policy, self.audit, self.keeper), as_type=Gate)
        provide(app, self.policy)
        provide(app, self.audit)

    def loops(self) -> dict[str, Callable[[], Coroutine[Any, Any, None]]]:
        """What runs beside the server."""
        return {"access": self._follow, "audit": self.audit.run, "sign-ins": self.keeper.run}

    async def _follow(self) -> None:
        """Forget what changed, for ever; after a lost connection everything."""
        async for channel, who in self._database.listen(ACCESS_CHANGED, CAMERAS_CHANGED):
            if channel == CAMERAS_CHANGED:
                self.policy.forget_cameras()
            else:
                self.policy.forget(who)
                self.keeper.forget(who)
