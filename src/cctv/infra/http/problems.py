"""Errors over HTTP: ``application/problem+json`` (RFC 9457), in English or Arabic, mapped once, here."""

import contextlib
import re
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request, WebSocket
from fastapi.encoders import jsonable_encoder
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, Response
from pydantic import BaseModel, ConfigDict
from starlette.exceptions import HTTPException
from starlette.requests import HTTPConnection

from cctv.base import errors
from cctv.infra.telemetry import log

_STATUS: dict[type[errors.CctvError], HTTPStatus] = {
    errors.InvalidInput: HTTPStatus.UNPROCESSABLE_ENTITY,
    errors.Unauthenticated: HTTPStatus.UNAUTHORIZED,
    errors.Forbidden: HTTPStatus.FORBIDDEN,
    errors.NotFound: HTTPStatus.NOT_FOUND,
    errors.Conflict: HTTPStatus.CONFLICT,
    errors.TooMany: HTTPStatus.TOO_MANY_REQUESTS,
    errors.Unsupported: HTTPStatus.UNPROCESSABLE_ENTITY,
    errors.Unavailable: HTTPStatus.SERVICE_UNAVAILABLE,
    errors.DataLoss: HTTPStatus.INTERNAL_SERVER_ERROR,
}

_QUALITY = re.compile(r"[01](?:\.[0-9]{0,3})?")
"""A weight of RFC 9110, section 12.4.2."""
_ARABIC = {
    HTTPStatus.NOT_FOUND: "العنوان غير موجود.",
    HTTPStatus.METHOD_NOT_ALLOWED: "هذه الطريقة غير مسموح بها هنا.",
    HTTPStatus.INTERNAL_SERVER_ERROR: "حدث خطأ داخلي؛ تم تسجيله.",
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: "الطلب كبير جداً.",
}


_WRONG_INPUT_IN_ARABIC = {
    "missing": "حقل مطلوب.",
    "extra_forbidden": "حقل غير معروف.",
    "json_invalid": "ليس JSON صالحاً.",
    "uuid_parsing": "ليس معرّفاً صالحاً.",
    "int_parsing": "يجب أن يكون عدداً صحيحاً.",
    "int_type": "يجب أن يكون عدداً صحيحاً.",
    "bool_parsing": "يجب أن يكون true أو false.",
    "string_type": "يجب أن يكون نصاً.",
    "string_too_long": "أطول من {max_length} حرفاً.",
    "string_too_short": "أقصر من {min_length} حرفاً.",
    "string_pattern_mismatch": "صيغته غير صالحة.",
    "enum": "المسموح به: {expected}.",
    "literal_error": "المسموح به: {expected}.",
    "greater_than_equal": "يجب ألا يقل عن {ge}.",
    "less_than_equal": "يجب ألا يزيد على {le}.",
    "too_long": "العناصر أكثر من {max_length}.",
    "timezone_aware": "يجب أن يكون وقتاً مع منطقته الزمنية.",
    "datetime_from_date_parsing": "يجب أن يكون وقتاً مع منطقته الزمنية.",
}
"""By pydantic's type of the mistake."""
_MOST_TOLD = 50
"""Mistakes of one input that are named; the number of the others is told."""
_ANY_WRONG_INPUT = "قيمة غير صالحة."


class Problem(BaseModel):
    """The shape of every error (RFC 9457) with our members ``code``, ``detail`` in words and ``errors``."""

    model_config = ConfigDict(extra="allow")

    type: str = "about:blank"
    title: str
    status: int
    code: str
    detail: str
    request_id: str | None = None


def add_problem_handlers(app: FastAPI) -> None:
    """Every error of every kind leaves as a problem."""
    app.add_exception_handler(errors.CctvError, _of_our_kind_anywhere)  # type: ignore[arg-type]
    app.add_exception_handler(RequestValidationError, _of_validation)
    app.add_exception_handler(HTTPException, _of_framework)


