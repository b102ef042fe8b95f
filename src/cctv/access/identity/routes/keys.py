"""``/api/v1/keys``: one's own API keys."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Response

from cctv.access.identity import machine_keys, store
from cctv.access.identity.routes.session import DeskDep
from cctv.access.identity.schemas import KeyIn, KeyList, KeyOut, NewKeyOut, Search
from cctv.base.permission import SIGNED_IN
from cctv.infra.http import ActorDep, ReadDep, Requires, WriteDep

router = APIRouter(prefix="/api/v1/keys", tags=["keys"])


@router.get("", dependencies=[Requires(SIGNED_IN)])
async def own_keys(actor: ActorDep, tx: ReadDep, prefix: Annotated[Search, Query()] = "") -> KeyList:
    """One's own keys, by the beginning of the key where one is given."""
    if actor.kind != "person":
        raise machine_keys.PeopleOnly
    return KeyList(items=[KeyOut.of(key) for key in await store.keys(tx, user_id=UUID(actor.id), prefix=prefix)])


@router.post("", status_code=201, dependencies=[Requires(SIGNED_IN)])
async def add_key(given: KeyIn, response: Response, actor: ActorDep, tx: WriteDep, desk: DeskDep) -> NewKeyOut:
    """A new key. `secret` is the key itself, shown now and never again."""
    response.headers["Cache-Control"] = "no-store"
    made = await machine_keys.add(tx, desk, actor, name=given.name, scopes=given.scopes, days=given.days)
    return NewKeyOut(key=KeyOut.of(made.key), secret=made.secret)


@router.delete("/{key_id}", dependencies=[Requires(SIGNED_IN)])
async def revoke_key(key_id: UUID, actor: ActorDep, tx: WriteDep, desk: DeskDep) -> KeyOut:
    """End one of one's own keys."""
    return KeyOut.of(await machine_keys.revoke(tx, desk, actor, key_id, own_only=True))
