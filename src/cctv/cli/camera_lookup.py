"""Finding cameras of the running system by what a person types."""

from typing import Any
from uuid import UUID

from cctv.base.errors import Conflict, NotFound
from cctv.cli.running_api import RunningApi

_PAGE = 1000
_SHORTEST_ID = 4


def all_cameras(api: RunningApi, **query: Any) -> tuple[list[dict[str, Any]], int]:
    """All pages of the list."""
    found: list[dict[str, Any]] = []
    while True:
        page = api.get("/cameras", limit=_PAGE, offset=len(found), **query)
        found += page["items"]
        if len(found) >= page["total"] or not page["items"]:
            return found, page["total"]


def find_camera(api: RunningApi, which: str, *, removed: str | None = None) -> dict[str, Any]:
    """The camera of that id, beginning of an id, or name."""
    try:
        camera: dict[str, Any] = api.get(f"/cameras/{UUID(which)}")
    except ValueError:
        found, _ = all_cameras(api, removed=removed)
    else:
        return camera
    word = which.casefold()
    same = [camera for camera in found if camera["name"].casefold() == word or camera["name_ar"] == which]
    same = same or [camera for camera in found if len(word) >= _SHORTEST_ID and camera["id"].startswith(word)]
    if not same:
        raise NotFound(f"there is no camera called {which}; see cctv camera list")
    if len(same) > 1:
        ids = ", ".join(f"{camera['id']} ({camera['agency']})" for camera in same[:5])
        raise Conflict(f"{len(same)} cameras are called {which}: give one's id: {ids}")
    return same[0]
