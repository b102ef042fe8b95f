"""Cuts a range of time out of the recordings as byte ranges of whole GOPs; nothing is copied or re-encoded.

Download, clips and exports all cut here, so that the same range is always the same footage.
"""

from uuid import UUID

from cctv.base.clock import TICKS_PER_S, US_PER_S, from_us, to_us
from cctv.base.ids import CameraId
from cctv.base.span import Span
from cctv.infra.database import ReadTx
from cctv.infra.telemetry import log
from cctv.media.errors import DamagedMedia
from cctv.media.mp4.index import Gop, decode_index, gops
from cctv.recording.archive.errors import NoRecording
from cctv.recording.archive.model import CutPiece, OpenSegment, Run, SegmentRow
from cctv.recording.archive.reading import runs, segments


async def cut(
    tx: ReadTx,
    camera: CameraId,
    span: Span,
    *,
    opened: OpenSegment | None = None,
    epoch: UUID | None = None,
) -> list[CutPiece]:
    """Pieces in order of time that cover what is recorded of ``span``, each beginning with a key frame.

    With ``opened`` the file being written counts too, as far as its index says; with ``epoch`` only footage of
    that clock epoch. :class:`NoRecording` when there is nothing.
    """
    writing = _as_row(opened) if opened is not None and opened.span.overlaps(span) else None
    rows = await segments(tx, camera, span, epoch=epoch, opened=writing)
    known = await runs(tx, {row.run_id for row in rows})
    pieces = [piece for row in rows if row.run_id in known for piece in _piece(row, known[row.run_id], span)]
    if not pieces:
        raise NoRecording
    return pieces


def _piece(row: SegmentRow, run: Run, span: Span) -> list[CutPiece]:
    wanted = (row.shown or Span(row.start, row.end)).intersect(span)
    if wanted is None:
        return []
    try:
        index = decode_index(row.fragments)
    except DamagedMedia:
        # Left out like missing footage, as in playlists: one damaged row must not cost the whole range.
        log.warning("index_damaged", object=row.object_name)
        return []
    kept = [gop for gop in gops(index) if gop.key_bytes and _time_of(gop, row, index.base_90k).overlaps(wanted)]
    if not kept:
        return []
    first, last = kept[0], kept[-1]
    return [
        CutPiece(
            run_id=row.run_id,
            volume=row.volume,
            object_name=row.object_name,
            init=run.init,
            offset=first.offset,
            length=last.offset + last.bytes - first.offset,
            start_90k=first.start_90k,
            duration_90k=last.start_90k + last.duration_90k - first.start_90k,
            span=Span(_time_of(first, row, index.base_90k).start, _time_of(last, row, index.base_90k).end),
        )
    ]


def _time_of(gop: Gop, row: SegmentRow, base_90k: int) -> Span:
    start_us = to_us(row.start)
    return Span(
        from_us(start_us + _to_us(gop.start_90k - base_90k)),
        from_us(start_us + _to_us(gop.start_90k + gop.duration_90k - base_90k)),
    )


def _to_us(ticks_90k: int) -> int:
    return ticks_90k * US_PER_S // TICKS_PER_S


def _as_row(opened: OpenSegment) -> SegmentRow:
    return SegmentRow(
        run_id=opened.run_id,
        seq=opened.seq,
        start=opened.start,
        end=opened.end,
        volume=opened.volume,
        object_name=opened.object_name,
        fragments=opened.fragments,
        size_bytes=0,
    )
