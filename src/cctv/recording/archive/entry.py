"""A batch as a journal entry: JSON, with its format number. Readers know the format before.

Times are integer microseconds since 1970, bytes are base64, ids hex: by a field's name.
"""

import base64
from dataclasses import fields
from datetime import timedelta
from typing import Any
from uuid import UUID

from cctv.base.clock import from_us, to_us
from cctv.base.faults import Cause
from cctv.recording.archive.model import Batch, Epoch, Gap, Run, Segment, SegmentState

FORMAT = 1

_KINDS: dict[str, type[Run | Segment | Gap | Epoch]] = {
    "runs": Run,
    "segments": Segment,
    "gaps": Gap,
    "epochs": Epoch,
}
_TIMES = frozenset({"started_at", "ended_at", "start", "end", "at"})
_IDS = frozenset({"id", "camera_id", "run_id", "epoch"})
_BYTES = frozenset({"init", "sha256", "prev_sha256", "fragments"})
_MICROSECOND = timedelta(microseconds=1)


def batch_to_entry(batch: Batch) -> dict[str, Any]:
    """What a :class:`~cctv.infra.disks.Journal` takes."""
    entry: dict[str, Any] = {"format": FORMAT}
    for kind in _KINDS:
        rows = getattr(batch, kind)
        if rows:
            entry[kind] = [{f.name: _out(f.name, getattr(row, f.name)) for f in fields(row)} for row in rows]
    return entry


def batch_from_entry(entry: dict[str, Any]) -> Batch:
    """The batch again, equal to the one that was written. ``ValueError`` for a format that we do not know."""
    if entry.get("format") != FORMAT:
        raise ValueError(f"journal entry of unknown format {entry.get('format')!r}")
    rows: dict[str, Any] = {
        kind: tuple(shape(**{name: _in(name, value) for name, value in row.items()}) for row in entry[kind])
        for kind, shape in _KINDS.items()
        if kind in entry
    }
    return Batch(**rows)


def _out(name: str, value: Any) -> Any:
    if value is None:
        return None
    if name in _TIMES:
        return to_us(value)
    if name in _IDS:
        return value.hex
    if name in _BYTES:
        return base64.b64encode(value).decode()
    if name == "step":
        return value // _MICROSECOND
    return value


def _in(name: str, value: Any) -> Any:
    if value is None:
        return None
    if name in _TIMES:
        return from_us(value)
    if name in _IDS:
        return UUID(hex=value)
    if name in _BYTES:
        return base64.b64decode(value)
    return _NAMED[name](value) if name in _NAMED else value


_NAMED: dict[str, Any] = {
    "step": lambda us: us * _MICROSECOND,
    "state": SegmentState,
    "cause": Cause,
    "end_cause": Cause,
}
