"""Files that are being written, or were a moment ago and are not in the catalogue yet.

Between the close of a file and its row lie moments (longer when the database is slow) in which neither the
recorder's word nor the catalogue has it. A playlist that already showed it must not lose it then, so what was
seen open is remembered until the catalogue has it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Final

from cctv.base.clock import US_PER_S, Clock
from cctv.base.ids import CameraId, RunId, parse_object_name
from cctv.base.span import Span
from cctv.infra.database import ReadTx
from cctv.recording import archive
from cctv.recording.archive import LONGEST_SEGMENT, OpenSegment

_REMEMBERED_US: Final = 15 * US_PER_S
"""After that a file without a row belongs to a recorder that died; it comes back when it is salvaged."""


class Pending:
    """The open files of cameras as they were seen, each camera's by start time."""

    def __init__(self, *, clock: Clock) -> None:
        self._clock = clock
        self._seen: dict[CameraId, dict[tuple[RunId, int], tuple[OpenSegment, int]]] = {}

    def note(
        self, cameras: Sequence[CameraId], opened: Mapping[CameraId, OpenSegment]
    ) -> dict[CameraId, list[OpenSegment]]:
        """What is open now (``opened``) with what was open a moment ago, the one being written last."""
        now_us = self._clock.monotonic_us()
        return {camera: self._of(camera, opened.get(camera), now_us) for camera in cameras}

    def _of(self, camera: CameraId, opened: OpenSegment | None, now_us: int) -> list[OpenSegment]:
        kept = {
            key: (one, seen_us)
            for key, (one, seen_us) in self._seen.pop(camera, {}).items()
            if now_us - seen_us < _REMEMBERED_US
        }
        if opened is not None:
            kept.pop((opened.run_id, opened.seq), None)
            kept[opened.run_id, opened.seq] = (opened, now_us)
        if kept:
            self._seen[camera] = kept
        return [one for one, _ in kept.values()]


async def all_catalogued(tx: ReadTx, pending: Sequence[OpenSegment], span: Span) -> bool:
    """Whether the files closed before the one being written have their rows, as far as ``span`` is concerned."""
    if not pending:
        return True
    *closed, writing = pending
    for one in closed:
        if one.span.overlaps(span) and not await _has_row(tx, one.object_name):
            return False
    if writing.seq == 0 or writing.start <= span.start or writing.start - LONGEST_SEGMENT >= span.end:
        return True
    return await _has_row(tx, writing.object_name, back=1)


async def _has_row(tx: ReadTx, object_name: str, *, back: int = 0) -> bool:
    name = parse_object_name(object_name)
    if name is None:
        return True
    wanted = replace(name, seq=name.seq - back)
    if await archive.segment_span(tx, wanted) is not None:
        return True
    if not back:
        return False
    yesterday = datetime.strptime(name.day, "%Y/%m/%d").replace(tzinfo=UTC) - timedelta(days=1)
    return await archive.segment_span(tx, replace(wanted, day=f"{yesterday:%Y/%m/%d}")) is not None
