"""Room put by for a start on a full disk: the databases need a little, or nothing that could make room runs.

A file without content holds it while all is well. A start that finds the disk full gives it up; once PostgreSQL
runs, storage-service and recorders delete what may be deleted, and the room is put by again.
"""

import contextlib
import os
import shutil
import time
from pathlib import Path

from cctv.infra.telemetry import log

SIZE_BYTES = 32 << 20
_FULL_BYTES = 16 << 20
_PLENTY_BYTES = 256 << 20
_LOOK_EVERY_S = 60.0


class Ballast:
    """The file ``path``. No error of its disk is raised: it is there to help, never to be in the way."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._next_look_s = 0.0

    def give_up_when_full(self) -> None:
        """Before PostgreSQL starts: free the room if the disk is full."""
        with contextlib.suppress(OSError):
            free_bytes = shutil.disk_usage(self._path.parent).free
            if free_bytes < _FULL_BYTES and self._holds():
                log.warning("disk_full_at_start", free_bytes=free_bytes, ballast_bytes=SIZE_BYTES)
                self._path.unlink()

    def put_by(self) -> None:
        """Now and then: keep the room while there is plenty."""
        if time.monotonic() < self._next_look_s:
            return
        self._next_look_s = time.monotonic() + _LOOK_EVERY_S
        try:
            if not self._holds() and shutil.disk_usage(self._path.parent).free >= _PLENTY_BYTES:
                with self._path.open("wb") as out:
                    os.posix_fallocate(out.fileno(), 0, SIZE_BYTES)
        except OSError as fault:
            log.warning("no_ballast", reason=fault.strerror)
            with contextlib.suppress(OSError):
                self._path.unlink(missing_ok=True)

    def _holds(self) -> bool:
        return self._path.exists() and self._path.stat().st_size >= SIZE_BYTES
