"""The ground of the live benches: a whole system with one recorder, and simulated cameras that it records."""

import contextlib
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
from playwright._impl._api_structures import SetCookieParam

from cctv.services.demo.signing_in import signed_in
from cctv.services.settings import Folders
from cctv_simulator.process import SimulatorProcess

START_LIMIT_S = 180.0
_CCTV = [sys.executable, "-c", "from cctv.cli import main; main()"]


@dataclass(frozen=True)
class LiveSystem:
    """Where it answers, its cameras, and its processes by name."""

    url: str
    cameras: list[str]
    pids: dict[str, int]
    data: Path
    database_port: int
    session: str
    """The administrator's cookie."""

    @property
    def cookies(self) -> list[SetCookieParam]:
        """For a browser's profile, so that somebody is signed in."""
        return [{"name": "cctv_session", "value": self.session, "url": self.url}]

    @property
    def database_url(self) -> str:
        password = (self.data / "pg" / "password").read_text().strip()
        return f"postgresql://cctv:{password}@127.0.0.1:{self.database_port}/cctv"

    @property
    def ws(self) -> str:
        return self.url.replace("http", "ws", 1)


@contextlib.contextmanager
def live_system(*, cameras: int, kinds: str) -> Iterator[LiveSystem]:
    """All services on this machine, gone afterwards. The cameras are online when it is given."""
    with (
        tempfile.TemporaryDirectory(prefix="cctv-bench-", dir=os.environ.get("CCTV_BENCH_DIR")) as name,
        SimulatorProcess(cameras=cameras, kinds=kinds) as simulator,
    ):
        folder = Path(name)
        folder.chmod(0o755)  # the database's unprivileged user comes through here
        data = folder / "data"
        env = {key: value for key, value in os.environ.items() if not key.startswith("CCTV_")}
        with (folder / "log").open("wb") as log:
            process = subprocess.Popen(
                [*_CCTV, "serve", "--port", "0", "--data", str(data)],
                stdout=log,
                stderr=log,
                stdin=subprocess.DEVNULL,
                env=env | {"CCTV_RECORDERS": "1", "CCTV_CAMERA_NETWORKS": "any"},
            )
        try:
            told = _until(lambda: _told(data, process), "the services run")
            gateway = told["gateway"]
            client = httpx.Client(base_url=gateway, headers={"Origin": gateway}, timeout=30, trust_env=False)
            api = signed_in(client, Folders(data))
            ids = [_add(api, number, simulator.url(number)) for number in range(1, cameras + 1)]
            _until(lambda: _online(api) == cameras, "the cameras are online")
            port = next(row["port"] for row in told["services"] if row["name"] == "postgres")
            pids = {row["name"]: row["pid"] for row in told["services"]}
            yield LiveSystem(told["gateway"], ids, pids, data, port, str(api.cookies["cctv_session"]))
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(30)


def _until(what: Callable[[], Any], words: str) -> Any:
    deadline = time.monotonic() + START_LIMIT_S
    while time.monotonic() < deadline:
        with contextlib.suppress(httpx.HTTPError):
            if answer := what():
                return answer
        time.sleep(0.2)
    raise TimeoutError(words)


def _told(data: Path, process: subprocess.Popen[bytes]) -> dict[str, Any] | None:
    if process.poll() is not None:
        raise RuntimeError("the system ended")
    try:
        told: dict[str, Any] = json.loads((data / "run" / "services.json").read_text())
    except (OSError, ValueError):
        return None
    ready = "gateway" in told and httpx.get(f"{told['gateway']}/api/v1/session/ways").is_success
    return told if ready else None


def _add(api: httpx.Client, number: int, address: str) -> str:
    camera = {"name": f"Bench {number}", "agency": "OTHER", "main": {"url": address}}
    answer = api.post("/api/v1/cameras", json=camera, timeout=30).raise_for_status()
    return str(answer.json()["id"])


def _online(api: httpx.Client) -> int:
    items = api.get("/api/v1/cameras", timeout=30).json()["items"]
    return sum(item["status"]["state"] == "online" for item in items)
