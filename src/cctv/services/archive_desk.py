"""The archive beside a running system, for commands: finds database and volumes, joins schedule and archive."""

import contextlib
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from uuid import UUID

from cctv.base.errors import Conflict, NotFound
from cctv.base.span import Span, total_seconds
from cctv.cameras.registry import Camera, Wanted, list_cameras
from cctv.infra.database import Database, ReadTx
from cctv.infra.disks import Volume
from cctv.infra.objects import ObjectStore, ObjectStoreSettings, configured_store
from cctv.infra.places import Place
from cctv.recording import archive
from cctv.recording.archive import Depth, Lock, Rebuilt, Report, VolumeMissing
from cctv.recording.archive.looking import Progress
from cctv.recording.schedule import all_planned
from cctv.services.addresses import found
from cctv.services.migrations.known import check_schema
from cctv.services.settings import Folders, ServeSettings

_SHORTEST_ID = 4


@dataclass(frozen=True, slots=True)
class Desk:
    """The catalogue and the volumes of this machine."""

    database: Database
    volumes: list[Place]

    async def check(self, depth: Depth, progress: Progress = lambda *_: None) -> Report:
        """The invariants, now."""
        return await archive.check(
            self.database, self.volumes, planned=all_planned, depth=depth, progress=progress
        )

    async def rebuild(self, progress: Progress = lambda *_: None) -> Rebuilt:
        """Add what the catalogue lacks."""
        async with self.database.write() as tx:
            for volume in self.volumes:
                known = {row.id for row in await archive.volumes(tx)}
                if volume.id not in known:
                    await archive.save_volume(tx, archive.VolumeRow(id=volume.id, address=volume.address))
        return await archive.rebuild(self.database, self.volumes, progress=progress)

    async def lock(
        self, which: str, span: Span, *, case_ref: str, by: str, until: datetime | None
    ) -> tuple[Lock, Camera, float]:
        """Set a lock; with the camera and how many seconds of footage there are in the span."""
        async with self.database.write() as tx:
            camera = await _camera(tx, which)
            lock = await archive.lock(tx, camera.id, span, case_ref=case_ref, by=by, until=until)
            timeline = (await archive.timeline(tx, [camera.id], span))[camera.id]
        return lock, camera, total_seconds(timeline.spans)

    async def unlock(self, lock_id: UUID, *, by: str) -> Lock:
        async with self.database.write() as tx:
            return await archive.unlock(tx, lock_id, by=by)

    async def locks(self) -> list[tuple[Lock, str]]:
        """The locks that hold, with their cameras' names."""
        async with self.database.read() as tx:
            names = {camera.id: camera.name for camera in await list_cameras(tx, Wanted(removed="with"))}
            return [(lock, names.get(lock.camera_id, "")) for lock in await archive.locks(tx)]


@contextlib.asynccontextmanager
async def open_desk(settings: ServeSettings, volumes: Mapping[str, str] | None = None) -> AsyncIterator[Desk]:
    """``volumes`` are folders or buckets (``s3://…``) by id, empty when no files are needed.

    ``None`` is the data folder's own, and the object store of the environment, if it names one.

    Refuses a schema that we do not know.
    """
    url = settings.database_url or found(settings).database_url
    if url is None:
        raise NotFound("no database address is known")
    check_schema(url)
    places = _own(settings) if volumes is None else [_place(name, where) for name, where in volumes.items()]
    database = Database(url, pool_size=2, statement_timeout_s=300)
    try:
        yield Desk(database, places)
    finally:
        await database.close()


def _own(settings: ServeSettings) -> list[Place]:
    store = configured_store()
    local = _place(settings.volume, str(Folders(settings.data).default_volume))
    return [local] if store is None else [local, store]


def _place(name: str, where: str) -> Place:
    if where.startswith("s3://"):
        given = {"object_store": where, "object_store_volume": name}
        return ObjectStore(ObjectStoreSettings.model_validate(given))
    folder = Path(where)
    if not (folder / "archive").is_dir():
        raise VolumeMissing(f"{folder} is no volume (it has no folder 'archive')", volume=name)
    return Volume(name, folder.absolute())


async def _camera(tx: ReadTx, which: str) -> Camera:
    """By id, beginning of an id or name; removed cameras too, because their footage may be evidence."""
    cameras = await list_cameras(tx, Wanted(removed="with"))
    word = which.casefold()
    same = [one for one in cameras if word in (str(one.id), one.name.casefold()) or one.name_ar == which]
    same = same or [one for one in cameras if len(word) >= _SHORTEST_ID and str(one.id).startswith(word)]
    if not same:
        raise NotFound(f"there is no camera called {which}; see cctv camera list")
    if len(same) > 1:
        ids = ", ".join(f"{one.id} ({one.agency})" for one in same[:5])
        raise Conflict(f"{len(same)} cameras are called {which}: give one's id: {ids}")
    return same[0]