def problem_response(
    request: HTTPConnection,
    status: HTTPStatus,
    *,
    code: str,
    english: str,
    arabic: str,
    more: dict[str, Any] | None = None,
) -> JSONResponse:
    """A problem in the language that ``Accept-Language`` asks for."""
    wants_arabic = prefers_arabic(request.headers.get("accept-language", ""))
    body = {
        **jsonable_encoder(more or {}),
        "type": "about:blank",
        "title": status.phrase,
        "status": int(status),
        "code": code,
        "detail": arabic if wants_arabic else english,
        "request_id": request.scope.get("state", {}).get("request_id"),
    }
    headers = {"Content-Language": "ar" if wants_arabic else "en", "Cache-Control": "no-store"}
    if status in (HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE):
        headers["Retry-After"] = str((more or {}).get("retry_after_s", 2))
    return JSONResponse(body, status, headers=headers, media_type="application/problem+json")


def prefers_arabic(header: str) -> bool:
    """Whether Arabic comes before English in an ``Accept-Language`` header (RFC 9110, section 12.5.4)."""
    weights = {"ar": 0.0, "en": 0.0}
    for part in header.split(","):
        tag, _, parameters = part.strip().partition(";")
        language = tag.split("-")[0].lower()
        quality = parameters.strip().removeprefix("q=") if parameters else "1"
        if language in weights and _QUALITY.fullmatch(quality):
            weights[language] = max(weights[language], float(quality))
    return weights["ar"] > weights["en"]


async def _of_our_kind_anywhere(connection: HTTPConnection, fault: Exception) -> Response | None:
    """A socket that is refused before it is accepted gets the same answer as a request."""
    assert isinstance(fault, errors.CctvError)
    answer = of_our_kind(connection, fault)
    if isinstance(connection, WebSocket):
        with contextlib.suppress(RuntimeError):  # accepted already, or a server that cannot send one
            await connection.send_denial_response(answer)
        return None
    return answer


def of_our_kind(request: HTTPConnection, fault: errors.CctvError) -> Response:
    """The problem that tells of ``fault``."""
    status = next(
        (_STATUS[kind] for kind in type(fault).__mro__ if kind in _STATUS), HTTPStatus.INTERNAL_SERVER_ERROR
    )
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        log.warning("request_failed", code=fault.code, words=fault.message, path=request.url.path)
    return problem_response(
        request, status, code=fault.code, english=fault.message, arabic=fault.arabic(), more=fault.detail
    )


async def _of_validation(request: Request, fault: Exception) -> Response:
    assert isinstance(fault, RequestValidationError)
    # The input is left out: it may hold a password, and whoever sent it knows it.
    arabic = prefers_arabic(request.headers.get("accept-language", ""))
    wrong = fault.errors()
    found = [
        {
            "where": list(one["loc"]),
            "message": _in_arabic(one) if arabic else one["msg"],
            "code": one["type"],
        }
        for one in wrong[:_MOST_TOLD]
    ]
    left_out = len(wrong) - len(found)
    words = "; ".join(f"{'.'.join(str(step) for step in one['where'])}: {one['message']}" for one in found[:5])
    return problem_response(
        request,
        HTTPStatus.UNPROCESSABLE_ENTITY,
        code="invalid_input",
        english=words or "The request is not valid.",
        arabic=f"{errors.InvalidInput.message_ar} {words}".strip(),
        more={"errors": found} | ({"left_out": left_out} if left_out else {}),
    )


def _in_arabic(wrong: dict[str, Any]) -> str:
    known = {name: str(value) for name, value in wrong.get("ctx", {}).items()}
    try:
        return _WRONG_INPUT_IN_ARABIC.get(wrong["type"], _ANY_WRONG_INPUT).format_map(known)
    except KeyError:
        return _ANY_WRONG_INPUT


async def _of_framework(request: Request, fault: Exception) -> Response:
    assert isinstance(fault, HTTPException)
    status = HTTPStatus(fault.status_code)
    answer = problem_response(
        request,
        status,
        code=status.phrase.lower().replace(" ", "_").replace("-", "_"),
        english=fault.detail if isinstance(fault.detail, str) else status.phrase,
        arabic=_ARABIC.get(status, status.phrase),
    )
    answer.headers.update(fault.headers or {})  # 405 must say what is allowed (RFC 9110, section 15.5.6)
    return answer


def unforeseen_response(request: Request, fault: Exception) -> Response:
    """Log what nobody foresaw, and answer without telling it."""
    log.error("unforeseen", path=request.url.path, exc_info=fault)
    status = HTTPStatus.INTERNAL_SERVER_ERROR
    english = "Something failed inside; it was logged under the request's id."
    return problem_response(request, status, code="internal", english=english, arabic=_ARABIC[status])
