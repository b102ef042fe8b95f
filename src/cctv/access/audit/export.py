"""The audit as CSV: with a byte order mark, so that spreadsheets read its Arabic; no cell is a formula."""

import csv
import io
import json
from collections.abc import AsyncIterator, Mapping
from uuid import UUID

from cctv.access.audit.model import Kept
from cctv.access.audit.store import CameraName

_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "|", "%")
_FIELDS = tuple(Kept.__slots__)


async def as_csv(entries: AsyncIterator[Kept], cameras: Mapping[UUID, CameraName]) -> AsyncIterator[bytes]:
    """A header line, then a line an entry; last what its camera is called now, which is no part of the chain."""
    yield "\ufeff".encode() + _line([*_FIELDS, "camera_name"])
    async for entry in entries:
        camera = cameras.get(entry.camera_id) if entry.camera_id else None
        cells = [getattr(entry, name) for name in _FIELDS]
        yield _line([_cell(cell) for cell in [*cells, camera.name if camera else None]])


def _line(cells: list[str]) -> bytes:
    text = io.StringIO(newline="")
    csv.writer(text).writerow(cells)
    return text.getvalue().encode()


def _cell(value: object) -> str:
    match value:
        case None:
            return ""
        case dict():
            text = json.dumps(value, ensure_ascii=False, sort_keys=True) if value else ""
        case _:
            text = value.isoformat() if hasattr(value, "isoformat") else str(value)
    # A spreadsheet skips leading spaces before it decides whether something is a formula.
    return f"'{text}" if text.lstrip(" \u00a0\u3000").startswith(_FORMULA_STARTS) else text
