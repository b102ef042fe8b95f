"""Stills on disk: a folder limited in bytes that throws out what was used longest ago.

A file is `magic | blake2b of the rest, 16 bytes | length of the head u16 | head, JSON | picture`, written
beside its place and renamed, never synced: a torn or flipped file fails its hash and is dropped like a miss.
The order of use survives a restart in the files' modification times.
"""

import contextlib
import hashlib
import json
import os
import secrets
import struct
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from threading import Lock
from typing import Any, Final

from cctv.viewing.playback.metrics import CACHE_EVICTIONS, CACHE_HITS, CACHE_MISSES

_MAGIC: Final = b"CCTVSTL1"
_HASH_BYTES: Final = 16
_HEAD_LENGTH: Final = struct.Struct(">H")
_SUFFIX: Final = ".still"
_KIND: Final = "still"


@dataclass(frozen=True, slots=True)
class CachedStill:
    """A picture and what was said about it when it was stored."""

    head: Mapping[str, Any]
    picture: bytes


class StillCache:
    """Blocking: call from a thread. Safe between threads of one process; a folder has one process."""

    def __init__(self, folder: Path, *, limit_bytes: int) -> None:
        self._folder = folder
        self._limit = limit_bytes
        self._sizes: OrderedDict[str, int] = OrderedDict()
        self._total = 0
        self._lock = Lock()

    @property
    def total_bytes(self) -> int:
        return self._total

    def load(self) -> None:
        """Take over what an earlier process left, remove what it left half-written, and trim to the limit."""
        self._folder.mkdir(parents=True, exist_ok=True)
        found: list[tuple[int, str, int]] = []
        for path in self._folder.glob("??/*"):
            if path.suffix != _SUFFIX:
                path.unlink(missing_ok=True)
                continue
            state = path.stat()
            found.append((state.st_mtime_ns, path.stem, state.st_size))
        with self._lock:
            for _, name, size in sorted(found):
                self._sizes[name] = size
                self._total += size
        self._trim()

    def get(self, key: str) -> CachedStill | None:
        """What was stored under ``key``; a damaged entry is dropped and counts as a miss."""
        name = _name(key)
        still = self._read(name) if name in self._sizes else None
        (CACHE_MISSES if still is None else CACHE_HITS).labels(kind=_KIND).inc()
        return still

    def put(self, key: str, picture: bytes, head: Mapping[str, Any]) -> None:
        """Store ``picture`` with its ``head``. A disk that refuses costs the entry, not the answer."""
        name = _name(key)
        text = json.dumps(head, separators=(",", ":")).encode()
        rest = _HEAD_LENGTH.pack(len(text)) + text + picture
        content = _MAGIC + _digest(rest) + rest
        if len(content) > self._limit:
            return
        path = self._path(name)
        beside = path.with_name(f"{name}.{secrets.token_hex(4)}.part")
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            beside.write_bytes(content)
            beside.replace(path)
        except OSError:
            with contextlib.suppress(OSError):
                beside.unlink(missing_ok=True)
            return
        with self._lock:
            self._total += len(content) - self._sizes.pop(name, 0)
            self._sizes[name] = len(content)
        self._trim()

    def _read(self, name: str) -> CachedStill | None:
        path = self._path(name)
        try:
            content = path.read_bytes()
            os.utime(path)
        except OSError:
            self._forget(name)
            return None
        start = len(_MAGIC) + _HASH_BYTES
        rest = content[start:]
        if content[:start] != _MAGIC + _digest(rest):
            path.unlink(missing_ok=True)
            self._forget(name)
            return None
        with self._lock:
            if name in self._sizes:
                self._sizes.move_to_end(name)
        (length,) = _HEAD_LENGTH.unpack_from(rest)
        body = _HEAD_LENGTH.size + length
        return CachedStill(json.loads(rest[_HEAD_LENGTH.size : body]), rest[body:])

    def _trim(self) -> None:
        while True:
            with self._lock:
                if self._total <= self._limit:
                    return
                name, size = self._sizes.popitem(last=False)
                self._total -= size
            self._path(name).unlink(missing_ok=True)
            CACHE_EVICTIONS.labels(kind=_KIND).inc()

    def _forget(self, name: str) -> None:
        with self._lock:
            self._total -= self._sizes.pop(name, 0)

    def _path(self, name: str) -> Path:
        return self._folder / name[:2] / f"{name}{_SUFFIX}"


def _name(key: str) -> str:
    return hashlib.blake2b(key.encode(), digest_size=16).hexdigest()


def _digest(rest: bytes) -> bytes:
    return hashlib.blake2b(rest, digest_size=_HASH_BYTES).digest()
