"""The rows of recorded and freed spans, changed layer by layer under a lock on each camera."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from uuid import UUID

from cctv.base.ids import CameraId
from cctv.base.span import Span
from cctv.infra.database import ReadTx, WriteTx
from cctv.recording.archive.model import JOIN
from cctv.recording.archive.spans import Layer, LayerSpans
from cctv.recording.archive.store.wire import change, fetch

_CAMERA_LOCKS = 0x61726368
_DAY = timedelta(days=1)

Pieces = Mapping[Layer, Sequence[Span]]
Rule = Callable[[LayerSpans, Sequence[Span]], LayerSpans]


async def lock_cameras(tx: WriteTx, cameras: Iterable[CameraId]) -> None:
    """Nobody else changes what these cameras have until this transaction ends. Always asked for in one order."""
    ids = [str(camera) for camera in set(cameras)]
    await fetch(
        tx,
        "SELECT pg_advisory_xact_lock(%s, key) FROM"
        " (SELECT DISTINCT hashtext(id) AS key FROM unnest(%s::text[]) AS id ORDER BY key) AS keys",
        (_CAMERA_LOCKS, ids),
    )


async def near(tx: ReadTx, pieces: Pieces) -> dict[Layer, LayerSpans]:
    """What each layer has that touches its pieces (joinable ones included)."""
    flat = [(layer, piece) for layer, found in pieces.items() for piece in found]
    around = {layer: LayerSpans([], []) for layer in pieces}
    rows = await fetch(
        tx,
        """
        SELECT DISTINCT s.camera_id, s.fence, s.epoch, s.freed, s.start_time, s.end_time
        FROM unnest(%s::uuid[], %s::bigint[], %s::uuid[], %s::timestamptz[], %s::timestamptz[])
             AS p (camera_id, fence, epoch, start_time, end_time)
        CROSS JOIN LATERAL (
            SELECT * FROM recording_spans AS r
            WHERE r.camera_id = p.camera_id AND r.fence = p.fence AND r.epoch = p.epoch
              AND r.start_time BETWEEN p.start_time - %s AND p.end_time + %s
              AND r.end_time >= p.start_time - %s
        ) AS s
        """,
        (*_columns(flat), _DAY + JOIN, JOIN, JOIN),
    )
    for camera, fence, epoch, freed, start, end in rows:
        found = around[Layer(camera, fence, epoch)]
        (found.freed if freed else found.recorded).append(Span(start, end))
    return around


async def apply(tx: WriteTx, pieces: Pieces, rule: Rule) -> None:
    """Change every layer by ``rule`` of what it has and its pieces. The cameras must be locked."""
    before = await near(tx, pieces)
    gone: list[tuple[Layer, datetime, bool]] = []
    put: list[tuple[Layer, Span, bool]] = []
    for layer, now in before.items():
        then = rule(now, pieces[layer])
        for freed, old, new in ((False, now.recorded, then.recorded), (True, now.freed, then.freed)):
            starts = {span.start for span in new}
            gone += [(layer, span.start, freed) for span in old if span.start not in starts]
            put += [(layer, span, freed) for span in set(new) - set(old)]
    await _delete(tx, gone)
    await _put(tx, put)


async def _delete(tx: WriteTx, rows: Sequence[tuple[Layer, datetime, bool]]) -> None:
    if not rows:
        return
    await change(
        tx,
        """
        DELETE FROM recording_spans AS r
        USING unnest(%s::uuid[], %s::bigint[], %s::uuid[], %s::timestamptz[], %s::boolean[])
              AS d (camera_id, fence, epoch, start_time, freed)
        WHERE r.camera_id = d.camera_id AND r.start_time = d.start_time AND r.fence = d.fence
          AND r.epoch = d.epoch AND r.freed = d.freed
        """,
        (
            *_layers(layer for layer, _, _ in rows),
            [start for _, start, _ in rows],
            [freed for _, _, freed in rows],
        ),
    )


async def _put(tx: WriteTx, rows: Sequence[tuple[Layer, Span, bool]]) -> None:
    if not rows:
        return
    await change(
        tx,
        """
        INSERT INTO recording_spans (camera_id, fence, epoch, start_time, end_time, freed)
        SELECT * FROM unnest(%s::uuid[], %s::bigint[], %s::uuid[], %s::timestamptz[], %s::timestamptz[],
                             %s::boolean[])
        ON CONFLICT (camera_id, start_time, fence, epoch, freed) DO UPDATE SET end_time = excluded.end_time
        """,
        (*_columns([(layer, span) for layer, span, _ in rows]), [freed for _, _, freed in rows]),
    )


def _layers(layers: Iterable[Layer]) -> tuple[list[CameraId], list[int], list[UUID]]:
    found = list(layers)
    return [one.camera_id for one in found], [one.fence for one in found], [one.epoch for one in found]


def _columns(
    rows: Sequence[tuple[Layer, Span]],
) -> tuple[list[CameraId], list[int], list[UUID], list[datetime], list[datetime]]:
    cameras, fences, epochs = _layers(layer for layer, _ in rows)
    return cameras, fences, epochs, [span.start for _, span in rows], [span.end for _, span in rows]
