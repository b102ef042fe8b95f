"""What of a camera is to be shown in a range of time: closed segments from the catalogue, and the open one.

A playlist that still grows may only be added to at its end. So the open segment is held back while the
catalogue does not yet have the one before it, and its last group of pictures while that may still grow.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, NamedTuple

from cctv.base.clock import TICKS_PER_S, US_PER_S, to_us
from cctv.base.ids import RunId
from cctv.base.span import Span
from cctv.media.mp4.index import Gop
from cctv.recording.archive import LONGEST_SEGMENT, OpenSegment, SegmentRow

_NEW_RUN_SETTLES: Final = timedelta(seconds=3)
"""A run's first segment waits this long for the row of the last segment of the run before it."""

_LATE: Final = timedelta(seconds=20)
"""When the end of a range is that long ago, nothing more is coming for it."""


class Shown(NamedTuple):
    """A segment or a part of one: ``part`` is ``None`` for all of it.

    ``closed`` says that the file and its index are final, ``growing`` that later playlists will show more of it.
    """

    run: RunId
    seq: int
    start: datetime
    end: datetime
    volume: str
    object_name: str
    fragments: bytes
    part: Span | None = None
    closed: bool = True
    growing: bool = False


@dataclass(frozen=True, slots=True)
class Footage:
    """Segments by start time; ``ended`` when nothing can be added to the range any more."""

    segments: list[Shown]
    ended: bool


def select(rows: Sequence[SegmentRow], pending: Sequence[OpenSegment], span: Span, *, now: datetime) -> Footage:
    """What of ``span`` can be played now. ``pending`` are files without a row, the one being written last."""
    catalogued = {(row.run_id, row.seq) for row in rows} if pending else set()
    # Only the first without a row: until it has one, its end is not known, and what comes after it must wait.
    first = next((one for one in pending if (one.run_id, one.seq) not in catalogued), None)
    ended = span.end <= now and (span.end + _LATE <= now or _complete(rows, pending, first, span))
    if first is None or not _may_follow(rows, first, span, now=now):
        return Footage(segments=[_of_row(row, span) for row in rows], ended=ended)
    # Footage of an older clock epoch that claims to be later than what is being recorded now lies beneath it.
    older = Span(span.start, max(span.start, min(span.end, first.start)))
    below = [
        _of_row(row, span if row.run_id == first.run_id else older) for row in rows if row.start < first.start
    ]
    return Footage(segments=[*below, _of_open(first, span, growing=not ended)], ended=ended)


def gops_of(segment: Shown, found: Sequence[Gop]) -> list[Gop]:
    """Those of the segment's GOPs that its ``part`` touches, without a last one that may still grow."""
    kept = list(found[:-1] if segment.growing else found)
    if segment.part is None or not kept:
        return kept
    base_90k = kept[0].start_90k
    start_us = to_us(segment.start)
    first_90k = us_to_90k(to_us(segment.part.start) - start_us) + base_90k
    last_90k = us_to_90k(to_us(segment.part.end) - start_us) + base_90k
    return [gop for gop in kept if gop.start_90k < last_90k and gop.start_90k + gop.duration_90k > first_90k]


def follows(before: Shown, after: Shown) -> bool:
    """Whether ``after`` goes on in the same run without missing footage between."""
    return (
        before.run.int == after.run.int
        and after.seq == before.seq + 1
        and (before.part is None or before.part.end == before.end)
        and (after.part is None or after.part.start == after.start)
    )


def us_to_90k(us: int) -> int:
    """Microseconds as 90 kHz ticks, rounded down."""
    return us * TICKS_PER_S // US_PER_S


def ticks_to_us(ticks_90k: int) -> int:
    """90 kHz ticks as microseconds, rounded to the nearest."""
    return (ticks_90k * US_PER_S * 2 + TICKS_PER_S) // (2 * TICKS_PER_S)


def _of_row(row: SegmentRow, span: Span) -> Shown:
    whole = row.shown is None and span.start <= row.start and row.end <= span.end
    part = None if whole else _clipped(Span(row.start, row.end), span, row.shown)
    return Shown(row.run_id, row.seq, row.start, row.end, row.volume, row.object_name, row.fragments, part)


def _of_open(opened: OpenSegment, span: Span, *, growing: bool) -> Shown:
    return Shown(
        run=opened.run_id,
        seq=opened.seq,
        start=opened.start,
        end=opened.end,
        volume=opened.volume,
        object_name=opened.object_name,
        fragments=opened.fragments,
        part=_clipped(opened.span, span, None),
        closed=False,
        growing=growing,
    )


def _clipped(whole: Span, asked: Span, shown: Span | None) -> Span | None:
    """The part to show, ``None`` for all of it."""
    start = max(whole.start, asked.start, shown.start if shown else whole.start)
    end = min(whole.end, asked.end, shown.end if shown else whole.end)
    return None if start == whole.start and end == whole.end else Span(start, max(start, end))


def _complete(
    rows: Sequence[SegmentRow], pending: Sequence[OpenSegment], first: OpenSegment | None, span: Span
) -> bool:
    """Whether nothing more is coming for a range that lies behind us."""
    if first is None:
        return True
    if _lacks_predecessor(rows, first, span):
        return False
    return first.start >= span.end or (first is pending[-1] and first.end >= span.end)


def _lacks_predecessor(rows: Sequence[SegmentRow], opened: OpenSegment, span: Span) -> bool:
    """Whether the file before the open one may belong to ``span`` and has no row yet."""
    if opened.seq == 0 or opened.start <= span.start or opened.start - LONGEST_SEGMENT >= span.end:
        return False
    return not any(row.run_id == opened.run_id and row.seq == opened.seq - 1 for row in rows)


def _may_follow(rows: Sequence[SegmentRow], opened: OpenSegment, span: Span, *, now: datetime) -> bool:
    if not opened.span.overlaps(span):
        return False
    if opened.seq == 0:
        return not rows or now - opened.start >= _NEW_RUN_SETTLES
    return not _lacks_predecessor(rows, opened, span)
