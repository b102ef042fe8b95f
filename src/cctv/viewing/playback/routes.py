"""HTTP of playback: timelines, grants, playlists, the check that the gateway asks for, stills, recordings."""

from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Annotated, Any, NamedTuple
from urllib.parse import urlencode
from uuid import UUID

from fastapi import APIRouter, Depends, Header, Query, Request
from fastapi.responses import Response, StreamingResponse

from cctv.access.doors import Access, AccessDep
from cctv.base.ids import CameraId
from cctv.base.permission import SIGNED_IN, Verb, some_camera
from cctv.base.permission import camera as on_camera
from cctv.base.span import Span
from cctv.infra.http import End, Inject, LeashedResponse, Moment, Problem, Public, Requires, while_allowed
from cctv.infra.http.guard import shown_by
from cctv.viewing.playback import answers, cursor
from cctv.viewing.playback.answers import Answer
from cctv.viewing.playback.granting.watching import Case
from cctv.viewing.playback.grants import Grant, own_grant
from cctv.viewing.playback.model import (
    MAX_DOWNLOAD,
    MAX_RANGE,
    MAX_TIMELINE,
    Purpose,
    check_count,
    checked_range,
    window_of,
)
from cctv.viewing.playback.playback import Playback
from cctv.viewing.playback.rights import MediaAddress
from cctv.viewing.playback.schemas import (
    NO_CONTROLS,
    GrantIn,
    GrantOut,
    RecordingsOut,
    RenewIn,
    TimelineOut,
    WithdrawIn,
)
from cctv.viewing.playback.stills import Still, StillRequest

router = APIRouter(tags=["playback"])
"""What the gateway shows to browsers under ``/api/v1/playback`` and ``/api/v1/recordings``."""

media_router = APIRouter(tags=["media"])
"""Playlists under ``/media``, and the gateway's own question."""


def _send(answer: Answer, *ends: End) -> Response:
    """With ``ends``: as long as none of them says that the right to it is no more."""
    if answer.stream is None:
        return Response(answer.body, answer.status, headers=dict(answer.headers))
    if ends:
        return LeashedResponse(answer.stream, answer.status, headers=answer.headers, ends=ends)
    return StreamingResponse(answer.stream, answer.status, headers=answer.headers)


Using = Annotated[Playback, Inject(Playback)]
From = Annotated[Moment, Query(alias="from", examples=["2026-11-23T08:00:00Z"])]
To = Annotated[Moment, Query(alias="to", examples=["2026-11-23T09:00:00Z"])]
WindowFrom = Annotated[Moment | None, Query(alias="from")]
WindowTo = Annotated[Moment | None, Query(alias="to")]

Epoch = Annotated[
    UUID | None,
    Query(description="footage of this clock epoch alone; a timeline's `hidden` names them"),
]


class _Asked(NamedTuple):
    """A range of time, of one clock epoch or of what lies on top."""

    start: datetime
    end: datetime
    epoch: UUID | None


def _asked(start: From, end: To, epoch: Epoch = None) -> _Asked:
    return _Asked(start, end, epoch)


AskedDep = Annotated[_Asked, Depends(_asked)]


class _Page(NamedTuple):
    """How many of a list, and behind which place in it."""

    limit: int
    after: cursor.Place | None


def _page(
    limit: Annotated[int, Query(ge=1, le=1000)] = 200,
    after: Annotated[
        str | None, Query(alias="cursor", max_length=cursor.MAX_LENGTH, description="`next` of the page before")
    ] = None,
) -> _Page:
    return _Page(limit, None if after is None else cursor.unseal(after))


PageDep = Annotated[_Page, Depends(_page)]
CaseRef = Annotated[str | None, Query(max_length=200, pattern=NO_CONTROLS, description="see grants")]
Reason = Annotated[str | None, Query(max_length=200, pattern=NO_CONTROLS, description="see grants")]

_CLIENT_GONE = 499
"""As nginx calls it; nobody reads this answer, but it is counted."""

