"""A process of ours: forked from the warm parent, ended when the parent's end of a pipe closes.

The parent has imported the large shared libraries once; a child shares those pages and starts in tens of
milliseconds. A child never outlives its parent: a thread waits on the *lifeline*, a pipe whose other end only
the parent holds, and whatever ends the parent, ``kill -9`` included, closes it.
"""

import contextlib
import logging
import os
import signal
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import NoReturn

ORPHAN_GRACE_S = 8.0
"""How long an orphaned process may take for its orderly end."""
_LONGEST_NAME = 15
_MOST_BEATS = 4096
_ENDING = frozenset({signal.SIGINT, signal.SIGTERM})


class Lifeline:
    """The pipe that ties children to the process that made it. Make one before the first fork."""

    def __init__(self) -> None:
        self._read, self._write = os.pipe()

    def hold(self) -> None:
        """In a child: end, in order, as soon as the parent is no more; without order when that takes too long."""
        os.close(self._write)
        threading.Thread(target=self._wait, name="lifeline", daemon=True).start()

    def _wait(self) -> None:
        with contextlib.suppress(OSError):
            os.read(self._read, 1)
        os.kill(os.getpid(), signal.SIGTERM)
        time.sleep(ORPHAN_GRACE_S)
        os._exit(1)


class Pulse:
    """A pipe by which a child says that it is alive. Make one before its fork; it serves one child."""

    def __init__(self) -> None:
        self._read, self._write = os.pipe()
        os.set_blocking(self._read, False)
        os.set_blocking(self._write, False)

    def beat(self) -> None:
        """In the child: alive."""
        with contextlib.suppress(OSError):  # a parent that does not read, or is no more: the lifeline's business
            os.write(self._write, b".")

    def heard(self) -> bool:
        """In the parent: whether the child has said so since this was last asked."""
        with contextlib.suppress(BlockingIOError):
            return bool(os.read(self._read, _MOST_BEATS))
        return False

    def keep(self, *, beating: bool) -> None:
        """After the fork: each side closes the end that is the other's."""
        os.close(self._read if beating else self._write)

    def end(self) -> None:
        """In the parent, once the child has ended."""
        os.close(self._read)


@dataclass(slots=True)
class Forked:
    """A child process made by :func:`fork`."""

    pid: int
    pulse: Pulse | None = None
    _status: int | None = field(default=None)

    def poll(self) -> int | None:
        """The exit code when the process has ended (negative: the signal that ended it), else ``None``."""
        if self._status is None:
            with contextlib.suppress(ChildProcessError):
                pid, status = os.waitpid(self.pid, os.WNOHANG)
                if pid == self.pid:
                    self._status = os.waitstatus_to_exitcode(status)
                    if self.pulse is not None:
                        self.pulse.end()
        return self._status

    def last_words(self) -> str:
        """Nothing: it has said it in the log."""
        return ""

    def heard(self) -> bool:
        """Whether it has said that it is alive since this was last asked; one without a pulse cannot tell."""
        return self.pulse is None or (self.poll() is None and self.pulse.heard())

    def wait(self) -> int:
        """Wait for the end; the exit code. Who is interrupted waiting ends the child."""
        try:
            while (code := self.poll()) is None:
                time.sleep(0.01)
        except BaseException:
            self.kill()
            raise
        return code

    def ask_to_end(self) -> None:
        self._send(signal.SIGTERM)

    def kill(self) -> None:
        self._send(signal.SIGKILL)

    def _send(self, number: signal.Signals) -> None:
        if self.poll() is None:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.pid, number)


def fork(
    work: Callable[[], int], *, name: str, lifeline: Lifeline, log: Path | None, pulse: Pulse | None = None
) -> Forked:
    """Run ``work`` in a child of this process; its result is the exit code. ``name`` is what ``ps -e`` shows.

    With ``log``, what the child prints is appended to that file; with ``pulse``, ``work`` lets it beat. The
    interrupt key is the parent's business: it ends its children in order.
    """
    sys.stdout.flush()
    sys.stderr.flush()
    # An interrupt in a hook of the fork would be printed and lost (PyErr_WriteUnraisable): it waits meanwhile.
    signal.pthread_sigmask(signal.SIG_BLOCK, _ENDING)
    pid = os.fork()
    if pulse is not None:
        pulse.keep(beating=pid == 0)
    if pid == 0:
        _run(work, name=name, lifeline=lifeline, log=log)
    child = Forked(pid, pulse)
    try:
        signal.pthread_sigmask(signal.SIG_UNBLOCK, _ENDING)
    except BaseException:
        child.kill()
        raise
    return child


def _run(work: Callable[[], int], *, name: str, lifeline: Lifeline, log: Path | None) -> NoReturn:
    code = 1
    try:
        signal.set_wakeup_fd(-1)
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, _ENDING)
        with contextlib.suppress(OSError):  # where the system has such a thing
            Path("/proc/self/comm").write_text(name[:_LONGEST_NAME])
        if log is not None:
            _print_into(log)
        lifeline.hold()
        code = work()
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else 1
    except BaseException:  # the frame of a process: say it and end, whatever it was
        logging.getLogger(__name__).exception("process_failed")
    finally:
        with contextlib.suppress(OSError, ValueError):
            sys.stdout.flush()
            sys.stderr.flush()
        os._exit(code)


def _print_into(log: Path) -> None:
    descriptor = os.open(log, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o640)
    os.dup2(descriptor, 1)
    os.dup2(descriptor, 2)
    os.close(descriptor)
