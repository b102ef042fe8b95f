"""Arithmetic of recorded spans, without a database: joining, cutting at midnight, what lies on top of what.

Spans are kept per (camera, fence, epoch): inside one such *layer* the clock only moves forward, so its spans never
overlap. Between layers they may (the clock was set back), and the greater (fence, epoch) is the newer one.
"""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, time, timedelta
from typing import NamedTuple, TypeVar
from uuid import UUID

from cctv.base.ids import CameraId
from cctv.base.span import Span, intersect_spans, merge_spans, subtract_spans
from cctv.recording.archive.model import JOIN, Hidden, SegmentRow

_Row = TypeVar("_Row", SegmentRow, "_Lying")
_DAY = timedelta(days=1)
_NEVER = datetime.min.replace(tzinfo=UTC)


class Layer(NamedTuple):
    """Whose recording it is; among those of one camera the greater lies on top."""

    camera_id: CameraId
    fence: int
    epoch: UUID


class LayerSpans(NamedTuple):
    """What a layer has near some moment: recorded now, and recorded once but deleted since."""

    recorded: list[Span]
    freed: list[Span]


def cut_at_midnight(spans: Iterable[Span]) -> list[Span]:
    """The same time in pieces that each lie in one UTC day."""
    return [piece for span in spans for piece in _days_of(span)]


def joined(spans: Iterable[Span]) -> list[Span]:
    """As spans are kept: joined over holes of up to ``JOIN``, cut at midnight. The order of joining is all one."""
    return cut_at_midnight(merge_spans(spans, tolerance=JOIN))


def with_recorded(now: LayerSpans, pieces: Sequence[Span]) -> LayerSpans:
    """After ``pieces`` were recorded (or found again)."""
    return LayerSpans(
        recorded=joined([*now.recorded, *pieces]), freed=cut_at_midnight(subtract_spans(now.freed, pieces))
    )


def with_freed(now: LayerSpans, pieces: Sequence[Span]) -> LayerSpans:
    """After ``pieces`` were deleted. What was joined over small holes goes with its last neighbour."""
    freed = joined([*now.freed, *pieces])
    return LayerSpans(recorded=cut_at_midnight(subtract_spans(now.recorded, freed)), freed=freed)


def covered(span: Span, by: Iterable[Span]) -> bool:
    """Whether all of ``span`` lies inside ``by``, holes of up to ``JOIN`` forgiven."""
    return any(one.start <= span.start and span.end <= one.end for one in merge_spans(by, tolerance=JOIN))


def on_top(rows: Sequence[SegmentRow], ranks: dict[UUID, tuple[int, UUID]]) -> list[SegmentRow]:
    """Rows with what of each is to be seen; those wholly under newer ones are left out.

    ``rows`` are sorted by start, ``ranks`` gives (fence, epoch) of each run. A segment with newer footage in its
    middle comes twice.
    """
    seen: list[SegmentRow] = []
    for cluster in _clusters(rows):
        if len(cluster) == 1:
            seen += cluster
            continue
        taken: list[Span] = []
        for row in sorted(cluster, key=lambda row: (ranks[row.run_id], row.seq), reverse=True):
            whole = Span(row.start, row.end)
            rest = subtract_spans([whole], taken)
            seen += [row if part == whole else row._replace(shown=part) for part in rest]
            taken.append(whole)
    return sorted(seen, key=lambda row: row.shown.start if row.shown else row.start)


def hidden(layers: Sequence[tuple[Span, int, UUID]]) -> list[Hidden]:
    """What of these (span, fence, epoch) lies under newer footage of another epoch, by start."""
    found: list[Hidden] = []
    lying = [_Lying(span.start, span.end, fence, epoch) for span, fence, epoch in sorted(layers)]
    for cluster in _clusters(lying):
        newer: list[_Lying] = []
        for one in sorted(cluster, key=lambda one: (one.fence, one.epoch), reverse=True):
            above = merge_spans(Span(other.start, other.end) for other in newer if other.epoch != one.epoch)
            parts = intersect_spans([Span(one.start, one.end)], above)
            found += [Hidden(one.epoch, part) for part in parts if part.duration > JOIN]
            newer.append(one)
    return sorted(found, key=lambda one: one.span)


def any_overlap(rows: Sequence[SegmentRow | Span]) -> bool:
    """Whether two rows, sorted by start, cover the same time by more than two frames' distance."""
    newest_end = _NEVER
    for row in rows:
        if row.start < newest_end and row.start + JOIN < newest_end:
            return True
        newest_end = max(newest_end, row.end)
    return False


class _Lying(NamedTuple):
    """A recorded span with its rank."""

    start: datetime
    end: datetime
    fence: int
    epoch: UUID


def _clusters(rows: Sequence[_Row]) -> list[list[_Row]]:
    """Rows, sorted by start, in groups that cover the same time by more than two frames' distance."""
    clusters: list[list[_Row]] = []
    newest_end = _NEVER
    for row in rows:
        if row.start < newest_end and row.start + JOIN < newest_end:
            clusters[-1].append(row)
        else:
            clusters.append([row])
        newest_end = max(newest_end, row.end)
    return clusters


def _days_of(span: Span) -> Iterable[Span]:
    start = span.start
    while start < span.end:
        midnight = datetime.combine(start.astimezone(UTC).date(), time(), UTC) + _DAY
        yield Span(start, min(midnight, span.end))
        start = midnight
