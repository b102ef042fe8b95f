"""The session and the user behind a request, read in the handler's own transaction."""

from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends

from cctv.access.identity import store
from cctv.access.identity.errors import SessionEnded
from cctv.access.identity.machine_keys import own_session
from cctv.access.identity.model import Session, User
from cctv.infra.database import ReadTx
from cctv.infra.http import PendingActorDep, ReadDep, WriteDep


@dataclass(frozen=True, slots=True)
class Own:
    """Whoever sits there."""

    session: Session
    user: User


async def _own(tx: ReadTx, actor: PendingActorDep) -> Own:
    found = await store.session(tx, own_session(actor))
    if found is None or not found[1].active:
        raise SessionEnded
    return Own(*found)


async def _reading(tx: ReadDep, actor: PendingActorDep) -> Own:
    return await _own(tx, actor)


async def _writing(tx: WriteDep, actor: PendingActorDep) -> Own:
    return await _own(tx, actor)


OwnRead = Annotated[Own, Depends(_reading)]
OwnWrite = Annotated[Own, Depends(_writing)]
