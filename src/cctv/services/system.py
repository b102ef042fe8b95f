"""A whole system on one machine: its parts in order, from the data folder's lock to the last child's end.

The order of starting is the order of need: databases, migrations, services, gateway, then what a caller adds (a
demo's cameras). The order of ending is by rank: recorders first, so that their last fragments still reach the
catalogue, databases last.
"""

import contextlib
import gc
import os
import signal
import socket
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from importlib import import_module
from types import FrameType

from cctv.base.errors import CctvError, Unavailable
from cctv.infra.http import listen
from cctv.infra.keys import Keyring
from cctv.infra.telemetry import log, setup_logging
from cctv.services import addresses, leftovers
from cctv.services.ballast import Ballast
from cctv.services.logs import LogFiles
from cctv.services.machines import DatabaseMachine, GatewayMachine, postgres_machine, valkey_machine
from cctv.services.process import Forked, Lifeline, Pulse, fork
from cctv.services.runner import run_service
from cctv.services.settings import Folders, ServeSettings
from cctv.services.settings_list import check_settings
from cctv.services.supervisor import Happening, Part, Supervisor
from cctv.services.table import PORT_STEP, SERVICES, Service

RECORDERS, OTHERS, GATEWAY, GUESTS, DATABASES = range(5)
"""Ranks of ending."""

FIRST_SIGN_IN = "first_sign_in"
"""What is told while a one-time password waits; the detail is its file."""

_COULD_NOT = 2
_NOTHING_YET = 3
_PASSWORD_WAITS = 4
_INTERRUPTED = 130

_WARM = (
    "httptools",
    "psycopg.pq",
    "sqlalchemy.dialects.postgresql.psycopg",
    "sqlalchemy.ext.asyncio",
    "uvicorn.protocols.http.httptools_impl",
    "uvicorn.protocols.websockets.websockets_sansio_impl",
    "valkey.asyncio",
)
"""Large libraries that every service needs: imported once before the forks, so that their pages are shared."""


class MigrationFailed(Unavailable):
    """The database could not be brought to the schema of this version."""

    code = "migration_failed"
    message_ar = "تعذّر تحديث مخطط قاعدة البيانات."


class FirstStartFailed(Unavailable):
    """The first account could not be made."""

    code = "first_start_failed"
    message_ar = "تعذّر إنشاء الحساب الأول."


