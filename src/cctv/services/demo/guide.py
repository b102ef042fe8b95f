"""What a person sees of a running demonstration: registers the cameras, then tells of each change of state.

A child of the supervisor with the console; it asks the API like any other client and ends with the system.
"""

import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import httpx

from cctv.services.console import ConsoleAuth, gateway_trust
from cctv.services.demo.cameras import register
from cctv.services.demo.simulator import Simulator
from cctv.services.settings import Folders

_LOOK_EVERY_S = 1.0
_UP_WITHIN_S = 60.0

Say = Callable[[str], None]


def say(words: str) -> None:
    """A line with the time, on standard error: standard output is for results."""
    now = datetime.now(UTC).astimezone()
    sys.stderr.write(f"{now:%H:%M:%S}  {words}\n")
    sys.stderr.flush()


@dataclass(frozen=True, slots=True)
class Guide:
    """Knows the system's address and its simulated cameras."""

    url: str
    folders: Folders
    simulator: Simulator
    certificate: str | None = None
    """The gateway's, where it speaks TLS."""

    def show(self) -> int:
        """Register the cameras, say where to look, then tell what changes until the system ends."""
        with self.client() as api:
            self.register(api)
            say(f"Open {self.url} in a browser. Ctrl-C ends everything; what was recorded stays.")
            say(how_to_sign_in(self.folders))
            return _watch(api)

    def client(self) -> httpx.Client:
        """Asks as the server's console."""
        return self.unknown(auth=ConsoleAuth(self.folders.keys))

    def unknown(self, **more: Any) -> httpx.Client:
        """Asks as nobody yet."""
        trust = gateway_trust(self.certificate)
        return httpx.Client(base_url=self.url, timeout=20.0, trust_env=False, verify=trust, **more)

    def register(self, api: httpx.Client) -> list[str]:
        """The ids of the cameras, which the system knows when this returns."""
        say("Waiting for the simulated cameras (their footage is made once, which takes up to a minute)")
        streams = self.simulator.await_cameras(lambda seconds: say(f"Still making footage ({seconds} s)"))
        await_api(api)
        ids = register(api, self.folders.run, streams, password=self.simulator.password)
        say(f"{len(ids)} cameras are registered and are recorded from now on")
        return ids


def how_to_sign_in(folders: Folders) -> str:
    """The administrator's sign-in, as long as its password is one that we made."""
    if not folders.first_password.exists():
        return "Sign in with your password; a lost one is replaced by: cctv user recover"
    password = folders.first_password.read_text().strip()
    return f"Sign in as administrator with the password {password} (also in {folders.first_password})"


def await_api(api: httpx.Client) -> None:
    """Until the cameras can be listed through the gateway."""
    deadline = time.monotonic() + _UP_WITHIN_S
    while states(api) is None:
        if time.monotonic() > deadline:
            api.get("/api/v1/cameras").raise_for_status()
        time.sleep(0.1)


def states(api: httpx.Client) -> dict[str, dict[str, Any]] | None:
    """Each camera with its state, by id; ``None`` while nobody answers."""
    try:
        answer = api.get("/api/v1/cameras")
    except httpx.TransportError:
        return None
    return {camera["id"]: camera for camera in answer.json()["items"]} if answer.is_success else None


def _watch(api: httpx.Client) -> int:
    before: dict[str, str] = {}
    while True:
        cameras = states(api)
        for one, camera in (cameras or {}).items():
            if before.get(one) != (state := _in_words(camera)):
                before[one] = state
                say(f"{camera['name']}: {state}")
        time.sleep(_LOOK_EVERY_S)


def _in_words(camera: dict[str, Any]) -> str:
    status = camera["status"]
    words = str(status["state"]).replace("_", " ")
    return f"{words} ({status['cause']})" if status["cause"] else words
