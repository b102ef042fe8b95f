"""Small files that are replaced as a whole."""

import os
from pathlib import Path

_MODE = 0o600


def write_whole(path: Path, content: str | bytes) -> None:
    """Replace ``path`` (mode 600): who reads it, also after a power loss, finds what was or what is, never a part.

    A file that holds this already is left alone: so a start needs no room for it on a full disk. ``OSError``: it
    is as it was.
    """
    data = content.encode() if isinstance(content, str) else content
    if _holds(path, data):
        return
    beside = path.with_name(path.name + ".new")
    beside.unlink(missing_ok=True)
    descriptor = os.open(beside, os.O_CREAT | os.O_EXCL | os.O_WRONLY, _MODE)
    try:
        with os.fdopen(descriptor, "wb") as out:
            out.write(data)
            out.flush()
            os.fsync(out.fileno())
        beside.replace(path)
    except OSError:
        beside.unlink(missing_ok=True)
        raise
    _sync_folder(path.parent)


def _holds(path: Path, data: bytes) -> bool:
    try:
        return path.stat().st_mode & 0o777 == _MODE and path.read_bytes() == data
    except OSError:
        return False


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