class System:
    """What runs for one data folder; ``run()`` is its whole life.

    ``tell`` hears of each happening. With ``log_to_files`` the parts print into ``logs/`` and the console is free.
    """

    def __init__(
        self, settings: ServeSettings, *, tell: Callable[[Happening], None], log_to_files: bool = False
    ) -> None:
        self.settings = settings
        self.folders = Folders(settings.data)
        self.gateway_url = ""
        self._certificate = settings.gateway_certificate
        self._tell = tell
        folders = self.folders
        self._logs = LogFiles(folders.logs, servers=(folders.postgres, folders.valkey, folders.gateway))
        self._log_to_files = log_to_files
        self._lifeline = Lifeline()
        self._owner_url: str | None = None
        self._sockets: list[socket.socket] = []
        self._restarts: dict[str, int] = {}
        self._databases: dict[str, int] = {}
        self._interrupts = Interrupts()
        self._ballast = Ballast(folders.run / "ballast")
        self._supervisor = Supervisor(tell=self._happened, each_tick=self._tick)

    def run(self, guests: Callable[["System"], Sequence[Part]] = lambda _: ()) -> int:
        """Start everything, keep it running, end it; the exit code. ``guests`` gives parts that start last."""
        check_settings()
        self.folders.make()
        with self._interrupts.heard(), leftovers.only_one(self.folders.run):
            try:
                self._start()
                self._supervisor.start(guests(self))
                self._interrupts.check()
                return self._supervisor.run()
            except KeyboardInterrupt:
                return _INTERRUPTED
            finally:
                self._interrupts.ignore()
                self._supervisor.stop()
                leftovers.forget(self.folders.run)

    def fork(
        self, work: Callable[[], int], *, name: str, console: bool = False, pulse: Pulse | None = None
    ) -> Forked:
        """Run ``work`` in a child; unless it has the ``console``, its output goes where logs go."""
        file = self._logs.path(name) if self._log_to_files and not console else None
        return fork(work, name=name, lifeline=self._lifeline, log=file, pulse=pulse)

    def _tick(self) -> None:
        self._logs.rotate()
        self._ballast.put_by()

    def _start(self) -> None:
        self._ballast.give_up_when_full()
        for name in leftovers.end_leftovers(self.folders.run):
            self._tell(Happening("ended", name, 0, "left by an earlier start"))
        warm_up()
        self._start_databases()
        Keyring.load(self.folders.keys, make=self._migrate())
        self._make_first_account()
        ports = self._start_services()
        gateway = GatewayMachine(self.settings, ports)
        scheme = "http" if self._certificate is None else "https"
        self.gateway_url = f"{scheme}://{gateway.address}"
        start = Part(name=leftovers.GATEWAY, start=gateway.start, stop_rank=GATEWAY, port=lambda: gateway.port)
        self._supervisor.start([start])

    def _start_databases(self) -> None:
        """Start what was not given, and tell all rooms where everything is, by the environment."""
        found: dict[str, str] = {}
        if self.settings.database_url is None:
            postgres = postgres_machine(self.folders.postgres)
            self._supervisor.start([_database("postgres", postgres)])
            self._owner_url = postgres.server.url
            found["database_url"] = addresses.app_url(self.folders, port=postgres.server.port)
        if self.settings.valkey_url is None:
            valkey = valkey_machine(self.folders.valkey)
            self._supervisor.start([_database("valkey", valkey)])
            found["valkey_url"] = valkey.server.url
        self.settings = self.settings.model_copy(update=found)
        for name in ("data", "database_url", "valkey_url"):
            os.environ[f"CCTV_{name}".upper()] = str(getattr(self.settings, name))

    def _migrate(self) -> bool:
        """Bring the schema up in a child; whether nothing is in the database yet.

        Then nothing is sealed, and keys may be made; with any other, keys that are missing must be brought.
        """
        ours = self._owner_url is not None
        url = self._owner_url or self.settings.owner_url or str(self.settings.database_url)
        password = addresses.app_password(self.folders) if ours else None
        child = self.fork(partial(_migrate, url, password), name="migrate")
        code = child.wait()
        if code not in (0, _NOTHING_YET):
            raise MigrationFailed(f"the schema could not be brought up; {self._why('migrate')}")
        return code == _NOTHING_YET

    def _why(self, name: str) -> str:
        """Where a child has said it."""
        return f"why is in {self._logs.path(name)}" if self._log_to_files else "the last line of the log says why"

    def _make_first_account(self) -> None:
        """Where nobody can sign in yet, one administrator; where its one-time password is, is told until used."""
        child = self.fork(partial(_first_start, self.settings), name="first-start")
        code = child.wait()
        if code not in (0, _PASSWORD_WAITS):
            raise FirstStartFailed(f"the first account was not made; {self._why('first-start')}")
        if code == _PASSWORD_WAITS:
            file = self.folders.first_password
            self._tell(Happening(FIRST_SIGN_IN, "administrator", 0, str(file)))

    def _start_services(self) -> dict[str, list[int]]:
        """Listen for all, then start each; the ports by service. The sockets stay open here over restarts."""
        rows = [(service, index) for service in SERVICES for index in range(self._count(service))]
        ports: dict[str, list[int]] = {}
        parts = []
        for service, index in rows:
            listening = _listen(self.settings.listen, service.port + PORT_STEP * index)
            self._sockets.append(listening)
            port = listening.getsockname()[1]
            ports.setdefault(service.name, []).append(port)
            parts.append(self._part(service, index, listening))
        self._supervisor.start(parts)
        return ports

    def _part(self, service: Service, index: int, listening: socket.socket) -> Part:
        name = f"{service.name}-{index + 1}" if self._count(service) > 1 else service.name

        def start() -> Forked:
            pulse = Pulse()
            return self.fork(partial(self._serve, service, index, listening, pulse), name=name, pulse=pulse)

        return Part(
            name=name,
            start=start,
            hang_limit_s=self.settings.hang_limit_s or None,
            stop_rank=RECORDERS if service.records else OTHERS,
            stop_within_s=7.0 if service.records else 3.0,
            port=lambda: int(listening.getsockname()[1]),
        )

    def _count(self, service: Service) -> int:
        return self.settings.recorders if service.records else 1

    def _serve(self, service: Service, index: int, listening: socket.socket, pulse: Pulse) -> int:
        """In the child: the sockets of the others are not ours."""
        for other in self._sockets:
            if other is not listening:
                other.close()
        return run_service(service, index=index, listening=listening, settings=self.settings, beat=pulse.beat)

    def _happened(self, happening: Happening) -> None:
        self._interrupts.check()
        if happening.what == "died":
            self._restarts[happening.part] = self._restarts.get(happening.part, 0) + 1
            if happening.part == "postgres":
                self._ballast.give_up_when_full()
        running = self._supervisor.running()
        self._databases |= {
            part.name: part.port() for part, _ in running if part.stop_rank == DATABASES and part.port
        }
        with contextlib.suppress(OSError):  # a full disk: what runs must run on, and the cleaner makes room
            leftovers.write(
                self.folders.run,
                databases=self._databases,
                gateway=self.gateway_url,
                certificate=None if self._certificate is None else self._certificate[0],
                parts=[
                    leftovers.Running(
                        name=part.name,
                        pid=pid,
                        port=part.port() if part.port else None,
                        restarts=self._restarts.get(part.name, 0),
                        began=leftovers.began(pid),
                    )
                    for part, pid in running
                ],
            )
        self._tell(happening)


