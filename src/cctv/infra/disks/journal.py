"""A journal: rows that wait for the database, on disk beside the spool, in order.

One line an entry: CRC-32 of the text in eight hex digits, a space, JSON. Memory holds where the lines begin,
not the lines: a day without the database is a million of them. A torn last line (power loss) is cut off when
the journal is opened. Lines that are damaged in the middle must not keep a recorder from starting: what the
file was is kept beside it (:attr:`Journal.damage`), the journal goes on with the lines that are whole, and
whoever opened it says so. The file is locked while open, so a dead process's journal is the one whose lock is
free.
"""

import contextlib
import fcntl
import json
import os
import threading
import zlib
from array import array
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any

from cctv.infra.disks.files import FileSystem, OsFiles
from cctv.infra.telemetry import log

_CHUNK_BYTES = 1 << 20


@dataclass(frozen=True, slots=True)
class Damage:
    """Lines of a journal that cannot be read, and the file in which they were kept as they were."""

    lines: int
    kept: Path


class Journal:
    """Append entries, :meth:`sync`, and :meth:`forget` them once the database has them. Thread-safe."""

    def __init__(self, path: Path, *, files: FileSystem | None = None) -> None:
        self.path = path
        self._files: FileSystem = files or OsFiles()
        self._guard = threading.Lock()
        self._files.make_folders(path.parent)
        self._descriptor = self._open()
        self._starts = array("Q")
        """Where each waiting line begins in the file; it ends where the next begins, the last at ``_bytes``."""
        self._bytes = 0
        self.damage: Damage | None = None
        try:
            self._read()
        except OSError:
            self.close()
            raise
        self._durable = len(self._starts)
        """How many of the waiting lines, from the oldest on, are on the disk."""

    @classmethod
    def adopt(cls, path: Path, *, files: FileSystem | None = None) -> "Journal | None":
        """A journal whose process is gone; ``None`` when it is still in use or no longer there."""
        if not path.exists():
            return None
        try:
            return cls(path, files=files)
        except BlockingIOError:
            return None

    def __len__(self) -> int:
        with self._guard:
            return len(self._starts)

    def append(self, entry: dict[str, Any]) -> None:
        """Write one entry; it is durable after :meth:`sync`."""
        text = json.dumps(entry, separators=(",", ":"), ensure_ascii=False).encode()
        line = b"%08x %s\n" % (zlib.crc32(text), text)
        with self._guard:
            os.lseek(self._descriptor, self._bytes, os.SEEK_SET)  # over a torn line that could not be cut off
            try:
                self._files.write(self._descriptor, line)
            except OSError:
                with contextlib.suppress(OSError):
                    self._files.truncate(self._descriptor, self._bytes)
                raise
            self._starts.append(self._bytes)
            self._bytes += len(line)

    def sync(self) -> None:
        """All that was appended is durable. After an ``OSError`` it is not and will not be: :meth:`renew`."""
        with self._guard:
            self._files.sync(self._descriptor)
            self._durable = len(self._starts)

    def renew(self) -> None:
        """Go on in a fresh file after a failed :meth:`sync`; what was appended since the one before is left out.

        The system reports a failed write once and then forgets the data, so another sync of the same file would
        prove nothing.
        """
        with self._guard:
            self._replace(self._line(number) for number in range(self._durable))
            self._durable = len(self._starts)
            self._files.sync_folder(self.path.parent)

    def waiting(self, limit: int | None = None) -> list[dict[str, Any]]:
        """The oldest durable entries not yet forgotten, at most ``limit``."""
        found: list[dict[str, Any]] = []
        with self._guard:
            while len(found) < self._durable and (limit is None or len(found) < limit):
                entry = _entry(self._line(len(found)))
                if entry is not None:
                    found.append(entry)
                elif found:
                    break  # first those before it: who forgets them counts from the oldest
                else:
                    log.error("journal_line_unreadable", journal=self.path.name)
                    self._drop(1)
        return found

    def forget(self, number: int) -> None:
        """The oldest ``number`` entries are in the database. The file empties when none is left."""
        with self._guard:
            self._drop(number)

    def close(self) -> None:
        with self._guard:
            if self._descriptor >= 0:
                self._files.close(self._descriptor)
                self._descriptor = -1

    def remove(self) -> None:
        """Close and delete an empty journal of a process that is gone."""
        self.close()
        self._files.unlink(self.path)

    def _open(self) -> int:
        try:
            descriptor = self._files.create(self.path)
            self._files.sync_folder(self.path.parent)
        except FileExistsError:
            descriptor = self._files.open_existing(self.path)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            if not os.path.samestat(os.fstat(descriptor), self.path.stat()):
                raise BlockingIOError(f"{self.path} was put in place by another process just now")
        except OSError:
            self._files.close(descriptor)
            raise
        return descriptor

    def _read(self) -> None:
        """Find the lines; cut a torn last one off, put those aside that are damaged."""
        lines = at = bad = 0
        torn = False
        with self.path.open("rb") as file:
            for line in file:
                torn = not _is_whole(line)
                if torn:
                    bad += 1
                else:
                    self._starts.append(at)
                    self._bytes = at + len(line)
                lines += 1
                at += len(line)
        if len(self._starts) + torn < lines:
            self.damage = Damage(bad, self._mend())
        elif torn:
            self._files.truncate(self._descriptor, self._bytes)

    def _mend(self) -> Path:
        """Keep the file beside the journal, put its whole lines in its place; a crash costs none of them."""
        with self.path.open("rb") as damaged:
            aside = self._write_beside("damaged", iter(lambda: damaged.read(_CHUNK_BYTES), b""))
        with self.path.open("rb") as damaged:
            self._replace(line for line in damaged if _is_whole(line))
        self._files.sync_folder(self.path.parent)
        return aside

    def _replace(self, lines: Iterable[bytes]) -> None:
        """These ``lines`` are the journal from now on, in a file of their own; as before when the disk refuses."""
        starts, size = array("Q"), 0

        def measured() -> Iterator[bytes]:
            nonlocal size
            for line in lines:
                starts.append(size)
                size += len(line)
                yield line

        fresh = self._write_beside("new", _chunks(measured()))
        descriptor = self._files.open_existing(fresh)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            self._files.rename(fresh, self.path)
        except OSError:
            self._files.close(descriptor)
            with contextlib.suppress(OSError):
                self._files.unlink(fresh)
            raise
        before, self._descriptor = self._descriptor, descriptor
        self._starts, self._bytes = starts, size
        with contextlib.suppress(OSError):
            self._files.close(before)

    def _write_beside(self, word: str, chunks: Iterable[bytes]) -> Path:
        names = (self.path.with_name(f"{self.path.name}.{word}-{number}") for number in count(1))
        path = next(name for name in names if not name.exists())
        descriptor = self._files.create(path)
        try:
            for chunk in chunks:
                self._files.write(descriptor, chunk)
            self._files.sync(descriptor)
            self._files.sync_folder(path.parent)
        except OSError:
            with contextlib.suppress(OSError):
                self._files.unlink(path)
            raise
        finally:
            self._files.close(descriptor)
        return path

    def _line(self, number: int) -> bytes:
        """A waiting line as the file has it; an empty one, which is no entry, when the disk will not say."""
        start = self._starts[number]
        end = self._starts[number + 1] if number + 1 < len(self._starts) else self._bytes
        try:
            return os.pread(self._descriptor, end - start, start)
        except OSError:
            return b"\n"

    def _drop(self, number: int) -> None:
        del self._starts[:number]
        self._durable = max(0, self._durable - number)
        if not self._starts:
            with contextlib.suppress(
                OSError
            ):  # what stays in the file is told again one day, which changes nothing
                self._files.truncate(self._descriptor, 0)
                self._bytes = 0


def _chunks(lines: Iterable[bytes]) -> Iterator[bytes]:
    gathered = bytearray()
    for line in lines:
        gathered += line
        if len(gathered) >= _CHUNK_BYTES:
            yield bytes(gathered)
            gathered.clear()
    yield bytes(gathered)


def _is_whole(line: bytes) -> bool:
    crc, _, text = line.rstrip(b"\n").partition(b" ")
    return line.endswith(b"\n") and crc == b"%08x" % zlib.crc32(text)


def _entry(line: bytes) -> dict[str, Any] | None:
    if not _is_whole(line):
        return None
    entry: dict[str, Any] = json.loads(line.partition(b" ")[2])
    return entry
