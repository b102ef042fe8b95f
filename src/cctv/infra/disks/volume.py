"""A volume: one file system with ``spool/`` (being written) and ``archive/`` (closed), the same names in both.

Invariants:
- a file under ``archive/`` is complete, synced and never changes; it got there by one rename;
- a file under ``spool/`` is locked (flock(2)) by the process that writes it, so a file whose lock is free lost its
  writer and may be salvaged by anyone;
- a name's folder entry is on the disk before the volume says so.
"""

import contextlib
import errno
import fcntl
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import BinaryIO

from cctv.base.errors import Unavailable
from cctv.infra.disks.files import FileSystem, OsFiles
from cctv.infra.places import Deleted, Listing


class VolumeFault(Unavailable):
    """The disk refuses to write."""

    code = "volume_fault"
    message_ar = "القرص يرفض الكتابة."

    @property
    def disk_full(self) -> bool:
        """Whether room is all that is missing (ENOSPC, EDQUOT)."""
        return bool(self.detail.get("disk_full"))


@dataclass(frozen=True, slots=True)
class Usage:
    """Bytes of a file system as an unprivileged writer sees them; one that is ``read_only`` takes none."""

    total_bytes: int
    free_bytes: int
    read_only: bool = False


class SpoolFile:
    """An open spool file; its lock lives as long as its descriptor."""

    def __init__(self, files: FileSystem, descriptor: int, path: Path, name: str) -> None:
        self._files = files
        self._descriptor = descriptor
        self.path = path
        self.name = name
        self.bytes = 0

    def write(self, data: bytes) -> None:
        """Append; :class:`VolumeFault` when the disk refuses, after which the file holds ``bytes`` good bytes."""
        try:
            self._files.write(self._descriptor, data)
        except OSError as fault:
            with contextlib.suppress(OSError):
                self._files.truncate(self._descriptor, self.bytes)
            raise _as_volume_fault(fault, self.path) from fault
        self.bytes += len(data)

    def sync(self) -> None:
        """What was written is on the disk. A failed sync means: these data are not durable, and never will be."""
        with _faults_of(self.path):
            self._files.sync(self._descriptor)

    def truncate(self, length: int) -> None:
        """Cut the file to its first ``length`` bytes; :class:`VolumeFault` when the disk refuses."""
        with _faults_of(self.path):
            self._files.truncate(self._descriptor, length)
        self.bytes = length

    def close(self) -> None:
        """Release the lock. The file stays where it is."""
        if self._descriptor >= 0:
            self._files.close(self._descriptor)
            self._descriptor = -1


