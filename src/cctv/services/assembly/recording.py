"""recording-service: one recorder process, and what it tells the other services of its node."""

import socket
import zlib
from pathlib import Path

from cctv.base.networks import Networks
from cctv.infra.http import provide
from cctv.media import reachable
from cctv.recording.capture import CaptureSettings, Slot
from cctv.recording.capture.live.routes import router as live_router
from cctv.recording.capture.recorder import Machines, Recorder
from cctv.recording.capture.routes import router
from cctv.recording.capture.workshop import Site
from cctv.services.wiring import Assembled, Wiring, service_app


def assemble(wiring: Wiring) -> Assembled:
    # It records on without PostgreSQL: who restarts what is not healthy must not restart it then.
    app = service_app(wiring, title="Recorder", needs_database=False)
    reachable.restrict(Networks.parse(wiring.settings.camera_networks))
    recorder = Recorder(
        machines=Machines(
            database=wiring.database, cache=wiring.cache, keyring=wiring.keyring, clock=wiring.clock
        ),
        site=Site(
            slot=Slot(node=_node(wiring.folders.data), number=wiring.index, address=wiring.address),
            volumes=list(wiring.volumes.values()),
            folder=wiring.folders.journal,
        ),
        settings=CaptureSettings(),
    )
    provide(app, recorder)
    app.include_router(router)
    app.include_router(live_router)
    return Assembled(app=app, loops={"recorder": recorder.run})


def _node(data: Path) -> str:
    """This machine's name on leases and journals. Two systems on one machine are two nodes."""
    return f"{socket.gethostname()[:48]}-{zlib.crc32(bytes(data)):08x}"
