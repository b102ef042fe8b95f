"""Importing a list of cameras: good rows are kept, each bad one is named with what to do, nothing is kept twice.

A row is a camera that exists when its main stream's whole address (secrets included) or its name within the agency
is that of one. Such a row is left alone (`skip`) or changes that camera by the columns that it fills (`update`). A
file imported again changes nothing.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from typing import Any, Literal
from uuid import UUID, uuid4

from cctv.access.policy import ALL, Owned, Scope
from cctv.base.events import CAMERAS_CHANGED
from cctv.base.ids import CameraId
from cctv.cameras.registry import address, store
from cctv.cameras.registry.changes import changed_draft, credentials_of, draft_of, hosts_of, seal
from cctv.cameras.registry.errors import CameraNameTaken
from cctv.cameras.registry.groups import list_groups
from cctv.cameras.registry.import_row import ReadRow, Vocabulary, read_row, shown
from cctv.cameras.registry.import_text import ParsedFile
from cctv.cameras.registry.model import Camera, Draft, Known, Settled, World, name_key
from cctv.cameras.registry.problems import Problem
from cctv.cameras.registry.settle import settle
from cctv.infra.database import WriteTx, notify
from cctv.infra.keys import Keyring

Existing = Literal["skip", "update"]
_SECRET = {"username", "password"}


class Outcome(StrEnum):
    """What became of a row."""

    ADDED = "added"
    UPDATED = "updated"
    UNCHANGED = "unchanged"
    SKIPPED = "skipped"
    BAD = "bad"


@dataclass(frozen=True, slots=True)
class RowResult:
    """One row's outcome; `camera` is `None` when there is none (yet)."""

    number: int
    name: str
    outcome: Outcome
    camera: UUID | None = None
    problems: tuple[Problem, ...] = ()
    agency: str | None = None
    """Whose the camera is now, where one was added or changed."""
    given: tuple[str, ...] = ()
    """The fields that the row gave."""


@dataclass(frozen=True, slots=True)
class ImportReport:
    """What the import did, or would do."""

    dry_run: bool
    results: list[RowResult]
    unknown_columns: list[str]

    def count(self, outcome: Outcome) -> int:
        return Counter(result.outcome for result in self.results)[outcome]


@dataclass(frozen=True, slots=True)
class _Key:
    """What tells a camera apart: the whole address of its main stream, or its name within its agency."""

    address: str | None = field(repr=False)
    name: tuple[str, str] | None

    @classmethod
    def of_row(cls, given: dict[str, Any]) -> "_Key":
        parsed = address.parse(given.get("main_url", ""))
        known = isinstance(parsed, address.Address) and None not in parsed.secrets
        whole = _whole(parsed.url, parsed.secrets) if known and isinstance(parsed, address.Address) else None
        named = "name" in given and "agency" in given
        return cls(whole, (given["agency"], name_key(given["name"])) if named else None)

    @classmethod
    def of_camera(cls, camera: Camera, keyring: Keyring) -> "_Key":
        whole = _whole(camera.main.url, credentials_of(camera, keyring).main)
        return cls(whole, (camera.agency, name_key(camera.name)))


@dataclass(frozen=True, slots=True)
class _There:
    """Cameras that exist, and rows of this file that were good (by their number)."""

    by_address: dict[str, Camera | int] = field(default_factory=dict)
    by_name: dict[tuple[str, str], Camera | int] = field(default_factory=dict)

    def find(self, key: _Key) -> tuple[Camera | int | None, Camera | int | None]:
        return (
            self.by_address.get(key.address) if key.address else None,
            self.by_name.get(key.name) if key.name else None,
        )

    def take(self, key: _Key, what: Camera | int) -> None:
        if key.address:
            self.by_address[key.address] = what
        if key.name:
            self.by_name[key.name] = what


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """How a file is imported. Cameras outside `scope` do not exist for whoever imports, and are not made."""

    existing: Existing
    dry_run: bool
    at: datetime
    scope: Scope = ALL


async def import_cameras(tx: WriteTx, file: ParsedFile, *, options: Options, keyring: Keyring) -> ImportReport:
    """Keep the good rows of `file` and tell the recorders once; a dry run only finds out what would happen."""
    dry_run, scope = options.dry_run, options.scope
    await store.hold_imports(tx)
    words = Vocabulary.of(await store.list_agencies(tx, scope), await list_groups(tx, scope))
    there = _There()
    for camera in await store.list_cameras(tx, store.Wanted(scope=scope)):
        there.take(_Key.of_camera(camera, keyring), camera)
    world = replace(await store.world(tx), told=frozenset(words.agencies.values()))
    act = _Import(tx, there, world, keyring, options)
    results = [await act.row(read_row(raw, words)) for raw in file.rows]
    if not dry_run and any(result.outcome in (Outcome.ADDED, Outcome.UPDATED) for result in results):
        await notify(tx, CAMERAS_CHANGED)
    return ImportReport(dry_run, results, [shown(column) for column in file.unknown_columns])


