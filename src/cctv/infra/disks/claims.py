"""Claims: which process of this machine does a thing, by a number. The kernel keeps them and ends them with it.

A claim is a lock of one byte of a file that stays empty: no process can be killed in a way that leaves one behind,
and none of it is in a database that may be away.
"""

import contextlib
import errno
import fcntl
import os
import threading
from pathlib import Path

from cctv.infra.telemetry import log

LARGEST = (1 << 62) - 1
"""The largest number that can be claimed."""

_REFUSED = (errno.EACCES, errno.EAGAIN)


class Claims:
    """Claim numbers up to :data:`LARGEST`. Thread-safe; open each file once in a process.

    Locks of a file (``fcntl(2)``, "advisory record locking") belong to the process: what one of its threads has
    claimed, we remember ourselves.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._guard = threading.Lock()
        self._ours: set[int] = set()
        self._told = False
        self._descriptor = self._open()

    def take(self, number: int) -> bool:
        """Whether ``number`` is now ours: no other process has it, and no other thread of this one.

        A disk that can keep no claims refuses nobody, and that is said once.
        """
        with self._guard:
            if number in self._ours:
                return False
            try:
                self._lock(number, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError as fault:
                if fault.errno in _REFUSED:
                    return False
                self._tell(fault)
            self._ours.add(number)
            return True

    def leave(self, number: int) -> None:
        """Let others have ``number``."""
        with self._guard:
            if number in self._ours:
                self._ours.remove(number)
                with contextlib.suppress(OSError):
                    self._lock(number, fcntl.LOCK_UN)

    def close(self) -> None:
        """Leave all."""
        with self._guard:
            if self._descriptor >= 0:
                os.close(self._descriptor)
            self._descriptor = -1
            self._ours.clear()

    def _lock(self, number: int, how: int) -> None:
        if self._descriptor >= 0:
            fcntl.lockf(self._descriptor, how, 1, number)

    def _open(self) -> int:
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            return os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as fault:
            self._tell(fault)
            return -1

    def _tell(self, fault: OSError) -> None:
        if not self._told:
            log.warning("claims_impossible", path=self._path.name, reason=fault.strerror)
        self._told = True
