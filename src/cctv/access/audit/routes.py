"""HTTP of the audit, for auditors: search, how much was watched, export. Nothing here changes an entry."""

from collections.abc import AsyncIterator
from typing import Annotated, Any, Final

from fastapi import APIRouter, Query
from fastapi.responses import StreamingResponse

from cctv.access.audit import store
from cctv.access.audit.export import as_csv
from cctv.access.audit.model import Entry
from cctv.access.audit.schemas import (
    AuditEntryOut,
    AuditList,
    AuditPage,
    AuditQuery,
    Names,
    WatchedList,
    WatchedOut,
)
from cctv.access.audit.writing import Audit
from cctv.base.permission import System, system
from cctv.infra.database import Database
from cctv.infra.http import ActorDep, Inject, Problem, ReadDep, Requires

_MOST_EXPORTED: Final = 1_000_000
_PROBLEM: dict[int | str, dict[str, Any]] = {422: {"model": Problem, "description": "The search is not valid."}}
_CSV: dict[int | str, dict[str, Any]] = {200: {"content": {"text/csv": {}}}}

router = APIRouter(prefix="/api/v1/audit", tags=["audit"], dependencies=[])
_DOOR = [Requires(system(System.AUDIT))]


@router.get("", dependencies=_DOOR, responses=_PROBLEM)
async def search(tx: ReadDep, query: Annotated[AuditPage, Query()]) -> AuditList:
    """What was done, newest first."""
    found = await store.search(tx, query.wanted(before=query.before), limit=query.limit + 1)
    page = found[: query.limit]
    more = page[-1].id if len(found) > query.limit else None
    names = Names(
        await store.camera_names(tx, {one.camera_id for one in page if one.camera_id}),
        await store.user_names(tx, {one.thing_id for one in page if one.thing_kind == "user"}),
    )
    return AuditList(items=[AuditEntryOut.of(one, names) for one in page], next=more)


@router.get("/watched", dependencies=_DOOR, responses=_PROBLEM)
async def watched(
    tx: ReadDep, query: Annotated[AuditQuery, Query()], limit: Annotated[int, Query(ge=1, le=1000)] = 200
) -> WatchedList:
    """Who watched which camera for how long, live and recorded."""
    rows = await store.watched(tx, query.wanted(), limit=limit)
    names = await store.camera_names(tx, {camera for camera, *_ in rows})
    return WatchedList(
        items=[
            WatchedOut(
                camera_id=camera,
                camera_name=names[camera].name if camera in names else None,
                camera_name_ar=names[camera].name_ar if camera in names else None,
                actor_id=actor,
                actor_name=name,
                seconds=seconds,
                times=times,
            )
            for camera, actor, name, seconds, times in rows
        ]
    )


@router.get("/export", dependencies=_DOOR, response_class=StreamingResponse, responses=_PROBLEM | _CSV)
async def export(
    database: Annotated[Database, Inject(Database)],
    audit: Annotated[Audit, Inject(Audit)],
    actor: ActorDep,
    query: Annotated[AuditQuery, Query()],
) -> StreamingResponse:
    """The entries as CSV. That they were taken away is an entry too, written before the first byte."""
    asked = query.model_dump(mode="json", exclude_none=True)
    await audit.now(Entry(actor=actor, action="audit.export", thing_kind="audit", detail=asked))
    async with database.read() as tx:
        cameras = await store.camera_names(tx)
    return StreamingResponse(
        as_csv(_entries(database, query), cameras),
        media_type="text/csv; charset=utf-8",
        headers={
            "Content-Disposition": 'attachment; filename="audit.csv"',
            "X-Content-Type-Options": "nosniff",
            "Cache-Control": "no-store",
        },
    )


async def _entries(database: Database, query: AuditQuery) -> AsyncIterator[Any]:
    async with database.read() as tx:
        async for entry in store.stream(tx, query.wanted(), limit=_MOST_EXPORTED):
            yield entry
