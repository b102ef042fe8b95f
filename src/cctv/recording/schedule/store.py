"""Rows of the plan."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Uuid, and_, bindparam, or_, select, text
from sqlalchemy.dialects.postgresql import ARRAY, TIMESTAMP

from cctv.base.ids import CameraId
from cctv.base.span import Span
from cctv.infra.database import ReadTx, WriteTx
from cctv.recording.schedule.tables import recording_plan

Changes = Sequence[tuple[CameraId, datetime]]

_p = recording_plan.c
_ARRAYS = (
    bindparam("cameras", type_=ARRAY(Uuid)),
    bindparam("times", type_=ARRAY(TIMESTAMP(timezone=True))),
)

# A camera has one row without an end at most (recording_plan_open); what is planned already stays.
_BEGIN = text(
    """
    INSERT INTO recording_plan (camera_id, from_time, why)
    SELECT camera_id, at, :why FROM unnest(:cameras, :times) AS c (camera_id, at)
    ON CONFLICT DO NOTHING
    RETURNING camera_id
    """
).bindparams(*_ARRAYS)
# Never before its beginning: a clock may have been set back between the two changes.
_END = text(
    """
    UPDATE recording_plan AS p SET to_time = greatest(p.from_time, c.at)
    FROM unnest(:cameras, :times) AS c (camera_id, at)
    WHERE p.camera_id = c.camera_id AND p.to_time IS NULL
    RETURNING p.camera_id
    """
).bindparams(*_ARRAYS)


async def begin(tx: WriteTx, changes: Changes, why: str) -> list[CameraId]:
    """Open rows for those cameras that have none open."""
    return list((await tx.execute(_BEGIN, {**_columns(changes), "why": why})).scalars())


async def end(tx: WriteTx, changes: Changes) -> list[CameraId]:
    """Close the open rows of those cameras that have one."""
    return list((await tx.execute(_END, _columns(changes))).scalars())


async def rows(
    tx: ReadTx, span: Span, cameras: Sequence[CameraId] | None
) -> list[tuple[CameraId, datetime, datetime | None]]:
    """(camera, from, to) of rows that overlap ``span``."""
    query = select(_p.camera_id, _p.from_time, _p.to_time).where(
        and_(_p.from_time < span.end, or_(_p.to_time.is_(None), _p.to_time > span.start))
    )
    if cameras is not None:
        query = query.where(_p.camera_id.in_(cameras))
    return [(row.camera_id, row.from_time, row.to_time) for row in await tx.execute(query)]


def _columns(changes: Changes) -> dict[str, list[CameraId] | list[datetime]]:
    return {"cameras": [camera for camera, _ in changes], "times": [at for _, at in changes]}
