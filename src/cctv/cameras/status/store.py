"""All SQL of camera states. Ages are measured by the database's clock alone, so machines need not agree."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Row, case, delete, func, literal_column, select
from sqlalchemy.dialects.postgresql import insert

from cctv.base.faults import CameraState, Cause, Fault
from cctv.cameras.registry import Camera
from cctv.cameras.status.model import (
    FRESH_FOR,
    HISTORY_KEPT,
    Details,
    Past,
    Report,
    Status,
    StreamFacts,
    is_news,
    is_to_be_told,
    may_speak,
)
from cctv.cameras.status.tables import camera_status, camera_status_history, camera_status_reporters
from cctv.infra.database import ReadTx, WriteTx

_FORGET_REPORTERS_AFTER = timedelta(days=7)


async def set_statuses(tx: WriteTx, reports: Iterable[Report], *, reporter: str) -> list[Report]:
    """Write what `reporter` says of its cameras; the reports that are to be announced, in no order.

    Of several reports of one camera the last counts. A reporter whose lease is older than that of whoever spoke
    last is not heard. The same state again keeps its `since` and only renews stream and details.
    """
    last = {report.camera_id: report for report in reports}
    await still_here(tx, reporter)
    if not last:
        return []
    before = await _rows_for_update(tx, last)
    heard = [last[key] for key in sorted(last) if may_speak(before.get(key), last[key], reporter)]
    if not heard:
        return []
    await _upsert(tx, heard, reporter, before)
    news = [report for report in heard if is_news(before.get(report.camera_id), report)]
    await _keep_history(tx, news, reporter)
    return [report for report in heard if is_to_be_told(before.get(report.camera_id), report)]


async def still_here(tx: WriteTx, reporter: str) -> None:
    """A sign of life: what `reporter` said of its cameras still holds. Every second or so."""
    now = func.clock_timestamp()
    await tx.execute(
        insert(camera_status_reporters)
        .values(reporter=reporter, seen_at=now)
        .on_conflict_do_update(index_elements=[camera_status_reporters.c.reporter], set_={"seen_at": now})
    )


async def reporters(tx: ReadTx) -> dict[str, bool]:
    """All reporters that did not take their leave, and whether their word counts still."""
    c = camera_status_reporters.c
    rows = await tx.execute(select(c.reporter, c.seen_at > func.clock_timestamp() - FRESH_FOR))
    return {row[0]: bool(row[1]) for row in rows}


async def reported_by(tx: ReadTx, reporters: Sequence[str]) -> set[UUID]:
    """The cameras of which one of these spoke last."""
    query = select(camera_status.c.camera_id).where(camera_status.c.reporter.in_(reporters))
    return set((await tx.execute(query)).scalars())


async def gone(tx: WriteTx, reporter: str) -> None:
    """`reporter` stops in good order: what it said is old from now on. Forgets those long silent, too."""
    old = func.now() - _FORGET_REPORTERS_AFTER
    reporters = camera_status_reporters.c
    await tx.execute(
        delete(camera_status_reporters).where((reporters.reporter == reporter) | (reporters.seen_at < old))
    )


async def statuses(tx: ReadTx, cameras: Sequence[Camera]) -> dict[UUID, Status]:
    """How each of `cameras` is; every one gets an answer."""
    query = (
        select(camera_status, camera_status_reporters.c.seen_at)
        .join(
            camera_status_reporters,
            camera_status_reporters.c.reporter == camera_status.c.reporter,
            isouter=True,
        )
        .where(camera_status.c.camera_id.in_([camera.id for camera in cameras]))
    )
    rows = {row.camera_id: row for row in await tx.execute(query)}
    now = (await tx.execute(select(func.clock_timestamp()))).scalar_one()
    return {camera.id: _status(camera, rows.get(camera.id), now) for camera in cameras}


async def history(tx: ReadTx, camera_id: UUID, *, limit: int) -> list[Past]:
    """The camera's states, newest first."""
    query = (
        select(camera_status_history)
        .where(camera_status_history.c.camera_id == camera_id)
        .order_by(camera_status_history.c.id.desc())
        .limit(limit)
    )
    return [
        Past(
            state=CameraState(row.state),
            since=row.since,
            cause=Cause(row.cause) if row.cause else None,
            fault=Fault(row.fault) if row.fault else None,
            details=Details.from_json(row.details),
            reporter=row.reporter,
        )
        for row in await tx.execute(query)
    ]


