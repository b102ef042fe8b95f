"""Giving and taking rights, by who holds them: told to all services and kept in the audit, in one transaction."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID, uuid4

from cctv.access import identity
from cctv.access.audit import Audit, Entry
from cctv.access.policy import store
from cctv.access.policy.errors import CannotHandOut, LastAdministrator
from cctv.access.policy.model import ADMINISTRATOR, EVERYTHING, Part, Rights, Role
from cctv.access.policy.store import GrantRow
from cctv.base.actor import Actor
from cctv.base.errors import InvalidInput
from cctv.base.events import ACCESS_CHANGED
from cctv.base.permission import parse_permission
from cctv.infra.database import WriteTx, notify


@dataclass(frozen=True, slots=True, kw_only=True)
class Granted:
    """What is to be granted: a role on a part, to a user or to a group of an organisation's provider."""

    user_id: UUID | None
    told_group: str | None
    role: str
    part: Part
    until: datetime | None


@dataclass(frozen=True, slots=True)
class Granter:
    """Who hands out, and what they hold themselves: nobody gives what they have not."""

    actor: Actor
    rights: Rights
    audit: Audit
    now: datetime

    async def grant(self, tx: WriteTx, wanted: Granted) -> GrantRow:
        """Grant; the same grant again changes its end only, and the last administrator's gets none."""
        if (wanted.user_id is None) == (wanted.told_group is None):
            raise InvalidInput("a grant is for a user or for a group", arabic="يكون المنح لمستخدم أو لمجموعة.")
        if wanted.until is not None and wanted.until <= self.now:
            raise InvalidInput(
                "the end of a grant must lie in the future", arabic="يجب أن تكون نهاية المنح في المستقبل."
            )
        role = await store.get_role(tx, wanted.role)
        self._may_hand_out(role, wanted.part, until=wanted.until)
        if wanted.until is not None:
            await self._keep_an_administrator(tx, wanted)
        row = await store.put_grant(
            tx,
            GrantRow(
                id=uuid4(),
                user_id=wanted.user_id,
                told_group=wanted.told_group,
                role=wanted.role,
                part=wanted.part,
                until=wanted.until,
                granted_by=self.actor.id,
            ),
        )
        await self._tell(tx, "grant.give", row)
        return row

    async def withdraw(self, tx: WriteTx, grant_id: UUID) -> GrantRow:
        """Take a grant back; the last administrator's stays."""
        row = await store.get_grant(tx, grant_id)
        # Taking back lasts no longer than what is taken: to hold it now is enough.
        self._may_hand_out(await store.get_role(tx, row.role), row.part, until=self.now)
        await self._keep_an_administrator(tx, row)
        await store.remove_grant(tx, grant_id)
        await self._tell(tx, "grant.withdraw", row)
        return row

    async def put_role(self, tx: WriteTx, role: Role) -> Role:
        """Add or change a role; whoever has it has the new permissions within seconds, and the old no more."""
        await self._may_change(tx, role.code)
        self._may_hand_out(role, EVERYTHING, until=None)
        there = await store.put_role(tx, role)
        await notify(tx, ACCESS_CHANGED)
        detail = {"permissions": sorted(map(str, role.permissions)), "look_back": str(role.look_back or "")}
        await self._note(tx, "role.change" if there else "role.add", "role", role.code, detail)
        return role

    async def remove_role(self, tx: WriteTx, code: str) -> None:
        """Remove a role that nobody has."""
        await self._may_change(tx, code)
        await store.remove_role(tx, code)
        await self._note(tx, "role.remove", "role", code, {})

    async def put_names(self, tx: WriteTx, wanted: Mapping[str, Sequence[str]]) -> None:
        """Replace what an organisation's names of permissions mean; what comes or goes is given or taken."""
        standing = await identity.provider_names(tx, lock=True)
        new, old = ({(name, one) for name, ours in table.items() for one in ours} for table in (wanted, standing))
        changed = frozenset(parse_permission(one) for _, one in new ^ old)
        self._may_hand_out(Role(code="names", name="names", permissions=changed), EVERYTHING, until=None)
        await identity.replace_provider_names(tx, wanted)
        await notify(tx, ACCESS_CHANGED)
        detail = {theirs: " ".join(ours) for theirs, ours in wanted.items()}
        await self._note(tx, "permission_names.change", "iam", "", detail)

    async def _may_change(self, tx: WriteTx, code: str) -> None:
        """Whoever takes a permission out of a role takes it from all who have the role."""
        standing = await store.role_to_change(tx, code)
        if standing is not None:
            self._may_hand_out(standing, EVERYTHING, until=None)

    async def _keep_an_administrator(self, tx: WriteTx, ending: Granted | GrantRow) -> None:
        # Also where the grant has an end by what we read: until we have the lock it may have lost it.
        if ending.role == ADMINISTRATOR.code and ending.part == EVERYTHING and ending.user_id is not None:
            await keep_an_administrator(tx, ending.user_id)

    def _may_hand_out(self, role: Role, part: Part, *, until: datetime | None) -> None:
        for permission in role.permissions:
            if not self.rights.covers(permission, part, now=self.now, back=role.look_back, until=until):
                raise CannotHandOut(permission=str(permission))

    async def _tell(self, tx: WriteTx, action: str, row: GrantRow) -> None:
        await notify(tx, ACCESS_CHANGED, str(row.user_id) if row.user_id else "")
        detail = {
            "grant": str(row.id),
            "role": row.role,
            "agency": row.part.agency,
            "group": None if row.part.group is None else str(row.part.group),
            "until": row.until,
        }
        who = str(row.user_id or row.told_group)
        await self.audit.note(
            tx,
            Entry(
                actor=self.actor,
                action=action,
                thing_kind="user" if row.user_id else "group",
                thing_id=who,
                camera=row.part.camera,
                agency=row.part.agency,
                detail=detail,
            ),
        )

    async def _note(self, tx: WriteTx, action: str, kind: str, thing: str, detail: Mapping[str, object]) -> None:
        entry = Entry(actor=self.actor, action=action, thing_kind=kind, thing_id=thing, detail=detail)
        await self.audit.note(tx, entry)


async def keep_an_administrator(tx: WriteTx, without: UUID) -> None:
    """Raise :class:`LastAdministrator` when none is left without this user.

    One whose grant has an end, or comes by a group of the organisation's provider, keeps no system governed. Where
    there is none anyhow, nobody is kept: the server's console makes one.
    """
    if await store.administrators(tx) == {without}:
        raise LastAdministrator


async def make_administrator(tx: WriteTx, user_id: UUID, *, by: Actor, audit: Audit) -> None:
    """All rights for ``user_id``: the first account, and the one that is recovered on the server's console."""
    row = GrantRow(
        id=uuid4(),
        user_id=user_id,
        told_group=None,
        role=ADMINISTRATOR.code,
        part=EVERYTHING,
        until=None,
        granted_by=by.id,
    )
    await store.put_grant(tx, row)
    await notify(tx, ACCESS_CHANGED, str(user_id))
    entry = Entry(
        actor=by,
        action="grant.give",
        thing_kind="user",
        thing_id=str(user_id),
        detail={"role": ADMINISTRATOR.code},
    )
    await audit.note(tx, entry)
