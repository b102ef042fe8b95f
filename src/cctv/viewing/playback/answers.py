"""From what playback found to what it sends: shapes, headers, and how long an answer may be kept."""

import hashlib
import re
from collections.abc import AsyncGenerator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final
from uuid import UUID

from pydantic import TypeAdapter

from cctv.base.clock import from_us
from cctv.base.span import Span
from cctv.recording.archive import Gap, Segment
from cctv.viewing.playback import cursor
from cctv.viewing.playback import download as downloads
from cctv.viewing.playback import playlist as playlists
from cctv.viewing.playback.grants import Grant
from cctv.viewing.playback.schemas import (
    CameraTimelineOut,
    GapOut,
    GrantOut,
    HiddenOut,
    RecordingOut,
    RecordingsOut,
    SpanOut,
    TimelineOut,
)
from cctv.viewing.playback.stills import Still, StillRequest
from cctv.viewing.playback.timeline import CameraTimeline

_CHUNK_BYTES: Final = 100_000
_ASK_ANEW: Final = "private, no-cache"
_TAG: Final = re.compile(r'(?:W/)?("[\x21\x23-\x7e\x80-\xff]*")')
_TAG_LIST: Final = re.compile(rf"[ \t,]*{_TAG.pattern}(?:[ \t]*,[ \t,]*{_TAG.pattern})*[ \t,]*")
_CAMERAS: Final = TypeAdapter(list[CameraTimelineOut])


@dataclass(frozen=True, slots=True)
class Answer:
    """An HTTP answer that knows nothing of the web framework; ``stream`` instead of ``body`` when it is long."""

    status: int = 200
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)
    stream: AsyncGenerator[bytes] | None = None
    first_byte: int = 0
    """Where ``stream`` begins in the whole."""


def timeline(found: Sequence[CameraTimeline], span: Span, *, now: datetime, known: str | None) -> Answer:
    """The timelines, or 304 when ``known`` (If-None-Match) is what they still are; the clock does not count."""
    cameras = [_camera_timeline(one) for one in found]
    digest = hashlib.blake2b(_CAMERAS.dump_json(cameras), digest_size=12).hexdigest()
    headers = {"ETag": f'W/"{digest}"', "Cache-Control": _ASK_ANEW, "Content-Type": "application/json"}
    if known is not None and _is_among(headers["ETag"], known):
        return Answer(304, headers=headers)
    shape = TimelineOut(start=span.start, end=span.end, now=now, cameras=cameras)
    return Answer(body=shape.model_dump_json(by_alias=True).encode(), headers=headers)


def _is_among(etag: str, known: str) -> bool:
    """Whether ``known`` (If-None-Match) names ``etag``, weak or strong, or is ``*`` (RFC 9110, section 13.1.2)."""
    if known.strip() == "*":
        return True
    return _TAG_LIST.fullmatch(known) is not None and etag.removeprefix("W/") in _TAG.findall(known)


def grant(one: Grant, text: str, *, epoch: UUID | None = None) -> GrantOut:
    """A grant with the addresses that carry it, and show footage of ``epoch`` when that is given."""
    folder = f"/media/{one.camera}/{text}"
    asked = f"?epoch={epoch}" if epoch is not None else ""
    return GrantOut(
        id=one.name,
        grant=text,
        camera=one.camera,
        start=one.span.start,
        end=one.span.end,
        until=from_us(one.until_s * 1_000_000),
        renewable=one.renewable,
        purpose=one.purpose,
        url=f"{folder}/index.m3u8{asked}",
        video_url=f"{folder}/video.m3u8{asked}",
        iframes_url=f"{folder}/iframes.m3u8{asked}",
    )


def playlist(parts: Sequence[str], ended: bool) -> Answer:  # noqa: FBT001 - a pair as it is returned
    """A playlist; one that is complete may be kept a little.

    It goes out as it is joined, a piece at a time: a day of 7 MB never exists as a whole, nor its copy in bytes.
    """
    headers = {
        "Content-Type": playlists.CONTENT_TYPE,
        "Cache-Control": "private, max-age=30" if ended else "no-store",
        "Content-Length": str(sum(map(len, parts))),  # of ASCII, by the kinds of addresses that there are
    }
    return Answer(headers=headers, stream=_joined(parts))


