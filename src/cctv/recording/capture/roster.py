"""What this slot has to record, and a sealed copy of it on disk for a start without PostgreSQL."""

import base64
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

from cctv.base.clock import to_us
from cctv.base.errors import DataLoss
from cctv.base.ids import CameraId
from cctv.cameras import registry
from cctv.infra.disks import write_whole
from cctv.infra.keys import Keyring
from cctv.infra.telemetry import log
from cctv.recording.capture.subject import Source

ROSTERS = "recorder-*.roster"
_FORMAT = 1


@dataclass(frozen=True, slots=True)
class Wanted:
    """A camera that must have a recorder. ``recorded_since_us`` is ``None`` when it is not to be recorded now."""

    camera: CameraId
    agency: str
    source: Source
    recorded_since_us: int | None
    changed_us: int
    """When ``recorded_since_us`` last became what it is."""
    sub: Source | None = None
    """The small stream, opened when somebody watches it; not kept on disk."""

    def source_of(self, stream: str) -> Source | None:
        """Where the ``main`` or ``sub`` stream comes from; ``None`` when there is no such stream."""
        return self.source if stream == "main" else self.sub


def wanted_of(camera: registry.Camera, keyring: Keyring) -> Wanted | None:
    """What ``camera`` asks of its recorder; ``None`` when its password cannot be opened on this machine."""
    try:
        url = registry.stream_url(camera, keyring)
    except DataLoss as fault:
        log.warning("camera_password_sealed", camera=str(camera.id), reason=str(fault))
        return None
    if url is None:
        return None
    sub_url = registry.stream_url(camera, keyring, "sub") if camera.sub is not None else None
    since_us = to_us(camera.mode_since)
    return Wanted(
        camera=camera.id,
        agency=camera.agency,
        source=Source(url, camera.main.transport.value, camera.audio.value),
        recorded_since_us=since_us if camera.recorded else None,
        changed_us=since_us,
        sub=Source(sub_url, camera.sub.transport.value, "off") if camera.sub is not None and sub_url else None,
    )


class Roster:
    """The copy on disk: written whole when it changes, sealed because it holds passwords."""

    def __init__(self, path: Path, keyring: Keyring) -> None:
        self._path = path
        self._keyring = keyring
        self._last: bytes | None = None
        self._told = False

    def save(self, cameras: Iterable[Wanted], held: Mapping[CameraId, int]) -> None:
        """Keep ``cameras`` with their fences, when they differ from what was kept last.

        A disk that refuses is said, and asked again the next time: recording needs the copy only at a start.
        """
        clear = json.dumps(
            [_FORMAT, [_as_json(one, held.get(one.camera, 0)) for one in sorted(cameras, key=_by_id)]]
        ).encode()
        if clear == self._last:
            return
        try:
            write_whole(self._path, base64.b64encode(self._keyring.seal(clear, context=self._path.name)))
        except OSError as fault:
            if not self._told:
                log.warning("roster_not_kept", reason=fault.strerror)
            self._told = True
        else:
            self._last, self._told = clear, False

    def load(self) -> tuple[list[Wanted], dict[CameraId, int]]:
        """What was kept last; nothing when there is none or it cannot be opened.

        Without the cameras that a colleague on this machine took since: its copy has them under a higher fence.
        """
        wanted, held = self._read(self._path)
        for path in self._path.parent.glob(ROSTERS):
            taken = self._read(path)[1] if path != self._path else {}
            held = {camera: fence for camera, fence in held.items() if taken.get(camera, 0) <= fence}
        return [one for one in wanted if one.camera in held], held

    def _read(self, path: Path) -> tuple[list[Wanted], dict[CameraId, int]]:
        try:
            sealed = base64.b64decode(path.read_bytes())
            _format, rows = json.loads(self._keyring.unseal(sealed, context=path.name))
            pairs = [_from_json(row) for row in rows]
        except FileNotFoundError:
            return [], {}
        except (OSError, ValueError, KeyError, TypeError, DataLoss) as fault:
            log.warning("roster_unreadable", roster=path.name, reason=str(fault))
            return [], {}
        return [one for one, _ in pairs], {one.camera: fence for one, fence in pairs if fence}


def _by_id(wanted: Wanted) -> str:
    return str(wanted.camera)


def _as_json(wanted: Wanted, fence: int) -> dict[str, Any]:
    return {
        "camera": str(wanted.camera),
        "agency": wanted.agency,
        "url": wanted.source.url,
        "transport": wanted.source.transport,
        "audio": wanted.source.audio,
        "since_us": wanted.recorded_since_us,
        "changed_us": wanted.changed_us,
        "fence": fence,
    }


def _from_json(row: dict[str, Any]) -> tuple[Wanted, int]:
    wanted = Wanted(
        camera=CameraId(UUID(row["camera"])),
        agency=row["agency"],
        source=Source(row["url"], row["transport"], row["audio"]),
        recorded_since_us=row["since_us"],
        changed_us=row["changed_us"],
    )
    return wanted, int(row["fence"])
