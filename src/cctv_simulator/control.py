"""The control interface from the side of a test: set faults, ask what was sent."""

from __future__ import annotations

import http.client
import json
from typing import Any, Literal, cast
from urllib.parse import urlencode

from cctv_simulator.ledger import SentFrame

Which = Literal["main", "sub", "both"]


class ControlRefused(Exception):
    """The simulator did not do it; the message is its own."""


class Control:
    """Talks to the control port of a running simulator. Each call is one short request and blocks that long."""

    def __init__(self, port: int, host: str = "127.0.0.1", *, timeout_s: float = 60.0) -> None:
        self._address = (host, port)
        self._timeout_s = timeout_s

    def cameras(self) -> list[dict[str, Any]]:
        """All cameras (simulator.CameraWords)."""
        return cast(list[dict[str, Any]], self._ask("GET", "/cameras"))

    def camera(self, number: int) -> dict[str, Any]:
        """One camera (simulator.CameraWords)."""
        return cast(dict[str, Any], self._ask("GET", f"/cameras/{number}"))

    def add_camera(self, kind: str, *, sub: str = "sub") -> dict[str, Any]:
        """One more camera; a kind that is new to the cache is coded first (seconds)."""
        return cast(dict[str, Any], self._ask("POST", "/cameras", body={"kind": kind, "sub": sub}))

    def remove_camera(self, number: int) -> None:
        """Take a camera off the network."""
        self._ask("DELETE", f"/cameras/{number}")

    def fault(self, number: int, name: str, *, stream: Which | None = None, **values: float | str) -> None:
        """A fault of faults.FAULTS begins (or happens) on both streams or what is usual for it.

        `values` are its parameters.
        """
        query: dict[str, str | int] = {"stream": stream} if stream else {}
        self._ask("POST", f"/cameras/{number}/faults/{name}", query, values)

    def clear(self, number: int, name: str | None = None, *, stream: Which = "both") -> None:
        """A fault ends; without a name all of them."""
        self._ask("DELETE", f"/cameras/{number}/faults" + (f"/{name}" if name else ""), {"stream": stream})

    def frames(
        self, number: int, *, stream: Literal["main", "sub"] = "main", track: int = 0, since: int = 0
    ) -> list[SentFrame]:
        """The frames that were sent lately (track 1 is the sound), oldest first."""
        query: dict[str, str | int] = {"stream": stream, "track": track, "since": since}
        return cast(list[SentFrame], self._ask("GET", f"/cameras/{number}/frames", query))

    def faults(self) -> list[dict[str, Any]]:
        """The catalogue of faults."""
        return cast(list[dict[str, Any]], self._ask("GET", "/faults"))

    def stats(self) -> dict[str, float]:
        """Cameras, clients, packets, bytes; how late frames left at worst since the last call."""
        return cast(dict[str, float], self._ask("GET", "/stats"))

    def _ask(
        self, method: str, path: str, query: dict[str, str | int] | None = None, body: dict[str, Any] | None = None
    ) -> Any:
        line = http.client.HTTPConnection(*self._address, timeout=self._timeout_s)
        try:
            content = json.dumps(body) if body else None
            line.request(method, path + (f"?{urlencode(query)}" if query else ""), content)
            answer = line.getresponse()
            value = json.loads(answer.read())
        finally:
            line.close()
        if answer.status != 200:
            raise ControlRefused(value["error"])
        return value
