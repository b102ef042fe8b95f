"""Logs and metrics with the names that operators and their rules depend on.

Logs: one JSON object a line on standard output, tracebacks inside it, nothing secret: credentials inside URLs are
replaced wherever they stand. ``LOG_FORMAT=console`` is for people at a terminal.
"""

import logging
import re
import sys
from typing import Annotated, Any, Literal

import structlog
from prometheus_client import CONTENT_TYPE_LATEST, REGISTRY, generate_latest
from pydantic import BeforeValidator, Field
from structlog.typing import EventDict, Processor, WrappedLogger

from cctv.infra.settings import Settings

_CREDENTIALS = re.compile(r"(?P<scheme>[a-z][a-z0-9+.-]*://)[^/\s\"']*@", re.IGNORECASE)
"""Up to the last @ before the path: a password may hold one."""
_IN_QUERY = re.compile(r"(?P<name>[?&](?:password|passwd|pass|pwd|secret|token)=)[^&\s\"']+", re.IGNORECASE)

log: structlog.stdlib.BoundLogger = structlog.get_logger()


def _level(given: str) -> str:
    """As the logging module names it; empty is not given."""
    return {"": "info", "warn": "warning", "fatal": "critical"}.get(given.lower(), given.lower())


def _format(given: str) -> str:
    return given.lower() or "json"


class LogSettings(Settings):
    """What is logged, and how."""

    level: Annotated[Literal["debug", "info", "warning", "error", "critical"], BeforeValidator(_level)] = Field(
        default="info",
        validation_alias="LOG_LEVEL",
        description="The least severe lines that are logged: debug, info, warning, error, critical.",
    )
    format: Annotated[Literal["json", "console"], BeforeValidator(_format)] = Field(
        default="json",
        validation_alias="LOG_FORMAT",
        description="json: one object a line; console: for people at a terminal.",
    )


def setup_logging(service: str) -> None:
    """Send our logs and those of libraries to standard output as JSON lines with ``service`` in each."""
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True, key="ts"),
        _with_service(service),
        structlog.processors.format_exc_info,
        without_credentials,
    ]
    wishes = LogSettings()
    last: Processor = (
        structlog.dev.ConsoleRenderer()
        if wishes.format == "console"
        else structlog.processors.JSONRenderer(ensure_ascii=False)
    )
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=False,  # a forked service sets itself up anew
    )
    handler = logging.StreamHandler(sys.stdout)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, last],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(wishes.level.upper())
    for noisy in ("uvicorn.access", "uvicorn.error", "httpx", "httpcore", "alembic"):
        logging.getLogger(noisy).setLevel(logging.WARNING)


def without_credentials(_logger: WrappedLogger, _method: str, entry: EventDict) -> EventDict:
    """Replace ``user:password@`` in every string of a log entry, also inside lists and dicts."""
    return {key: _cleaned(value) for key, value in entry.items()}


def clean(text: str) -> str:
    """``text`` with the credentials of URLs replaced by ``***``, those in their queries too."""
    return _IN_QUERY.sub(r"\g<name>***", _CREDENTIALS.sub(r"\g<scheme>***@", text))


def metrics_text() -> tuple[bytes, str]:
    """All metrics of this process in Prometheus' text form, and its content type."""
    return generate_latest(REGISTRY), CONTENT_TYPE_LATEST


def _cleaned(value: Any) -> Any:
    if isinstance(value, str):
        return clean(value)
    if isinstance(value, dict):
        return {key: _cleaned(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [_cleaned(one) for one in value]
    return value


class _with_service:  # noqa: N801 - a structlog processor, used like a function
    def __init__(self, service: str) -> None:
        self._service = service

    def __call__(self, _logger: WrappedLogger, _method: str, entry: EventDict) -> EventDict:
        entry.setdefault("service", self._service)
        return entry
