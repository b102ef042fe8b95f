"""Cameras as a file that the import takes back; never with user or password.

CSV begins with a byte order mark, so that spreadsheets read its Arabic, and no cell begins like a formula.
"""

import csv
import io
import json
from collections.abc import Iterable, Mapping
from uuid import UUID

from cctv.cameras.registry.model import Camera

COLUMNS = (
    "id",
    "name",
    "name_ar",
    "agency",
    "group",
    "place",
    "lat",
    "lon",
    "main_url",
    "main_transport",
    "sub_url",
    "sub_transport",
    "mode",
    "audio",
    "enabled",
)
_FORMULA_STARTS = ("=", "+", "-", "@")


def as_csv(cameras: Iterable[Camera], groups: Mapping[UUID, str]) -> str:
    """All `cameras` as CSV with the names of their groups."""
    text = io.StringIO(newline="")
    text.write("\ufeff")
    writer = csv.writer(text)
    writer.writerow(COLUMNS)
    for camera in cameras:
        cells = _cells(camera, groups)
        writer.writerow([_no_formula(cells[column]) for column in COLUMNS])
    return text.getvalue()


def as_json(cameras: Iterable[Camera], groups: Mapping[UUID, str]) -> str:
    """All `cameras` as `{"cameras": [...]}`, flat entries with the columns of the CSV that have a value."""
    entries = [
        {name: value for name, value in _cells(camera, groups).items() if value not in ("", None)}
        for camera in cameras
    ]
    return json.dumps({"cameras": entries}, ensure_ascii=False, indent=1)


def _cells(camera: Camera, groups: Mapping[UUID, str]) -> dict[str, object]:
    place, sub = camera.place, camera.sub
    return {
        "id": str(camera.id),
        "name": camera.name,
        "name_ar": camera.name_ar,
        "agency": camera.agency,
        "group": groups.get(camera.group_id, "") if camera.group_id is not None else "",
        "place": place.text,
        "lat": place.lat,
        "lon": place.lon,
        "main_url": camera.main.url,
        "main_transport": str(camera.main.transport),
        "sub_url": sub.url if sub is not None else "",
        "sub_transport": str(sub.transport) if sub is not None else "",
        "mode": str(camera.mode),
        "audio": str(camera.audio),
        "enabled": camera.enabled,
    }


def _no_formula(value: object) -> object:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"'{value}" if isinstance(value, str) and value.startswith(_FORMULA_STARTS) else value
