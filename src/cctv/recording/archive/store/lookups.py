"""Queries for what a viewer asks beside timelines: single segments, lists with hashes, the nearest footage."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Row, select, tuple_

from cctv.base.ids import CameraId, RunId
from cctv.base.span import Span
from cctv.infra.database import ReadTx
from cctv.recording.archive.model import LONGEST_SEGMENT, SHOWN
from cctv.recording.archive.store.wire import fetch
from cctv.recording.archive.tables import recording_spans, video_segments

_s = video_segments.c
_p = recording_spans.c

# Two probes of the primary key a camera; rows of deleted footage are stepped over.
BOUNDS = """
    SELECT c.id, first.start_time, last.end_time FROM unnest(%s::uuid[]) AS c (id)
    CROSS JOIN LATERAL (
        SELECT start_time FROM recording_spans
        WHERE camera_id = c.id AND NOT freed ORDER BY start_time LIMIT 1
    ) AS first
    CROSS JOIN LATERAL (
        SELECT end_time FROM recording_spans
        WHERE camera_id = c.id AND NOT freed ORDER BY start_time DESC LIMIT 1
    ) AS last
"""


async def bounds(tx: ReadTx, cameras: Sequence[CameraId]) -> list[tuple[CameraId, datetime, datetime]]:
    """(camera, start, end) of each camera's footage that is still there."""
    rows: list[Any] = await fetch(tx, BOUNDS, (list(cameras),))
    return rows


async def times(tx: ReadTx, run: RunId, seq: int, started: Span) -> Row[datetime, datetime] | None:
    """(start, end) of one shown segment that started inside ``started``."""
    query = select(_s.start_time, _s.end_time).where(
        _s.run_id == run,
        _s.seq == seq,
        _s.start_time >= started.start,
        _s.start_time < started.end,
        _s.state.in_(SHOWN),
    )
    return (await tx.execute(query)).first()


async def place(tx: ReadTx, run: RunId, seq: int, started: Span) -> Row[str, int, bytes] | None:
    """(volume, bytes, sha256) of one shown segment that started inside ``started``."""
    query = select(_s.volume, _s.bytes, _s.sha256).where(
        _s.run_id == run,
        _s.seq == seq,
        _s.start_time >= started.start,
        _s.start_time < started.end,
        _s.state.in_(SHOWN),
    )
    return (await tx.execute(query)).first()


async def listing(
    tx: ReadTx, camera: CameraId, span: Span, limit: int, after: tuple[datetime, RunId, int] | None
) -> Sequence[Row[Any]]:
    """The first ``limit`` segments of any state that overlap ``span``, by (start, run, sequence), all columns.

    With ``after`` those behind this place in the order.
    """
    earliest = span.start - LONGEST_SEGMENT
    place = tuple_(_s.start_time, _s.run_id, _s.seq)
    query = (
        select(video_segments)
        .where(
            _s.camera_id == camera,
            _s.start_time >= (earliest if after is None else max(earliest, after[0])),
            _s.start_time < span.end,
            _s.end_time > span.start,
        )
        .order_by(*place)
        .limit(limit)
    )
    if after is not None:
        query = query.where(place > after)
    return (await tx.execute(query)).all()


async def last_before(tx: ReadTx, camera: CameraId, moment: datetime) -> datetime | None:
    """The end of the last footage that began before ``moment``."""
    query = (
        select(_p.end_time)
        .where(_p.camera_id == camera, _p.start_time < moment, ~_p.freed)
        .order_by(_p.start_time.desc())
        .limit(1)
    )
    found: datetime | None = await tx.scalar(query)
    return found


async def first_after(tx: ReadTx, camera: CameraId, moment: datetime) -> datetime | None:
    """The start of the first footage at or after ``moment``."""
    query = (
        select(_p.start_time)
        .where(_p.camera_id == camera, _p.start_time >= moment, ~_p.freed)
        .order_by(_p.start_time)
        .limit(1)
    )
    found: datetime | None = await tx.scalar(query)
    return found
