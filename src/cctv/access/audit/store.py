"""All SQL of the audit: it inserts and reads, and the database lets services do nothing else."""

from collections.abc import AsyncIterator, Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import ColumnElement, Row, Select, Text, Uuid, and_, cast, column, func, insert, or_, select, table

from cctv.access.audit.model import START, Kept, Link, Written
from cctv.access.audit.tables import audit_chain, audit_entries
from cctv.infra.database import ReadTx, WriteTx

_SEALER_LOCK = 0x61756469745F
AT_ONCE = 2000
_FIELDS = tuple(Kept.__slots__)
_cameras = table("cameras", column("id", Uuid), column("name", Text), column("name_ar", Text))
_users = table("users", column("id", Uuid), column("name", Text))


class CameraName(NamedTuple):
    """How people call a camera."""

    name: str
    name_ar: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Which entries are wanted; ``None`` means any."""

    start: datetime | None = None
    end: datetime | None = None
    actor: str | None = None
    """An id, or a part of the name."""
    action: str | None = None
    """The whole, or the beginning up to a dot: ``playback``."""
    thing: str | None = None
    camera: UUID | None = None
    agency: str | None = None
    result: str | None = None
    case_ref: str | None = None
    address: str | None = None
    before: int | None = None
    """Only entries older than the one with this id: the next page."""


async def insert_entries(tx: WriteTx, values: Sequence[dict[str, Any]]) -> None:
    """Keep entries."""
    if values:
        await tx.execute(insert(audit_entries), list(values))


async def search(tx: ReadTx, wanted: Wanted, *, limit: int) -> list[Kept]:
    """Entries, newest first."""
    query = _matching(select(audit_entries), wanted).order_by(audit_entries.c.id.desc()).limit(limit)
    return [_kept(row) for row in await tx.execute(query)]


async def stream(tx: ReadTx, wanted: Wanted, *, limit: int) -> AsyncIterator[Kept]:
    """The same, a few at a time, for exports."""
    query = _matching(select(audit_entries), wanted).order_by(audit_entries.c.id.desc()).limit(limit)
    async with tx.stream(query) as rows:
        async for row in rows:
            yield _kept(row)


async def watched(tx: ReadTx, wanted: Wanted, *, limit: int) -> list[tuple[UUID, str, str, float, int]]:
    """Camera, actor's id and name, seconds watched, number of times; most first."""
    c = audit_entries.c
    total = func.sum(c.seconds)
    query = (
        _matching(select(c.camera_id, c.actor_id, func.max(c.actor_name), total, func.count()), wanted)
        .where(c.seconds.is_not(None), c.camera_id.is_not(None))
        .group_by(c.camera_id, c.actor_id)
        .order_by(total.desc())
        .limit(limit)
    )
    return [(row[0], row[1], row[2], float(row[3]), row[4]) for row in await tx.execute(query)]


async def camera_names(tx: ReadTx, cameras: Collection[UUID] | None = None) -> dict[UUID, CameraName]:
    """What cameras are called now, removed ones too; all when none are named. The entries keep ids only."""
    query = select(_cameras)
    if cameras is not None:
        query = query.where(_cameras.c.id.in_(cameras))
    return {row.id: CameraName(row.name, row.name_ar) for row in await tx.execute(query)}


async def user_names(tx: ReadTx, ids: Collection[str]) -> dict[str, str]:
    """What users are called now, by the text of their ids."""
    query = select(_users).where(cast(_users.c.id, Text).in_(ids))
    return {str(row.id): row.name for row in await tx.execute(query)}


async def hold_sealing(tx: WriteTx) -> bool:
    """Whether this transaction may seal; only one may at a time."""
    held = await tx.execute(select(func.pg_try_advisory_xact_lock(_SEALER_LOCK)))
    return bool(held.scalar_one())


async def last_link(tx: ReadTx) -> Link:
    """The end of the chain."""
    row = (await tx.execute(select(audit_chain).order_by(audit_chain.c.seq.desc()).limit(1))).first()
    return START if row is None else Link(row.seq, row.entry_id, bytes(row.link))


