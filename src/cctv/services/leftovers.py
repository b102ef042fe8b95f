"""What runs for a data folder is written down in ``run/services.json``; a new start ends what an old one left.

Normally nothing is left: children end with their parent's pipe, embedded servers by the kernel. The file is for
where that fails (no such kernel, a machine that is too busy), and for people and tests that look for process ids.
A process id is believed only together with the moment at which that process began.
"""

import contextlib
import fcntl
import json
import os
import signal
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import psutil

from cctv.base.errors import Conflict
from cctv.infra.gateway import end_group

FILE_NAME = "services.json"
FORMAT = 1
GATEWAY = "gateway"
_END_WITHIN_S = 8.0
_SAME_MOMENT_S = 1.0


class AlreadyRunning(Conflict):
    """A system already runs on this data folder."""

    code = "already_running"
    message_ar = "يوجد نظام يعمل بالفعل على مجلد البيانات هذا."


@dataclass(frozen=True, slots=True)
class Running:
    """One running process as the file shows it."""

    name: str
    pid: int
    port: int | None
    restarts: int
    began: float
    """Seconds since the epoch, as the system counts them for this process."""


def began(pid: int) -> float:
    """When process ``pid`` began, 0 when it is no more."""
    with contextlib.suppress(psutil.Error):
        return float(psutil.Process(pid).create_time())
    return 0.0


@contextlib.contextmanager
def only_one(run: Path) -> Iterator[None]:
    """Hold the folder's lock; :class:`AlreadyRunning` says who has it. Children do not inherit it."""
    with (run / "supervisor.lock").open("a") as lock:
        try:
            fcntl.lockf(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as fault:
            told = read(run)
            where = f" at {told['gateway']} (process {told['supervisor']['pid']})" if told else ""
            raise AlreadyRunning(f"already running{where} on {run.parent}") from fault
        yield


def read(run: Path) -> dict[str, Any] | None:
    """The file's content, or ``None`` when there is none that can be read."""
    with contextlib.suppress(OSError, ValueError):
        content: dict[str, Any] = json.loads((run / FILE_NAME).read_text())
        if content.get("format") == FORMAT:
            return content
    return None


def write(
    run: Path, *, gateway: str, certificate: Path | None, parts: list[Running], databases: Mapping[str, int]
) -> None:
    """Replace the file: it is always whole. ``databases`` are the ports of ours, also while one is away."""
    content = {
        "format": FORMAT,
        "supervisor": {"pid": os.getpid(), "began": began(os.getpid())},
        "gateway": gateway,
        "certificate": None if certificate is None else str(certificate),
        "databases": dict(databases),
        "services": [asdict(part) for part in parts],
    }
    new = run / f"{FILE_NAME}.new"
    new.write_text(json.dumps(content, indent=1) + "\n")
    new.replace(run / FILE_NAME)


def forget(run: Path) -> None:
    """After an orderly end nothing is left to be found."""
    (run / FILE_NAME).unlink(missing_ok=True)


def end_leftovers(run: Path) -> list[str]:
    """End what an earlier supervisor of this folder left behind; the names of what was found."""
    rows = (read(run) or {}).get("services", [])
    found = {row["name"]: process for row in rows if (process := _same(row)) is not None}
    for name, process in found.items():
        _send(process, signal.SIGINT if name == "postgres" else signal.SIGTERM)
    _await_end(list(found.values()))
    for row in rows:
        if row["name"] == GATEWAY and not psutil.pid_exists(row["pid"]):
            end_group(row["pid"])  # its workers: nobody else can have this group while they live
    return sorted(found)


def end_working_in(folder: Path, *, name: str) -> None:
    """End processes called ``name…`` that work in ``folder``.

    PostgreSQL's workers outlive a killed master briefly, and a second server beside them would ruin the cluster.
    """
    left = _inside(folder, name) if folder.exists() else []
    for process in left:
        _send(process, signal.SIGINT)
    _await_end(left)


def _send(process: psutil.Process, number: signal.Signals) -> None:
    with contextlib.suppress(psutil.Error):
        process.send_signal(number)


def _await_end(processes: list[psutil.Process]) -> None:
    _, alive = psutil.wait_procs(processes, timeout=_END_WITHIN_S)
    for process in alive:
        _send(process, signal.SIGKILL)
    psutil.wait_procs(alive, timeout=2.0)


def _same(row: dict[str, Any]) -> psutil.Process | None:
    with contextlib.suppress(psutil.Error):
        process = psutil.Process(row["pid"])
        if abs(process.create_time() - row["began"]) < _SAME_MOMENT_S and process.status() != psutil.STATUS_ZOMBIE:
            return process
    return None


def _inside(folder: Path, name: str) -> list[psutil.Process]:
    wanted = str(folder.resolve())
    return [process for process in psutil.process_iter() if _works_in(process, wanted, name)]


def _works_in(process: psutil.Process, folder: str, name: str) -> bool:
    with contextlib.suppress(psutil.Error):
        return bool(process.name().startswith(name) and process.cwd() == folder)
    return False
