"""The files being written, told through Valkey: key ``cctv:open:{camera}``, renewed with each fragment.

The value is the byte 1 (its format), JSON of the names and times, a newline, and the packed index as it is so far.
What is lost here (``FLUSHALL``) is back with the next fragment, a second later.
"""

import json
from collections.abc import Iterable, Sequence
from dataclasses import replace
from uuid import UUID

from valkey.exceptions import ValkeyError

from cctv.base.clock import from_us, to_us
from cctv.base.ids import CameraId, RunId
from cctv.infra.cache import Cache, CacheUnavailable
from cctv.recording.archive.model import Gap, OpenSegment, Timeline
from cctv.recording.archive.reading import shown

FORMAT = 1
KEPT_S = 30
"""Longer than the watchdog needs to give up a silent camera, so a file vanishes here only with its recorder."""


async def publish_open(cache: Cache, opened: Sequence[OpenSegment]) -> None:
    """Tell about open files, many at once (one round trip). Each is forgotten 30 s after it was last told."""
    try:
        async with cache.client.pipeline(transaction=False) as pipe:
            for one in opened:
                pipe.set(_key(one.camera_id), _packed(one), ex=KEPT_S)
            await pipe.execute()
    except (ValkeyError, OSError) as fault:
        raise CacheUnavailable from fault


async def forget_open(cache: Cache, cameras: Iterable[CameraId]) -> None:
    """Nothing is being written of these cameras any more."""
    keys = [_key(camera) for camera in cameras]
    try:
        if keys:
            await cache.client.delete(*keys)
    except (ValkeyError, OSError) as fault:
        raise CacheUnavailable from fault


async def read_open(cache: Cache, cameras: Sequence[CameraId]) -> dict[CameraId, OpenSegment]:
    """The open segments of these cameras, those there are, in one round trip."""
    if not cameras:
        return {}
    try:
        values = await cache.client.mget([_key(camera) for camera in cameras])
    except (ValkeyError, OSError) as fault:
        raise CacheUnavailable from fault
    found = (_unpacked(camera, value) for camera, value in zip(cameras, values, strict=True) if value)
    return {one.camera_id: one for one in found if one is not None}


def with_open(timeline: Timeline, opened: OpenSegment | None) -> Timeline:
    """The timeline with the open segment's time recorded, and open gaps ended where it begins.

    Cut the open segment to the asked span beforehand.
    """
    if opened is None:
        return timeline
    grown = shown([*timeline.spans, opened.span], [_ended(gap, opened) for gap in timeline.gaps])
    return replace(grown, hidden=timeline.hidden)


def _ended(gap: Gap, opened: OpenSegment) -> Gap:
    return replace(gap, end=opened.start) if gap.end is None and gap.start <= opened.start else gap


def _key(camera: CameraId) -> str:
    return f"cctv:open:{camera}"


def _packed(one: OpenSegment) -> bytes:
    facts = (one.run_id.hex, one.seq, to_us(one.start), to_us(one.end), one.volume, one.object_name)
    return bytes((FORMAT,)) + json.dumps(facts, separators=(",", ":")).encode() + b"\n" + one.fragments


def _unpacked(camera: CameraId, value: bytes) -> OpenSegment | None:
    """``None`` for a format that we do not know: a newer recorder writes it while we are still the old program."""
    if value[0] != FORMAT:
        return None
    facts, _, fragments = value[1:].partition(b"\n")
    run, seq, start_us, end_us, volume, name = json.loads(facts)
    return OpenSegment(
        camera_id=camera,
        run_id=RunId(UUID(hex=run)),
        seq=seq,
        start=from_us(start_us),
        end=from_us(end_us),
        volume=volume,
        object_name=name,
        fragments=fragments,
    )