async def ends_unproved(tx: ReadTx, last: Link) -> bool:
    """Whether the entry at the end of the chain is of before there were proofs."""
    query = select(audit_entries.c.mac.is_(None)).where(audit_entries.c.id == last.entry_id)
    return last.seq > 0 and bool((await tx.execute(query)).scalar_one_or_none())


async def unsealed(tx: ReadTx, *, younger_than: timedelta | None = None) -> AsyncIterator[list[Written]]:
    """Rows without a link, oldest first, some at a time; with ``younger_than`` only recent ones are looked at."""
    query = (
        select(audit_entries)
        .join(audit_chain, audit_chain.c.entry_id == audit_entries.c.id, isouter=True)
        .where(audit_chain.c.seq.is_(None))
        .order_by(audit_entries.c.id)
        .limit(AT_ONCE)
    )
    if younger_than is not None:
        query = query.where(audit_entries.c.at > func.now() - younger_than)
    page = [_written(row) for row in await tx.execute(query)]
    while page:
        yield page
        if len(page) < AT_ONCE:
            return
        rest = query.where(audit_entries.c.id > page[-1].entry.id)
        page = [_written(row) for row in await tx.execute(rest)]


async def add_links(tx: WriteTx, links: Sequence[Link]) -> None:
    """Lengthen the chain."""
    if links:
        rows = [{"seq": one.seq, "entry_id": one.entry_id, "link": one.link} for one in links]
        await tx.execute(insert(audit_chain), rows)


async def links(tx: ReadTx, *, after: int) -> list[tuple[Link, Written | None]]:
    """The next links in order, each with its row, or ``None`` where that is gone."""
    query = (
        select(audit_chain, audit_entries)
        .join(audit_entries, audit_entries.c.id == audit_chain.c.entry_id, isouter=True)
        .where(audit_chain.c.seq > after)
        .order_by(audit_chain.c.seq)
        .limit(AT_ONCE)
    )
    return [
        (Link(row.seq, row.entry_id, bytes(row.link)), None if row.id is None else _written(row))
        for row in await tx.execute(query)
    ]


async def is_protected(tx: ReadTx) -> bool:
    """Whether the database keeps whoever signed in here from changing and removing entries and links."""
    may = [
        func.has_table_privilege(func.current_user(), one.name, "UPDATE, DELETE, TRUNCATE")
        for one in (audit_entries, audit_chain)
    ]
    return not (await tx.execute(select(or_(*may)))).scalar_one()


async def moment(tx: ReadTx) -> datetime:
    """When this transaction began, by the database's clock."""
    began: datetime = (await tx.execute(select(func.now()))).scalar_one()
    return began


async def link_at(tx: ReadTx, seq: int) -> Link | None:
    """The link at this place."""
    row = (await tx.execute(select(audit_chain).where(audit_chain.c.seq == seq))).first()
    return None if row is None else Link(row.seq, row.entry_id, bytes(row.link))


def _matching(query: Select[Any], wanted: Wanted) -> Select[Any]:
    c = audit_entries.c
    conditions: list[ColumnElement[bool]] = []
    for field, value in (
        (c.thing_id, wanted.thing),
        (c.camera_id, wanted.camera),
        (c.agency, wanted.agency),
        (c.result, wanted.result),
        (c.case_ref, wanted.case_ref),
        (c.address, wanted.address),
    ):
        if value is not None:
            conditions.append(field == value)
    if wanted.start is not None:
        conditions.append(c.at >= wanted.start)
    if wanted.end is not None:
        conditions.append(c.at < wanted.end)
    if wanted.before is not None:
        conditions.append(c.id < wanted.before)
    if wanted.actor:
        named = c.actor_name.icontains(wanted.actor, autoescape=True)
        conditions.append((c.actor_id == wanted.actor) | named)
    if wanted.action:
        conditions.append((c.action == wanted.action) | c.action.startswith(wanted.action + ".", autoescape=True))
    return query.where(and_(*conditions)) if conditions else query


def _kept(row: Row[Any]) -> Kept:
    return Kept(**{name: getattr(row, name) for name in _FIELDS})


def _written(row: Row[Any]) -> Written:
    return Written(_kept(row), None if row.mac is None else bytes(row.mac))
