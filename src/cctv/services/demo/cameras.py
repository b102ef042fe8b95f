"""The four cameras of the demonstration, one of each make that matters, and their registration over the API."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

_KEPT = "demo-cameras.json"


@dataclass(frozen=True, slots=True)
class DemoCamera:
    """``kind`` in the simulator's words."""

    kind: str
    name: str
    name_ar: str
    agency: str
    lat: float
    lon: float
    place: str
    audio: str = "keep"


CAMERAS = (
    DemoCamera(
        kind="h264-high-1080p@2000+aac",
        name="Sheikh Zayed Road, exit 50",
        name_ar="شارع الشيخ زايد، مخرج 50",
        agency="DUBAI_POLICE",
        lat=25.1972,
        lon=55.2744,
        place="Sheikh Zayed Road, Business Bay, towards Abu Dhabi",
    ),
    DemoCamera(
        kind="h264-high-b-720p",
        name="Union metro station, gate 2",
        name_ar="محطة الاتحاد للمترو، البوابة 2",
        agency="METRO",
        lat=25.2664,
        lon=55.3144,
        place="Union station, concourse",
    ),
    DemoCamera(
        kind="h265-720p+pcma",
        name="Al Ghubaiba bus station, platform A",
        name_ar="محطة حافلات الغبيبة، الرصيف أ",
        agency="BUS",
        lat=25.2654,
        lon=55.2912,
        place="Al Ghubaiba, platforms",
        audio="aac",
    ),
    DemoCamera(
        kind="timecode",
        name="Al Maktoum Bridge, clock",
        name_ar="جسر آل مكتوم، الساعة",
        agency="OTHER",
        lat=25.2480,
        lon=55.3170,
        place="Al Maktoum Bridge, Deira side",
    ),
)


def register(api: httpx.Client, run: Path, streams: list[dict[str, Any]], *, password: str) -> list[str]:
    """Make the four cameras known, or tell the system where they are now; their ids.

    A camera that somebody removed stays removed; what else was changed about one stays changed.
    """
    known: list[str] = json.loads((run / _KEPT).read_text()) if (run / _KEPT).exists() else []
    for camera, stream in zip(CAMERAS[len(known) :], streams[len(known) :], strict=True):
        known.append(_add(api, camera, stream, password=password))
        (run / _KEPT).write_text(json.dumps(known))
    return [one for one, stream in zip(known, streams, strict=True) if _update(api, one, stream)]


def _add(api: httpx.Client, camera: DemoCamera, stream: dict[str, Any], *, password: str) -> str:
    answer = api.post(
        "/api/v1/cameras",
        json={
            "name": camera.name,
            "name_ar": camera.name_ar,
            "agency": camera.agency,
            "place": {"lat": camera.lat, "lon": camera.lon, "text": camera.place},
            "main": {"url": stream["main"]},
            "sub": {"url": stream["sub"]},
            "credentials": {"username": "demo", "password": password},
            "audio": camera.audio,
        },
    )
    answer.raise_for_status()
    return str(answer.json()["id"])


def _update(api: httpx.Client, camera: str, stream: dict[str, Any]) -> bool:
    """Whether the camera is still there; its addresses are brought up to date."""
    answer = api.get(f"/api/v1/cameras/{camera}")
    if answer.status_code == httpx.codes.NOT_FOUND or answer.json().get("removed_at") is not None:
        return False
    answer.raise_for_status()
    if answer.json()["main"]["url"] != stream["main"]:
        moved = {"main": {"url": stream["main"]}, "sub": {"url": stream["sub"]}}
        api.patch(f"/api/v1/cameras/{camera}", json=moved).raise_for_status()
    return True
