"""Runs a simulator in this process until it is told to end."""

from __future__ import annotations

import asyncio
import gc
import json
import os
import signal
import sys
from dataclasses import dataclass
from pathlib import Path

from cctv_simulator.auth import Guard
from cctv_simulator.control_api import ControlApi
from cctv_simulator.kinds import Kind
from cctv_simulator.simulator import Options, Simulator


@dataclass(frozen=True)
class Plan:
    """What to serve and when to end."""

    options: Options
    guard: Guard | None
    kinds: list[Kind]
    sub: Kind
    control_port: int = 0
    ready_file: Path | None = None
    end_with_stdin: bool = False


def run(plan: Plan) -> None:
    """Serve until SIGTERM, SIGINT or, if asked for, the end of standard input."""
    asyncio.run(_serve(plan))


async def _serve(plan: Plan) -> None:
    ended = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, ended.set)
    if plan.end_with_stdin:
        loop.add_reader(sys.stdin.fileno(), _read_end, ended)
    simulator = Simulator(plan.options, plan.guard)
    control = ControlApi(simulator)
    try:
        await simulator.start()
        for kind in plan.kinds:
            await simulator.add(kind, plan.sub)
        control_port = await control.start(plan.options.host, plan.control_port)
        _settle()
        _announce(plan, simulator, control_port)
        await ended.wait()
    finally:
        control.stop()
        await simulator.stop()


def _read_end(ended: asyncio.Event) -> None:
    if not os.read(sys.stdin.fileno(), 1024):
        ended.set()


def _settle() -> None:
    """What is loaded stays: keep the garbage collector from walking over it many times a second."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 100)


def _announce(plan: Plan, simulator: Simulator, control_port: int) -> None:
    about = {
        "rtsp_port": simulator.port,
        "control_port": control_port,
        "pid": os.getpid(),
        "user": plan.guard.user if plan.guard is not None else None,
        "cameras": [simulator.words(camera) for camera in simulator.cameras.values()],
    }
    line = json.dumps(about)
    if plan.ready_file is not None:
        beside = plan.ready_file.with_name(f".{plan.ready_file.name}.{os.getpid()}")
        beside.write_text(line + "\n")
        beside.replace(plan.ready_file)
    sys.stdout.write(line + "\n")
    sys.stdout.flush()
