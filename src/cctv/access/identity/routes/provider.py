"""``/api/v1/oidc`` and ``/api/v1/iam``: sign-in at the organisation's provider, and its notices."""

from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi.responses import RedirectResponse
from pydantic import ValidationError
from starlette.requests import cookie_parser

from cctv.access.identity.organisation import notices
from cctv.access.identity.organisation.flow import LASTS_S, Flow
from cctv.access.identity.routes.cookies import give_cookie, origin_of
from cctv.access.identity.routes.session import DeskDep
from cctv.access.identity.schemas import NoticeIn, NoticeOut
from cctv.base.errors import CctvError, InvalidInput
from cctv.infra.http import Inject, Public, WriteDep
from cctv.infra.http.guard import is_secure, own_origin
from cctv.infra.telemetry import log

router = APIRouter(prefix="/api/v1", tags=["provider"])

FlowDep = Annotated[Flow, Inject(Flow)]
_BACK = "/api/v1/oidc/callback"
_MOST_BYTES = 16_384


@router.get("/oidc/start", dependencies=[Public("this is how one becomes known")], response_class=RedirectResponse)
async def start(request: Request, flow: FlowDep, desk: DeskDep) -> RedirectResponse:
    """Go to the organisation's provider to sign in."""
    begun = await flow.begin((desk.settings.public_url.rstrip("/") or own_origin(request.headers)) + _BACK)
    answer = RedirectResponse(begun.url, 303, headers={"Cache-Control": "no-store"})
    # Lax: it must come back with the provider's redirection, which comes from another site.
    answer.set_cookie(
        _cookie_name(request),
        begun.cookie,
        max_age=LASTS_S,
        path="/",
        secure=is_secure(request.headers),
        httponly=True,
        samesite="lax",
    )
    return answer


@router.get(
    "/oidc/callback", dependencies=[Public("the provider sends browsers here")], response_class=RedirectResponse
)
async def callback(
    request: Request,
    flow: FlowDep,
    state: Annotated[str, Query(max_length=200)] = "",
    code: Annotated[str, Query(max_length=4096)] = "",
    iss: Annotated[str, Query(max_length=500)] = "",
) -> RedirectResponse:
    """Come back from the provider, signed in or not."""
    jar = cookie_parser("; ".join(request.headers.getlist("cookie")))
    try:
        done = await flow.finish(
            cookie=jar.get(_cookie_name(request), ""),
            state=state,
            code=code,
            issuer=iss,
            origin=origin_of(request),
        )
    except CctvError as fault:
        log.warning("provider_sign_in_refused", code=fault.code)
        answer = RedirectResponse("/?sign-in-failed", 303)
    else:
        answer = RedirectResponse("/", 303)
        give_cookie(request, answer, done)
    answer.delete_cookie(_cookie_name(request), path="/", secure=is_secure(request.headers), httponly=True)
    return answer


@router.post("/iam/webhook", dependencies=[Public("signed: the key is the door")])
async def notice(request: Request, tx: WriteDep, desk: DeskDep) -> NoticeOut:
    """A signed notice (`X-IAM-Signature`): `USER_DISABLED` or `GROUP_CHANGED` with the provider's `subject`.

    Sessions, keys, media addresses and running streams of that user end within five seconds.
    """
    body = await request.body()
    if len(body) > _MOST_BYTES:
        raise InvalidInput("a notice has at most 16 kB", arabic="لا يزيد الإشعار على 16 كيلوبايت.")
    signature, address = request.headers.get("x-iam-signature", ""), origin_of(request).address
    name = notices.check_signature(desk, signature, body, address=address)
    try:
        given = NoticeIn.model_validate_json(body)
    except ValidationError as fault:
        raise InvalidInput(
            "the notice is not JSON with event and subject", arabic="ليس الإشعار JSON يحتوي على event و subject."
        ) from fault
    done = await notices.carry_out(tx, desk, name=name, event=given.event, subject=given.subject)
    return NoticeOut(done=done)


def _cookie_name(request: Request) -> str:
    return "__Host-cctv_sign_in" if is_secure(request.headers) else "cctv_sign_in"
