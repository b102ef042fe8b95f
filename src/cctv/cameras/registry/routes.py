"""HTTP of the registry: adding, changing, removing, importing, exporting. Reading with the state is `status`'s."""

import asyncio
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import APIRouter, Depends, Header, Query, Request, Response

from cctv.access.audit import Entry
from cctv.access.doors import Access, AccessDep
from cctv.access.policy import ALL, MayNot, Scope
from cctv.base.clock import Clock, utc_now
from cctv.base.errors import InvalidInput
from cctv.base.permission import SIGNED_IN, System, Verb, some_camera, system
from cctv.base.permission import camera as on_camera
from cctv.cameras.registry import changes, export, groups, store
from cctv.cameras.registry.import_text import parse_file
from cctv.cameras.registry.importing import ImportReport, Options, Outcome, import_cameras
from cctv.cameras.registry.model import Agency, Camera
from cctv.cameras.registry.schemas import (
    AgencyIn,
    AgencyList,
    AgencyOut,
    CameraIn,
    CameraOut,
    CameraPatch,
    GroupIn,
    GroupList,
    GroupOut,
    ImportOut,
)
from cctv.cameras.registry.upload import BODY, read_upload
from cctv.infra.database import WriteTx
from cctv.infra.http import Inject, Problem, ReadDep, Requires, WriteDep
from cctv.infra.keys import Keyring


@dataclass(frozen=True, slots=True)
class _Desk:
    """What every change is made with."""

    keyring: Keyring
    at: datetime
    access: Access

    async def changed(self, tx: WriteTx, act: str, camera: Camera, given: Iterable[str] = ()) -> CameraOut:
        """Keep what was done in the audit; who did it must manage the camera where it is now, too."""
        self.access.require_in(Verb.MANAGE, agency=camera.agency, group=camera.group_id, camera=camera.id)
        detail = {"name": camera.name, "version": camera.version, "given": sorted(given)}
        entry = self.access.entry(
            f"camera.{act}",
            "camera",
            str(camera.id),
            camera=camera.id,
            agency=camera.agency,
            detail=detail,
        )
        await self.access.audit.note(tx, entry)
        return CameraOut.of(camera)

    def may_place(self, agency: str, *, now_in: str | None = None) -> None:
        """Refuse an agency that one may not put the camera into, before anything is looked up in it."""
        if not self.access.scope(Verb.MANAGE).may_place(agency.strip().upper(), now_in=now_in):
            raise MayNot(verb=str(Verb.MANAGE), agency=agency)


def _desk(
    keyring: Annotated[Keyring, Inject(Keyring)], clock: Annotated[Clock, Inject(Clock)], access: AccessDep
) -> _Desk:
    return _Desk(keyring, utc_now(clock), access)


Desk = Annotated[_Desk, Depends(_desk)]

_MANAGE_SOME = [Requires(some_camera(Verb.MANAGE))]
_MANAGE_THIS = [Requires(on_camera(Verb.MANAGE, "camera_id"))]
_PROBLEM: dict[str, Any] = {"model": Problem}
_CONFLICT: dict[int | str, dict[str, Any]] = {
    409: _PROBLEM | {"description": "Changed meanwhile, name taken, or removed."}
}
_GONE: dict[int | str, dict[str, Any]] = {404: _PROBLEM | {"description": "There is no such camera."}}
_GROUPS = [Requires(system(System.AGENCIES))]
_NO_GROUP: dict[int | str, dict[str, Any]] = {
    404: _PROBLEM | {"description": "There is no such group."},
    409: _PROBLEM | {"description": "Name taken, or the group is in use."},
}
_WRONG: dict[int | str, dict[str, Any]] = {
    422: _PROBLEM | {"description": "Not valid; `problems` names each field, what is wrong and what to do."}
}

router = APIRouter(prefix="/api/v1/cameras", tags=["cameras"])


def _seen_version(
    if_match: Annotated[str | None, Header(description='The ETag that was seen, for example `"3"`.')] = None,
) -> int | None:
    if if_match is None or if_match.strip() == "*":
        return None
    found = re.fullmatch(r'\s*(?:W/)?"?([0-9]{1,9})"?\s*', if_match, re.ASCII)
    if found is None:
        raise InvalidInput(
            'If-Match must be the ETag of the camera, for example "3".',
            arabic='يجب أن يكون If-Match هو ETag الكاميرا، مثل "3".',
        )
    return int(found[1])


