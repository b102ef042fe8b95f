"""Who asks: every request and socket is identified before its handler, and foreign pages are refused.

A *doorkeeper* is provided to the application (``provide(app, keeper, as_type=Doorkeeper)``); without one nobody is
known and every handler that asks for an actor answers 401. A bad credential is no error before a handler asks:
the sign-in page must work with a cookie that has run out.

A cookie travels by itself, also with what a page of another origin makes the browser send. Where it is what
identifies, a change must therefore say that it comes from our own origin (``Sec-Fetch-Site`` or ``Origin``), and
so must the opening of a socket.
"""

from dataclasses import replace
from typing import Annotated, Protocol
from urllib.parse import urlsplit

from fastapi import Depends
from starlette.datastructures import Headers
from starlette.requests import HTTPConnection, cookie_parser
from starlette.types import ASGIApp, Receive, Scope, Send

from cctv.base.actor import Actor, Shown
from cctv.base.errors import CctvError, Forbidden, Unauthenticated
from cctv.infra.http.problems import of_our_kind

COOKIE = "cctv_session"
SECURE_COOKIE = "__Host-cctv_session"
"""Over TLS: the prefix makes browsers refuse it without Secure, from subdomains, or for a part of the site."""

_SAFE = {"GET", "HEAD", "OPTIONS"}
MOST_OF_STRANGERS_BYTES = 64 * 1024
"""A body is read before a door is asked; of somebody who is not known, no more than this."""


class ForeignOrigin(Forbidden):
    """This came from a page of another site."""

    code = "foreign_origin"
    message_ar = "ورد هذا الطلب من صفحة موقع آخر."


class PasswordChangeNeeded(Forbidden):
    """Choose a password of your own first."""

    code = "password_change_needed"
    message_ar = "اختر كلمة مرور خاصة بك أولاً."


class SecondFactorNeeded(Unauthenticated):
    """Give the code of your authenticator first."""

    code = "second_factor_needed"
    message_ar = "أدخل رمز تطبيق المصادقة أولاً."


class Doorkeeper(Protocol):
    """Says who somebody is."""

    async def identify(self, shown: Shown) -> Actor | None:
        """The actor; None when nothing is shown; ``Unauthenticated`` when what is shown is not good (any more)."""

    async def until_revoked(self, actor: Actor) -> None:
        """Return as soon as the actor's session, key or user is no longer good: for sockets."""


class Identified:
    """Puts the actor, or why there is none, into the request's state."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] in ("http", "websocket"):
            state = scope.setdefault("state", {})
            keeper: Doorkeeper | None = getattr(scope["app"].state, "provided", {}).get(Doorkeeper)
            try:
                state["actor"] = None if keeper is None else await _identify(keeper, scope)
            except CctvError as fault:
                state["identity_fault"] = fault
            if state.get("actor") is None and _sends_much(scope):
                stranger = state.get("identity_fault") or Unauthenticated()
                await of_our_kind(HTTPConnection(scope), stranger)(scope, receive, send)
                return
        await self._app(scope, receive, send)


def _sends_much(scope: Scope) -> bool:
    headers = Headers(scope=scope)
    size = headers.get("content-length")
    if size is None:
        return "transfer-encoding" in headers
    return not size.isdigit() or int(size) > MOST_OF_STRANGERS_BYTES


async def _identify(keeper: Doorkeeper, scope: Scope) -> Actor | None:
    headers = Headers(scope=scope)
    shown = shown_by(headers, client=scope.get("client"))
    from_browser = scope["type"] == "websocket" and "origin" in headers
    by_cookie = shown.bearer is None and shown.session is not None
    if from_browser or (by_cookie and scope.get("method", "GET") not in _SAFE):
        _refuse_foreign(headers)
    actor = await keeper.identify(shown)
    return None if actor is None else replace(actor, address=shown.address)


def shown_by(headers: Headers, *, client: tuple[str, int] | None) -> Shown:
    """What a request shows. The address is the gateway's word where it has passed the gateway."""
    scheme, _, token = headers.get("authorization", "").partition(" ")
    address = headers.get("x-forwarded-for", "").rpartition(",")[2].strip() or (client[0] if client else "")
    return Shown(
        bearer=token.strip() if scheme.lower() == "bearer" else None,
        session=_cookie(headers),
        address=address[:64],
    )


def is_secure(headers: Headers) -> bool:
    """Whether the browser speaks TLS with us, as the gateway says."""
    return headers.get("x-forwarded-proto", "http") == "https"


def own_origin(headers: Headers) -> str:
    """``https://host``: what a browser calls us."""
    return f"{'https' if is_secure(headers) else 'http'}://{headers.get('host', '')}"


def refuse_foreign_page(headers: Headers) -> None:
    """:class:`ForeignOrigin` for what a browser says comes from another site; programs that say nothing pass.

    For public doors: a foreign page may not sign somebody in as somebody else.
    """
    if "origin" in headers or "sec-fetch-site" in headers:
        _refuse_foreign(headers)


async def in_good_standing(connection: HTTPConnection) -> Actor:
    """Whoever asks, in full standing."""
    actor = await anybody(connection)
    if actor.pending == "totp":
        raise SecondFactorNeeded
    if actor.pending == "password":
        raise PasswordChangeNeeded
    return actor


async def anybody(connection: HTTPConnection) -> Actor:
    state = connection.scope.get("state", {})
    if (fault := state.get("identity_fault")) is not None:
        raise fault
    actor: Actor | None = state.get("actor")
    if actor is None:
        raise Unauthenticated
    return actor


async def _maybe(connection: HTTPConnection) -> Actor | None:
    actor: Actor | None = connection.scope.get("state", {}).get("actor")
    return actor


ActorDep = Annotated[Actor, Depends(in_good_standing)]
"""Whoever asks; 401 for nobody, 403 while a one-time password waits to be replaced."""

PendingActorDep = Annotated[Actor, Depends(anybody)]
"""The same, also while something is pending: for the routes that end it."""

MaybeActorDep = Annotated[Actor | None, Depends(_maybe)]
"""Whoever asks, or None: for what is open to all."""


def _cookie(headers: Headers) -> str | None:
    """Our cookie; behind TLS only the one that a subdomain cannot have set."""
    name = SECURE_COOKIE if is_secure(headers) else COOKIE
    return cookie_parser("; ".join(headers.getlist("cookie"))).get(name) or None


def _refuse_foreign(headers: Headers) -> None:
    """:class:`ForeignOrigin` unless the browser says that the request comes from our own pages."""
    origin = headers.get("origin")
    if origin is not None:
        host = urlsplit(origin).netloc
        if not host or host != headers.get("host"):
            raise ForeignOrigin
    elif headers.get("sec-fetch-site") not in ("same-origin", "none"):
        raise ForeignOrigin
