"""The frame of one service's process: from the warm fork to the last flush."""

import asyncio
import contextlib
import logging
import signal
import socket
from collections.abc import Callable
from functools import partial

import uvicorn
import uvloop

from cctv.base.errors import CctvError
from cctv.base.tasks import end
from cctv.infra.http import make_server, serve
from cctv.infra.telemetry import log, setup_logging
from cctv.services.migrations.known import DatabaseAway, SchemaUnknown, check_schema
from cctv.services.settings import ServeSettings
from cctv.services.settings import address as address_of
from cctv.services.table import Service
from cctv.services.wiring import Assembled, Loop, open_wiring

LOOPS_END_WITHIN_S = 6.5
"""A recorder may take six seconds for its last rows; the supervisor's patience is a little longer."""
_SCHEMA_RETRY_S = 1.0
_BEAT_S = 1.0
FAILED = 1
COULD_NOT = 2


class LoopEnded(RuntimeError):
    """A loop that should run for ever ended."""


def run_service(
    service: Service,
    *,
    index: int,
    listening: socket.socket,
    settings: ServeSettings,
    beat: Callable[[], None] = lambda: None,
) -> int:
    """Serve until SIGTERM (or SIGINT, where it is not ignored); the exit code. ``beat`` is called each second."""
    setup_logging(service.name)
    logging.captureWarnings(capture=True)
    try:
        return uvloop.run(_main(service, index=index, listening=listening, settings=settings, beat=beat))
    except CctvError as fault:
        log.error("service_cannot_run", words=str(fault), code=fault.code)
        return COULD_NOT


async def _main(
    service: Service, *, index: int, listening: socket.socket, settings: ServeSettings, beat: Callable[[], None]
) -> int:
    stop = asyncio.Event()
    beating = asyncio.create_task(_beat(beat), name="pulse")
    for number in (signal.SIGTERM, signal.SIGINT):
        if signal.getsignal(number) is not signal.SIG_IGN:
            asyncio.get_running_loop().add_signal_handler(number, stop.set)
    address = _reachable(listening)
    async with open_wiring(settings, service=service.name, index=index, address=address) as wiring:
        assembled = service.assemble(wiring)
        tls = settings.service_tls
        listening_tls = None if tls is None else tls.listening()
        loops: dict[str, Loop] = {
            **assembled.loops,
            **wiring.entrance.loops(),
            "schema": partial(_refuse_unknown_schema, str(settings.database_url)),
        }
        if tls is not None and listening_tls is not None:
            loops["certificate"] = partial(tls.keep_up, listening_tls)
        server = make_server(assembled.app, stop_within_s=2.0, tls=listening_tls)
        log.info("service_started", index=index, port=listening.getsockname()[1])
        code = await _run(Assembled(app=assembled.app, loops=loops), server=server, listening=listening, stop=stop)
    log.info("service_stopped", index=index, exit_code=code)
    beating.cancel()
    return code


async def _beat(beat: Callable[[], None]) -> None:
    """By the loop that does the work: it is what may hang."""
    while True:
        beat()
        await asyncio.sleep(_BEAT_S)


def _reachable(listening: socket.socket) -> str:
    """Where others reach what listens here; a wildcard address is told as this machine's name."""
    host, port = listening.getsockname()[:2]
    wildcard = host in ("0.0.0.0", "::")  # noqa: S104 - compared, not bound
    return address_of(socket.gethostname() if wildcard else host, port)


async def _run(
    assembled: Assembled, *, server: uvicorn.Server, listening: socket.socket, stop: asyncio.Event
) -> int:
    """Serve and loop until ``stop``, or until one of them ends by itself, which is a failure."""
    tasks = [asyncio.create_task(_for_ever(name, loop), name=name) for name, loop in assembled.loops.items()]
    serving = asyncio.create_task(serve(server, listening), name="server")
    stopping = asyncio.create_task(stop.wait(), name="stop")
    await asyncio.wait([*tasks, serving, stopping], return_when=asyncio.FIRST_COMPLETED)
    server.should_exit = True
    stopping.cancel()
    late, (_, slow) = await asyncio.gather(
        end(tasks, within_s=LOOPS_END_WITHIN_S), asyncio.wait([serving], timeout=LOOPS_END_WITHIN_S)
    )
    for task in late | slow:
        log.warning("did_not_end_in_time", task=task.get_name())
    return FAILED if _tell_failures([*tasks, serving]) or not stop.is_set() else 0


def _tell_failures(tasks: list[asyncio.Task[None]]) -> bool:
    """Whether any failed, which is said in the log; what no restart mends is raised."""
    failed = [task for task in tasks if task.done() and not task.cancelled() and task.exception() is not None]
    for task in failed:
        if isinstance(fault := task.exception(), SchemaUnknown):
            raise fault
        log.error("loop_failed", task=task.get_name(), exc_info=task.exception())
    return bool(failed)


async def _for_ever(name: str, loop: Loop) -> None:
    await loop()
    raise LoopEnded(f"{name} ended by itself")


async def _refuse_unknown_schema(url: str) -> None:
    """Ask as soon as the database answers; a service starts without it, a recorder even works without it."""
    while True:
        with contextlib.suppress(DatabaseAway):
            await asyncio.to_thread(check_schema, url)
            break
        await asyncio.sleep(_SCHEMA_RETRY_S)
    await asyncio.Event().wait()