SeenVersion = Annotated[int | None, Depends(_seen_version)]


@router.post("", status_code=201, dependencies=_MANAGE_SOME, responses=_WRONG | _CONFLICT)
async def add(given: CameraIn, tx: WriteDep, desk: Desk, response: Response) -> CameraOut:
    """Add a camera; recorders take it up within two seconds. User and password are sealed, never shown again."""
    desk.may_place(given.agency)
    camera = await changes.add_camera(tx, given.to_draft(), keyring=desk.keyring, at=desk.at)
    response.headers["Location"] = f"/api/v1/cameras/{camera.id}"
    response.headers["ETag"] = f'"{camera.version}"'
    return await desk.changed(tx, "add", camera)


@router.post("/import", dependencies=_MANAGE_SOME, openapi_extra=BODY, responses=_WRONG)
async def import_file(
    request: Request,
    tx: WriteDep,
    desk: Desk,
    *,
    dry_run: Annotated[bool, Query(description="Only say what would happen.")] = False,
    existing: Annotated[
        Literal["skip", "update"],
        Query(description="What to do with a camera that is there already, by its address or name."),
    ] = "skip",
) -> ImportOut:
    """Import a list of cameras as CSV or JSON: the good rows are kept, each bad one is reported with its reason.

    Columns: name, name_ar, agency, group, place, lat, lon, main_url, main_transport, sub_url, sub_transport,
    username, password, mode, audio, enabled, and synonyms of these (also Arabic). At most 5,000 rows and 5 MiB.
    Importing a file again changes nothing.
    """
    file = await asyncio.to_thread(parse_file, *await read_upload(request))
    scope = desk.access.scope(Verb.MANAGE)
    options = Options(existing=existing, dry_run=dry_run, at=desk.at, scope=scope)
    report = await import_cameras(tx, file, options=options, keyring=desk.keyring)
    if not dry_run:
        await desk.access.audit.note(tx, *_told_of_import(desk.access, report))
    return ImportOut.of(report)


def _told_of_import(access: Access, report: ImportReport) -> Iterator[Entry]:
    """For the audit: the import, and each camera that it added or changed as if that had been done by hand."""
    counts = Counter(str(result.outcome) for result in report.results)
    yield access.entry("camera.import", "cameras", detail=dict(counts))
    acts = {Outcome.ADDED: "camera.add", Outcome.UPDATED: "camera.change"}
    for row in report.results:
        if row.outcome in acts and row.camera is not None:
            detail = {"name": row.name, "import_row": row.number, "given": list(row.given)}
            about = {"camera": row.camera, "agency": row.agency, "detail": detail}
            yield access.entry(acts[row.outcome], "camera", str(row.camera), **about)


@router.get(
    "/export",
    dependencies=_MANAGE_SOME,
    response_class=Response,
    responses={200: {"content": {"text/csv": {}, "application/json": {}}}},
)
async def export_file(
    tx: WriteDep, access: AccessDep, form: Annotated[Literal["csv", "json"], Query(alias="format")] = "csv"
) -> Response:
    """The cameras in use that you manage, as a file that the import takes back; without users and passwords."""
    names = {group.id: group.name for group in await groups.list_groups(tx)}
    cameras = await store.list_cameras(tx, store.Wanted(scope=access.scope(Verb.MANAGE)))
    await access.audit.note(tx, access.entry("camera.export", "cameras", detail={"cameras": len(cameras)}))
    text = export.as_csv(cameras, names) if form == "csv" else export.as_json(cameras, names)
    kind = "text/csv; charset=utf-8" if form == "csv" else "application/json"
    return Response(
        text,
        media_type=kind,
        headers={
            "Content-Disposition": f'attachment; filename="cameras.{form}"',
            "X-Content-Type-Options": "nosniff",
        },
    )


@router.get("/agencies", dependencies=[Requires(SIGNED_IN)])
async def agencies(tx: ReadDep, access: AccessDep) -> AgencyList:
    """The agencies that may own cameras, as far as you have to do with them."""
    found = await store.list_agencies(tx, _seen(access))
    return AgencyList(items=[AgencyOut.of(agency) for agency in found])


