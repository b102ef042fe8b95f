"""A range of recordings as one plain MP4, made while it is sent: the coded frames are copied by byte range.

The files stay open while they are sent, so retention cannot take them away meanwhile. Blocking parts run in
threads, a few downloads at once.
"""

import asyncio
import re
import time
import weakref
from collections.abc import AsyncGenerator, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import datetime, tzinfo
from typing import BinaryIO, Final
from urllib.parse import quote

import structlog

from cctv.base.actor import Actor
from cctv.base.clock import to_us
from cctv.base.errors import CctvError
from cctv.base.span import Span
from cctv.media.mp4.plain_mp4 import PlainMp4, Source, plan
from cctv.recording.archive import CutPiece
from cctv.viewing.playback.errors import Busy, TransmuxFailed
from cctv.viewing.playback.footage import us_to_90k
from cctv.viewing.playback.metrics import TRANSMUX_FAILURES, TRANSMUX_SECONDS
from cctv.viewing.playback.objects.reading import Objects, read_range
from cctv.viewing.playback.places import Places

CONTENT_TYPE: Final = "video/mp4"
_CHUNK_BYTES: Final = 1 << 20
_UNSAFE: Final = re.compile(r"[^\w.\-]+")

_LOG = structlog.get_logger()


@dataclass(slots=True, weakref_slot=True)
class Download:
    """A planned MP4 with its files open. ``close`` it, or send it to its end, which closes it."""

    plan: PlainMp4
    files: Sequence[BinaryIO]
    _open: ExitStack = field(repr=False)

    @property
    def size(self) -> int:
        """Length of the whole file in bytes."""
        return self.plan.size

    def close(self) -> None:
        """Let the files go; twice does no harm."""
        self._open.close()

    async def send(self, start: int, end: int) -> AsyncGenerator[bytes]:
        """The bytes from ``start`` to before ``end`` in chunks; closes the download."""
        try:
            for chunk in self._chunks(start, end):
                yield chunk if isinstance(chunk, bytes) else await asyncio.to_thread(read_range, *chunk)
        except CctvError as fault:
            _failed(fault)
            raise
        finally:
            self.close()

    def _chunks(self, start: int, end: int) -> Iterator[bytes | tuple[BinaryIO, int, int]]:
        head = self.plan.head[start:end]
        if head:
            yield head
        at = len(self.plan.head)
        for one in self.plan.ranges:
            first, last = max(start, at), min(end, at + one.length)
            for chunk in range(first, last, _CHUNK_BYTES):
                yield self.files[one.source], one.offset + chunk - at, min(_CHUNK_BYTES, last - chunk)
            at += one.length


class Downloads:
    """Plans downloads, ``limit`` of them alive at once; :class:`Busy` beyond.

    One user gets half of the places at most: who reads slowly keeps a place for hours.
    """

    def __init__(self, *, objects: Objects, limit: int) -> None:
        self._objects = objects
        self._places = Places(limit=limit, busy=Busy)

    async def start(self, pieces: Sequence[CutPiece], span: Span, *, actor: Actor) -> Download:
        """The download of ``pieces`` from ``span.start`` on; :class:`TransmuxFailed` when it cannot be made."""
        stack = ExitStack()
        stack.enter_context(self._places.taken(actor.id))
        began_s = time.perf_counter()
        try:
            planning = asyncio.create_task(self._plan(stack, pieces, span))
            download = await asyncio.shield(planning)
        except asyncio.CancelledError:
            planning.add_done_callback(lambda _: stack.close())
            raise
        except (CctvError, OSError) as fault:
            stack.close()
            _failed(fault)
            raise TransmuxFailed from fault
        TRANSMUX_SECONDS.observe(time.perf_counter() - began_s)
        return download

    async def _plan(self, stack: ExitStack, pieces: Sequence[CutPiece], span: Span) -> Download:
        files = await self._objects.open_all(stack, [(one.volume, one.object_name) for one in pieces])
        return await asyncio.to_thread(_planned, stack, files, pieces, span)


def file_name(camera: str, span: Span, zone: tzinfo) -> str:
    """``Camera_2026-11-23_12-00-00_to_12-05-00.mp4`` in local time; the camera's name made safe for any disk."""
    start, end = span.start.astimezone(zone), span.end.astimezone(zone)
    same_day = start.date() == end.date()
    until = f"{end:%H-%M-%S}" if same_day else f"{end:%Y-%m-%d_%H-%M-%S}"
    safe = _UNSAFE.sub("_", camera).strip("_.") or "camera"
    return f"{safe[:80]}_{start:%Y-%m-%d_%H-%M-%S}_to_{until}.mp4"


def disposition(name: str) -> str:
    """``Content-Disposition`` that saves under ``name`` in any script (RFC 6266, section 4.3)."""
    plain = _UNSAFE.sub("_", name.encode("ascii", "replace").decode().replace("?", "_"))
    return f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(name, safe='')}"


def byte_range(header: str | None, size: int) -> tuple[int, int] | None:
    """(start, end) of a single byte range, half open; ``None`` for all, or when it is not one we serve.

    A range without a byte, behind the end or the last none, raises ``ValueError`` (416).
    """
    match = re.fullmatch(r"bytes=(\d{0,18})-(\d{0,18})", (header or "").replace(" ", ""), re.ASCII)
    if match is None or not (match[1] or match[2]):
        return None
    if not match[1]:
        if int(match[2]) == 0:
            raise ValueError("the range has no bytes")
        return max(0, size - int(match[2])), size
    start = int(match[1])
    end = min(int(match[2]) + 1, size) if match[2] else size
    if start >= size:
        raise ValueError("the range begins behind the end")
    return (start, end) if start < end else None


def hidden_90k(pieces: Sequence[CutPiece], start: datetime) -> int:
    """How much of the first piece lies before ``start``: its key frame comes first."""
    return max(0, us_to_90k(to_us(start) - to_us(pieces[0].span.start)))


def _planned(stack: ExitStack, files: Sequence[BinaryIO], pieces: Sequence[CutPiece], span: Span) -> Download:
    sources = [
        Source(init=one.init, file=file, offset=one.offset, length=one.length)
        for one, file in zip(pieces, files, strict=True)
    ]
    download = Download(plan(sources, skip_90k=hidden_90k(pieces, span.start)), files, stack)
    # An answer whose client left before the first byte is never iterated: then nobody else lets the files go.
    weakref.finalize(download, stack.close)
    return download


def _failed(fault: BaseException) -> None:
    TRANSMUX_FAILURES.inc()
    _LOG.error("transmux_failed", words="transmux failed", reason=f"{type(fault).__name__}: {fault}")
