"""The gate of every service: what a door needs is asked of the policy, and who is refused stands in the audit."""

import time
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from cctv.access.audit import Audit, Entry
from cctv.access.doors.metrics import refused_total
from cctv.access.policy import MayNot, Owned, Policy, PurposeNeeded, Rights, Scope
from cctv.base.actor import Actor
from cctv.base.errors import Forbidden, InvalidInput, NotFound
from cctv.base.permission import Need, System, Verb
from cctv.infra.http import Connection, Doorkeeper, Held, hold


@dataclass(frozen=True, slots=True)
class Access:
    """Who asks, and what they may: what handlers ask about the things that they find. Good for this request."""

    actor: Actor
    rights: Rights
    policy: Policy
    audit: Audit
    keeper: Doorkeeper

    async def until_signed_out(self) -> None:
        """Return as soon as the session, key or user of whoever asks is no more: for sockets."""
        await self.keeper.until_revoked(self.actor)

    async def until_withdrawn(self, verb: Verb, camera: UUID) -> None:
        """Return as soon as ``verb`` may no longer be done with the camera: for what goes on."""
        await self.policy.until_withdrawn(self.actor, verb, camera)

    def scope(self, verb: Verb | None) -> Scope:
        """The cameras that ``verb`` (``None``: any) reaches, for a list."""
        return self.rights.scope(verb, now=self.policy.now())

    async def require(self, verb: Verb | None, *cameras: UUID) -> None:
        """Let pass or raise; see :meth:`Policy.require`."""
        await self.policy.require(self.rights, verb, cameras)

    def may_in(self, verb: Verb, *, agency: str, group: UUID | None, camera: UUID) -> bool:
        """Whether ``verb`` may be done with a camera that is, or is to be, there."""
        return self.scope(verb).has(Owned(camera, agency, group))

    def require_in(self, verb: Verb, *, agency: str, group: UUID | None, camera: UUID) -> None:
        """Raise :class:`MayNot` unless ``verb`` may be done with a camera that is, or is to be, there."""
        if not self.may_in(verb, agency=agency, group=group, camera=camera):
            raise MayNot(verb=str(verb), agency=agency)

    def entry(self, action: str, thing_kind: str, thing_id: str = "", **more: Any) -> Entry:
        """An entry of the audit about an act of whoever asks."""
        return Entry(actor=self.actor, action=action, thing_kind=thing_kind, thing_id=thing_id, **more)

    def may_system(self, right: System) -> bool:
        return self.rights.may_system(right, now=self.policy.now())

    async def earliest(self, verb: Verb, camera: UUID) -> datetime | None:
        """How far back ``verb`` may look; ``None``: no limit."""
        return await self.policy.earliest(self.rights, verb, camera)

    async def require_back(self, verb: Verb, camera: UUID, start: datetime) -> None:
        """Raise when ``start`` is further back than ``verb`` may look."""
        await self.policy.require_back(self.rights, verb, camera, start)

    async def require_purpose(self, camera: UUID, *, case_ref: str | None, reason: str | None) -> None:
        """Raise :class:`PurposeNeeded` when the camera's agency wants to know why and it was not said."""
        if not (case_ref and case_ref.strip() and reason and reason.strip()) and await self.policy.purpose_needed(
            camera
        ):
            raise PurposeNeeded(camera=str(camera))


AccessDep = Annotated[Access, Held(Access)]
"""Put down by the gate: only behind doors that need more than nothing."""


class PolicyGate:
    """Admits by the policy. Refusals are kept in the audit, of one kind at most one in ten seconds."""

    def __init__(self, policy: Policy, audit: Audit, keeper: Doorkeeper) -> None:
        self._keeper = keeper
        self._policy = policy
        self._audit = audit

    async def admit(self, connection: Connection, actor: Actor, need: Need) -> None:
        """Let in and put :class:`Access` down, or raise."""
        actor = replace(actor, request_id=connection.scope.get("state", {}).get("request_id"))
        rights = await self._policy.rights(actor)
        hold(connection, Access(actor, rights, self._policy, self._audit, self._keeper))
        try:
            await self._ask(connection, rights, need)
        except (Forbidden, NotFound) as refused:
            self._tell(connection, actor, need, refused)
            raise

    async def _ask(self, connection: Connection, rights: Rights, need: Need) -> None:
        now = self._policy.now()
        verb = need.verb
        match need.kind:
            case "system":
                if not isinstance(verb, System) or not rights.may_system(verb, now=now):
                    raise MayNot(right=str(verb))
            case "some_camera":
                if rights.scope(_camera_verb(verb), now=now).nothing:
                    raise MayNot(verb=str(verb or "see"))
            case "cameras":
                await self._policy.require(rights, _camera_verb(verb), _cameras_named(connection, need.where))
            case "sign_in":
                pass
            case _:
                raise MayNot

    def _tell(self, connection: Connection, actor: Actor, need: Need, refused: Forbidden | NotFound) -> None:
        path = connection.url.path
        refused_total.labels(need.kind).inc()
        named = refused.detail.get("camera")
        self._audit.seldom(
            Entry(
                actor=actor,
                action="access.refused",
                thing_kind="route",
                thing_id=f"{connection.scope.get('method', 'WS')} {path}",
                result="refused",
                camera=UUID(named) if named else None,
                detail={"need": str(need), "code": refused.code},
            ),
            kind=("access.refused", actor.id, str(need), path),
            now_s=time.monotonic(),
        )


def _camera_verb(verb: Verb | System | None) -> Verb | None:
    assert not isinstance(verb, System), "a right on the system is no verb on cameras"
    return verb


def _cameras_named(connection: Connection, where: str) -> list[UUID]:
    """The cameras that the request names. One at least: a door that asks about none would ask nothing."""
    if where in connection.path_params:
        texts = [str(connection.path_params[where])]
    else:
        texts = connection.query_params.getlist(where)
    try:
        found = [UUID(text) for text in texts]
    except ValueError as fault:
        raise InvalidInput(f"{where}: this is no camera's id", arabic=f"{where}: هذا ليس معرّف كاميرا.") from fault
    if not found:
        raise InvalidInput(f"{where}: say which camera", arabic=f"{where}: حدّد الكاميرا.")
    return found