_PLAYBACK = [Requires(on_camera(Verb.PLAYBACK, "camera"))]
_EXPORT = [Requires(on_camera(Verb.EXPORT, "camera"))]
_OF_THE_GRANT = [Public("the grant in the address is the credential; the right behind it is asked for each time")]
_SOME = [Requires(some_camera(Verb.PLAYBACK))]
_PROBLEM: dict[str, Any] = {"model": Problem}
_NONE: dict[int | str, dict[str, Any]] = {404: _PROBLEM | {"description": "Nothing is recorded there."}}
_JPEG: dict[int | str, dict[str, Any]] = {200: {"content": {"image/jpeg": {}}}}
_MP4: dict[int | str, dict[str, Any]] = {200: {"content": {"video/mp4": {}}}}
_DENIED: dict[int | str, dict[str, Any]] = {
    401: _PROBLEM | {"description": "No grant, or it has expired: ask for a new one."},
    403: _PROBLEM | {"description": "The grant was withdrawn, or is for something else."},
}


@dataclass(frozen=True, slots=True)
class _Viewer:
    """Who wants to see recorded pictures, and why."""

    access: Access
    case: Case

    async def may_watch(self, camera: CameraId, span: Span) -> None:
        """May this be looked at, so far back, and was it said why where that is asked?"""
        await self.access.require(Verb.PLAYBACK, camera)
        await self.access.require_back(Verb.PLAYBACK, camera, span.start)
        await self.say_why(camera)

    async def may_take(self, camera: CameraId, span: Span) -> None:
        """The same for footage that leaves the system."""
        await self.access.require_back(Verb.EXPORT, camera, span.start)
        await self.say_why(camera)

    async def say_why(self, camera: CameraId) -> None:
        await self.access.require_purpose(camera, case_ref=self.case.case_ref, reason=self.case.reason)


def _viewer(access: AccessDep, case_ref: CaseRef = None, reason: Reason = None) -> _Viewer:
    return _Viewer(access, Case(case_ref, reason))


ViewerDep = Annotated[_Viewer, Depends(_viewer)]


_OF_A_GRANT: Any = {"dependencies": _OF_THE_GRANT, "response_class": Response, "responses": _DENIED | _NONE}


@router.get("/api/v1/playback/timeline", dependencies=_PLAYBACK, response_model=TimelineOut)
async def timeline(
    playback: Using,
    access: AccessDep,
    camera: Annotated[list[UUID], Query(description="one or many, up to 500")],
    asked: AskedDep,
    if_none_match: Annotated[str | None, Header()] = None,
) -> Response:
    """What is recorded and what is missing, with causes, of one or many cameras. Answers 304 to a known ETag."""
    check_count(len(camera))
    span = checked_range(asked.start, asked.end, longest=MAX_TIMELINE)
    cameras = [CameraId(one) for one in dict.fromkeys(camera)]
    found = [
        one.since(await access.earliest(Verb.PLAYBACK, one.camera))
        for one in await playback.timelines(cameras, span, epoch=asked.epoch)
    ]
    return _send(answers.timeline(found, span, now=playback.now(), known=if_none_match))


@router.post("/api/v1/playback/grants", status_code=201, dependencies=_SOME)
async def issue(wanted: GrantIn, playback: Using, access: AccessDep) -> GrantOut:
    """The right to fetch one camera's media of a range, as addresses that carry it."""
    span = checked_range(wanted.start, wanted.end, longest=MAX_RANGE)
    camera = CameraId(wanted.camera)
    case = Case(wanted.case_ref, wanted.reason)
    await _Viewer(access, case).may_watch(camera, span)
    if wanted.purpose is Purpose.EXPORT:
        await access.require(Verb.EXPORT, camera)
    grant = playback.grant(access.actor, camera, span, purpose=wanted.purpose, renewable=wanted.renewable)
    await playback.watching.granted(grant, access.actor, case)
    return answers.grant(grant, playback.rights.seal(grant), epoch=wanted.epoch)


@router.post("/api/v1/playback/grants/renew", dependencies=_SOME, responses=_DENIED)
async def renew(wanted: RenewIn, playback: Using, access: AccessDep) -> GrantOut:
    """The same grant for five more minutes; its text changes, its id stays."""
    grant = playback.rights.renew(wanted.grant)
    own_grant(grant, access.actor)
    await access.require(Verb.PLAYBACK, grant.camera)
    return answers.grant(grant, playback.rights.seal(grant))


