"""Asks a camera what it sends: first whether anything answers, then a child process that reads the stream.

A few probes run at once, some more wait, the rest are refused; a child that takes too long is killed.
"""

import asyncio
import contextlib
import json
import os
import sys
import tempfile
import time
from typing import Any

from cctv.base.errors import DataLoss
from cctv.base.faults import Fault
from cctv.base.networks import ANY, Networks
from cctv.cameras.drivers.errors import ProbesBusy
from cctv.cameras.drivers.metrics import probe_seconds, probes_total
from cctv.cameras.drivers.model import Found, Seen, Target, failed, fault_of
from cctv.cameras.drivers.reach import reach
from cctv.cameras.drivers.settings import ProbeSettings
from cctv.cameras.drivers.words import harmless

_START_S = 10.0
_ANSWER_LIMIT_BYTES = 64 * 1024
# The child parses hostile input, so it gets none of our passwords: only what finds Python and its libraries.
_ENVIRONMENT = ("PATH", "PYTHONPATH", "PYTHONHOME", "VIRTUAL_ENV", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH", "TZ")


class Prober:
    """Probes for one service."""

    def __init__(self, settings: ProbeSettings, networks: str = ANY) -> None:
        """``networks`` as :class:`~cctv.base.networks.Networks` reads them: where cameras may be."""
        self._settings = settings
        self._networks = networks
        self._turns = asyncio.Semaphore(settings.probes_at_once)
        self._inside = 0

    async def probe(self, target: Target) -> Found:
        """What the camera sends, or why it does not; :class:`ProbesBusy` when too many are waiting already."""
        if self._inside >= self._settings.probes_at_once + self._settings.probes_waiting:
            probes_total.labels("busy").inc()
            raise ProbesBusy
        self._inside += 1
        try:
            async with self._turns:
                began_s = time.monotonic()
                found = await self._ask(target)
                probe_seconds.observe(time.monotonic() - began_s)
        finally:
            self._inside -= 1
        warned = found.seen is not None and found.seen.warnings
        probes_total.labels("failed" if found.seen is None else "warnings" if warned else "ok").inc()
        return found

    async def _ask(self, target: Target) -> Found:
        why = await reach(target.host, target.port, Networks.parse(self._networks))
        if why is not None:
            return failed(Fault.NETWORK_LOST, why=why)
        order = {
            "url": target.url,
            "transport": target.transport,
            "seconds": target.seconds,
            "open_s": self._settings.probe_open_s,
            "networks": self._networks,
        }
        limit_s = _START_S + self._settings.probe_open_s + target.seconds * 2
        try:
            answer = await _in_child(order, limit_s=limit_s)
        except TimeoutError:
            return failed(Fault.SENDS_NOTHING, f"no end of the answer within {limit_s:.0f} s")
        except _ChildDied as death:
            return failed(Fault.NO_KEY_FRAME, f"reading the stream ended with code {death.exit_code}")
        if "seen" in answer:
            return Found(seen=Seen.from_child(answer["seen"]))
        told = answer["failed"]
        return failed(fault_of(told["cause"], told["state"]), harmless(told["words"]))


class _ChildDied(DataLoss):
    """The probing process ended without an answer."""

    def __init__(self, code: int) -> None:
        super().__init__()
        self.exit_code = code


async def _in_child(order: dict[str, Any], *, limit_s: float) -> dict[str, Any]:
    """The child's answer; killed when it takes longer than `limit_s` or nobody waits any more.

    Order and answer go by a pipe that is filled before and a nameless file that is read after: nothing can block.
    """
    with tempfile.TemporaryFile() as answer:
        order_end = _filled_pipe(json.dumps(order).encode() + b"\n")
        try:
            child = await asyncio.create_subprocess_exec(
                sys.executable,
                "-m",
                "cctv.cameras.drivers.probe_child",
                stdin=order_end,
                stdout=answer,
                stderr=asyncio.subprocess.DEVNULL,
                env={name: os.environ[name] for name in _ENVIRONMENT if name in os.environ},
            )
        finally:
            os.close(order_end)
        try:
            async with asyncio.timeout(limit_s):
                exit_code = await child.wait()
        finally:
            with contextlib.suppress(ProcessLookupError):
                child.kill()
            await child.wait()
        answer.seek(0)
        return _parsed(answer.read(_ANSWER_LIMIT_BYTES), exit_code)


def _filled_pipe(content: bytes) -> int:
    """The end to read from of a pipe that holds `content`, far less than what a pipe takes without a reader."""
    read_end, write_end = os.pipe()
    with os.fdopen(write_end, "wb") as out:
        out.write(content)
    return read_end


def _parsed(line: bytes, exit_code: int) -> dict[str, Any]:
    try:
        answer = json.loads(line)
    except ValueError:
        raise _ChildDied(exit_code) from None
    if not isinstance(answer, dict) or not answer.keys() & {"seen", "failed"}:
        raise _ChildDied(exit_code)
    return answer
