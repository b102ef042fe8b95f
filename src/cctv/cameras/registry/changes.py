"""Adding, changing, removing and restoring cameras, and opening what is sealed.

Each act runs in the caller's transaction and tells the recorders in that same transaction. Nothing is deleted: a
removed camera keeps its row and its recordings, and restoring is the undo.
"""

import uuid
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from cctv.base.events import CAMERAS_CHANGED
from cctv.base.ids import CameraId, is_agency_code
from cctv.cameras.registry import address, store
from cctv.cameras.registry.address import Address
from cctv.cameras.registry.errors import CameraChanged, CameraInvalid, CameraRemoved
from cctv.cameras.registry.model import Agency, Camera, Credentials, Draft, Known, Settled
from cctv.cameras.registry.problems import Problem
from cctv.cameras.registry.settle import clean_text, names_problems, settle
from cctv.infra.database import WriteTx, notify
from cctv.infra.keys import Keyring


async def add_camera(
    tx: WriteTx, draft: Draft, *, keyring: Keyring, at: datetime, camera_id: CameraId | None = None
) -> Camera:
    """Keep a new camera; :class:`CameraInvalid` with every problem, :class:`CameraNameTaken`."""
    settled = settle(draft, await store.world(tx))
    if not isinstance(settled, Settled):
        raise CameraInvalid(settled)
    camera_id = camera_id or CameraId(uuid.uuid4())
    sealed = seal(settled.credentials, camera_id, keyring)
    camera = await store.insert_camera(tx, settled, camera_id=camera_id, credentials=sealed, at=at)
    return await _told(tx, camera)


async def change_camera(
    tx: WriteTx,
    camera_id: UUID,
    given: Mapping[str, Any],
    *,
    keyring: Keyring,
    at: datetime,
    version: int | None = None,
) -> Camera:
    """Set the fields of :class:`Draft` that are in `given`; the rest stays.

    With a `version` that is not the camera's, :class:`CameraChanged`: somebody else was faster. Without `username`
    and `password` in `given`, the sealed ones stay as long as no address names another host.
    """
    before = await _lock_in_use(tx, camera_id, version)
    known = credentials_of(before, keyring)
    draft = changed_draft(before, given)
    settled = settle(draft, await store.world(tx), Known(known, hosts_of(before)))
    if not isinstance(settled, Settled):
        raise CameraInvalid(settled)
    sealed = before.credentials
    if settled.credentials != known:
        sealed = seal(settled.credentials, before.id, keyring)
    return await _told(tx, await store.update_camera(tx, before, settled, credentials=sealed, at=at))


async def remove_camera(tx: WriteTx, camera_id: UUID, *, at: datetime, version: int | None = None) -> Camera:
    """Take the camera out of use; what it recorded stays. Removing a removed one changes nothing."""
    before = await store.lock_camera(tx, camera_id)
    _check_version(before, version)
    if before.removed_at is not None:
        return before
    return await _told(tx, await store.set_removed(tx, before, removed_at=at, at=at))


async def restore_camera(tx: WriteTx, camera_id: UUID, *, at: datetime) -> Camera:
    """Undo a removal; :class:`CameraNameTaken` when another camera has got the name meanwhile."""
    before = await store.lock_camera(tx, camera_id)
    if before.removed_at is None:
        return before
    return await _told(tx, await store.set_removed(tx, before, removed_at=None, at=at))


async def _lock_in_use(tx: WriteTx, camera_id: UUID, version: int | None) -> Camera:
    """The camera that is to be changed, held until the transaction ends."""
    before = await store.lock_camera(tx, camera_id)
    _check_version(before, version)
    if before.removed_at is not None:
        raise CameraRemoved(camera=str(camera_id))
    return before


async def put_agency(tx: WriteTx, agency: Agency) -> Agency:
    """Add an agency, or rename the one that has its code; :class:`CameraInvalid`."""
    problems = names_problems(agency.name, agency.name_ar)
    if not is_agency_code(agency.code):
        problems.append(Problem("code", "agency_code"))
    if problems:
        raise CameraInvalid(problems)
    kept = Agency(agency.code, clean_text(agency.name), clean_text(agency.name_ar))
    await store.put_agency(tx, kept)
    return kept