def _database(name: str, machine: DatabaseMachine) -> Part:
    return Part(name=name, start=machine.start, stop_rank=DATABASES, port=lambda: machine.server.port)


def _migrate(url: str, app_password: str | None) -> int:
    """In a child of its own, because what it imports is large and never needed again."""
    from cctv.services.migrations import run  # noqa: PLC0415

    setup_logging("migrate")
    try:
        run.upgrade(url, app_password=app_password)
        return _NOTHING_YET if run.holds_nothing(url) else 0
    except CctvError as fault:
        log.error("cannot_migrate", words=fault.message, code=fault.code)
        return _COULD_NOT


def _first_start(settings: ServeSettings) -> int:
    """In a child: the parent may have neither event loop nor threads."""
    from cctv.services.first_start import first_start  # noqa: PLC0415

    setup_logging("first-start")
    return _PASSWORD_WAITS if first_start(settings) else 0


def warm_up() -> None:
    """Import what services share, and the services themselves but for those that load PyAV."""
    for name in _WARM:
        import_module(name)
    for service in SERVICES:
        if not service.records:
            import_module(service.assembly.partition(":")[0])
    gc.collect()
    gc.freeze()


def _listen(host: str, port: int) -> socket.socket:
    """The table's port when it is free, else any free one."""
    try:
        return listen(host, port)
    except OSError:
        return listen(host, 0)


class Interrupts:
    """Until the supervisor listens for signals itself, SIGTERM and SIGINT interrupt the start.

    An exception that comes in a hook of a fork or a weak reference's callback is printed and lost; so what was
    asked is remembered, and :meth:`check` says it again.
    """

    def __init__(self) -> None:
        self._asked = False
        self._listening = True

    @contextlib.contextmanager
    def heard(self) -> Iterator[None]:
        """Listen within the block."""
        numbers = (signal.SIGTERM, signal.SIGINT)
        before = {number: signal.signal(number, self._hear) for number in numbers}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

    def check(self) -> None:
        """``KeyboardInterrupt`` when a signal came."""
        if self._asked and self._listening:
            raise KeyboardInterrupt

    def ignore(self) -> None:
        """The end has begun; it has its own limit of time."""
        self._listening = False

    def _hear(self, _number: int, _frame: FrameType | None) -> None:
        self._asked = True
        self.check()
