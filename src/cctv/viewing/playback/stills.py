"""Pictures of a recorded moment: chosen from the index, read by byte range, decoded in a child, kept on disk."""

import asyncio
from collections.abc import Coroutine, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, BinaryIO, Final, NamedTuple

from cctv.base.actor import Actor
from cctv.base.clock import from_us, to_us
from cctv.base.ids import CameraId
from cctv.base.span import Span
from cctv.media.errors import DamagedMedia, DecoderLost
from cctv.media.mp4.index import Gop, decode_index, gops
from cctv.media.stills.decoders import DecodeJob, Decoders
from cctv.media.stills.wire import Wish
from cctv.viewing.playback.errors import NoFootage, StillFailed, StillsBusy
from cctv.viewing.playback.footage import Shown, gops_of, ticks_to_us, us_to_90k
from cctv.viewing.playback.objects.reading import Objects, read_range
from cctv.viewing.playback.places import Places
from cctv.viewing.playback.still_cache import StillCache

REACH: Final = timedelta(seconds=20)
"""How far around the moment key frames are looked for; cameras with smart codecs send one in 4 to 10 s."""

_FORMAT: Final = 1


@dataclass(frozen=True, slots=True)
class StillRequest:
    """``exact``: the last frame shown at or before ``at``; else the key frame nearest to it."""

    camera: CameraId
    at: datetime
    exact: bool
    width: int | None


@dataclass(frozen=True, slots=True)
class Still:
    """A JPEG, the true time of its frame, and whether it stays the right answer for ever."""

    jpeg: bytes
    frame_time: datetime
    final: bool


class _Choice(NamedTuple):
    segment: Shown
    head_bytes: int
    base_90k: int
    gop: Gop


class Stills:
    """Makes stills; ``cache`` keeps them. At most ``limit`` are made or wait; :class:`StillsBusy` beyond."""

    def __init__(self, *, cache: StillCache, decoders: Decoders, objects: Objects, limit: int) -> None:
        self._places = Places(limit=limit, busy=StillsBusy)
        self._cache = cache
        self._decoders = decoders
        self._objects = objects

    async def still(self, wanted: StillRequest, segments: Sequence[Shown], *, actor: Actor) -> Still:
        """The picture for ``actor`` from ``segments``, the footage around the moment.

        Raises NoFootage when none of them has the moment, StillFailed or FootageUnreadable when it cannot be
        made.
        """
        # What is written stays: for a still, the last group of pictures of an open file is as good as any.
        choice = choose(wanted, [one._replace(growing=False) for one in segments])
        key = _cache_key(wanted, choice)
        kept = await asyncio.to_thread(self._cache.get, key)
        if kept is not None:
            return Still(kept.picture, from_us(kept.head["frame_us"]), final=choice.segment.closed)
        # Fetched from a store before the turn, which is for decoding alone; read in it.
        with (
            self._places.taken(actor.id),
            await self._objects.open(choice.segment.volume, choice.segment.object_name) as file,
        ):
            async with self._decoders.turn:
                return await _to_its_end(self._made(file, wanted, choice, key))

    async def _made(self, file: BinaryIO, wanted: StillRequest, choice: _Choice, key: str) -> Still:
        job = await asyncio.to_thread(_read, file, wanted, choice)
        try:
            picture = await self._decoders.decode(job)
        except DamagedMedia as fault:
            raise StillFailed(
                f"The picture could not be decoded: {fault}.", arabic="تعذّر فك ترميز الصورة."
            ) from fault
        except DecoderLost as fault:
            raise StillFailed from fault
        frame_us = to_us(choice.segment.start) + ticks_to_us(picture.at_90k - choice.base_90k)
        await asyncio.to_thread(self._cache.put, key, picture.jpeg, {"frame_us": frame_us})
        return Still(picture.jpeg, from_us(frame_us), final=choice.segment.closed)


def choose(wanted: StillRequest, segments: Sequence[Shown]) -> _Choice:
    """The group of pictures to decode; :class:`NoFootage` when no segment has the moment."""
    if not any(_visible(one).contains(wanted.at) for one in segments):
        raise NoFootage
    candidates = [
        _Choice(segment, index.head_bytes, index.base_90k, gop)
        for segment in segments
        for index in [decode_index(segment.fragments)]
        for gop in gops_of(segment, gops(index))
    ]
    if not candidates:
        raise NoFootage
    at_us = to_us(wanted.at)
    if not wanted.exact:
        return min(candidates, key=lambda one: abs(_starts_us(one) - at_us))
    begun = [one for one in candidates if _starts_us(one) <= at_us]
    return max(begun, key=_starts_us) if begun else candidates[0]


def around(moment: datetime) -> Span:
    """Where to look for footage of ``moment``."""
    return Span(moment - REACH, moment + REACH)


def _read(file: BinaryIO, wanted: StillRequest, choice: _Choice) -> DecodeJob:
    gop = choice.gop
    init = read_range(file, 0, choice.head_bytes)
    length = gop.bytes if wanted.exact else gop.key_bytes or gop.bytes
    coded = read_range(file, gop.offset, length)
    return DecodeJob(
        init=init,
        gop=coded,
        wish=Wish.EXACT if wanted.exact else Wish.KEY_FRAME,
        at_90k=_asked_90k(wanted, choice),
        width=wanted.width,
    )


async def _to_its_end(making: Coroutine[Any, Any, Still]) -> Still:
    """Also when cancelled: a child that is cut off must be replaced, which costs more than the still."""
    task = asyncio.create_task(making)
    try:
        return await asyncio.shield(task)
    finally:
        await asyncio.wait([task])


def _visible(segment: Shown) -> Span:
    return segment.part or Span(segment.start, segment.end)


def _starts_us(choice: _Choice) -> int:
    return to_us(choice.segment.start) + ticks_to_us(choice.gop.start_90k - choice.base_90k)


def _asked_90k(wanted: StillRequest, choice: _Choice) -> int:
    return choice.base_90k + us_to_90k(to_us(wanted.at) - to_us(choice.segment.start))


def _cache_key(wanted: StillRequest, choice: _Choice) -> str:
    frame = str(_asked_90k(wanted, choice)) if wanted.exact else "key"
    return f"{_FORMAT}|{choice.segment.object_name}|{choice.gop.offset}|{frame}|{wanted.width or 0}"