@router.put("/agencies/{code}", dependencies=[Requires(system(System.AGENCIES))], responses=_WRONG)
async def put_agency(code: str, given: AgencyIn, tx: WriteDep, access: AccessDep) -> AgencyOut:
    """Add an agency, or rename the one that has this code."""
    agency = await changes.put_agency(tx, Agency(code, given.name, given.name_ar))
    entry = access.entry("agency.put", "agency", agency.code, agency=agency.code, detail={"name": agency.name})
    await access.audit.note(tx, entry)
    return AgencyOut.of(agency)


@router.get("/groups", dependencies=[Requires(SIGNED_IN)])
async def list_groups(tx: ReadDep, access: AccessDep) -> GroupList:
    """The groups that cameras may be put into, as far as you have to do with them."""
    return GroupList(items=[GroupOut.of(group) for group in await groups.list_groups(tx, _seen(access))])


@router.post("/groups", status_code=201, dependencies=_GROUPS, responses=_WRONG)
async def add_group(given: GroupIn, tx: WriteDep, access: AccessDep) -> GroupOut:
    """Add a group, or give the Arabic name, if there is one here, to the group that has this name."""
    group = await groups.add_group(tx, name=given.name, name_ar=given.name_ar)
    await access.audit.note(tx, access.entry("group.put", "group", str(group.id), detail={"name": group.name}))
    return GroupOut.of(group)


@router.put("/groups/{group_id}", dependencies=_GROUPS, responses=_NO_GROUP | _WRONG)
async def rename_group(group_id: UUID, given: GroupIn, tx: WriteDep, access: AccessDep) -> GroupOut:
    """Call a group something else; its cameras and the grants on it stay."""
    group = await groups.rename_group(tx, group_id, name=given.name, name_ar=given.name_ar)
    await access.audit.note(tx, access.entry("group.put", "group", str(group.id), detail={"name": group.name}))
    return GroupOut.of(group)


@router.delete("/groups/{group_id}", status_code=204, dependencies=_GROUPS, responses=_NO_GROUP)
async def remove_group(group_id: UUID, tx: WriteDep, access: AccessDep) -> None:
    """Remove a group that has no cameras and on which nothing is granted."""
    group = await groups.remove_group(tx, group_id)
    await access.audit.note(tx, access.entry("group.remove", "group", str(group.id), detail={"name": group.name}))


def _seen(access: Access) -> Scope:
    """What whoever asks may know of; who looks after agencies knows them all."""
    return ALL if access.may_system(System.AGENCIES) or access.may_system(System.ROLES) else access.scope(None)


@router.patch("/{camera_id:uuid}", dependencies=_MANAGE_THIS, responses=_GONE | _CONFLICT | _WRONG)
async def change(
    camera_id: UUID,
    given: CameraPatch,
    tx: WriteDep,
    desk: Desk,
    seen: SeenVersion,
    response: Response,
) -> CameraOut:
    """Change what is given; the rest stays. With `If-Match` or `version`, 409 when somebody else was faster.

    Sealed credentials stay as long as the addresses name the same hosts; for another host they are asked for anew.
    """
    if (agency := given.given().get("agency")) is not None:
        desk.may_place(agency, now_in=(await store.lock_camera(tx, camera_id)).agency)
    camera = await changes.change_camera(
        tx, camera_id, given.given(), keyring=desk.keyring, at=desk.at, version=given.version or seen
    )
    response.headers["ETag"] = f'"{camera.version}"'
    return await desk.changed(tx, "change", camera, given.given())


@router.delete("/{camera_id:uuid}", dependencies=_MANAGE_THIS, responses=_GONE | _CONFLICT)
async def remove(camera_id: UUID, tx: WriteDep, desk: Desk, seen: SeenVersion) -> CameraOut:
    """Take a camera out of use. Its recordings remain, and `restore` undoes it."""
    return await desk.changed(tx, "remove", await changes.remove_camera(tx, camera_id, at=desk.at, version=seen))


@router.post("/{camera_id:uuid}/restore", dependencies=_MANAGE_THIS, responses=_GONE | _CONFLICT)
async def restore(camera_id: UUID, tx: WriteDep, desk: Desk) -> CameraOut:
    """Undo a removal."""
    return await desk.changed(tx, "restore", await changes.restore_camera(tx, camera_id, at=desk.at))
