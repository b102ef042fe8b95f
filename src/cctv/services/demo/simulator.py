"""The simulated cameras as a part of the system: a program of its own that we only start and read.

It renders its footage once into a cache; after that it starts within a second.
"""

import json
import os
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cctv.base.errors import Unavailable
from cctv.infra.embedded import free_port, spawn
from cctv.infra.keys import kept_secret
from cctv.services.demo.cameras import CAMERAS
from cctv.services.machines import ServerProcess

RTSP_PORT = 8554
READY_WITHIN_S = 300.0
USER = "demo"
_POLL_S = 0.1
_TELL_EVERY_S = 10.0


class CamerasMissing(Unavailable):
    """The simulated cameras did not start."""

    code = "cameras_missing"
    message_ar = "لم تبدأ الكاميرات التجريبية."


@dataclass(slots=True)
class Simulator:
    """Four cameras on one RTSP port, which stays the same over restarts of the program."""

    run: Path
    log: Path
    cache: Path
    password: str
    port: int = 0

    @property
    def ready_file(self) -> Path:
        return self.run / "simulator.json"

    def start(self) -> ServerProcess:
        """Start the program; it is ready when its file is there."""
        self.ready_file.unlink(missing_ok=True)
        self.port = free_port(self.port or RTSP_PORT)
        kinds = ",".join(camera.kind for camera in CAMERAS)
        command = [
            *(sys.executable, "-m", "cctv_simulator", "serve"),
            *("--cameras", str(len(CAMERAS)), "--kinds", kinds, "--port", str(self.port)),
            *("--cache", str(self.cache), "--ready-file", str(self.ready_file)),
        ]
        secret = {"CCTV_SIMULATOR_USER": USER, "CCTV_SIMULATOR_PASSWORD": self.password}
        return ServerProcess(spawn(command, name="simulator", log=self.log, env=os.environ | secret), log=self.log)

    def await_cameras(self, waiting: Callable[[int], None]) -> list[dict[str, Any]]:
        """The cameras with their addresses, in the order of :data:`CAMERAS`; :class:`CamerasMissing` if none.

        ``waiting`` is told the seconds now and then.
        """
        began = told = time.monotonic()
        while (now := time.monotonic()) < began + READY_WITHIN_S:
            if self.ready_file.exists():
                cameras: list[dict[str, Any]] = json.loads(self.ready_file.read_text())["cameras"]
                return cameras
            if now - told >= _TELL_EVERY_S:
                waiting(round(now - began))
                told = now
            time.sleep(_POLL_S)
        raise CamerasMissing(f"the simulated cameras did not start within {READY_WITHIN_S:.0f} s: see {self.log}")


def footage_cache(data: Path) -> Path:
    """Where renditions are kept: shared by all demos of a user, or in the data folder where that cannot be."""
    if given := os.environ.get("CCTV_CACHE"):
        return Path(given)
    home = Path(os.environ.get("XDG_CACHE_HOME") or Path("~/.cache").expanduser())
    nearest = next(folder for folder in (home, *home.parents) if folder.exists())
    return home / "rta-cctv" if os.access(nearest, os.W_OK) else data / "cache" / "footage"


def kept_password(run: Path) -> str:
    """The cameras' password, made at the first start (mode 600)."""
    return kept_secret(run / "simulator.password")