class Volume:
    """``root`` is made when missing; ``id`` stands in media addresses and catalogue rows."""

    def __init__(self, volume_id: str, root: Path, *, files: FileSystem | None = None) -> None:
        self.id = volume_id
        self.root = root
        self._files: FileSystem = files or OsFiles()
        for part in ("spool", "archive"):
            self._files.make_folders(root / part)

    @property
    def address(self) -> str:
        """The folder, as text."""
        return str(self.root)

    def spool_path(self, name: str) -> Path:
        return self.root / "spool" / _checked(name)

    def archive_path(self, name: str) -> Path:
        return self.root / "archive" / _checked(name)

    def find(self, name: str) -> Path | None:
        """Where the object lies now, in the archive or the spool."""
        for path in (self.archive_path(name), self.spool_path(name), self.archive_path(name)):
            if path.is_file():
                return path
        return None

    def create(self, name: str) -> SpoolFile:
        """A new locked spool file; :class:`VolumeFault` when the disk refuses, ``FileExistsError`` for a twin."""
        path = self.spool_path(name)
        try:
            self._files.make_folders(path.parent)
            descriptor = self._created(path)
            try:
                self._files.sync_folder(path.parent)
            except OSError:
                self._files.close(descriptor)  # it would hold the lock, and nobody could salvage the file
                raise
        except FileExistsError:
            raise
        except OSError as fault:
            raise _as_volume_fault(fault, path) from fault
        return SpoolFile(self._files, descriptor, path, name)

    def _created(self, path: Path) -> int:
        """A new file with its lock. Between the two, a salvager may take it for an orphan, and remove it."""
        while True:
            descriptor = self._files.create(path)
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            with contextlib.suppress(FileNotFoundError):
                if os.path.samestat(os.fstat(descriptor), path.stat()):
                    return descriptor
            self._files.close(descriptor)

    def adopt(self, name: str) -> SpoolFile | None:
        """Lock a spool file whose writer is gone; ``None`` when it is being written or no longer there."""
        path = self.spool_path(name)
        try:
            descriptor = self._files.open_existing(path)
        except OSError:
            return None
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            self._files.close(descriptor)
            return None
        if not path.exists():  # its writer stored it between our open and our lock
            self._files.close(descriptor)
            return None
        adopted = SpoolFile(self._files, descriptor, path, name)
        adopted.bytes = os.fstat(descriptor).st_size
        return adopted

    def store(self, file: SpoolFile) -> Path:
        """Sync the file, rename it into the archive, sync both folders, release it. Returns its final path."""
        target = self.archive_path(file.name)
        file.sync()
        with _faults_of(target):
            self._files.make_folders(target.parent)
            self._files.rename(file.path, target)
            self._files.sync_folder(target.parent)
            self._files.sync_folder(file.path.parent)
        file.close()
        return target

    def discard(self, file: SpoolFile) -> None:
        """Remove a spool file that holds nothing worth keeping, and release it; :class:`VolumeFault`: it stays."""
        try:
            with _faults_of(file.path), contextlib.suppress(FileNotFoundError):
                self._files.unlink(file.path)
        finally:
            file.close()

    def delete(self, name: str) -> bool:
        """Remove a stored object and sync its folder; whether it was there. Empty folders stay.

        :class:`VolumeFault` when the disk refuses, or does not say that the name is gone for good.
        """
        path = self.archive_path(name)
        with _faults_of(path):
            try:
                self._files.unlink(path)
            except FileNotFoundError:
                return False
            self._files.sync_folder(path.parent)
        return True

    def prune(self, *, unchanged_since_s: float) -> int:
        """Remove empty folders that nobody touched since then (seconds since 1970); how many went.

        A writer that is about to use such a folder fails as on any fault of the disk, and its file is salvaged.
        """
        gone = 0
        for top in ("archive", "spool"):
            for folder, folders, names in os.walk(self.root / top, topdown=False):
                if names or folder == str(self.root / top):
                    continue
                with contextlib.suppress(OSError):  # not empty after all, or gone
                    if folders or Path(folder).stat().st_mtime < unchanged_since_s:
                        Path(folder).rmdir()
                        gone += 1
        return gone

    def delete_many(self, names: Sequence[str]) -> Deleted:
        """Remove stored objects, in order; one that is not there is gone, too."""
        for count, name in enumerate(names):
            try:
                self.delete(name)
            except VolumeFault as fault:
                return Deleted(count, fault)
        return Deleted(len(names))

    def look(self, folder: str) -> Listing:
        """What is stored directly in ``folder``, ``""`` the top; a folder that is not there is empty."""
        found = Listing()
        try:
            entries = sorted(os.scandir(self.root / "archive" / folder), key=lambda entry: entry.name)
        except FileNotFoundError:
            return found
        for entry in entries:
            if entry.is_dir(follow_symlinks=False):
                found.folders.append(entry.name)
            elif entry.is_file(follow_symlinks=False):
                with contextlib.suppress(FileNotFoundError):  # deleted while we look
                    found.objects[entry.name] = entry.stat(follow_symlinks=False).st_size
            else:
                found.others.append(entry.name)
        return found

    def size_of(self, name: str) -> int | None:
        """Bytes of a stored object; ``None``: there is none. :class:`VolumeFault` when the disk does not say."""
        path = self.archive_path(name)
        with _faults_of(path):
            try:
                return path.stat().st_size
            except FileNotFoundError:
                return None

    def open(self, name: str) -> BinaryIO:
        """A stored object for reading; ``FileNotFoundError``."""
        return self.archive_path(name).open("rb")

    def stored(self) -> Iterator[tuple[str, int]]:
        """Names and sizes of all stored objects, folder by folder in order of names."""
        yield from _walk(self.root / "archive")

    def spooled(self) -> Iterator[tuple[str, int]]:
        """Names and sizes of all files in the spool, locked or not."""
        yield from _walk(self.root / "spool")

    def usage(self) -> Usage:
        """How full the file system is; :class:`VolumeFault` when the disk does not say."""
        with _faults_of(self.root):
            facts = os.statvfs(self.root)
        return Usage(
            total_bytes=facts.f_blocks * facts.f_frsize,
            free_bytes=facts.f_bavail * facts.f_frsize,
            read_only=bool(facts.f_flag & os.ST_RDONLY),
        )


def _checked(name: str) -> PurePosixPath:
    path = PurePosixPath(name)
    if path.is_absolute() or ".." in path.parts or not path.parts or "\0" in name:
        raise ValueError(f"{name!r} is no object's name")
    return path


def _walk(top: Path) -> Iterator[tuple[str, int]]:
    for folder, folders, names in os.walk(top):
        folders.sort()
        for name in sorted(names):
            path = Path(folder) / name
            with contextlib.suppress(FileNotFoundError):  # stored or deleted while we walk
                yield path.relative_to(top).as_posix(), path.stat().st_size


@contextlib.contextmanager
def _faults_of(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as fault:
        raise _as_volume_fault(fault, path) from fault


def _as_volume_fault(fault: OSError, path: Path) -> VolumeFault:
    return VolumeFault(
        f"{path}: {fault.strerror}", errno=fault.errno, disk_full=fault.errno in (errno.ENOSPC, errno.EDQUOT)
    )
