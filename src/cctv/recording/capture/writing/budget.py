"""How much video may wait for the disk, for one camera and for all: a slow disk must not eat the memory."""

import threading
from collections import defaultdict

from cctv.base.ids import CameraId


class Budget:
    """Bytes that wait. Taken by session threads, given back by writers; both about once a second a camera."""

    def __init__(self, *, camera_bytes: int, all_bytes: int) -> None:
        self._camera_bytes = camera_bytes
        self._all_bytes = all_bytes
        self._guard = threading.Lock()
        self._waiting: defaultdict[CameraId, int] = defaultdict(int)
        self.waiting_bytes = 0
        self.passed_bytes = 0

    def take(self, camera: CameraId, size: int) -> bool:
        """Reserve ``size`` bytes; ``False`` when there is no room. An empty queue takes anything."""
        with self._guard:
            mine = self._waiting[camera]
            if mine and (mine + size > self._camera_bytes or self.waiting_bytes + size > self._all_bytes):
                return False
            self._waiting[camera] = mine + size
            self.waiting_bytes += size
            return True

    def give_back(self, camera: CameraId, size: int) -> None:
        with self._guard:
            self.waiting_bytes -= size
            self.passed_bytes += size
            rest = self._waiting[camera] - size
            if rest:
                self._waiting[camera] = rest
            else:
                del self._waiting[camera]

    def relieved(self, camera: CameraId) -> bool:
        """Whether a camera that was shed may begin again: half of what made it stop is written."""
        with self._guard:
            return (
                2 * self._waiting.get(camera, 0) <= self._camera_bytes
                and 4 * self.waiting_bytes <= 3 * self._all_bytes
            )
