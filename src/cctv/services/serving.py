"""What the commands call: the whole system with its log, one service, the migrations."""

import signal
import socket

from cctv.base.errors import InvalidInput
from cctv.infra.http import listen
from cctv.infra.telemetry import log, setup_logging
from cctv.services.addresses import NotRunning
from cctv.services.migrations import run as migrations
from cctv.services.runner import run_service
from cctv.services.settings import ServeSettings
from cctv.services.supervisor import Happening
from cctv.services.system import FIRST_SIGN_IN, System
from cctv.services.table import PORT_STEP, service_called

_WARNINGS = ("died", "hung", "failed")


def serve_system(settings: ServeSettings) -> int:
    """Everything, until a signal; what happens to the parts is said in the log."""
    setup_logging("supervisor")
    return System(settings, tell=_log_happening).run()


def serve_one(name: str, *, index: int, port: int | None, settings: ServeSettings) -> int:
    """One service in this process, until a signal."""
    service = service_called(name)
    if settings.database_url is None or settings.valkey_url is None:
        raise NotRunning("one service needs CCTV_DATABASE_URL and CCTV_VALKEY_URL; 'cctv serve' starts everything")
    signal.signal(signal.SIGINT, signal.default_int_handler)
    wanted = service.port + PORT_STEP * index if port is None else port
    return run_service(service, index=index, listening=_listen(settings.listen, wanted), settings=settings)


def migrate_database(settings: ServeSettings) -> str:
    """Bring the schema up; the revision that the database has then."""
    url = settings.owner_url or settings.database_url
    if url is None:
        raise NotRunning("CCTV_OWNER_URL or CCTV_DATABASE_URL is needed; 'cctv serve' migrates its own by itself")
    return migrations.upgrade(url)


def _listen(host: str, port: int) -> socket.socket:
    try:
        return listen(host, port)
    except OSError as fault:
        raise InvalidInput(f"cannot listen on {host}:{port}: {fault.strerror}") from fault


def _log_happening(happening: Happening) -> None:
    if happening.what == FIRST_SIGN_IN:
        log.info("one_time_password_waits", user=happening.part, file=happening.detail)
        return
    tell = log.warning if happening.what in _WARNINGS else log.info
    tell(f"part_{happening.what}", part=happening.part, pid=happening.pid, detail=happening.detail)