@dataclass(frozen=True, slots=True)
class _Import:
    tx: WriteTx
    there: _There
    world: World
    keyring: Keyring
    options: Options

    async def row(self, row: ReadRow) -> RowResult:
        key = _Key.of_row(row.given)
        same_address, same_name = self.there.find(key)
        for other in (same_address, same_name):
            if isinstance(other, int):
                return _bad(row, [Problem("row", "row_same", {"other": other})])
        try:
            result = await self._keep(row, same_address, same_name)
        except CameraNameTaken:
            result = _bad(row, [Problem("name", "duplicate_name", {"existing": row.name})])
        if result.outcome is not Outcome.BAD:
            self.there.take(key, row.number)
        return result

    async def _keep(
        self, row: ReadRow, same_address: Camera | int | None, same_name: Camera | int | None
    ) -> RowResult:
        if isinstance(same_address, Camera):
            if isinstance(same_name, Camera) and same_name.id != same_address.id:
                return _bad(row, [Problem("name", "duplicate_name", {"existing": same_name.name})])
            if self.options.existing == "update":
                return await self._update(row, same_address)
            return _skipped(
                row, same_address, Problem("main.url", "duplicate_url", {"existing": same_address.name})
            )
        if isinstance(same_name, Camera):
            if self.options.existing == "update":
                return await self._update(row, same_name)
            return _skipped(row, same_name, Problem("name", "duplicate_name", {"existing": same_name.name}))
        return await self._add(row)

    async def _add(self, row: ReadRow) -> RowResult:
        settled = settle(Draft(**row.given), self.world)
        if row.problems or not isinstance(settled, Settled):
            return _bad(row, [*row.problems, *([] if isinstance(settled, Settled) else settled)])
        camera_id = CameraId(uuid4())
        if not self._mine(settled, camera_id):
            return _bad(row, [Problem("agency", "not_yours")])
        if self.options.dry_run:
            return RowResult(row.number, row.name, Outcome.ADDED)
        sealed = seal(settled.credentials, camera_id, self.keyring)
        await store.insert_camera(self.tx, settled, camera_id=camera_id, credentials=sealed, at=self.options.at)
        return _done(row, Outcome.ADDED, camera_id, settled)

    async def _update(self, row: ReadRow, camera: Camera) -> RowResult:
        credentials = credentials_of(camera, self.keyring)
        known = Known(credentials, hosts_of(camera))
        settled = settle(changed_draft(camera, row.given), self.world, known)
        if row.problems or not isinstance(settled, Settled):
            return _bad(row, [*row.problems, *([] if isinstance(settled, Settled) else settled)])
        if settled == settle(draft_of(camera), self.world, known):
            return RowResult(row.number, row.name, Outcome.UNCHANGED, camera.id)
        if not self._mine(settled, camera.id, now_in=camera.agency):
            return _bad(row, [Problem("agency", "not_yours")])
        if not self.options.dry_run:
            sealed = camera.credentials
            if settled.credentials != credentials:
                sealed = seal(settled.credentials, camera.id, self.keyring)
            await store.update_camera(self.tx, camera, settled, credentials=sealed, at=self.options.at)
        return _done(row, Outcome.UPDATED, camera.id, settled)

    def _mine(self, settled: Settled, camera: CameraId, *, now_in: str | None = None) -> bool:
        """Whether the importer may put the camera there, and still manages it then."""
        scope = self.options.scope
        there = Owned(camera, settled.agency, settled.group_id)
        return scope.may_place(settled.agency, now_in=now_in) and scope.has(there)


def _whole(url: str, secrets: Sequence[str | None]) -> str:
    """An address with its secrets, which tells two streams of one recorder apart; it never leaves this module."""
    known = tuple(secret for secret in secrets if secret is not None)
    return address.assemble(url, user=None, password=None, secrets=known)


def _done(row: ReadRow, outcome: Outcome, camera: UUID, settled: Settled) -> RowResult:
    return RowResult(
        row.number, row.name, outcome, camera, agency=settled.agency, given=tuple(sorted({*row.given} - _SECRET))
    )


def _skipped(row: ReadRow, camera: Camera, problem: Problem) -> RowResult:
    if row.problems:
        return _bad(row, row.problems)
    return RowResult(row.number, row.name, Outcome.SKIPPED, camera.id, (problem,))


def _bad(row: ReadRow, problems: Sequence[Problem]) -> RowResult:
    return RowResult(row.number, row.name, Outcome.BAD, None, _each_field_once(problems))


def _each_field_once(problems: Sequence[Problem]) -> tuple[Problem, ...]:
    """The first problem of each field: what could not be read is not missing as well."""
    first: dict[str, Problem] = {}
    for problem in problems:
        first.setdefault(problem.field, problem)
    return tuple(first.values())
