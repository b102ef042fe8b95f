"""Log files, cut when large: those of servers that are not ours, and, with a console for people, one a part.

Children append to their file themselves (``O_APPEND``), so a stalled supervisor never blocks one. Cutting copies
the file and then empties it; a line written between the two is lost, which is why production logs to standard
output instead.
"""

import os
import shutil
import time
from collections.abc import Sequence
from pathlib import Path

from cctv.infra.telemetry import log

CUT_AT_BYTES = 10_000_000
KEPT_FILES = 3
_LOOK_EVERY_S = 10.0
_GROWN_SINCE_BYTES = 1_000_000


class LogFiles:
    """The files ``NAME.log`` in ``folder`` and in those of ``servers``; older ones are ``NAME.log.1`` … ``.3``."""

    def __init__(self, folder: Path, *, servers: Sequence[Path] = (), cut_at_bytes: int = CUT_AT_BYTES) -> None:
        self._folder = folder
        self._folders = (folder, *servers)
        self._cut_at_bytes = cut_at_bytes
        self._next_look_s = 0.0

    def path(self, name: str) -> Path:
        return self._folder / f"{name}.log"

    def rotate(self) -> None:
        """Cut what has grown too large; looks only now and then. A disk that refuses is asked again."""
        if time.monotonic() < self._next_look_s:
            return
        self._next_look_s = time.monotonic() + _LOOK_EVERY_S
        for file in (file for folder in self._folders for file in folder.glob("*.log")):
            try:
                if file.stat().st_size > self._cut_at_bytes:
                    self._cut(file)
            except OSError as fault:
                log.warning("log_not_cut", file=file.name, reason=fault.strerror)

    def _cut(self, file: Path) -> None:
        copied = file.with_name(f"{file.name}.new")
        try:
            _copy_end(file, copied, self._cut_at_bytes + _GROWN_SINCE_BYTES)
        except OSError:  # half a copy of it would only fill the disk further
            copied.unlink(missing_ok=True)
            raise
        for number in range(KEPT_FILES - 1, 0, -1):
            older = file.with_name(f"{file.name}.{number}")
            if older.exists():
                older.replace(file.with_name(f"{file.name}.{number + 1}"))
        copied.replace(file.with_name(f"{file.name}.1"))
        with file.open("r+b") as emptied:
            emptied.truncate(0)


def _copy_end(file: Path, copied: Path, most_bytes: int) -> None:
    """What was never cut may be huge: only its end is kept."""
    with file.open("rb") as source, copied.open("wb") as out:
        size_bytes = os.fstat(source.fileno()).st_size
        source.seek(max(0, size_bytes - most_bytes))
        shutil.copyfileobj(source, out)
    copied.chmod(file.stat().st_mode & 0o777)
