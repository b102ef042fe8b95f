"""The simulator as a child process, for tests and demos."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path
from types import TracebackType
from typing import Any, Literal, Self
from urllib.parse import quote

from cctv_simulator.control import Control


class SimulatorFailed(Exception):
    """The simulator did not start; the message is what it said."""


class SimulatorProcess:
    """`cctv-simulator serve` as a child: started by `start` or `with`, ended by `stop`.

    It ends with this process too, however that ends: it watches a pipe that only this process holds open.
    """

    def __init__(
        self,
        *,
        cameras: int = 1,
        kinds: str = "h264-main",
        user: str | None = None,
        password: str | None = None,
        arguments: list[str] | None = None,
        start_s: float = 120.0,
    ) -> None:
        """`arguments`: further options of the command (--port, --footage, --auth). `start_s` covers coding."""
        self._words = ["--cameras", str(cameras), "--kinds", kinds, *(arguments or [])]
        self._user, self._password = user, password
        self._start_s = start_s
        self._child: subprocess.Popen[bytes] | None = None
        self._about: dict[str, Any] = {}

    def start(self) -> Self:
        """Start it and wait until it listens."""
        environment = dict(os.environ)
        if self._user is not None:
            environment |= {"CCTV_SIMULATOR_USER": self._user, "CCTV_SIMULATOR_PASSWORD": self._password or ""}
        with tempfile.TemporaryDirectory() as folder:
            ready = Path(folder) / "ready.json"
            command = [
                sys.executable,
                "-m",
                "cctv_simulator",
                "serve",
                "--end-with-stdin",
                "--ready-file",
                str(ready),
            ]
            self._child = subprocess.Popen(
                [*command, *self._words],
                stdin=subprocess.PIPE,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.PIPE,
                env=environment,
                start_new_session=True,
            )
            self._wait(ready)
        threading.Thread(target=self._drain, daemon=True).start()
        return self

    def stop(self) -> None:
        """SIGTERM, and SIGKILL five seconds later."""
        if self._child is None:
            return
        child, self._child = self._child, None
        child.send_signal(signal.SIGTERM)
        try:
            child.wait(5)
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait()
        for pipe in (child.stdin, child.stderr):
            if pipe is not None:
                pipe.close()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, where: TracebackType | None
    ) -> None:
        self.stop()

    @property
    def pid(self) -> int:
        """The child's process id."""
        assert self._child is not None
        return self._child.pid

    @property
    def rtsp_port(self) -> int:
        """The port that all cameras share."""
        return int(self._about["rtsp_port"])

    @property
    def control(self) -> Control:
        """For faults and for the truth about what was sent."""
        return Control(int(self._about["control_port"]))

    @property
    def cameras(self) -> list[dict[str, Any]]:
        """The cameras that it started with (simulator.CameraWords)."""
        return list(self._about["cameras"])

    def url(self, number: int = 1, stream: Literal["main", "sub"] = "main", *, credentials: bool = True) -> str:
        """The address of a stream, with user and password in it if there are any."""
        given = next((one for one in self.cameras if one["number"] == number), None) or self.control.camera(number)
        address = str(given[stream])
        if credentials and self._user is not None:
            who = f"{quote(self._user, safe='')}:{quote(self._password or '', safe='')}@"
            address = address.replace("rtsp://", f"rtsp://{who}", 1)
        return address

    def _wait(self, ready: Path) -> None:
        child = self._child
        assert child is not None
        end = time.monotonic() + self._start_s
        while not ready.exists():
            if child.poll() is not None or time.monotonic() > end:
                child.kill()
                said = child.communicate()[1].decode(errors="replace").strip()
                self._child = None
                raise SimulatorFailed(said or "the simulator did not start in time")
            time.sleep(0.02)
        self._about = json.loads(ready.read_text())

    def _drain(self) -> None:
        child = self._child
        if child is not None and child.stderr is not None:
            for line in child.stderr:
                sys.stderr.write(line.decode(errors="replace"))
