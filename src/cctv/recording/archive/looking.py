"""One look at everything (or at some camera days): reads store and catalogue, asks the rules, gathers findings."""

import asyncio
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from typing import Protocol

from cctv.base.clock import Clock, from_us, utc_now
from cctv.base.errors import DataLoss
from cctv.base.faults import Cause
from cctv.base.ids import CameraId
from cctv.base.span import Span
from cctv.infra.database import Database, ReadTx
from cctv.infra.disks import Volume
from cctv.infra.places import Place
from cctv.recording.archive import places
from cctv.recording.archive.comparing import (
    PlacedObject,
    objects_against_rows,
    order_of_rows,
    plan_against_timeline,
    spans_against_rows,
)
from cctv.recording.archive.findings import CameraDay, CheckedRow, Finding, Kind, Seen
from cctv.recording.archive.folders import Survey, listing, survey
from cctv.recording.archive.objects import scan_object, sha256_of
from cctv.recording.archive.partitions import day_of
from cctv.recording.archive.store import checking as store
from cctv.recording.archive.store import partitions, reading

_DAY = timedelta(days=1)
_EVER = datetime(1970, 1, 1, tzinfo=UTC)


class Planned(Protocol):
    """What was to be recorded, by camera: the schedule's answer."""

    async def __call__(self, tx: ReadTx, span: Span, *, now: datetime) -> dict[CameraId, list[Span]]: ...


Progress = Callable[[int, int, int], None]
"""Camera days done, camera days in all, findings so far."""


