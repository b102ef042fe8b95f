"""The invariants as rules over what was read: rows against objects, rows against rows, plan against timeline."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from uuid import UUID

from cctv.base.ids import CameraId
from cctv.base.span import Span, intersect_spans, merge_spans, subtract_spans
from cctv.recording.archive.findings import CameraDay, CheckedRow, Finding, Kind
from cctv.recording.archive.model import JOIN, SHOWN

PlacedObject = tuple[str, str]
"""Volume and name."""

SECOND = timedelta(seconds=1)
"""The plan is kept by the second: a hole shorter than this is a frame late, not missing footage."""

NOTICED = timedelta(seconds=20)
"""Until a recorder knows that nothing comes: 10 s of watchdog, a lease of 10 s. The present is not judged."""

SLEW = timedelta(milliseconds=10)
"""By how much two files' clocks may disagree where one ends and the next begins."""


def objects_against_rows(
    rows: Sequence[CheckedRow], listed: Mapping[PlacedObject, int], here: set[str], *, moving: bool = False
) -> list[Finding]:
    """Invariants 1 and 2 for one camera day, without hashes: ``listed`` is what lies in its folders.

    ``moving``: files go from a spool into a store, so one that the catalogue has elsewhere is on its way.
    """
    found: list[Finding] = []
    known: set[PlacedObject] = set()
    for row in rows:
        place = (row.volume, row.object_name)
        known.add(place)
        if row.state == "to_delete" or row.volume not in here:
            continue
        if place not in listed:
            found.append(_of_object(Kind.OBJECT_MISSING, place, f"the catalogue has it as {row.state}"))
        elif listed[place] != row.size_bytes:
            words = f"{listed[place]} bytes, and {row.size_bytes} in the catalogue"
            found.append(_of_object(Kind.OBJECT_SIZE, place, words))
        if row.fence is None:
            found.append(_of_object(Kind.RUN_MISSING, place, f"run {row.run_id} is not in the catalogue"))
    named = {row.object_name for row in rows} if moving else set()
    unknown = sorted(place for place in listed.keys() - known if place[1] not in named)
    return found + [_of_object(Kind.OBJECT_UNKNOWN, place, "not in the catalogue") for place in unknown]


def order_of_rows(camera: CameraId, rows: Sequence[CheckedRow]) -> list[Finding]:
    """Invariant 4, for shown rows sorted by start: one epoch's time has no overlap and only moves forward."""
    found: list[Finding] = []
    by_epoch: dict[UUID, list[CheckedRow]] = defaultdict(list)
    for row in rows:
        if row.state in SHOWN and row.epoch is not None:
            by_epoch[row.epoch].append(row)
    for ordered in by_epoch.values():
        last = ordered[0]
        for row in ordered[1:]:
            if row.fence == last.fence and row.start < last.end - SLEW:
                words = f"{row.object_name} begins before {last.object_name} ends"
                found.append(_of_time(Kind.OVERLAP, camera, Span(row.start, min(row.end, last.end)), words))
            if _goes_back(last, row):
                words = f"{row.object_name} was recorded before {last.object_name}, and lies after it"
                found.append(_of_time(Kind.BACKWARDS, camera, Span(row.start, row.end), words))
            last = row if row.end >= last.end else last
    return found


def spans_against_rows(
    unit: CameraDay, whole: Span, rows: Iterable[CheckedRow], spans: Iterable[Span]
) -> list[Finding]:
    """The timeline is what the rows say, inside the day ``whole``; joined holes are forgiven."""
    said = [Span(row.start, row.end) for row in rows if row.state in SHOWN and row.end > row.start]
    by_rows = intersect_spans(merge_spans(said, tolerance=JOIN), [whole])
    shown = merge_spans(spans, tolerance=JOIN)
    return [
        _of_time(Kind.TIMELINE, unit.camera, part, words)
        for left, right, words in (
            (by_rows, shown, "recorded, and not on the timeline"),
            (shown, by_rows, "on the timeline, and not recorded"),
        )
        for part in subtract_spans(left, right)
        if part.duration > JOIN
    ]


def plan_against_timeline(
    camera: CameraId, planned: Sequence[Span], covered: Iterable[Span], now: datetime
) -> list[Finding]:
    """Invariant 3: what of the plan is neither recorded, freed, in the spool, nor a gap.

    A hole that reaches the present is open: nobody has taken the camera yet.
    """
    found = []
    for hole in subtract_spans(planned, covered):
        if hole.duration <= SECOND:
            continue
        if hole.end < now:
            words = "planned, not recorded, and no gap says why"
            found.append(_of_time(Kind.PLAN_UNCOVERED, camera, hole, words))
        elif hole.duration > NOTICED:
            words = "planned and not being recorded; no recorder has the camera, or none has said why"
            found.append(_of_time(Kind.PLAN_OPEN, camera, hole, words))
    return found


def _goes_back(before: CheckedRow, after: CheckedRow) -> bool:
    if before.run_id == after.run_id:
        return after.seq < before.seq
    return before.fence is not None and after.fence is not None and after.fence < before.fence


def _of_object(kind: Kind, place: PlacedObject, words: str) -> Finding:
    return Finding(kind=kind, volume=place[0], object_name=place[1], words=words)


def _of_time(kind: Kind, camera: CameraId, span: Span, words: str) -> Finding:
    return Finding(kind=kind, camera=camera, span=span, words=words)
