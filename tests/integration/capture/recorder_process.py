"""A recorder as a process of its own, to be killed. Its only argument is its wishes, as JSON."""

import asyncio
import contextlib
import importlib
import json
import signal
import sys
from pathlib import Path
from types import ModuleType

from cctv.infra.cache import Cache
from cctv.infra.database import Database
from cctv.infra.disks import Volume
from cctv.infra.keys import Keyring
from cctv.recording.capture import CaptureSettings, Slot
from cctv.recording.capture.recorder import Machines, Recorder
from cctv.recording.capture.workshop import Site


async def main() -> None:
    wishes = json.loads(sys.argv[1])
    folder = Path(wishes["folder"])
    if wishes.get("note_syncs"):
        _power().note_syncs(Path(wishes["note_syncs"]))
    recorder = Recorder(
        machines=Machines(
            database=Database(wishes["database"]),
            cache=Cache(wishes["cache"]),
            keyring=Keyring.load(folder / "keys", make=False),
        ),
        site=Site(
            slot=Slot(node=wishes["node"], number=wishes["slot"]),
            volumes=[Volume(name, Path(path)) for name, path in wishes["volumes"].items()],
            folder=folder / "journal",
        ),
        settings=CaptureSettings(**wishes["settings"]),
    )
    task = asyncio.ensure_future(recorder.run())
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, task.cancel)
    with contextlib.suppress(asyncio.CancelledError):
        await task


def _power() -> ModuleType:
    """The neighbour that knows what a disk forgets; this file is a program, so it has no package."""
    sys.path.insert(0, str(Path(__file__).parent))
    return importlib.import_module("power")


asyncio.run(main())
