"""Servers that we start ourselves: the gateway, and PostgreSQL and Valkey when no addresses are given."""

import contextlib
import os
import signal
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from cctv.infra.embedded import Child, EmbeddedPostgres, EmbeddedValkey, StartFailed, free_port, last_words
from cctv.infra.gateway import EmbeddedNginx, Gateway, Inside, Route, Upstream, end_group
from cctv.infra.objects import configured_store
from cctv.services.leftovers import end_working_in
from cctv.services.settings import Folders, ServeSettings, address
from cctv.services.table import GATEWAY_PORT, MEDIA_SERVICE, POSTGRES_PORT, SERVICES, VALKEY_PORT


@dataclass(frozen=True, slots=True)
class ServerProcess:
    """An embedded server as the supervisor sees it."""

    child: Child
    log: Path
    stop_signal: signal.Signals = signal.SIGTERM
    leaves_workers: bool = False
    """Whether its workers outlive it when it is killed, so that its group must be ended."""

    @property
    def pid(self) -> int:
        return self.child.pid

    def poll(self) -> int | None:
        return self.child.process.poll()

    def last_words(self) -> str:
        return last_words(self.log, lines=1)

    def heard(self) -> bool:
        """Servers that are not ours cannot say it."""
        return True

    def ask_to_end(self) -> None:
        if self.poll() is None:
            self.child.process.send_signal(self.stop_signal)

    def kill(self) -> None:
        if self.poll() is None:
            self.child.process.kill()
        if self.leaves_workers:
            end_group(self.pid)


class DatabaseMachine:
    """A database server of ours. It keeps its port over restarts: addresses were handed out with it.

    ``clear`` ends what a crash left of it.
    """

    def __init__(
        self,
        server: EmbeddedPostgres | EmbeddedValkey,
        *,
        stop_signal: signal.Signals = signal.SIGTERM,
        clear: Callable[[], None] = lambda: None,
    ) -> None:
        self.server = server
        self._stop_signal = stop_signal
        self._clear = clear
        self._started = False

    def start(self) -> ServerProcess:
        """Start: the first time on any port, and waited for."""
        self._clear()
        if self._started:
            self.server.start_again()
        else:
            self.server.start()
            self._started = True
        return ServerProcess(self.server.child, log=self.server.log, stop_signal=self._stop_signal)


def postgres_machine(folder: Path) -> DatabaseMachine:
    """PostgreSQL in the data folder."""
    return DatabaseMachine(
        EmbeddedPostgres(folder, port=POSTGRES_PORT),
        stop_signal=signal.SIGINT,
        clear=lambda: end_working_in(folder / "data", name="postgres"),
    )


def valkey_machine(folder: Path) -> DatabaseMachine:
    """Valkey in the data folder."""
    return DatabaseMachine(EmbeddedValkey(folder, port=VALKEY_PORT))


class GatewayMachine:
    """nginx in front of the services, whose ports are known by now."""

    def __init__(self, settings: ServeSettings, ports: dict[str, list[int]]) -> None:
        self.port = _gateway_port(settings)
        self.address = settings.address(self.port)
        self._nginx = EmbeddedNginx(gateway_of(settings, port=self.port, ports=ports))
        self._last_pid: int | None = None

    def start(self) -> ServerProcess:
        """Start; workers that an earlier master left are ended first, they hold the port."""
        if self._last_pid is not None:
            end_group(self._last_pid)
        self._nginx.start()
        self._last_pid = self._nginx.child.pid
        return ServerProcess(
            self._nginx.child, log=self._nginx.log, stop_signal=signal.SIGQUIT, leaves_workers=True
        )


def gateway_of(settings: ServeSettings, *, port: int, ports: dict[str, list[int]]) -> Gateway:
    """The gateway of one machine: ``ports`` are those of each service's processes."""
    folders = Folders(settings.data)
    store = configured_store()
    routed = [service for service in SERVICES if service.prefixes]
    return Gateway(
        listen=(address(settings.listen, port),),
        folder=folders.gateway,
        upstreams=tuple(
            Upstream(service.name, tuple(settings.address(one) for one in ports[service.name]))
            for service in routed
        ),
        routes=tuple(Route(prefix, service.name) for service in routed for prefix in service.prefixes),
        media_upstream=MEDIA_SERVICE,
        volumes={settings.volume: folders.default_volume},
        stores=(store.id,) if store is not None else (),
        segment_cache=folders.segment_cache if store is not None else None,
        hosts=_hosts(settings),
        certificate=settings.gateway_certificate,
        inside=None if (tls := settings.service_tls) is None else Inside(tls.authority, tls.name),
        workers=min(4, os.cpu_count() or 1),
    )


def _hosts(settings: ServeSettings) -> tuple[str, ...]:
    """Also the address by which this machine's own commands come; no foreign page has it for its name."""
    given = settings.hosts.split()
    return tuple(dict.fromkeys([*given, settings.reached_at])) if given else ()


def _gateway_port(settings: ServeSettings) -> int:
    """A port that was asked for must be free; the usual one gives way to a free one."""
    if settings.gateway_port is None:
        return free_port(GATEWAY_PORT)
    wanted = settings.gateway_port
    if wanted and free_port(wanted) != wanted:
        lowest = _lowest_for_all()
        if wanted < lowest and os.geteuid() != 0:
            raise StartFailed(
                f"ports below {lowest} are the system's (net.ipv4.ip_unprivileged_port_start): take another than"
                f" {wanted}, or give the program the right (CAP_NET_BIND_SERVICE)"
            )
        raise StartFailed(f"port {wanted} is taken by another program")
    return free_port(wanted)


def _lowest_for_all() -> int:
    """The lowest port that a user without rights may listen on."""
    with contextlib.suppress(OSError, ValueError):
        return int(Path("/proc/sys/net/ipv4/ip_unprivileged_port_start").read_text())
    return 1024
