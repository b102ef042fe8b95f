"""Signs in as a person does: name and password, a password of one's own, and a cookie from then on."""

import secrets
import time
from pathlib import Path

import httpx

from cctv.access.identity.model import ADMINISTRATOR
from cctv.infra.disks import write_whole
from cctv.services.settings import Folders

SIGN_IN = "/api/v1/session"
_UP_WITHIN_S = 60.0


class CannotSignIn(Exception):
    """The administrator's password is not one that we know."""


def signed_in(client: httpx.Client, folders: Folders) -> httpx.Client:
    """The client with the administrator's session; a one-time password is replaced, and the new one is kept."""
    _await(client)
    own = folders.keys / "demo-check.password"
    for file in (own, folders.first_password):
        if file.exists() and _try(client, file.read_text().strip(), own):
            return client
    raise CannotSignIn(f"the administrator of {folders.data} has a password of its own: give a fresh data folder")


def _try(client: httpx.Client, password: str, own: Path) -> bool:
    answer = client.post(SIGN_IN, json={"name": ADMINISTRATOR, "password": password})
    if answer.status_code == httpx.codes.UNAUTHORIZED:
        return False
    if answer.raise_for_status().json()["pending"] == "password":
        chosen = secrets.token_urlsafe(18)
        write_whole(own, chosen + "\n")
        change = {"current": password, "new": chosen}
        client.post("/api/v1/profile/password", json=change).raise_for_status()
    return True


def _await(client: httpx.Client) -> None:
    deadline = time.monotonic() + _UP_WITHIN_S
    while True:
        try:
            if client.get(f"{SIGN_IN}/ways").is_success:
                return
        except httpx.TransportError:
            if time.monotonic() > deadline:
                raise
        if time.monotonic() > deadline:
            raise CannotSignIn("nobody can sign in: go-api does not answer")
        time.sleep(0.1)
