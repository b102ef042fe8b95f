"""The loop of one storage-service: volumes are announced, days are prepared, footage that is due goes.

One runs on each machine that has volumes, for its own and for the object store that all share. Two of them
preparing the same days or deleting in the store do no harm: a row is deleted by whoever holds it.
"""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from cctv.base.clock import Clock, from_us
from cctv.base.errors import Unavailable
from cctv.infra.database import Database, WriteTx
from cctv.infra.disks import Volume
from cctv.infra.objects import ObjectStore
from cctv.infra.places import Place
from cctv.infra.telemetry import log
from cctv.recording import archive
from cctv.recording.archive import VolumeRow
from cctv.recording.retention import metrics
from cctv.recording.retention.model import Leaps, missing_bytes
from cctv.recording.retention.settings import RetentionSettings

_PREPARE_EVERY = timedelta(hours=1)
_BY_AGE_EVERY = timedelta(minutes=1)
_BY_CAPACITY_EVERY = timedelta(minutes=10)
_FOLDERS_REST = timedelta(days=2)


@dataclass(slots=True)
class _State:
    paused: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Cleaner:
    """Keeps room on ``volumes``, which are those of this machine."""

    database: Database
    volumes: Mapping[str, Volume]
    settings: RetentionSettings
    clock: Clock
    store: ObjectStore | None = None
    state: _State = field(default_factory=_State, repr=False)

    @property
    def places(self) -> list[Place]:
        """The volumes, and the store."""
        return [*self.volumes.values(), *([self.store] if self.store is not None else [])]

    async def run(self) -> None:
        """Until cancelled. While the database is away nothing is deleted; recorders make room by themselves."""
        prepared = aged = measured = from_us(0)
        leaps = Leaps(self.clock)
        for place in self.places:
            metrics.begin(place.id)
        while True:
            now = from_us(self.clock.wall_us())
            try:
                if abs(now - prepared) >= _PREPARE_EVERY:
                    await self.prepare(now)
                    prepared = now
                if abs(now - aged) >= _BY_AGE_EVERY:
                    aged = now
                    await self.salvage()
                    await self.delete_by_age(now, in_doubt=leaps.look())
                await self.make_room()
                if abs(now - measured) >= _BY_CAPACITY_EVERY:
                    measured = now
                    await self.keep_capacity()
            except Unavailable as fault:
                log.warning("cleaning_postponed", words=str(fault))
            await asyncio.sleep(self.settings.clean_every_s)

    async def prepare(self, now: datetime) -> None:
        """Announce the volumes, make the days to come, drop the days that are empty."""
        async with self.database.write() as tx:
            known = {row.id: row for row in await archive.volumes(tx)}
            uploads_to = self.store.id if self.store is not None else None
            for volume in self.volumes.values():
                row = known.get(volume.id) or VolumeRow(id=volume.id, address=volume.address)
                if volume.id not in known or row.uploads_to != uploads_to:
                    await archive.save_volume(tx, replace(row, uploads_to=uploads_to))
            if self.store is not None:
                await self._announce(tx, self.store, known.get(self.store.id))
            made = await archive.ensure_partitions(tx, now.date())
        async with self.database.write() as tx:
            dropped = await archive.drop_empty_partitions(tx, now.date() - timedelta(days=1))
        for volume in self.volumes.values():
            await asyncio.to_thread(volume.prune, unchanged_since_s=(now - _FOLDERS_REST).timestamp())
        if made or dropped:
            log.info("days_prepared", made=len(made), dropped=len(dropped))

    async def salvage(self) -> None:
        """Catalogue what dead recorders left in the spools, on a machine where none has been started since."""
        for volume in self.volumes.values():
            await archive.recover(self.database, volume, clock=self.clock)

    async def delete_by_age(self, now: datetime, *, in_doubt: bool = False) -> None:
        """Delete what is older than its volume's policy, or than the setting where a volume has none.

        By the earlier of our clock and the database's; not at all for a day after one of them leapt forward
        (``in_doubt``: ours did), unless it was set back. What an earlier deletion left half done is finished in
        any case.
        """
        async with self.database.read() as tx:
            policies = {row.id: row.keep_days for row in await archive.volumes(tx)}
            believed = None if in_doubt else await archive.believed(tx, now)
        limits = {place.id: policies.get(place.id) or self.settings.keep_days for place in self.places}
        self._say_paused(paused=believed is None and any(limits.values()))
        for volume in self.places:
            keep_days = limits[volume.id]
            if keep_days is None or believed is None:
                await archive.finish_deletions(self.database, volume)
            else:
                before = believed - timedelta(days=keep_days)
                freed = await archive.free(self.database, volume, None, before=before)
                metrics.deleted_bytes.labels(volume.id, "age").inc(freed.bytes)

    async def make_room(self) -> None:
        """Delete the oldest where less is free than should be."""
        for volume in self.volumes.values():
            usage = await asyncio.to_thread(volume.usage)
            metrics.total_bytes.labels(volume.id).set(usage.total_bytes)
            metrics.free_bytes.labels(volume.id).set(usage.free_bytes)
            missing = missing_bytes(usage, reserve_bytes=self.settings.reserve)
            metrics.short.labels(volume.id).set(0)
            if missing:
                freed = await archive.free(self.database, volume, missing)
                metrics.deleted_bytes.labels(volume.id, "room").inc(freed.bytes)
                metrics.short.labels(volume.id).set(int(freed.short))
                log.warning("room_made", volume=volume.id, bytes=freed.bytes, short=freed.short)

    async def keep_capacity(self) -> None:
        """Delete the oldest in the store where the catalogue says that more is in it than there should be."""
        capacity = self.settings.store_capacity
        if self.store is None or capacity is None:
            return
        async with self.database.read() as tx:
            used = await archive.used_bytes(tx, self.store.id)
        metrics.total_bytes.labels(self.store.id).set(capacity)
        metrics.free_bytes.labels(self.store.id).set(max(0, capacity - used))
        metrics.short.labels(self.store.id).set(0)
        if used > capacity:
            freed = await archive.free(self.database, self.store, used - capacity)
            metrics.deleted_bytes.labels(self.store.id, "room").inc(freed.bytes)
            metrics.short.labels(self.store.id).set(int(freed.short))
            log.warning("room_made", volume=self.store.id, bytes=freed.bytes, short=freed.short)

    def _say_paused(self, *, paused: bool) -> None:
        if paused == self.state.paused:
            return
        self.state.paused = paused
        metrics.paused.set(int(paused))
        if paused:
            words = "a clock was set forward by an hour or more; set it back if it is wrong, or wait for a day"
            log.warning("deletion_by_age_paused", words=words)
        else:
            log.info("deletion_by_age_goes_on")

    async def _announce(self, tx: WriteTx, store: ObjectStore, known: VolumeRow | None) -> None:
        if known is None:
            await archive.save_volume(tx, VolumeRow(id=store.id, address=store.address))
        elif known.address != store.address:
            words = f"the catalogue has {known.address} under this id, CCTV_OBJECT_STORE is {store.address}"
            log.error("object_store_changed", volume=store.id, words=words)
