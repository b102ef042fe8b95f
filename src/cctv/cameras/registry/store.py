"""All SQL of the registry. Transactions come from the caller's frame and are committed there."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from sqlalchemy import ColumnElement, Row, Select, exists, func, or_, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.exc import IntegrityError

from cctv.access.policy import ALL, Scope, within
from cctv.base.ids import CameraId
from cctv.cameras.registry.errors import CameraChanged, CameraNameTaken, CameraNotFound
from cctv.cameras.registry.model import (
    Agency,
    Audio,
    Camera,
    Mode,
    Place,
    Settled,
    StreamSource,
    Transport,
    World,
    name_key,
)
from cctv.cameras.registry.tables import agencies, camera_groups, cameras
from cctv.infra.database import ReadTx, WriteTx

SORTS: dict[str, ColumnElement[Any]] = {
    "name": cameras.c.name_key,
    "agency": cameras.c.agency,
    "place": cameras.c.place,
    "created_at": cameras.c.created_at,
    "updated_at": cameras.c.updated_at,
}
"""What a list may be sorted by; a leading minus turns the order round."""

_IMPORT_LOCK = 0x63616D65726173
"""Number of the advisory lock of imports."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Which cameras of a list are wanted. Empty means any."""

    agencies: tuple[str, ...] = ()
    group_id: UUID | None = None
    ids: tuple[UUID, ...] | None = None
    mode: Mode | None = None
    enabled: bool | None = None
    removed: Literal["without", "only", "with"] = "without"
    search: str = ""
    scope: Scope = ALL
    """Which cameras whoever asks may know of."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """Which part of a list, in which order."""

    sort: str = "name"
    limit: int = 100
    offset: int = 0


EVERYTHING = Wanted()
FIRST_PAGE = Page()


async def list_cameras(
    tx: ReadTx, wanted: Wanted = EVERYTHING, page: Page | None = None, *, also: Iterable[ColumnElement[bool]] = ()
) -> list[Camera]:
    """Cameras by name (or as `page` says); all of them when there is no page. `also` narrows further."""
    query = _matching(select(cameras), wanted).where(*also)
    if page is None:
        query = query.order_by(cameras.c.name_key, cameras.c.id)
    else:
        column = SORTS[page.sort.removeprefix("-")]
        order = column.desc() if page.sort.startswith("-") else column.asc()
        query = query.order_by(order, cameras.c.id).limit(page.limit).offset(page.offset)
    return [_camera(row) for row in await tx.execute(query)]


async def count_cameras(
    tx: ReadTx, wanted: Wanted = EVERYTHING, *, also: Iterable[ColumnElement[bool]] = ()
) -> int:
    """How many cameras are wanted, on all pages."""
    query = _matching(select(func.count()).select_from(cameras), wanted).where(*also)
    return int((await tx.execute(query)).scalar_one())


async def get_camera(tx: ReadTx, camera_id: UUID) -> Camera:
    """The camera, removed ones included; :class:`CameraNotFound`."""
    row = (await tx.execute(select(cameras).where(cameras.c.id == camera_id))).first()
    if row is None:
        raise CameraNotFound(camera=str(camera_id))
    return _camera(row)


async def lock_camera(tx: WriteTx, camera_id: UUID) -> Camera:
    """Like :func:`get_camera`, and nobody else changes it until this transaction ends."""
    row = (await tx.execute(select(cameras).where(cameras.c.id == camera_id).with_for_update())).first()
    if row is None:
        raise CameraNotFound(camera=str(camera_id))
    return _camera(row)


async def insert_camera(
    tx: WriteTx, settled: Settled, *, camera_id: CameraId, credentials: bytes | None, at: datetime
) -> Camera:
    """A new row; :class:`CameraNameTaken` when the agency has a camera of that name."""
    values = _values(settled, credentials) | {
        "id": camera_id,
        "mode_since": at,
        "created_at": at,
        "updated_at": at,
    }
    row = (await tx.execute(insert(cameras).values(values).on_conflict_do_nothing().returning(cameras))).first()
    if row is None:
        raise CameraNameTaken(name=settled.name, agency=settled.agency)
    return _camera(row)


async def update_camera(
    tx: WriteTx, before: Camera, settled: Settled, *, credentials: bytes | None, at: datetime
) -> Camera:
    """The row with new values, one version higher; :class:`CameraChanged` when `before` is not what is there."""
    values = _values(settled, credentials) | {"updated_at": at, "version": before.version + 1}
    if (settled.enabled and settled.mode is Mode.CONTINUOUS) != before.recorded:
        values["mode_since"] = at
    return await _update(tx, before, values, name=settled.name, agency=settled.agency)


async def set_removed(tx: WriteTx, before: Camera, *, removed_at: datetime | None, at: datetime) -> Camera:
    """Take the camera out (`removed_at` a moment) or put it back (`None`)."""
    would_record = removed_at is None and before.enabled and before.mode is Mode.CONTINUOUS
    values: dict[str, Any] = {"removed_at": removed_at, "updated_at": at, "version": before.version + 1}
    if would_record != before.recorded:
        values["mode_since"] = at
    return await _update(tx, before, values, name=before.name, agency=before.agency)


async def list_agencies(tx: ReadTx, scope: Scope = ALL) -> list[Agency]:
    """Agencies by code: those that `scope` names, or that have a camera in it."""
    query = select(agencies).order_by(agencies.c.code)
    if not scope.everything:
        named = agencies.c.code.in_([part.agency for part in scope.parts if part.agency is not None])
        query = query.where(named | exists().where(cameras.c.agency == agencies.c.code, _within(scope)))
    rows = await tx.execute(query)
    return [Agency(row.code, row.name, row.name_ar) for row in rows]


async def put_agency(tx: WriteTx, agency: Agency) -> None:
    """Add an agency, or rename the one that has its code."""
    values = {"name": agency.name, "name_ar": agency.name_ar}
    await tx.execute(
        insert(agencies)
        .values(code=agency.code, **values)
        .on_conflict_do_update(index_elements=[agencies.c.code], set_=values)
    )


async def hold_imports(tx: WriteTx) -> None:
    """Wait until no other import runs; the next one waits for this transaction."""
    await tx.execute(select(func.pg_advisory_xact_lock(_IMPORT_LOCK)))


async def world(tx: ReadTx) -> World:
    """What the rules for a camera must know of the rest."""
    return World(
        agencies=frozenset((await tx.execute(select(agencies.c.code))).scalars()),
        groups=frozenset((await tx.execute(select(camera_groups.c.id))).scalars()),
    )


async def count_by_agency(tx: ReadTx) -> dict[tuple[str, bool], int]:
    """How many cameras there are by agency and whether they are enabled; agencies without any included."""
    query = (
        select(agencies.c.code, cameras.c.enabled, func.count(cameras.c.id))
        .join_from(
            agencies, cameras, (cameras.c.agency == agencies.c.code) & cameras.c.removed_at.is_(None), isouter=True
        )
        .group_by(agencies.c.code, cameras.c.enabled)
    )
    return {(code, enabled is not False): count for code, enabled, count in await tx.execute(query)}


async def _update(tx: WriteTx, before: Camera, values: dict[str, Any], *, name: str, agency: str) -> Camera:
    query = (
        update(cameras)
        .where(cameras.c.id == before.id, cameras.c.version == before.version)
        .values(values)
        .returning(cameras)
    )
    try:
        async with tx.begin_nested():
            row = (await tx.execute(query)).first()
    except IntegrityError as fault:
        raise CameraNameTaken(name=name, agency=agency) from fault
    if row is None:
        raise CameraChanged(camera=str(before.id))
    return _camera(row)


def _matching(query: Select[Any], wanted: Wanted) -> Select[Any]:
    conditions: list[ColumnElement[bool]] = []
    if not wanted.scope.everything:
        conditions.append(_within(wanted.scope))
    if wanted.removed != "with":
        removed = cameras.c.removed_at
        conditions.append(removed.is_(None) if wanted.removed == "without" else removed.is_not(None))
    if wanted.agencies:
        conditions.append(cameras.c.agency.in_(wanted.agencies))
    if wanted.group_id is not None:
        conditions.append(cameras.c.group_id == wanted.group_id)
    if wanted.ids is not None:
        conditions.append(cameras.c.id.in_(wanted.ids))
    if wanted.mode is not None:
        conditions.append(cameras.c.mode == wanted.mode)
    if wanted.enabled is not None:
        conditions.append(cameras.c.enabled == wanted.enabled)
    for word in wanted.search.split():
        conditions.append(_has_word(word))
    return query.where(*conditions)


def _within(scope: Scope) -> ColumnElement[bool]:
    return within(scope, agency=cameras.c.agency, group=cameras.c.group_id, camera=cameras.c.id)


def _has_word(word: str) -> ColumnElement[bool]:
    """Each word of a search must stand in the name, the Arabic name or the place."""
    columns: Sequence[ColumnElement[str]] = (
        cameras.c.name_key,
        cameras.c.name,
        cameras.c.name_ar,
        cameras.c.place,
    )
    return or_(
        *(
            column.icontains(name_key(word) if column is cameras.c.name_key else word, autoescape=True)
            for column in columns
        )
    )


async def sealed_credentials(tx: ReadTx) -> list[tuple[CameraId, bytes]]:
    """Of every camera that has some, locked until the transaction ends."""
    query = select(cameras.c.id, cameras.c.credentials).where(cameras.c.credentials.is_not(None))
    return [(CameraId(row.id), row.credentials) for row in await tx.execute(query.with_for_update())]


async def put_credentials(tx: WriteTx, camera_id: CameraId, sealed: bytes) -> None:
    """The same credentials under another seal: no change of the camera."""
    await tx.execute(update(cameras).where(cameras.c.id == camera_id).values(credentials=sealed))


def _values(settled: Settled, credentials: bytes | None) -> dict[str, Any]:
    return {
        "name": settled.name,
        "name_ar": settled.name_ar,
        "name_key": name_key(settled.name),
        "agency": settled.agency,
        "group_id": settled.group_id,
        "lat": settled.place.lat,
        "lon": settled.place.lon,
        "place": settled.place.text,
        "main_url": settled.main.url,
        "main_transport": settled.main.transport,
        "sub_url": settled.sub.url if settled.sub else None,
        "sub_transport": settled.sub.transport if settled.sub else Transport.TCP,
        "credentials": credentials,
        "mode": settled.mode,
        "audio": settled.audio,
        "enabled": settled.enabled,
    }


def _camera(row: Row[Any]) -> Camera:
    return Camera(
        id=CameraId(row.id),
        name=row.name,
        name_ar=row.name_ar,
        agency=row.agency,
        group_id=row.group_id,
        place=Place(row.lat, row.lon, row.place),
        main=StreamSource(row.main_url, Transport(row.main_transport)),
        sub=StreamSource(row.sub_url, Transport(row.sub_transport)) if row.sub_url is not None else None,
        credentials=row.credentials,
        mode=Mode(row.mode),
        audio=Audio(row.audio),
        enabled=row.enabled,
        mode_since=row.mode_since,
        created_at=row.created_at,
        updated_at=row.updated_at,
        removed_at=row.removed_at,
        version=row.version,
    )
