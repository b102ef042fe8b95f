"""The few file operations that durability hangs on, behind one door.

A test puts a file system behind it that forgets what was not synced, and so cuts the power between any two calls.
"""

import fcntl
import os
from pathlib import Path
from typing import Protocol

_F_FULLFSYNC: int | None = getattr(fcntl, "F_FULLFSYNC", None)
"""macOS has no fdatasync(2), and its fsync(2) leaves the data in the drive's cache; this does not."""


class FileSystem(Protocol):
    """What :class:`~cctv.infra.disks.volume.Volume` and the journal ask of a disk. Paths are absolute."""

    def create(self, path: Path) -> int:
        """A descriptor of a new file for reading and writing; ``FileExistsError`` when it is there."""
        ...

    def open_existing(self, path: Path) -> int:
        """A descriptor for reading and writing of a file that is there."""
        ...

    def write(self, descriptor: int, data: bytes) -> None:
        """Append all of ``data``."""
        ...

    def truncate(self, descriptor: int, length: int) -> None: ...

    def sync(self, descriptor: int) -> None:
        """Data and size are on the disk when this returns (fdatasync(2))."""
        ...

    def sync_folder(self, folder: Path) -> None:
        """The folder's names are on the disk when this returns."""
        ...

    def close(self, descriptor: int) -> None: ...

    def rename(self, source: Path, target: Path) -> None: ...

    def unlink(self, path: Path) -> None: ...

    def make_folders(self, folder: Path) -> None:
        """Make ``folder`` and its parents, each name synced in its parent."""
        ...


class OsFiles:
    """The operating system's files."""

    def create(self, path: Path) -> int:
        return os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR | os.O_CLOEXEC, 0o640)

    def open_existing(self, path: Path) -> int:
        return os.open(path, os.O_RDWR | os.O_CLOEXEC | os.O_NOFOLLOW)

    def write(self, descriptor: int, data: bytes) -> None:
        rest = memoryview(data)
        while rest:
            rest = rest[os.write(descriptor, rest) :]

    def truncate(self, descriptor: int, length: int) -> None:
        os.ftruncate(descriptor, length)

    def sync(self, descriptor: int) -> None:
        if _F_FULLFSYNC is None:
            os.fdatasync(descriptor)
        else:
            fcntl.fcntl(descriptor, _F_FULLFSYNC)

    def sync_folder(self, folder: Path) -> None:
        descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)

    def close(self, descriptor: int) -> None:
        os.close(descriptor)

    def rename(self, source: Path, target: Path) -> None:
        source.rename(target)

    def unlink(self, path: Path) -> None:
        path.unlink()

    def make_folders(self, folder: Path) -> None:
        missing = []
        at = folder
        while not at.is_dir():
            missing.append(at)
            at = at.parent
        for new in reversed(missing):
            new.mkdir(exist_ok=True)
            self.sync_folder(new.parent)
