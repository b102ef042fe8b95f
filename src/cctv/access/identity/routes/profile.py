"""``/api/v1/profile``: one's own password, authenticator, recovery codes and sign-ins."""

from fastapi import APIRouter, Request, Response

from cctv.access.identity import profile, store
from cctv.access.identity.routes.cookies import give_cookie
from cctv.access.identity.routes.own import OwnRead, OwnWrite
from cctv.access.identity.routes.session import DeskDep
from cctv.access.identity.schemas import (
    CodeIn,
    CodesOut,
    DropFactorIn,
    FactorOut,
    PasswordIn,
    ProfileOut,
    ProofIn,
    SessionOut,
    UserOut,
)
from cctv.base.permission import IDENTIFIED, SIGNED_IN
from cctv.infra.http import ReadDep, Requires, WriteDep

router = APIRouter(prefix="/api/v1/profile", tags=["profile"])


@router.get("", dependencies=[Requires(SIGNED_IN)])
async def show(tx: ReadDep, own: OwnRead, desk: DeskDep) -> ProfileOut:
    """One's own account and where it is signed in."""
    sessions = await store.sessions_of(tx, own.user.id, now=desk.now)
    return ProfileOut(
        user=UserOut.of(own.user),
        recovery_codes_left=await store.codes_left(tx, own.user.id),
        sign_ins=ProfileOut.sign_ins_of(sessions, own.session.id),
    )


@router.post("/password", dependencies=[Requires(IDENTIFIED)])
async def change_password(
    given: PasswordIn, request: Request, response: Response, tx: WriteDep, own: OwnWrite, desk: DeskDep
) -> SessionOut:
    """A password of one's own. All other sign-ins end; this one goes on with a new cookie."""
    done = await profile.change_password(tx, desk, own.session, own.user, current=given.current, new=given.new)
    give_cookie(request, response, done)
    return SessionOut(
        user_id=str(done.user.id),
        name=done.user.name,
        kind="person",
        full_name=done.user.full_name,
        full_name_ar=done.user.full_name_ar,
        agency=done.user.agency,
        until=done.session.expires_at,
        break_glass=done.user.break_glass,
    )


@router.post("/totp", dependencies=[Requires(SIGNED_IN)])
async def begin_totp(given: ProofIn, response: Response, tx: WriteDep, own: OwnWrite, desk: DeskDep) -> FactorOut:
    """A secret for an authenticator; it counts once `confirm` was given its first code."""
    response.headers["Cache-Control"] = "no-store"
    begun = await profile.begin_factor(tx, desk, own.user, own.session, password=given.password)
    return FactorOut(secret=begun.secret, address=begun.address)


@router.post("/totp/confirm", dependencies=[Requires(SIGNED_IN)])
async def confirm_totp(given: CodeIn, response: Response, tx: WriteDep, own: OwnWrite, desk: DeskDep) -> CodesOut:
    """Turn the authenticator on; the recovery codes are shown now and never again."""
    response.headers["Cache-Control"] = "no-store"
    return CodesOut(codes=await profile.confirm_factor(tx, desk, own.user, own.session, code=given.code))


@router.post("/totp/off", status_code=204, dependencies=[Requires(SIGNED_IN)])
async def drop_totp(given: DropFactorIn, tx: WriteDep, own: OwnWrite, desk: DeskDep) -> None:
    """Take the authenticator off."""
    await profile.drop_factor(tx, desk, own.user, own.session, password=given.password, code=given.code)


@router.post("/recovery-codes", dependencies=[Requires(SIGNED_IN)])
async def renew_codes(given: ProofIn, response: Response, tx: WriteDep, own: OwnWrite, desk: DeskDep) -> CodesOut:
    """New recovery codes; the old ones are void."""
    response.headers["Cache-Control"] = "no-store"
    codes = await profile.renew_codes(tx, desk, own.user, own.session, password=given.password)
    return CodesOut(codes=codes)


@router.delete("/sign-ins/{sign_in}", status_code=204, dependencies=[Requires(SIGNED_IN)])
async def end_sign_in(sign_in: str, tx: WriteDep, own: OwnWrite, desk: DeskDep) -> None:
    """End one of one's own sign-ins, as the profile lists it."""
    await profile.end_own(tx, desk, own.user, sign_in)