async def _joined(parts: Sequence[str]) -> AsyncGenerator[bytes]:
    batch: list[str] = []
    size = 0
    for part in parts:
        batch.append(part)
        size += len(part)
        if size >= _CHUNK_BYTES:
            yield "".join(batch).encode("ascii")
            batch, size = [], 0
    if batch:
        yield "".join(batch).encode("ascii")


def still(wanted: StillRequest, found: Still) -> Answer:
    """The picture with the true time of its frame."""
    kept = "private, max-age=86400" if found.final else "private, max-age=2"
    headers = {
        "Content-Type": "image/jpeg",
        "Cache-Control": kept,
        "Vary": "Cookie, Authorization",  # who signs in next at this computer asks for himself
        "X-Frame-Time": found.frame_time.isoformat(timespec="microseconds").replace("+00:00", "Z"),
        "X-Frame-Match": "exact" if wanted.exact else "nearest",
    }
    return Answer(body=found.jpeg, headers=headers)


def from_cache() -> Answer:
    """Have the gateway send the object that it asked for from the segment cache, ranges and all."""
    return Answer(headers={"X-Accel-Redirect": "@cached", "Content-Type": downloads.CONTENT_TYPE})


def recordings(found: Sequence[Segment], *, limit: int) -> RecordingsOut:
    """A page of at most ``limit`` of ``found``, which has one more when there are more."""
    items = [
        RecordingOut(
            camera=one.camera_id,
            start=one.start,
            end=one.end,
            run=one.run_id,
            seq=one.seq,
            bytes=one.size_bytes,
            sha256=one.sha256.hex(),
            state=one.state,
            volume=one.volume,
            object=one.object_name,
        )
        for one in found[:limit]
    ]
    return RecordingsOut(items=items, next=_place_of(found[limit - 1]) if len(found) > limit else None)


def download(planned: downloads.Download, name: str, *, ranges: str | None, if_range: str | None = None) -> Answer:
    """The file or a range of it (206), or 416 for a range behind its end.

    The range counts only if ``if_range`` is not given or is the very tag of this file (RFC 9110, section 13.1.5):
    a range up to now is another file each time, and the end of one does not fit the beginning of another.
    """
    headers = {
        "Content-Type": downloads.CONTENT_TYPE,
        "Content-Disposition": downloads.disposition(name),
        "Accept-Ranges": "bytes",
        "Cache-Control": "private, no-store",
        "ETag": f'"{hashlib.blake2b(planned.plan.head, digest_size=12).hexdigest()}"',
    }
    unchanged = if_range is None or if_range.strip() == headers["ETag"]
    try:
        part = downloads.byte_range(ranges if unchanged else None, planned.size)
    except ValueError:
        planned.close()
        return Answer(416, headers=headers | {"Content-Range": f"bytes */{planned.size}"})
    start, end = part or (0, planned.size)
    headers["Content-Length"] = str(end - start)
    if part is not None:
        headers["Content-Range"] = f"bytes {start}-{end - 1}/{planned.size}"
    return Answer(206 if part else 200, headers=headers, stream=planned.send(start, end), first_byte=start)


def _place_of(one: Segment) -> str:
    return cursor.seal(cursor.Place(one.start, one.run_id, one.seq))


def _camera_timeline(one: CameraTimeline) -> CameraTimelineOut:
    return CameraTimelineOut(
        camera=one.camera,
        spans=[SpanOut(start=span.start, end=span.end) for span in one.spans],
        gaps=[GapOut(start=gap.start, end=gap.end, cause=gap.cause, detail=_words(gap)) for gap in one.gaps],
        recording_until=one.recording_until,
        oldest=one.oldest,
        newest=one.newest,
        hidden=[HiddenOut(start=under.span.start, end=under.span.end, epoch=under.epoch) for under in one.hidden],
    )


def _words(gap: Gap) -> str:
    said = gap.detail.get("words") or gap.detail.get("reason") or ""
    return str(said)
