"""Renditions: the film, coded once for each kind, kept in the cache and looped without coding it again.

A rendition is one file: a line of JSON (what and when), then the coded pictures one after another. It is written
beside its place and renamed, and its name carries a version, so that a reader sees a whole file of its own kind.
PyAV is imported only where something is encoded: a process that finds everything in the cache never loads it.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import accumulate
from pathlib import Path

from cctv_simulator.footage import locked
from cctv_simulator.kinds import AudioCodec, Kind

VERSION = 1
LOOP_S = 10
VIDEO_RATE = 90_000


@dataclass(frozen=True)
class Unit:
    """One coded picture (Annex B or JPEG) or packet of sound; times in ticks of the track's clock rate."""

    data: bytes
    dts: int
    pts: int
    key: bool


@dataclass(frozen=True)
class Rendition:
    """One track, ready to be looped: `duration` is the length of a loop in ticks, `units` in decode order."""

    name: str
    codec: str
    clock_rate: int
    duration: int
    units: list[Unit] = field(repr=False)
    width: int = 0
    height: int = 0
    fps: int = 0
    channels: int = 0
    config: bytes = b""


def video(cache: Path, film: Path, kind: Kind) -> Rendition:
    """The video of `kind` from `film`: out of the cache, or coded now (some seconds) and put there."""
    name = f"{_mark(film)}-{kind.video_name}"
    return _kept(cache, name) or _made(cache, name, film, kind)


def audio(cache: Path, codec: AudioCodec) -> Rendition:
    """A tone of eight seconds in `codec`, at the rates that cameras use."""
    name = f"tone-{codec}"
    return _kept(cache, name) or _made(cache, name, None, codec)


def _made(cache: Path, name: str, film: Path | None, what: Kind | AudioCodec) -> Rendition:
    from cctv_simulator import encode  # noqa: PLC0415  PyAV costs 40 MB: only where something is encoded

    with locked(cache):
        made = _kept(cache, name)
        if made is None:
            if isinstance(what, Kind):
                assert film is not None
                made = encode.video(film, what, name)
            else:
                made = encode.tone(what, name)
            _keep(cache, made)
    return made


def _mark(film: Path) -> str:
    """A short name for the film's content, so that another film has other renditions."""
    with film.open("rb") as content:
        start = content.read(1_000_000)
    return hashlib.sha256(start + str(film.stat().st_size).encode()).hexdigest()[:8]


def _path(cache: Path, name: str) -> Path:
    return cache / f"{name}.v{VERSION}.loop"


def _kept(cache: Path, name: str) -> Rendition | None:
    path = _path(cache, name)
    if not path.is_file():
        return None
    content = path.read_bytes()
    line, _, blob = content.partition(b"\n")
    about = json.loads(line)
    rows = about.pop("units")
    config = bytes.fromhex(about.pop("config"))
    return Rendition(**about, config=config, units=list(_cut(blob, rows)))


def _cut(blob: bytes, rows: list[list[int]]) -> Iterable[Unit]:
    ends = accumulate(row[0] for row in rows)
    for (size, dts, pts, key), end in zip(rows, ends, strict=True):
        yield Unit(blob[end - size : end], dts, pts, bool(key))


def _keep(cache: Path, made: Rendition) -> None:
    about = {
        "name": made.name,
        "codec": made.codec,
        "clock_rate": made.clock_rate,
        "duration": made.duration,
        "width": made.width,
        "height": made.height,
        "fps": made.fps,
        "channels": made.channels,
        "config": made.config.hex(),
        "units": [[len(unit.data), unit.dts, unit.pts, int(unit.key)] for unit in made.units],
    }
    path = _path(cache, made.name)
    beside = path.with_suffix(f".{os.getpid()}")
    beside.write_bytes(json.dumps(about).encode() + b"\n" + b"".join(unit.data for unit in made.units))
    beside.replace(path)
