"""A recorder that a test starts in a process of its own, to kill it."""

import contextlib
import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from .conftest import FAST, Room

PROGRAM = Path(__file__).with_name("recorder_process.py")


class Child:
    """A recorder in a process of its own."""

    def __init__(
        self,
        room: Room,
        urls: tuple[str, str],
        *,
        slot: int = 0,
        node: str = "n1",
        note_syncs: Path | None = None,
        **settings: Any,
    ) -> None:
        wishes = {
            "folder": str(room.folder),
            "database": urls[0],
            "cache": urls[1],
            "node": node,
            "slot": slot,
            "volumes": {volume.id: str(volume.root) for volume in room.volumes},
            "settings": FAST | settings,
            "note_syncs": note_syncs and str(note_syncs),
        }
        self.process = subprocess.Popen([sys.executable, str(PROGRAM), json.dumps(wishes)], start_new_session=True)

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()

    def stop(self) -> int:
        """In good order; its exit code."""
        self.process.terminate()
        return self.process.wait(12)


@contextlib.contextmanager
def running(*children: Child) -> Iterator[None]:
    try:
        yield
    finally:
        for child in children:
            if child.process.poll() is None:
                child.kill()
