"""The real command line in processes of its own, on free ports, in a folder of its own."""

import collections
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Generator, Iterator
from itertools import count
from pathlib import Path
from typing import Any

import httpx
import psutil
import pytest

from cctv.services.console import ConsoleAuth


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Long rounds are asked for: they are left out, not skipped, otherwise."""
    if os.environ.get("CCTV_TEST_LONG"):
        return
    long = [item for item in items if item.get_closest_marker("slow")]
    if long:
        config.hook.pytest_deselected(items=long)
        items[:] = [item for item in items if item not in long]


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """With a test that fails, what the systems that run said last: on a foreign machine nobody sees their logs."""
    report = yield
    if report.failed:
        for system in _started:
            report.sections.append((f"log of {system.data}", system.last_words()))
    if report.when == "teardown":
        _started[:] = [system for system in _started if system.process.poll() is None]
    return report


CCTV = [sys.executable, "-c", "from cctv.cli import main; main()"]
START_LIMIT_S = 120.0
_LAST_LINES = 80
_numbers = count(1)
_started: list["System"] = []


def until(what: Callable[[], Any], *, within_s: float, words: str) -> Any:
    """Ask until the answer is true; the answer."""
    deadline = time.monotonic() + within_s
    while time.monotonic() < deadline:
        if answer := what():
            return answer
        time.sleep(0.05)
    raise AssertionError(f"not within {within_s} s: {words}")


class System:
    """A running ``cctv serve``."""

    def __init__(self, data: Path, *words: str, **env: str) -> None:
        self.data = data
        self.log = data.with_name(f"{data.name}.{next(_numbers)}.log")
        given = {name: value for name, value in os.environ.items() if not name.startswith("CCTV_")}
        given["CCTV_CAMERA_NETWORKS"] = "any"  # simulated cameras are on this machine
        with self.log.open("ab") as out:
            self.process = subprocess.Popen(
                [*CCTV, *(words or ("serve", "--port", "0")), "--data", str(data)],
                stdout=out,
                stderr=out,
                stdin=subprocess.DEVNULL,
                env=given | env,
                start_new_session=True,
            )
        _started.append(self)

    def last_words(self) -> str:
        """The end of the log, and which parts run."""
        with self.log.open(encoding="utf-8", errors="replace") as lines:
            last = collections.deque(lines, maxlen=_LAST_LINES)
        return f"{''.join(last)}exit code {self.process.poll()}; parts: {json.dumps(self.parts())}"

    def told(self) -> dict[str, Any]:
        """``run/services.json``; empty before it is there."""
        try:
            content: dict[str, Any] = json.loads((self.data / "run" / "services.json").read_text())
        except (OSError, ValueError):
            return {}
        return content

    def parts(self) -> dict[str, dict[str, Any]]:
        return {row["name"]: row for row in self.told().get("services", [])}

    @property
    def url(self) -> str:
        return str(self.told()["gateway"])

    @property
    def auth(self) -> ConsoleAuth:
        """Who sits at the server: may read the key files of the data folder."""
        return ConsoleAuth(self.data / "keys")

    def get(self, path: str, **more: Any) -> httpx.Response:
        return httpx.get(f"{self.url}{path}", auth=self.auth, **more)

    def ready(self) -> bool:
        assert self.process.poll() is None, self.log.read_text()
        try:
            return "gateway" in self.parts() and self.get("/api/v1/system").status_code == 200
        except httpx.TransportError:
            return False

    def await_ready(self) -> "System":
        until(self.ready, within_s=START_LIMIT_S, words=f"the system is up; see {self.log}")
        return self

    def health(self, part: str) -> dict[str, Any]:
        port = self.parts()[part]["port"]
        answer: dict[str, Any] = httpx.get(f"http://127.0.0.1:{port}/health", timeout=10).json()
        return answer

    def events(self) -> list[dict[str, Any]]:
        """The log's lines; every one must be JSON."""
        return [json.loads(line) for line in self.log.read_text().splitlines()]

    def everybody(self) -> list[psutil.Process]:
        """All processes of this system."""
        leader = psutil.Process(self.process.pid)
        return [leader, *leader.children(recursive=True)]

    def console(self) -> str:
        """What a person sees of a demonstration."""
        return self.log.read_text()

    def stop(self, number: signal.Signals = signal.SIGTERM, *, within_s: float = 15.0) -> int:
        if self.process.poll() is None:
            self.process.send_signal(number)
        return self.process.wait(within_s)


@pytest.fixture(scope="session")
def asking() -> Callable[..., Any]:
    return until


@pytest.fixture
def start_system(tmp_path: Path) -> Iterator[Callable[..., System]]:
    """Starts systems, and ends at the end whatever of them still runs."""
    started: list[System] = []

    def start(data: Path | None = None, *words: str, **env: str) -> System:
        started.append(System(data or tmp_path / "data", *words, **env))
        return started[-1]

    yield start
    for system in started:
        with_children = system.everybody() if system.process.poll() is None else []
        if system.process.poll() is None:
            system.stop()
        for process in with_children:
            if process.is_running():
                process.kill()
