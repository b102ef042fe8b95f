"""The table of services: what runs, on which port, which paths the gateway sends there, what it is made of.

Names, ports and paths are contracts with operators and their scripts. The n-th process of a service on one machine
listens on ``port + 100 * n``.
"""

from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING

from cctv.base.errors import InvalidInput

if TYPE_CHECKING:
    from cctv.services.wiring import Assembled, Wiring

PORT_STEP = 100
GATEWAY_PORT = 3000
POSTGRES_PORT = 5432
VALKEY_PORT = 6379


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """One row. ``assembly`` is ``module:function``, imported only in the process that runs the service."""

    name: str
    port: int
    prefixes: tuple[str, ...] = ()
    """Paths that the gateway sends here; the longest prefix over all services wins."""
    assembly: str
    records: bool = False
    """Recorders are stopped first, so that the last fragments reach the catalogue, and there may be several."""

    def assemble(self, wiring: "Wiring") -> "Assembled":
        """Import what the service is made of and put it together."""
        module, _, function = self.assembly.partition(":")
        build: Callable[[Wiring], Assembled] = getattr(import_module(module), function)
        return build(wiring)


SERVICES = (
    Service(
        name="recording-service",
        port=8083,
        assembly="cctv.services.assembly.recording:assemble",
        records=True,
    ),
    Service(
        name="vms-service",
        port=8081,
        prefixes=("/api/v1/cameras", "/api/v1/discovery"),
        assembly="cctv.services.assembly.vms:assemble",
    ),
    Service(
        name="storage-service",
        port=8082,
        prefixes=("/api/v1/storage",),
        assembly="cctv.services.assembly.storage:assemble",
    ),
    Service(
        name="playback-service",
        port=8090,
        prefixes=("/api/v1/playback", "/api/v1/recordings"),
        assembly="cctv.services.assembly.playback:assemble",
    ),
    Service(
        name="live-edge",
        port=8098,
        prefixes=("/ws/live",),
        assembly="cctv.services.assembly.live_edge:assemble",
    ),
    Service(
        name="go-api",
        port=8088,
        prefixes=("/",),
        assembly="cctv.services.assembly.go_api:assemble",
    ),
)

MEDIA_SERVICE = "playback-service"
"""Who makes playlists and knows whether a grant is good."""


def service_called(name: str) -> Service:
    """The row of that name; :class:`InvalidInput` names the rows there are."""
    for service in SERVICES:
        if service.name == name:
            return service
    known = ", ".join(service.name for service in SERVICES)
    raise InvalidInput(f"there is no service called {name}; there are: {known}")
