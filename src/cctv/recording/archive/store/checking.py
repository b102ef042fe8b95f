"""What a check reads: the rows of a camera's day, its spans, and what covers its plan."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from cctv.base.ids import CameraId
from cctv.base.span import Span
from cctv.infra.database import ReadTx
from cctv.recording.archive.findings import CameraDay, CheckedRow
from cctv.recording.archive.model import JOIN, LONGEST_SEGMENT
from cctv.recording.archive.store.wire import fetch, fetch_as

_DAY = timedelta(days=1)


async def camera_days(tx: ReadTx, days: Sequence[Span]) -> list[CameraDay]:
    """Which cameras have rows on which of ``days``, by hopping through the index."""
    found = []
    for day in days:
        rows = await fetch(
            tx,
            """
            WITH RECURSIVE hop AS (
                (SELECT camera_id FROM video_segments WHERE start_time >= %(start)s AND start_time < %(end)s
                 ORDER BY camera_id LIMIT 1)
                UNION ALL
                SELECT (SELECT s.camera_id FROM video_segments AS s
                        WHERE s.start_time >= %(start)s AND s.start_time < %(end)s AND s.camera_id > hop.camera_id
                        ORDER BY s.camera_id LIMIT 1)
                FROM hop WHERE hop.camera_id IS NOT NULL
            )
            SELECT camera_id FROM hop WHERE camera_id IS NOT NULL
            """,
            {"start": day.start, "end": day.end},
        )
        found += [CameraDay(day.start.date(), camera) for (camera,) in rows]
    return found


async def rows(tx: ReadTx, camera: CameraId, day: Span) -> list[CheckedRow]:
    """Rows that begin in ``day``, and those before and after that touch it, by start."""
    return await fetch_as(
        tx,
        CheckedRow,
        """
        SELECT s.run_id, s.seq, s.start_time, s.end_time, s.bytes, s.sha256, s.volume, s.object_name, s.state,
               r.fence, r.epoch
        FROM video_segments AS s LEFT JOIN recording_runs AS r ON r.id = s.run_id
        WHERE s.camera_id = %s AND s.start_time > %s AND s.start_time < %s
        ORDER BY s.start_time, s.seq
        """,
        (camera, day.start - LONGEST_SEGMENT, day.end + JOIN),
    )


async def spans(tx: ReadTx, camera: CameraId, day: Span) -> list[Span]:
    """Recorded spans of ``day``."""
    return await fetch_as(
        tx,
        Span,
        "SELECT start_time, end_time FROM recording_spans"
        " WHERE camera_id = %s AND start_time >= %s AND start_time < %s AND NOT freed",
        (camera, day.start, day.end),
    )


async def strange_gaps(tx: ReadTx, causes: Sequence[str]) -> list[tuple[CameraId, datetime, datetime | None, str]]:
    """(camera, start, end, cause) of gaps whose cause is none of ours."""
    rows = await fetch(
        tx,
        "SELECT camera_id, start_time, end_time, cause FROM recording_gaps WHERE cause <> ALL(%s)",
        (list(causes),),
    )
    return [(camera, start, end, cause) for camera, start, end, cause in rows]
