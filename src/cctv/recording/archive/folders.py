"""What lies in a place, folder by folder: ``AGENCY/CAMERA/YYYY/MM/DD``, never the whole list at once."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from cctv.base.ids import CameraId, is_agency_code, parse_object_name
from cctv.infra.places import Place
from cctv.recording.archive.findings import CameraDay

_LEVELS = 5


@dataclass(slots=True)
class Survey:
    """The day folders of a place (several of a day when the camera changed its agency), and what is not ours."""

    days: dict[CameraDay, list[str]] = field(default_factory=lambda: defaultdict(list))
    strangers: list[str] = field(default_factory=list)


def survey(place: Place) -> Survey:
    """Find the day folders; no file is looked at."""
    found = Survey()
    for folder in _descend(found, place, "", _LEVELS):
        unit = _unit_of(folder)
        if unit is None:
            found.strangers.append(folder)
        else:
            found.days[unit].append(folder)
    return found


def listing(place: Place, folders: Iterable[str]) -> tuple[dict[str, int], list[str]]:
    """Objects with their sizes in these folders, and what is no object. A folder that is not there is empty."""
    listed: dict[str, int] = {}
    strangers: list[str] = []
    for folder in folders:
        inside = place.look(folder)
        for name, size in inside.objects.items():
            full = f"{folder}/{name}"
            if parse_object_name(full) is None:
                strangers.append(full)
            else:
                listed[full] = size
        strangers += [f"{folder}/{name}" for name in (*inside.folders, *inside.others)]
    return listed, strangers


def _descend(found: Survey, place: Place, folder: str, levels: int) -> Iterator[str]:
    inside = place.look(folder)
    above = f"{folder}/" if folder else ""
    found.strangers += [above + name for name in (*inside.objects, *inside.others)]
    for name in inside.folders:
        if levels > 1:
            yield from _descend(found, place, above + name, levels - 1)
        else:
            yield above + name


def _unit_of(folder: str) -> CameraDay | None:
    agency, camera, *day = folder.split("/")
    try:
        unit = CameraDay(datetime.strptime("/".join(day) + " +0000", "%Y/%m/%d %z").date(), CameraId(UUID(camera)))
    except ValueError:
        return None
    return unit if is_agency_code(agency) and folder == f"{agency}/{unit.camera}/{unit.day:%Y/%m/%d}" else None