@router.post(
    "/api/v1/playback/grants/withdraw", status_code=204, dependencies=[Requires(SIGNED_IN)], responses=_DENIED
)
async def withdraw(wanted: WithdrawIn, playback: Using, access: AccessDep) -> None:
    """Give a grant back; media under it stop within five seconds, renewed or not."""
    grant = playback.rights.open(wanted.grant)
    own_grant(grant, access.actor)
    await playback.withdraw(grant)


def _still_wanted(
    camera: UUID,
    at: Annotated[Moment, Query(examples=["2026-11-23T08:15:30.5Z"])],
    *,
    exact: Annotated[bool, Query(description="the frame shown at `at`; else the key frame nearest to it")] = False,
    width: Annotated[int | None, Query(ge=16, le=4096, description="scaled down to this many pixels")] = None,
) -> StillRequest:
    return StillRequest(camera=CameraId(camera), at=at, exact=exact, width=width)


StillDep = Annotated[StillRequest, Depends(_still_wanted)]


@router.head("/api/v1/playback/still", dependencies=_PLAYBACK, response_class=Response, include_in_schema=False)
@router.get(
    "/api/v1/playback/still",
    dependencies=_PLAYBACK,
    response_class=Response,
    responses=_JPEG | _NONE,
)
async def still(playback: Using, viewer: ViewerDep, wanted: StillDep, request: Request) -> Response:
    """A picture of a moment. ``X-Frame-Time`` is the time of the frame that it shows."""
    actor = viewer.access.actor
    await viewer.may_watch(wanted.camera, Span(wanted.at, wanted.at))
    playback.watching.looked(wanted.camera, actor, viewer.case, wanted.at)
    since = await viewer.access.earliest(Verb.PLAYBACK, wanted.camera)
    found: list[Still] = []

    async def make() -> None:
        found.append(await playback.still(wanted, actor=actor, since=since))

    if not await while_allowed(make(), _until_gone(request)):
        return Response(status_code=_CLIENT_GONE)
    return _send(answers.still(wanted, found[0]))


async def _until_gone(request: Request) -> None:
    """Return when the client has left: what it asked for need not be made any more."""
    while (await request.receive())["type"] != "http.disconnect":
        pass


@router.get("/api/v1/recordings", dependencies=_PLAYBACK)
async def recordings(
    playback: Using,
    access: AccessDep,
    camera: UUID,
    start: From,
    end: To,
    page: PageDep,
) -> RecordingsOut:
    """The stored segments of a range with their hashes, in order of time, a page at a time."""
    span = checked_range(start, end, longest=MAX_TIMELINE)
    await access.require_back(Verb.PLAYBACK, camera, start)
    found = await playback.recordings(CameraId(camera), span, limit=page.limit + 1, after=page.after)
    return answers.recordings(found, limit=page.limit)


@router.get(
    "/api/v1/recordings/download",
    dependencies=_EXPORT,
    response_class=StreamingResponse,
    responses=_MP4 | _NONE,
)
async def download_range(
    playback: Using,
    viewer: ViewerDep,
    camera: UUID,
    asked: AskedDep,
    ranges: Annotated[str | None, Header(alias="Range")] = None,
    if_range: Annotated[str | None, Header(alias="If-Range")] = None,
) -> Response:
    """The range as one plain MP4 that any player opens; frames are copied, nothing is encoded anew."""
    span = checked_range(asked.start, asked.end, longest=MAX_DOWNLOAD)
    await viewer.may_take(CameraId(camera), span)
    planned, name = await playback.download(CameraId(camera), span, actor=viewer.access.actor, epoch=asked.epoch)
    answer = answers.download(planned, name, ranges=ranges, if_range=if_range)
    if answer.stream is not None:  # a range behind the end is no download
        await playback.watching.taken(
            CameraId(camera), viewer.access.actor, viewer.case, span, first_byte=answer.first_byte
        )
    return _send(
        answer,
        partial(viewer.access.until_withdrawn, Verb.EXPORT, camera),
        viewer.access.until_signed_out,
    )


