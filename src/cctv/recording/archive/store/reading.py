"""Queries behind timelines and playlists. Each is one tight index range; tests look at their plans."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from cctv.base.faults import Cause
from cctv.base.ids import CameraId, RunId
from cctv.base.span import Span
from cctv.infra.database import ReadTx
from cctv.recording.archive.model import LONGEST_SEGMENT, Gap, Run, SegmentRow
from cctv.recording.archive.store.wire import fetch, fetch_as

_DAY = timedelta(days=1)

_OF_A_CAMERA = """
    FROM video_segments
    WHERE camera_id = %s AND start_time > %s AND start_time < %s AND end_time > %s
      AND state IN ('stored', 'spooled')
"""
SEGMENTS = (
    "SELECT run_id, seq, start_time, end_time, volume, object_name, fragments, bytes, NULL"
    + _OF_A_CAMERA
    + "ORDER BY start_time"
)
BARE_SEGMENTS = (
    "SELECT run_id, seq, start_time, end_time, volume, object_name, ''::bytea, bytes, NULL"
    + _OF_A_CAMERA
    + "ORDER BY start_time"
)
INDEXES = "SELECT run_id, seq, fragments" + _OF_A_CAMERA
SPANS = """
    SELECT camera_id, start_time, end_time, fence, epoch FROM recording_spans
    WHERE camera_id = ANY(%s) AND start_time > %s AND start_time < %s AND end_time > %s AND NOT freed
"""
GAPS = """
    SELECT id, camera_id, start_time, end_time, cause, detail FROM recording_gaps
    WHERE camera_id = ANY(%s) AND start_time < %s AND (end_time > %s OR end_time IS NULL)
    ORDER BY camera_id, start_time
"""
RUNS = """
    SELECT id, camera_id, fence, epoch, codec, codecs, width, height, rate, init, started_at, ended_at, end_cause
    FROM recording_runs WHERE id = ANY(%s)
"""


async def segments(tx: ReadTx, camera: CameraId, span: Span, *, indexed: bool) -> list[SegmentRow]:
    """By start; no segment is longer than ``LONGEST_SEGMENT``, so none that began earlier can reach in."""
    rows = await fetch(tx, SEGMENTS if indexed else BARE_SEGMENTS, _reaching_into(camera, span))
    return list(map(SegmentRow._make, rows))


async def indexes(tx: ReadTx, camera: CameraId, span: Span) -> dict[tuple[RunId, int], bytes]:
    return {(run, seq): found for run, seq, found in await fetch(tx, INDEXES, _reaching_into(camera, span))}


async def spans(
    tx: ReadTx, cameras: Sequence[CameraId], span: Span
) -> list[tuple[CameraId, datetime, datetime, int, UUID]]:
    """(camera, start, end, fence, epoch) of recorded spans, in no order.

    A row lies in one day, so none that began earlier reaches in.
    """
    rows: list[Any] = await fetch(tx, SPANS, (list(cameras), span.start - _DAY, span.end, span.start))
    return rows


async def gaps(tx: ReadTx, cameras: Sequence[CameraId], span: Span) -> list[Gap]:
    return await fetch_as(tx, _gap, GAPS, (list(cameras), span.end, span.start))


async def covered(tx: ReadTx, camera: CameraId, span: Span) -> list[Span]:
    """What is recorded, was recorded and freed since, or lies in a gap; an open gap covers up to ``span.end``."""
    return await fetch_as(
        tx,
        Span,
        """
        SELECT start_time, end_time FROM recording_spans
        WHERE camera_id = %(camera)s AND start_time > %(from)s - interval '1 day' AND start_time < %(to)s
        UNION ALL
        SELECT start_time, greatest(start_time, coalesce(end_time, %(to)s)) FROM recording_gaps
        WHERE camera_id = %(camera)s AND start_time < %(to)s AND (end_time > %(from)s OR end_time IS NULL)
        """,
        {"camera": camera, "from": span.start, "to": span.end},
    )


async def open_gaps(tx: ReadTx, cameras: Sequence[CameraId]) -> list[Gap]:
    return await fetch_as(
        tx,
        _gap,
        "SELECT id, camera_id, start_time, end_time, cause, detail FROM recording_gaps"
        " WHERE camera_id = ANY(%s) AND end_time IS NULL ORDER BY camera_id, start_time",
        (list(cameras),),
    )


async def newest(tx: ReadTx, cameras: Sequence[CameraId]) -> list[tuple[CameraId, datetime]]:
    rows: list[Any] = await fetch(
        tx,
        """
        SELECT c.id, s.end_time FROM unnest(%s::uuid[]) AS c (id)
        CROSS JOIN LATERAL (
            SELECT end_time FROM recording_spans
            WHERE camera_id = c.id AND NOT freed ORDER BY start_time DESC LIMIT 1
        ) AS s
        """,
        (list(cameras),),
    )
    return rows


async def runs(tx: ReadTx, ids: Iterable[RunId]) -> list[Run]:
    return await fetch_as(tx, _run, RUNS, (list(set(ids)),))


def _reaching_into(camera: CameraId, span: Span) -> tuple[Any, ...]:
    return camera, span.start - LONGEST_SEGMENT, span.end, span.start


def _gap(
    gap: UUID, camera: UUID, start: datetime, end: datetime | None, cause: str, detail: dict[str, Any]
) -> Gap:
    return Gap(id=gap, camera_id=CameraId(camera), start=start, end=end, cause=Cause(cause), detail=detail)


def _run(*columns: Any) -> Run:
    *values, cause = columns
    names = ("id", "camera_id", "fence", "epoch", "codec", "codecs", "width", "height", "rate", "init")
    row: dict[str, Any] = dict(zip((*names, "started_at", "ended_at"), values, strict=True))
    return Run(**row, end_cause=None if cause is None else Cause(cause))
