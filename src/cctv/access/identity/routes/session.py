"""``/api/v1/session``: signing in, who am I, signing out."""

from typing import Annotated, Literal, cast
from uuid import UUID

from fastapi import APIRouter, Request, Response

from cctv.access.identity import signing_in, store
from cctv.access.identity.desk import Desk
from cctv.access.identity.routes.cookies import give_cookie, origin_of, take_cookie
from cctv.access.identity.routes.own import OwnWrite
from cctv.access.identity.schemas import CodeIn, ProviderOut, SessionOut, SignInIn, WaysOut
from cctv.access.identity.signing_in import SignedIn
from cctv.base.actor import MACHINE, PERSON
from cctv.base.permission import IDENTIFIED
from cctv.infra.database import Database
from cctv.infra.http import Inject, PendingActorDep, Public, ReadDep, Requires, WriteDep
from cctv.infra.http.guard import refuse_foreign_page

router = APIRouter(prefix="/api/v1/session", tags=["session"])

DeskDep = Annotated[Desk, Inject(Desk)]


@router.get("/ways", dependencies=[Public("the sign-in page asks it")])
async def ways(desk: DeskDep) -> WaysOut:
    """How one may sign in here."""
    settings = desk.settings
    provider = ProviderOut(name=settings.oidc_name or "OpenID Connect", start="/api/v1/oidc/start")
    return WaysOut(local=settings.local_sign_in, provider=provider if settings.oidc_issuer else None)


@router.post("", dependencies=[Public("this is how one becomes known")])
async def sign_in(
    given: SignInIn,
    request: Request,
    response: Response,
    desk: DeskDep,
    database: Annotated[Database, Inject(Database)],
) -> SessionOut:
    """Sign in with name and password. `pending` says what is still to be done; until then nothing else is open."""
    refuse_foreign_page(request.headers)
    done = await signing_in.sign_in(
        desk, database, name=given.name, password=given.password, origin=origin_of(request)
    )
    give_cookie(request, response, done)
    return _out(done)


@router.post("/code", dependencies=[Requires(IDENTIFIED)])
async def give_code(
    given: CodeIn, request: Request, response: Response, tx: WriteDep, own: OwnWrite, desk: DeskDep
) -> SessionOut:
    """Give the second factor; the session becomes a full one, with a new cookie."""
    address = origin_of(request).address
    done = await signing_in.give_code(tx, desk, own.session, own.user, given.code, address=address)
    give_cookie(request, response, done)
    return _out(done)


@router.get("", dependencies=[Requires(IDENTIFIED)])
async def who_am_i(actor: PendingActorDep, tx: ReadDep, response: Response) -> SessionOut:
    """Who the server takes you for."""
    response.headers["Cache-Control"] = "no-store"
    user = await store.user(tx, UUID(actor.id)) if actor.kind in (PERSON, MACHINE) else None
    return SessionOut(
        user_id=actor.id,
        name=actor.name,
        kind=cast(Literal["person", "machine", "service", "console"], actor.kind),
        full_name="" if user is None else user.full_name,
        full_name_ar="" if user is None else user.full_name_ar,
        agency=actor.agency,
        pending=actor.pending,
        until=actor.until,
        break_glass=actor.break_glass,
    )


@router.delete("", status_code=204, dependencies=[Requires(IDENTIFIED)])
async def sign_out(request: Request, response: Response, tx: WriteDep, own: OwnWrite, desk: DeskDep) -> None:
    """End this session, on every replica."""
    await signing_in.sign_out(tx, desk, own.session, own.user)
    take_cookie(request, response)
    response.headers["Clear-Site-Data"] = '"cache", "storage"'


def _out(done: SignedIn) -> SessionOut:
    return SessionOut(
        user_id=str(done.user.id),
        name=done.user.name,
        kind="person",
        full_name=done.user.full_name,
        full_name_ar=done.user.full_name_ar,
        agency=done.user.agency,
        pending=done.session.pending,
        until=done.session.expires_at,
        break_glass=done.user.break_glass,
    )
