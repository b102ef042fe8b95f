"""HTTP of probing. A probe takes seconds, so no handler holds a database connection meanwhile."""

from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import APIRouter, Depends, Query

from cctv.access.doors import AccessDep
from cctv.base.permission import Verb, some_camera
from cctv.base.permission import camera as on_camera
from cctv.cameras import registry
from cctv.cameras.drivers.errors import NoSuchStream
from cctv.cameras.drivers.model import Target
from cctv.cameras.drivers.probe import Prober
from cctv.cameras.drivers.schemas import ProbeIn, ProbeOut
from cctv.infra.database import Database
from cctv.infra.http import Inject, Problem, Requires
from cctv.infra.keys import Keyring

_RESPONSES: dict[int | str, dict[str, Any]] = {
    422: {"model": Problem, "description": "The address is not valid."},
    429: {"model": Problem, "description": "Too many probes at the moment."},
}
_GONE: dict[int | str, dict[str, Any]] = {404: {"model": Problem, "description": "No such camera or stream."}}

router = APIRouter(prefix="/api/v1/cameras", tags=["cameras"])


async def _target(
    camera_id: UUID,
    database: Annotated[Database, Inject(Database)],
    keyring: Annotated[Keyring, Inject(Keyring)],
    stream: Annotated[Literal["main", "sub"], Query(description="Which stream.")] = "main",
    seconds: Annotated[float, Query(ge=1, le=20, allow_inf_nan=False)] = 5.0,
) -> Target:
    async with database.read() as tx:
        camera = await registry.get_camera(tx, camera_id)
    url = registry.stream_url(camera, keyring, stream)
    source = camera.main if stream == "main" else camera.sub
    if url is None or source is None:
        raise NoSuchStream(camera=str(camera_id))
    address = registry.read_address(source.url)
    return Target(url, address.host, address.port, source.transport, seconds)


@router.post("/probe", dependencies=[Requires(some_camera(Verb.MANAGE))], responses=_RESPONSES)
async def probe_address(given: ProbeIn, prober: Annotated[Prober, Inject(Prober)], access: AccessDep) -> ProbeOut:
    """Look at a stream before adding its camera: codec, size, rate, key frames, and what will not work.

    A camera that does not answer is a finding, not an error: 200 with `failure`.
    """
    who = given.credentials
    url, address = registry.address_to_open(
        given.url, user=who.username if who else None, password=who.password if who else None
    )
    target = Target(url, address.host, address.port, given.transport, given.seconds)
    await access.audit.now(access.entry("camera.probe", "address", f"{address.host}:{address.port}"))
    return ProbeOut.of(await prober.probe(target))


@router.post(
    "/{camera_id:uuid}/probe",
    dependencies=[Requires(on_camera(Verb.MANAGE, "camera_id"))],
    responses=_RESPONSES | _GONE,
)
async def probe_camera(
    camera_id: UUID,
    target: Annotated[Target, Depends(_target)],
    prober: Annotated[Prober, Inject(Prober)],
    access: AccessDep,
) -> ProbeOut:
    """Look at the stream of a camera, with its sealed user and password. It costs the camera one connection."""
    agency = await access.policy.agency_of(camera_id)
    await access.audit.now(access.entry("camera.probe", "camera", str(camera_id), camera=camera_id, agency=agency))
    return ProbeOut.of(await prober.probe(target))