def stream_url(camera: Camera, keyring: Keyring, which: Literal["main", "sub"] = "main") -> str | None:
    """The address with user and password, to be handed to the media library and to nobody else."""
    source = camera.main if which == "main" else camera.sub
    if source is None:
        return None
    known = credentials_of(camera, keyring)
    secrets = known.main if which == "main" else known.sub
    return address.assemble(source.url, user=known.user, password=known.password, secrets=secrets)


def read_address(text: str, *, field: str = "url") -> Address:
    """An address in its parts; :class:`CameraInvalid` says what is wrong with it."""
    parsed = address.parse(text, name=field)
    if isinstance(parsed, Problem):
        raise CameraInvalid([parsed])
    return parsed


def address_to_open(text: str, *, user: str | None, password: str | None) -> tuple[str, Address]:
    """An address that belongs to no camera yet, with user and password (in it or beside it), and its parts."""
    parsed = read_address(text)
    if None in parsed.secrets:
        raise CameraInvalid([Problem("url", "url_secret")])
    if (
        (user or password)
        and (parsed.user or parsed.password)
        and (user, password) != (parsed.user, parsed.password)
    ):
        raise CameraInvalid([Problem("credentials", "credentials_twice")])
    user, password = user or parsed.user, password or parsed.password
    if not address.is_secret_text(user or "") or not address.is_secret_text(password or ""):
        raise CameraInvalid([Problem("credentials", "text_control")])
    secrets = tuple(secret for secret in parsed.secrets if secret is not None)
    return address.assemble(parsed.url, user=user, password=password, secrets=secrets), parsed


def credentials_of(camera: Camera, keyring: Keyring) -> Credentials:
    """What is sealed with the camera, or empty."""
    if camera.credentials is None:
        return Credentials()
    return Credentials.from_bytes(keyring.unseal(camera.credentials, context=_context(camera.id)))


def seal(credentials: Credentials, camera_id: CameraId, keyring: Keyring) -> bytes | None:
    """Sealed for this camera alone: moved to another row it does not open."""
    if not credentials:
        return None
    return keyring.seal(credentials.to_bytes(), context=_context(camera_id))


async def reseal(tx: WriteTx, keyring: Keyring) -> int:
    """Seal all credentials anew, with the newest key; of how many cameras. Removed ones too."""
    found = await store.sealed_credentials(tx)
    for camera_id, sealed in found:
        clear = keyring.unseal(sealed, context=_context(camera_id))
        await store.put_credentials(tx, camera_id, keyring.seal(clear, context=_context(camera_id)))
    return len(found)


def changed_draft(camera: Camera, given: Mapping[str, Any]) -> Draft:
    """The camera with the fields of `given` written over it; its credentials stay unless `given` has some."""
    return replace(draft_of(camera), **({"keep": not {"username", "password"} & given.keys()} | dict(given)))


def draft_of(camera: Camera) -> Draft:
    """The camera as one would write it down anew, its credentials kept."""
    return Draft(
        name=camera.name,
        name_ar=camera.name_ar,
        agency=camera.agency,
        group_id=camera.group_id,
        lat=camera.place.lat,
        lon=camera.place.lon,
        place=camera.place.text,
        main_url=camera.main.url,
        main_transport=camera.main.transport,
        sub_url=camera.sub.url if camera.sub else None,
        sub_transport=camera.sub.transport if camera.sub else "tcp",
        keep=True,
        mode=camera.mode,
        audio=camera.audio,
        enabled=camera.enabled,
    )


def hosts_of(camera: Camera) -> frozenset[str]:
    """The hosts that the camera's credentials may be sent to."""
    parsed = [address.parse(source.url) for source in (camera.main, camera.sub) if source is not None]
    return frozenset(found.host for found in parsed if isinstance(found, address.Address))


async def _told(tx: WriteTx, camera: Camera) -> Camera:
    await notify(tx, CAMERAS_CHANGED, str(camera.id))
    return camera


def _check_version(camera: Camera, version: int | None) -> None:
    if version is not None and version != camera.version:
        raise CameraChanged(camera=str(camera.id), version=camera.version)


def _context(camera_id: CameraId) -> str:
    return f"camera:{camera_id}"
