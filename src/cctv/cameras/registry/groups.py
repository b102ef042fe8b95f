"""Groups of cameras: a line, a district, a tunnel. What is granted on one is the policy's."""

import uuid
from uuid import UUID

from sqlalchemy import delete, exists, func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.exc import IntegrityError

from cctv.access.policy import ALL, Scope, grants_on_group, within
from cctv.cameras.registry.errors import CameraInvalid, GroupInUse, GroupNameTaken, GroupNotFound
from cctv.cameras.registry.model import Group
from cctv.cameras.registry.settle import clean_text, names_problems
from cctv.cameras.registry.tables import camera_groups, cameras
from cctv.infra.database import ReadTx, WriteTx


async def list_groups(tx: ReadTx, scope: Scope = ALL) -> list[Group]:
    """Groups by name: those that ``scope`` names, or that have a camera in it."""
    query = select(camera_groups).order_by(camera_groups.c.name)
    if not scope.everything:
        named = camera_groups.c.id.in_([part.group for part in scope.parts if part.group is not None])
        reached = within(scope, agency=cameras.c.agency, group=cameras.c.group_id, camera=cameras.c.id)
        query = query.where(named | exists().where(cameras.c.group_id == camera_groups.c.id, reached))
    return [Group(row.id, row.name, row.name_ar) for row in await tx.execute(query)]


async def add_group(tx: WriteTx, *, name: str, name_ar: str) -> Group:
    """Add a group, or give the one of that name its Arabic name, if one is given; :class:`CameraInvalid`."""
    names = _checked(name, name_ar)
    query = (
        insert(camera_groups)
        .values(id=uuid.uuid4(), **names)
        .on_conflict_do_update(
            index_elements=[camera_groups.c.name], set_={word: text for word, text in names.items() if text}
        )
        .returning(camera_groups)
    )
    row = (await tx.execute(query)).one()
    return Group(row.id, row.name, row.name_ar)


async def rename_group(tx: WriteTx, group_id: UUID, *, name: str, name_ar: str) -> Group:
    """Call a group something else.

    :class:`GroupNotFound`, :class:`CameraInvalid`, :class:`GroupNameTaken`.
    """
    names = _checked(name, name_ar)
    await _hold(tx, group_id)
    try:
        async with tx.begin_nested():
            await tx.execute(update(camera_groups).where(camera_groups.c.id == group_id).values(**names))
    except IntegrityError as fault:
        raise GroupNameTaken(name=name) from fault
    return Group(group_id, **names)


async def remove_group(tx: WriteTx, group_id: UUID) -> Group:
    """Remove a group that has no cameras and on which nothing is granted.

    Cameras that were removed while they were in it are in none then. :class:`GroupNotFound`, :class:`GroupInUse`.
    """
    group = await _hold(tx, group_id)
    has = select(func.count()).where(cameras.c.group_id == group_id, cameras.c.removed_at.is_(None))
    count, grants = int((await tx.execute(has)).scalar_one()), await grants_on_group(tx, group_id)
    if count or grants:
        raise GroupInUse(group=group.name, cameras=count, grants=grants)
    await tx.execute(delete(camera_groups).where(camera_groups.c.id == group_id))
    return group


async def _hold(tx: WriteTx, group_id: UUID) -> Group:
    """The group, for this transaction alone: whoever puts a camera into it or grants on it waits."""
    row = (await tx.execute(select(camera_groups).where(camera_groups.c.id == group_id).with_for_update())).first()
    if row is None:
        raise GroupNotFound(group=str(group_id))
    return Group(row.id, row.name, row.name_ar)


def _checked(name: str, name_ar: str) -> dict[str, str]:
    if problems := names_problems(name, name_ar):
        raise CameraInvalid(problems)
    return {"name": clean_text(name), "name_ar": clean_text(name_ar)}
