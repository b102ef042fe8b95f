"""A service's web application, dressed alike: request ids, metrics, problems, ``/health`` and ``/metrics``."""

import re
import secrets
import time
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager

import structlog
from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse, Response
from prometheus_client import Counter, Histogram
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from cctv.base.permission import System, system
from cctv.infra.http.entry import Public, Requires
from cctv.infra.http.guard import Identified
from cctv.infra.http.health import health_route
from cctv.infra.http.problems import add_problem_handlers, unforeseen_response
from cctv.infra.telemetry import metrics_text

Lifespan = Callable[[FastAPI], AbstractAsyncContextManager[None]]

_REQUEST_ID = re.compile(r"[A-Za-z0-9_-]{8,64}")

requests_total = Counter("http_requests_total", "Answers by status.", ["method", "route", "status"])
request_seconds = Histogram(
    "http_request_duration_seconds",
    "Time from the request's head to the end of the answer; sockets and media are not counted.",
    ["method", "route"],
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2, 5, 10),
)


def create_app(*, service: str, title: str, lifespan: Lifespan | None = None) -> FastAPI:
    """An application with our errors, metrics and health; routers and checks are added by the assembly."""
    app = FastAPI(
        title=title,
        version="1",
        lifespan=lifespan,
        docs_url=None,
        redoc_url=None,
        openapi_url=None,  # its own route has no door; ours below has one
        separate_input_output_schemas=False,
    )
    app.state.service = service
    app.state.health_checks = {}
    add_problem_handlers(app)
    for path, handler, door in (
        ("/health", health_route, Public("load balancers and operators ask it; it names no camera and no person")),
        ("/metrics", _metrics_route, Requires(system(System.METRICS))),
        ("/internal/openapi.json", _description_route, Requires(system(System.DESCRIBE))),
    ):
        app.add_api_route(path, handler, methods=["GET"], include_in_schema=False, dependencies=[door])
    app.add_middleware(Identified)
    app.add_middleware(_Observed)
    return app


async def _metrics_route(_request: Request) -> Response:
    body, content_type = metrics_text()
    return Response(body, headers={"Content-Type": content_type})


async def _description_route(request: Request) -> JSONResponse:
    return JSONResponse(request.app.openapi())


class _Observed:
    """Gives each request an id, binds it to the log, and counts the answer by its route's pattern."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        given = dict(scope["headers"]).get(b"x-request-id", b"").decode("latin-1")
        request_id = given if _REQUEST_ID.fullmatch(given) else secrets.token_hex(8)
        scope.setdefault("state", {})["request_id"] = request_id
        status = 500
        answered = False
        began_s = time.perf_counter()

        async def noting(message: Message) -> None:
            nonlocal status, answered
            if message["type"] == "http.response.start":
                answered = True
                status = message["status"]
                message["headers"] = [*message["headers"], (b"x-request-id", request_id.encode())]
            await send(message)

        with structlog.contextvars.bound_contextvars(request_id=request_id):
            try:
                await self._app(scope, receive, noting)
            except Exception as fault:
                # Answered here and not by the framework's outermost frame, so that log and answer carry the id.
                answer = unforeseen_response(Request(scope), fault)
                if answered:
                    raise
                await answer(scope, receive, noting)
            finally:
                _count(scope, status, time.perf_counter() - began_s)


def _count(scope: Scope, status: int, took_s: float) -> None:
    route = getattr(scope.get("route"), "path", "unmatched")
    requests_total.labels(scope["method"], route, str(status)).inc()
    if not route.startswith("/media/"):
        request_seconds.labels(scope["method"], route).observe(took_s)