@dataclass(slots=True, kw_only=True)
class Looker:
    """Looks as often as asked; hashes are computed once."""

    database: Database
    volumes: dict[str, Place]
    planned: Planned
    clock: Clock
    since: datetime | None
    hashing: bool
    progress: Progress
    seen: Seen = field(default_factory=Seen)
    _hashes: dict[PlacedObject, bytes | None] = field(default_factory=dict)
    _surveys: dict[str, Survey] = field(default_factory=dict)
    _spools_elsewhere: bool = False
    _found_on: dict[tuple[object, ...], CameraDay] = field(default_factory=dict)

    async def look(self) -> list[Finding]:
        """At everything."""
        for volume in self.volumes.values():
            self._surveys[volume.id] = await asyncio.to_thread(survey, volume)
        async with self.database.read() as tx:
            known = await places.volumes(tx)
        self._spools_elsewhere = any(row.uploads_to and row.id not in self.volumes for row in known)
        findings = [_stranger(name, path) for name, found in self._surveys.items() for path in found.strangers]
        units = await self._units()
        for done, unit in enumerate(units):
            self.progress(done, len(units), len(findings))
            findings += await self._day(unit)
        self.progress(len(units), len(units), len(findings))
        return findings + await self._cameras()

    async def look_again(self, doubted: Sequence[Finding]) -> list[Finding]:
        """At what was doubtful: those camera days, all plans, and whether strangers are still there."""
        self.seen = Seen()
        units = {self._found_on[finding.key] for finding in doubted if finding.key in self._found_on}
        findings = [one for unit in sorted(units) for one in await self._day(unit)]
        findings += [one for one in doubted if one.kind is Kind.STRANGER and self._is_there(one)]  # of no day
        return findings + await self._cameras()

    async def _units(self) -> list[CameraDay]:
        since = (self.since or _EVER).date()
        async with self.database.read() as tx:
            days = [day for day in map(day_of, await partitions.names(tx)) if day >= since]
            found = set(await store.camera_days(tx, [_whole(day) for day in days]))
        for one in self._surveys.values():
            found |= {unit for unit in one.days if unit.day >= since}
        return sorted(found)

    async def _day(self, unit: CameraDay) -> list[Finding]:
        day = _whole(unit.day)
        async with self.database.read() as tx:
            near = await store.rows(tx, unit.camera, day)
            spans = await store.spans(tx, unit.camera, day)
        rows = [row for row in near if day.contains(row.start)]
        listed, strangers = await asyncio.to_thread(self._listed, unit, rows)
        moving = len(self._local) < len(self.volumes)
        found = objects_against_rows(rows, listed, set(self.volumes), moving=moving)
        found = [one for one in found if one.kind is not Kind.OBJECT_MISSING or not self._on_its_way(one, rows)]
        self._count(rows, listed)
        if self.hashing:
            found += await asyncio.to_thread(self._hashed, rows, listed)
        found += [_stranger(volume, path) for volume, path in strangers]
        found += order_of_rows(unit.camera, [row for row in near if row.end > day.start and row.start < day.end])
        found += spans_against_rows(unit, day, near, spans)
        self._found_on |= {finding.key: unit for finding in found}
        return found

    def _listed(
        self, unit: CameraDay, rows: Sequence[CheckedRow]
    ) -> tuple[dict[PlacedObject, int], list[PlacedObject]]:
        objects: dict[PlacedObject, int] = {}
        strangers: list[PlacedObject] = []
        for volume in self.volumes.values():
            folders = set(self._surveys[volume.id].days.get(unit, ()))
            folders |= {row.object_name.rpartition("/")[0] for row in rows if row.volume == volume.id}
            ours, foreign = listing(volume, sorted(folders))
            objects |= {(volume.id, name): size for name, size in ours.items()}
            strangers += [(volume.id, path) for path in foreign]
        return objects, strangers

    def _hashed(self, rows: Sequence[CheckedRow], listed: dict[PlacedObject, int]) -> list[Finding]:
        found = []
        for row in rows:
            place = (row.volume, row.object_name)
            if place not in listed or row.state == "to_delete":
                continue
            if place not in self._hashes:
                self._hashes[place] = self._hash(place)
                self.seen.hashed += 1
            if self._hashes[place] not in (row.sha256, None):
                words = "its bytes are not those that were recorded"
                found.append(
                    Finding(kind=Kind.OBJECT_HASH, volume=row.volume, object_name=row.object_name, words=words)
                )
        return found

    def _hash(self, place: PlacedObject) -> bytes | None:
        try:
            with self.volumes[place[0]].open(place[1]) as file:
                return sha256_of(file)
        except FileNotFoundError:
            return None  # deleted while we look
        except OSError:
            return b"unreadable"

    async def _cameras(self) -> list[Finding]:
        """Plans and gaps."""
        waiting, findings = await asyncio.to_thread(self._spool)
        now = utc_now(self.clock)
        span = Span(min(self.since or _EVER, now), now)
        async with self.database.read() as tx:
            for camera, plan in sorted((await self.planned(tx, span, now=now)).items()):
                covered = await reading.covered(tx, camera, span)
                findings += plan_against_timeline(camera, plan, [*covered, *waiting[camera]], now)
            for camera, start, end, cause in await store.strange_gaps(tx, [one.value for one in Cause]):
                words = f"its cause is {cause!r}, which says nothing"
                findings.append(
                    Finding(
                        kind=Kind.GAP_CAUSE, camera=camera, span=Span(start, end or max(start, now)), words=words
                    )
                )
        return findings

    def _spool(self) -> tuple[dict[CameraId, list[Span]], list[Finding]]:
        """Time that lies in the spool, open files included."""
        waiting: dict[CameraId, list[Span]] = defaultdict(list)
        findings: list[Finding] = []
        for volume in self._local:
            for name, size in volume.spooled():
                try:
                    with volume.spool_path(name).open("rb") as file:
                        found = scan_object(file, name)
                except FileNotFoundError:
                    continue  # stored while we look
                except DataLoss as fault:
                    if size:
                        words = f"cannot be read: {fault.message}"
                        findings.append(
                            Finding(kind=Kind.SPOOL_UNREADABLE, volume=volume.id, object_name=name, words=words)
                        )
                    continue
                start, end = from_us(found.head.start_us), from_us(found.end_us)
                waiting[CameraId(found.head.camera)].append(Span(start, max(start, end)))
        return waiting, findings

    @property
    def _local(self) -> list[Volume]:
        return [one for one in self.volumes.values() if isinstance(one, Volume)]

    def _on_its_way(self, finding: Finding, rows: Sequence[CheckedRow]) -> bool:
        """Whether what is missing lies in a spool: between row and rename, or waiting for its store."""
        name = finding.object_name or ""
        if any(one.id == finding.volume and one.spool_path(name).is_file() for one in self._local):
            return True
        waiting = any(row.object_name == name and row.state == "spooled" for row in rows)
        return waiting and (self._spools_elsewhere or any(one.find(name) is not None for one in self._local))

    def _is_there(self, finding: Finding) -> bool:
        folder, _, name = (finding.object_name or "").rpartition("/")
        inside = self.volumes[finding.volume or ""].look(folder)
        return name in inside.objects or name in inside.folders or name in inside.others

    def _count(self, rows: Sequence[CheckedRow], listed: dict[PlacedObject, int]) -> None:
        self.seen.camera_days += 1
        self.seen.segments += len(rows)
        self.seen.objects += len(listed)
        self.seen.bytes += sum(listed.values())
        self.seen.elsewhere += sum(1 for row in rows if row.volume not in self.volumes)


def _whole(day: date) -> Span:
    start = datetime.combine(day, time(), UTC)
    return Span(start, start + _DAY)


def _stranger(volume: str, path: str) -> Finding:
    return Finding(kind=Kind.STRANGER, volume=volume, object_name=path, words="is no segment of ours")
