"""``/api/v1/users``: users and their keys, for those who may manage them."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Response

from cctv.access.identity import accounts, machine_keys, store
from cctv.access.identity.errors import UserUnknown
from cctv.access.identity.routes.session import DeskDep
from cctv.access.identity.schemas import HandedOut, KeyList, KeyOut, Search, UserIn, UserList, UserOut, UserPatch
from cctv.base.permission import System, system
from cctv.infra.http import ActorDep, ReadDep, Requires, WriteDep

router = APIRouter(prefix="/api/v1/users", tags=["users"], dependencies=[Requires(system(System.USERS))])


@router.get("")
async def list_users(
    tx: ReadDep,
    like: Annotated[Search, Query()] = "",
    limit: Annotated[int, Query(ge=1, le=1000)] = 100,
    offset: Annotated[int, Query(ge=0, le=1_000_000)] = 0,
) -> UserList:
    """Users by name; `like` is a part of a name, or an employee number."""
    found, total = await store.users(tx, like=like, limit=limit, offset=offset)
    return UserList(items=[UserOut.of(user) for user in found], total=total)


@router.post("", status_code=201)
async def add_user(given: UserIn, response: Response, actor: ActorDep, tx: WriteDep, desk: DeskDep) -> HandedOut:
    """A new local user. The one-time password is shown now and never again; the first sign-in replaces it."""
    response.headers["Cache-Control"] = "no-store"
    made = await accounts.add(
        tx,
        desk,
        actor,
        name=given.name,
        full_name=given.full_name,
        full_name_ar=given.full_name_ar,
        employee_number=given.employee_number,
        agency=given.agency,
    )
    return HandedOut(user=UserOut.of(made.user), one_time_password=made.password)


@router.get("/keys")
async def all_keys(tx: ReadDep, prefix: Annotated[Search, Query()] = "") -> KeyList:
    """Everybody's keys, by the beginning of the key where one is given: whose is this one?"""
    return KeyList(items=[KeyOut.of(key) for key in await store.keys(tx, user_id=None, prefix=prefix)])


@router.delete("/keys/{key_id}")
async def revoke_any_key(key_id: UUID, actor: ActorDep, tx: WriteDep, desk: DeskDep) -> KeyOut:
    """End anybody's key."""
    return KeyOut.of(await machine_keys.revoke(tx, desk, actor, key_id, own_only=False))


@router.get("/{user_id}")
async def show_user(user_id: UUID, tx: ReadDep) -> UserOut:
    """One user."""
    user = await store.user(tx, user_id)
    if user is None:
        raise UserUnknown
    return UserOut.of(user)


@router.patch("/{user_id}")
async def change_user(user_id: UUID, given: UserPatch, actor: ActorDep, tx: WriteDep, desk: DeskDep) -> UserOut:
    """Change what is given."""
    return UserOut.of(await accounts.change(tx, desk, actor, user_id, seen=given.version, **given.given()))


@router.post("/{user_id}/disable")
async def disable_user(user_id: UUID, actor: ActorDep, tx: WriteDep, desk: DeskDep) -> UserOut:
    """Shut a user out: sessions, keys, media addresses and running streams end within five seconds."""
    return UserOut.of(await accounts.disable(tx, desk, actor, user_id))


@router.post("/{user_id}/enable")
async def enable_user(user_id: UUID, actor: ActorDep, tx: WriteDep, desk: DeskDep) -> UserOut:
    """Let a user in again."""
    return UserOut.of(await accounts.enable(tx, desk, actor, user_id))


@router.post("/{user_id}/recover")
async def recover_user(
    user_id: UUID, response: Response, actor: ActorDep, tx: WriteDep, desk: DeskDep
) -> HandedOut:
    """A new one-time password; the second factor is taken off, every sign-in and API key ends."""
    response.headers["Cache-Control"] = "no-store"
    made = await accounts.recover(tx, desk, actor, user_id)
    return HandedOut(user=UserOut.of(made.user), one_time_password=made.password)
