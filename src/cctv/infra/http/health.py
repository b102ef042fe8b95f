"""``GET /health``: a real answer. Each dependency with its state and latency; 503 when the service cannot work."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Any

from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse

from cctv.infra.telemetry import clean

Check = Callable[[], Awaitable[str | None]]
"""What is wrong, or ``None``."""

_CHECK_LIMIT_S = 4.0


def add_health(app: FastAPI, name: str, check: Check, *, vital: bool = True) -> None:
    """Ask ``check`` for the health answer; what is not ``vital`` only degrades the service (still 200)."""
    app.state.health_checks[name] = (check, vital)


async def health_route(request: Request) -> JSONResponse:
    """State of the service and of each thing it depends on."""
    checks: dict[str, tuple[Check, bool]] = request.app.state.health_checks
    answers = await asyncio.gather(*(_ask(check) for check, _ in checks.values()))
    parts = dict(zip(checks, answers, strict=True))
    failed = [name for name, part in parts.items() if part["state"] != "ok"]
    vital_failed = any(checks[name][1] for name in failed)
    state = "failed" if vital_failed else "degraded" if failed else "ok"
    body = {"service": request.app.state.service, "state": state, "dependencies": parts}
    return JSONResponse(body, 503 if vital_failed else 200, headers={"Cache-Control": "no-store"})


async def _ask(check: Check) -> dict[str, Any]:
    began_s = time.perf_counter()
    try:
        async with asyncio.timeout(_CHECK_LIMIT_S):
            wrong = await check()
    except Exception as fault:  # noqa: BLE001 - a check that breaks is a dependency that failed
        wrong = f"{type(fault).__name__}: {fault}"
    part: dict[str, Any] = {
        "state": "failed" if wrong else "ok",
        "latency_ms": round((time.perf_counter() - began_s) * 1000, 1),
    }
    if wrong:
        part["reason"] = clean(wrong)
    return part
