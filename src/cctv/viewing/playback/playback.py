"""Playback as one object: what a service builds, runs and gives to the routes."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final, NamedTuple
from uuid import UUID
from zoneinfo import ZoneInfo

import structlog

from cctv.base.actor import Actor
from cctv.base.clock import Clock, from_us
from cctv.base.errors import Unavailable
from cctv.base.ids import CameraId, ObjectName
from cctv.base.span import Span
from cctv.cameras import registry
from cctv.infra.cache import Cache
from cctv.infra.database import Database, ReadTx
from cctv.infra.objects import ObjectStore
from cctv.media.stills.decoders import Decoders
from cctv.recording import archive
from cctv.recording.archive import OpenSegment, SegmentRow
from cctv.viewing.playback import grants
from cctv.viewing.playback.cursor import Place
from cctv.viewing.playback.download import Download, Downloads, file_name
from cctv.viewing.playback.errors import NoFootage
from cctv.viewing.playback.footage import Footage, select
from cctv.viewing.playback.granting.watching import Watching
from cctv.viewing.playback.granting.withdrawals import Withdrawals, follow, withdraw
from cctv.viewing.playback.grants import Grant, Signer
from cctv.viewing.playback.lru import WeightedLru
from cctv.viewing.playback.metrics import ACTIVE_SESSIONS
from cctv.viewing.playback.model import Purpose, subject_of_grant
from cctv.viewing.playback.objects.reading import Objects, Volumes, allow_many_files
from cctv.viewing.playback.objects.segment_cache import SegmentCache
from cctv.viewing.playback.pending import Pending, all_catalogued
from cctv.viewing.playback.playlist import Draft, Indexes, Playlists, runs_of
from cctv.viewing.playback.rights import Rights
from cctv.viewing.playback.settings import PlaybackSettings
from cctv.viewing.playback.still_cache import StillCache
from cctv.viewing.playback.stills import Still, StillRequest, Stills, around
from cctv.viewing.playback.timeline import CameraTimeline, timelines

_TIMES_KEPT: Final = 200_000
_SETTLE_TRIES: Final = 12
_STILLS_SHARE: Final = 10
"""Where segments are cached, too, stills get this part of the disk."""
_SETTLE_S: Final = 0.25

_LOG = structlog.get_logger()


class _Found(NamedTuple):
    rows: list[SegmentRow]
    pending: list[OpenSegment]


@dataclass(frozen=True, slots=True, kw_only=True)
class Machines:
    """What playback stands on."""

    database: Database
    cache: Cache
    signer: Signer
    clock: Clock
    folder: Path
    """Where stills are kept; one for each playback process."""

    @property
    def segment_folder(self) -> Path:
        """Segments fetched from an object store; the gateway reads them there."""
        return self.folder / "segments"


class Playback:
    """Everything that was recorded, for viewers. Build it, start :meth:`run` beside the server, close it after."""

    def __init__(
        self, *, machines: Machines, volumes: Volumes, settings: PlaybackSettings, watching: Watching
    ) -> None:
        self._database = machines.database
        self._cache = machines.cache
        self._clock = machines.clock
        self.watching = watching
        self._zone = ZoneInfo(settings.time_zone)
        stores = {name: one for name, one in volumes.items() if isinstance(one, ObjectStore)}
        stills_bytes = settings.cache_size // _STILLS_SHARE if stores else settings.cache_size
        self._still_cache = StillCache(machines.folder, limit_bytes=stills_bytes)
        self._segment_cache = SegmentCache(
            machines.segment_folder,
            limit_bytes=settings.cache_size - stills_bytes,
            stores=stores,
            find=self._find_placed,
        )
        objects = Objects(volumes, cache=self._segment_cache if stores else None)
        self._decoders = Decoders(workers=settings.still_workers, timeout_s=settings.still_timeout_s)
        self._stills = Stills(
            cache=self._still_cache, decoders=self._decoders, objects=objects, limit=settings.stills
        )
        self._downloads = Downloads(objects=objects, limit=settings.downloads)
        self._pending = Pending(clock=machines.clock)
        self._withdrawn = Withdrawals()
        times: WeightedLru[str, Span] = WeightedLru(limit=_TIMES_KEPT)
        self._playlists = Playlists(limit_bytes=settings.text_cache_size, times=times)
        self.rights = Rights(
            signer=machines.signer,
            clock=machines.clock,
            withdrawn=self._withdrawn,
            times=times,
            find=self._find_object,
            watching=watching,
        )
        ACTIVE_SESSIONS.set_function(self.rights.sessions.count)

    async def run(self) -> None:
        """Take over the disk cache and follow withdrawn rights, until cancelled."""
        allow_many_files()
        loading = asyncio.create_task(asyncio.to_thread(self._load))
        try:
            async with asyncio.TaskGroup() as both:
                both.create_task(self.watching.run())
                await follow(self._withdrawn, self._database, clock=self._clock)
        finally:
            await loading
            await self.close()

    async def fetched(self, object_name: str) -> None:
        """Get an object from its store into the segment cache; :class:`FootageUnreadable` when that cannot be."""
        await self._segment_cache.fetch(object_name)

    def used(self, object_name: str) -> None:
        """The gateway may send this object now."""
        self._segment_cache.used(object_name)

    def ready(self) -> bool:
        """Whether grants can be checked: what was withdrawn is known."""
        return self._withdrawn.known

    async def close(self) -> None:
        """End the decoding children."""
        await self._decoders.close()

    def now(self) -> datetime:
        """The present moment."""
        return from_us(self._clock.wall_us())

    def grant(self, actor: Actor, camera: CameraId, span: Span, *, purpose: Purpose, renewable: bool) -> Grant:
        """A new right to one camera's media of ``span``."""
        grant = grants.issue(
            actor=actor.id,
            camera=camera,
            span=span,
            now_us=self._clock.wall_us(),
            purpose=purpose,
            renewable=renewable,
        )
        _LOG.info(
            "media_granted",
            camera=str(camera),
            grant=grant.name,
            actor=actor.id,
            purpose=purpose,
            renewable=renewable,
            **{"from": span.start.isoformat(), "to": span.end.isoformat()},
        )
        return grant

    async def withdraw(self, grant: Grant) -> None:
        """Kill a grant with all its renewals."""
        async with self._database.write() as tx:
            await withdraw(tx, subject_of_grant(grant.name), clock=self._clock)
        _LOG.info("media_grant_withdrawn", grant=grant.name, camera=str(grant.camera), actor=grant.actor)

    async def timelines(
        self, cameras: Sequence[CameraId], span: Span, *, epoch: UUID | None = None
    ) -> list[CameraTimeline]:
        """One timeline a camera, in the order asked for; with ``epoch`` of that clock epoch alone."""
        opened = await self._opened(cameras)
        async with self._database.read() as tx:
            for camera in opened if epoch is not None else ():
                opened[camera] = await _of_epoch(tx, opened[camera], epoch)
            return await timelines(tx, cameras, span, opened, epoch=epoch)

    async def playlist(
        self, camera: CameraId, span: Span, *, iframes: bool, epoch: UUID | None = None
    ) -> tuple[list[str], bool]:
        """A media playlist of ``span`` as texts to be joined, and whether it is complete; :class:`NoFootage`."""
        found = await self._found(camera, span, epoch, indexed=False)
        draft = await asyncio.to_thread(self._drafted, found, span, iframes=iframes)
        indexes = await self._indexes(camera, draft.lacking)
        parts = await asyncio.to_thread(self._playlists.media, draft, indexes)
        return parts, draft.footage.ended

    async def index(
        self, camera: CameraId, span: Span, *, query: str, epoch: UUID | None = None
    ) -> tuple[list[str], bool]:
        """The multivariant playlist of ``span``; see :meth:`playlist`."""
        found = await self._found(camera, span, epoch, indexed=False)
        draft = await asyncio.to_thread(self._drafted, found, span, iframes=False)
        footage = draft.footage
        first = self._playlists.begin(Footage(footage.segments[:1], footage.ended), iframes=True)
        indexes = {**await self._indexes(camera, draft.lacking), **await self._indexes(camera, first.lacking)}
        async with self._database.read() as tx:
            runs = (await archive.runs(tx, runs_of(footage))).values()
        text = await asyncio.to_thread(self._playlists.index, draft, first, indexes, runs, query=query)
        return [text], footage.ended

    async def still(self, wanted: StillRequest, *, actor: Actor, since: datetime | None = None) -> Still:
        """The picture of a moment for ``actor``; :class:`NoFootage` tells where the nearest footage lies.

        None is named that ends before ``since``: so far back may be looked, ``None``: without limit.
        """
        footage = await self._footage(wanted.camera, around(wanted.at))
        try:
            return await self._stills.still(wanted, footage.segments, actor=actor)
        except NoFootage as fault:
            async with self._database.read() as tx:
                before, after = await archive.around(tx, wanted.camera, wanted.at)
            if before is not None and since is not None and before <= since:
                before = None
            raise NoFootage(at=wanted.at, nearest_before=before, nearest_after=after) from fault

    async def download(
        self, camera: CameraId, span: Span, *, actor: Actor, epoch: UUID | None = None
    ) -> tuple[Download, str]:
        """The range as plain MP4 for ``actor``, and a name for the file."""
        opened = await self._settled(camera, span)
        async with self._database.read() as tx:
            if opened is not None and not await _of_epoch(tx, [opened], epoch):
                opened = None
            pieces = await archive.cut(tx, camera, span, opened=opened, epoch=epoch)
            name = await _camera_name(tx, camera)
        covered = Span(max(span.start, pieces[0].span.start), max(span.start, min(span.end, pieces[-1].span.end)))
        planned = await self._downloads.start(pieces, span, actor=actor)
        return planned, file_name(name, covered, self._zone)

    async def recordings(
        self, camera: CameraId, span: Span, *, limit: int, after: Place | None = None
    ) -> list[archive.Segment]:
        """The first ``limit`` segments that overlap ``span``, of those behind ``after``."""
        async with self._database.read() as tx:
            return await archive.segment_list(tx, camera, span, limit=limit, after=after)

    def _drafted(self, found: _Found, span: Span, *, iframes: bool) -> Draft:
        return self._playlists.begin(select(found.rows, found.pending, span, now=self.now()), iframes=iframes)

    async def _indexes(self, camera: CameraId, span: Span | None) -> Indexes:
        if span is None:
            return {}
        async with self._database.read() as tx:
            return await archive.indexes(tx, camera, span)

    async def _footage(self, camera: CameraId, span: Span, epoch: UUID | None = None) -> Footage:
        found = await self._found(camera, span, epoch)
        return select(found.rows, found.pending, span, now=self.now())

    async def _found(self, camera: CameraId, span: Span, epoch: UUID | None, *, indexed: bool = True) -> _Found:
        async with self._database.read() as tx:
            rows = await archive.segments(tx, camera, span, epoch=epoch, indexed=indexed)
        pending = (await self._opened([camera]))[camera]
        if epoch is not None and pending:
            async with self._database.read() as tx:
                pending = await _of_epoch(tx, pending, epoch)
        return _Found(rows, pending)

    async def _settled(self, camera: CameraId, span: Span) -> OpenSegment | None:
        """The open file, once those closed before it are catalogued: a download must not miss the minute between.

        A few seconds are waited for that; a recorder that died in this moment must not hold a download for ever.
        """
        for _ in range(_SETTLE_TRIES):
            pending = (await self._opened([camera]))[camera]
            async with self._database.read() as tx:
                if await all_catalogued(tx, pending, span):
                    break
            await asyncio.sleep(_SETTLE_S)
        return pending[-1] if pending else None

    async def _opened(self, cameras: Sequence[CameraId]) -> dict[CameraId, list[OpenSegment]]:
        """What is being written now; without the cache, what is closed can still be seen."""
        try:
            opened = await archive.read_open(self._cache, cameras)
        except Unavailable:
            _LOG.warning("open_segments_unknown", cameras=len(cameras))
            opened = {}
        return self._pending.note(cameras, opened)

    def _load(self) -> None:
        self._still_cache.load()
        self._segment_cache.load()

    async def _find_placed(self, name: ObjectName) -> archive.Placed | None:
        async with self._database.read() as tx:
            return await archive.placed(tx, name)

    async def _find_object(self, name: ObjectName) -> Span | None:
        async with self._database.read() as tx:
            found = await archive.segment_span(tx, name)
        if found is not None:
            return found
        opened = (await self._opened([name.camera]))[name.camera]
        return next((one.span for one in opened if one.object_name == str(name)), None)


async def _of_epoch(tx: ReadTx, opened: list[OpenSegment], epoch: UUID | None) -> list[OpenSegment]:
    """Those that are recorded in this clock epoch; ``None``: all."""
    if epoch is None:
        return opened
    runs = await archive.runs(tx, {one.run_id for one in opened})
    return [one for one in opened if one.run_id in runs and runs[one.run_id].epoch == epoch]


async def _camera_name(tx: ReadTx, camera: CameraId) -> str:
    try:
        return (await registry.get_camera(tx, camera)).name
    except registry.CameraNotFound:
        return str(camera)  # recordings outlive the registration