@router.head("/api/v1/recordings/download", dependencies=_EXPORT, include_in_schema=False)
async def download_head(playback: Using, viewer: ViewerDep, camera: UUID, asked: AskedDep) -> Response:
    """What a download would be; nothing is sent, so nothing is taken. A range is for GET alone."""
    span = checked_range(asked.start, asked.end, longest=MAX_DOWNLOAD)
    await viewer.may_take(CameraId(camera), span)
    planned, name = await playback.download(CameraId(camera), span, actor=viewer.access.actor, epoch=asked.epoch)
    planned.close()
    return Response(headers=dict(answers.download(planned, name, ranges=None).headers))


def _address(request: Request) -> str:
    return shown_by(request.headers, client=request.client).address


FetchedFrom = Annotated[str, Depends(_address)]


async def _granted(playback: Using, camera: UUID, grant: str, address: FetchedFrom) -> Grant:
    opened = playback.rights.open(grant, camera=CameraId(camera))
    await playback.rights.holds(opened, address=address)
    return opened


Granted = Annotated[Grant, Depends(_granted)]


@media_router.head("/media/{camera}/{grant}/index.m3u8", include_in_schema=False, **_OF_A_GRANT)
@media_router.get("/media/{camera}/{grant}/index.m3u8", **_OF_A_GRANT)
async def index(
    playback: Using, granted: Granted, start: WindowFrom = None, end: WindowTo = None, epoch: Epoch = None
) -> Response:
    """The multivariant playlist of the grant's range, or of a window of it."""
    window = {"from": start, "to": end}
    asked = urlencode(
        {name: moment.isoformat() for name, moment in window.items() if moment is not None}
        | ({"epoch": str(epoch)} if epoch is not None else {})
    )
    span = window_of(granted.span, start, end)
    query = asked and "?" + asked
    return _send(answers.playlist(*await playback.index(granted.camera, span, query=query, epoch=epoch)))


@media_router.head("/media/{camera}/{grant}/video.m3u8", include_in_schema=False, **_OF_A_GRANT)
@media_router.get("/media/{camera}/{grant}/video.m3u8", **_OF_A_GRANT)
async def video(
    playback: Using, granted: Granted, start: WindowFrom = None, end: WindowTo = None, epoch: Epoch = None
) -> Response:
    """The media playlist: an entry a group of pictures, byte ranges of the recorded files."""
    span = window_of(granted.span, start, end)
    return _send(answers.playlist(*await playback.playlist(granted.camera, span, iframes=False, epoch=epoch)))


@media_router.head("/media/{camera}/{grant}/iframes.m3u8", include_in_schema=False, **_OF_A_GRANT)
@media_router.get("/media/{camera}/{grant}/iframes.m3u8", **_OF_A_GRANT)
async def iframes(
    playback: Using, granted: Granted, start: WindowFrom = None, end: WindowTo = None, epoch: Epoch = None
) -> Response:
    """The I-frame playlist: each entry is a key frame that decodes by itself."""
    span = window_of(granted.span, start, end)
    return _send(answers.playlist(*await playback.playlist(granted.camera, span, iframes=True, epoch=epoch)))


@media_router.get("/internal/media/check", dependencies=_OF_THE_GRANT, status_code=204, include_in_schema=False)
async def check(
    playback: Using,
    address: FetchedFrom,
    camera: Annotated[str, Header(alias="X-Media-Camera")] = "",
    grant: Annotated[str, Header(alias="X-Media-Grant")] = "",
    object_name: Annotated[str, Header(alias="X-Media-Object")] = "",
) -> Response:
    """The gateway's question at every object: 204, 401 or 403."""
    await playback.rights.check(MediaAddress(camera, grant, object_name, address))
    playback.used(object_name)
    return Response(status_code=204, headers={"Cache-Control": "max-age=4"})


@media_router.get("/internal/media/fetch", dependencies=_OF_THE_GRANT, include_in_schema=False)
async def fetch(
    playback: Using,
    address: FetchedFrom,
    camera: Annotated[str, Header(alias="X-Media-Camera")] = "",
    grant: Annotated[str, Header(alias="X-Media-Grant")] = "",
    object_name: Annotated[str, Header(alias="X-Media-Object")] = "",
) -> Response:
    """The gateway has let a viewer pass and found no file: get it from its store, then send it from the cache."""
    await playback.rights.check(MediaAddress(camera, grant, object_name, address))
    await playback.fetched(object_name)
    return _send(answers.from_cache())
