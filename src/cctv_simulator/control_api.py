"""The control interface: a few requests over HTTP with JSON, for tests and for people with curl.

    GET    /cameras                          all cameras          POST /cameras {"kind": "h265", "sub": "sub"}
    GET    /cameras/N                        one                  DELETE /cameras/N
    POST   /cameras/N/faults/NAME {values}   a fault begins       DELETE /cameras/N/faults[/NAME]
    GET    /cameras/N/frames?stream=main&track=0&since=0          what was sent
    GET    /faults                           the catalogue        GET /stats

Faults take `?stream=main|sub|both` (both if not said; main for those that change the kind). Errors are
{"error": "…"} with status 400 or 404.
"""

from __future__ import annotations

import asyncio
import json
from dataclasses import asdict
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from cctv_simulator.faults import FAULTS, UnknownFault
from cctv_simulator.kinds import UnknownKind, parse_kind
from cctv_simulator.simulator import NoSuchCamera, Simulator

_LIMIT_BYTES = 1_000_000


class NoSuchPage(LookupError):
    """The control interface has no such address."""


class ControlApi:
    """Serves the control interface of one simulator."""

    def __init__(self, simulator: Simulator) -> None:
        self._simulator = simulator
        self._server: asyncio.Server | None = None

    async def start(self, host: str, port: int) -> int:
        """Listen; the port."""
        self._server = await asyncio.start_server(self._serve, host, port)
        return int(self._server.sockets[0].getsockname()[1])

    def stop(self) -> None:
        """Close the port."""
        if self._server is not None:
            self._server.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
            method, target, _ = head.split("\r\n", 1)[0].split(" ", 2)
            size = next(
                (line[15:] for line in head.split("\r\n") if line.lower().startswith("content-length:")), "0"
            )
            body = await reader.readexactly(min(int(size), _LIMIT_BYTES))
            status, answer = await self._handle(method, target, body)
        except (ValueError, asyncio.IncompleteReadError, asyncio.LimitOverrunError, ConnectionError):
            status, answer = 400, {"error": "not a request"}
        data = json.dumps(answer).encode()
        head = f"HTTP/1.1 {status} -\r\nContent-Type: application/json\r\nContent-Length: {len(data)}\r\n"
        writer.write(f"{head}Connection: close\r\n\r\n".encode() + data)
        try:
            await writer.drain()
        except ConnectionError:
            pass
        finally:
            writer.close()

    async def _handle(self, method: str, target: str, body: bytes) -> tuple[int, Any]:
        address = urlsplit(target)
        query = dict(parse_qsl(address.query))
        steps = [step for step in address.path.split("/") if step]
        try:
            values = json.loads(body) if body else {}
            return 200, await self._answer(method, steps, query, values)
        except (NoSuchCamera, NoSuchPage) as error:
            return 404, {"error": str(error)}
        except (UnknownFault, UnknownKind, ValueError, KeyError, TypeError) as error:
            return 400, {"error": str(error)}

    async def _answer(self, method: str, steps: list[str], query: dict[str, str], values: dict[str, Any]) -> Any:
        simulator = self._simulator
        match (method, *steps):
            case ("GET", "cameras"):
                return [simulator.words(camera) for camera in simulator.cameras.values()]
            case ("POST", "cameras"):
                added = await simulator.add(parse_kind(values["kind"]), parse_kind(values.get("sub", "sub")))
                return simulator.words(added)
            case ("GET", "cameras", number) if number.isdigit() and int(number) in simulator.cameras:
                return simulator.words(simulator.cameras[int(number)])
            case ("DELETE", "cameras", number):
                simulator.remove(int(number))
                return {}
            case ("POST", "cameras", number, "faults", name):
                await simulator.set_fault(int(number), name, values, stream=query.get("stream"))
                return {}
            case ("DELETE", "cameras", number, "faults", *names):
                await simulator.clear_fault(
                    int(number), names[0] if names else None, stream=query.get("stream", "both")
                )
                return {}
            case ("GET", "cameras", number, "frames"):
                since, track = int(query.get("since", 0)), int(query.get("track", 0))
                return simulator.frames(int(number), query.get("stream", "main"), track, since)
            case ("GET", "faults"):
                return [asdict(fault) for fault in FAULTS.values()]
            case ("GET", "stats"):
                return simulator.stats()
        raise NoSuchPage(f"{method} /{'/'.join(steps)} is not known here")
