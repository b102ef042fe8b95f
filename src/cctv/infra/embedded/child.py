"""A server process that is ours: dropped from root where it must be, ended when we end.

PostgreSQL refuses to run as root. Dropping to ``nobody`` alone fails when the checkout or the data lie under a
folder that only root may enter (``/root``), so the child keeps one right of root's, to pass by file permissions
(``CAP_DAC_OVERRIDE`` as an ambient capability, capabilities(7)), and nothing else of it.

On Linux the kernel ends the child when its parent dies (``PR_SET_PDEATHSIG``), so that even ``kill -9`` of the
supervisor leaves nothing on a port. The signal follows the *thread* that spawned: spawn from the main thread.
"""

import contextlib
import os
import pwd
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from cctv.base.errors import Unavailable

UNPRIVILEGED_USER = "nobody"
_POLL_S = 0.02
_LONGEST_POLL_S = 0.5
_LAST_WORDS_BYTES = 1 << 16


class StartFailed(Unavailable):
    """A server did not start."""

    code = "start_failed"
    message_ar = "لم يبدأ أحد الخوادم."


class Child:
    """A running server process: ask whether it lives, stop it within a time limit."""

    def __init__(self, process: "subprocess.Popen[bytes]", *, name: str, stop_signal: signal.Signals) -> None:
        self.process = process
        self.name = name
        self._stop_signal = stop_signal

    @property
    def pid(self) -> int:
        return self.process.pid

    def alive(self) -> bool:
        return self.process.poll() is None

    def stop(self, *, within_s: float = 8.0) -> None:
        """Ask the process to end; kill it when it has not ended ``within_s`` seconds."""
        if self.alive():
            self.process.send_signal(self._stop_signal)
        try:
            self.process.wait(within_s)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()

    def await_ready(self, ready: Callable[[], bool], *, within_s: float, log: Path) -> None:
        """Wait until ``ready()`` holds; :class:`StartFailed` with the log's last words when it does not."""
        began = time.monotonic()
        while not ready():
            waited_s = time.monotonic() - began
            if not self.alive() or waited_s > within_s:
                words = last_words(log)  # before it says that it stops
                self.stop(within_s=1.0)
                raise StartFailed(f"{self.name} did not start: {words}", log=str(log))
            time.sleep(min(max(_POLL_S, waited_s / 20), _LONGEST_POLL_S))


def spawn(
    argv: Sequence[str],
    *,
    name: str,
    log: Path,
    stop_signal: signal.Signals = signal.SIGTERM,
    unprivileged: bool = False,
    env: Mapping[str, str] | None = None,
) -> Child:
    """Start ``argv`` with its output appended to ``log``; as root and ``unprivileged``, under another user."""
    command = [*_prefix(unprivileged=unprivileged, stop_signal=stop_signal), *argv]
    with log.open("ab") as out:
        process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=subprocess.STDOUT,
            env=dict(env) if env is not None else None,
            start_new_session=True,
        )
    return Child(process, name=name, stop_signal=stop_signal)


def run_once(argv: Sequence[str], *, unprivileged: bool, stdin: bytes = b"") -> None:
    """Run a command to its end; :class:`StartFailed` with its words when it fails."""
    command = [*_prefix(unprivileged=unprivileged, stop_signal=signal.SIGTERM), *argv]
    done = subprocess.run(command, input=stdin, capture_output=True, check=False)
    if done.returncode != 0:
        words = (done.stderr or done.stdout).decode(errors="replace").strip()[-500:]
        raise StartFailed(f"{Path(argv[0]).name} failed: {words}")


def give_to_unprivileged(folder: Path) -> None:
    """Make ``folder`` the unprivileged user's own, which PostgreSQL insists on. Nothing when not root."""
    if os.geteuid() == 0:
        shutil.chown(folder, UNPRIVILEGED_USER)


def free_port(wanted: int | None = None) -> int:
    """``wanted`` when nothing listens on it on loopback, else any free port."""
    for port in (wanted, 0) if wanted else (0,):
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(("127.0.0.1", port))
            return int(probe.getsockname()[1])
    raise StartFailed("no free port on the loopback interface")


def start_on_free_port(start: Callable[[int], None], *, wanted: int | None = None) -> int:
    """``start(port)`` on ``wanted`` or any free port; the port.

    Another program may take it between our look and the server's: then once more on another one.
    """
    for last in (False, False, True):
        port = free_port(wanted)
        try:
            start(port)
        except StartFailed:
            if last or free_port(port) == port:
                raise
        else:
            break
    return port


def last_words(log: Path, *, lines: int = 5) -> str:
    """The end of a log file on one line, for an error message."""
    with contextlib.suppress(OSError), log.open("rb") as file:
        file.seek(max(0, log.stat().st_size - _LAST_WORDS_BYTES))
        return " / ".join(file.read().decode(errors="replace").strip().splitlines()[-lines:])
    return "it left no log"


def _prefix(*, unprivileged: bool, stop_signal: signal.Signals) -> list[str]:
    """``setpriv`` (util-linux) drops the user and ties the child's life to ours; elsewhere nothing is needed."""
    if not sys.platform.startswith("linux"):
        return []
    setpriv = shutil.which("setpriv")
    if setpriv is None:
        if unprivileged and os.geteuid() == 0:
            raise StartFailed("setpriv is missing: install util-linux, or do not start as root")
        return []
    words = [setpriv, "--pdeathsig", stop_signal.name.removeprefix("SIG")]
    if unprivileged and os.geteuid() == 0:
        rights = "+dac_override,+dac_read_search"
        words += ["--reuid", UNPRIVILEGED_USER, "--regid", str(_group()), "--clear-groups"]
        words += ["--inh-caps", rights, "--ambient-caps", rights]
        # access(2) forgets the capabilities of users other than root unless this is set, and initdb asks it.
        words += ["--securebits", "+no_setuid_fixup"]
    return [*words, "--"]


def _group() -> int:
    return pwd.getpwnam(UNPRIVILEGED_USER).pw_gid