def in_state(states: Sequence[CameraState]) -> ColumnElement[bool]:
    """A condition on the registry's query: cameras that :func:`statuses` would give one of `states`."""
    said = (
        select(camera_status.c.state)
        .where(camera_status.c.camera_id == literal_column("cameras.id"))
        .scalar_subquery()
    )
    off: ColumnElement[bool] = literal_column("NOT cameras.enabled OR cameras.removed_at IS NOT NULL")
    state = case((off, CameraState.OFF.value), else_=func.coalesce(said, CameraState.CONNECTING.value))
    return state.in_([str(wanted) for wanted in states])


async def _rows_for_update(tx: WriteTx, ids: Iterable[UUID]) -> dict[UUID, Mapping[str, Any]]:
    query = (
        select(camera_status)
        .where(camera_status.c.camera_id.in_(list(ids)))
        .order_by(camera_status.c.camera_id)  # one order for all, so that two reporters never wait on each other
        .with_for_update()
    )
    return {row["camera_id"]: dict(row) for row in (await tx.execute(query)).mappings()}


async def _upsert(
    tx: WriteTx, heard: Sequence[Report], reporter: str, before: Mapping[UUID, Mapping[str, Any]]
) -> None:
    rows = []
    for report in heard:
        earlier = before.get(report.camera_id)
        same = earlier is not None and earlier["reporter"] == reporter and not is_news(earlier, report)
        rows.append(
            {
                "camera_id": report.camera_id,
                "state": report.state,
                "cause": report.cause,
                "fault": report.fault,
                "since": earlier["since"] if same and earlier is not None else report.since,
                "details": report.details.to_json(),
                "stream": report.stream.to_json() if report.stream is not None else None,
                "reporter": reporter,
                "fence": report.fence,
            }
        )
    query = insert(camera_status).values(reported_at=func.clock_timestamp())
    names = [*rows[0], "reported_at"]
    query = query.on_conflict_do_update(
        index_elements=[camera_status.c.camera_id],
        set_={name: query.excluded[name] for name in names if name != "camera_id"},
    )
    await tx.execute(query, rows)


async def _keep_history(tx: WriteTx, news: Sequence[Report], reporter: str) -> None:
    if not news:
        return
    await tx.execute(
        insert(camera_status_history),
        [
            {
                "camera_id": report.camera_id,
                "state": report.state,
                "cause": report.cause,
                "fault": report.fault,
                "since": report.since,
                "details": report.details.to_json(),
                "reporter": reporter,
            }
            for report in news
        ],
    )
    past = camera_status_history
    numbered = (
        select(
            past.c.id,
            func.row_number().over(partition_by=past.c.camera_id, order_by=past.c.id.desc()).label("place"),
        )
        .where(past.c.camera_id.in_([report.camera_id for report in news]))
        .subquery()
    )
    await tx.execute(
        delete(past).where(past.c.id.in_(select(numbered.c.id).where(numbered.c.place > HISTORY_KEPT)))
    )


def _status(camera: Camera, row: Row[Any] | None, now: datetime) -> Status:
    if not camera.enabled or camera.removed_at is not None:
        since = camera.removed_at or camera.mode_since
        return Status(
            camera_id=camera.id,
            state=CameraState.OFF,
            cause=Cause.MAINTENANCE if camera.removed_at is None else None,
            fault=Fault.SWITCHED_OFF if camera.removed_at is None else None,
            since=since,
            fresh=True,
            now=now,
        )
    if row is None:
        return Status(
            camera_id=camera.id, state=CameraState.CONNECTING, since=camera.mode_since, fresh=False, now=now
        )
    return Status(
        camera_id=camera.id,
        state=CameraState(row.state),
        since=row.since,
        cause=Cause(row.cause) if row.cause else None,
        fault=Fault(row.fault) if row.fault else None,
        details=Details.from_json(row.details),
        stream=StreamFacts.from_json(row.stream) if row.stream else None,
        reporter=row.reporter,
        fresh=row.seen_at is not None and now - row.seen_at < FRESH_FOR,
        reported_at=row.reported_at,
        seen_at=row.seen_at,
        now=now,
    )
