"""The one cookie: never read by scripts, never sent to or from another site."""

from fastapi import Request, Response

from cctv.access.identity.signing_in import From, SignedIn
from cctv.infra.http.guard import COOKIE, SECURE_COOKIE, is_secure, shown_by


def give_cookie(request: Request, response: Response, signed_in: SignedIn) -> None:
    """Let the browser keep the session. Without TLS (loopback) the cookie cannot be Secure."""
    secure = is_secure(request.headers)
    response.set_cookie(
        SECURE_COOKIE if secure else COOKIE,
        signed_in.secret,
        expires=signed_in.session.expires_at,
        path="/",
        secure=secure,
        httponly=True,
        samesite="strict",
    )
    response.headers["Cache-Control"] = "no-store"


def take_cookie(request: Request, response: Response) -> None:
    """Let the browser forget it."""
    secure = is_secure(request.headers)
    response.delete_cookie(
        SECURE_COOKIE if secure else COOKIE, path="/", secure=secure, httponly=True, samesite="strict"
    )


def origin_of(request: Request) -> From:
    """Where the request comes from, for the session's row."""
    client = (request.client.host, request.client.port) if request.client else None
    address = shown_by(request.headers, client=client).address
    return From(address=address, agent=request.headers.get("user-agent", ""))
