"""How commands on the server are let in: whoever may read the key files signs a token of a minute with them.

Over TLS they believe the very certificate that the gateway of this machine was given, whatever name it is for:
they reach it by its address.
"""

import ssl
import time
from collections.abc import Generator
from pathlib import Path

import httpx

from cctv.access.identity.tokens import CONSOLE, SERVICE_LIFETIME_S, ServiceTokens
from cctv.infra.keys import Keyring

_END = "-----END CERTIFICATE-----"


def gateway_trust(certificate: str | None) -> ssl.SSLContext | bool:
    """For ``httpx.Client(verify=…)``: the gateway's own certificate (a file in PEM) and no other one."""
    if certificate is None:
        return True
    first, end, _ = Path(certificate).read_text(encoding="ascii", errors="replace").partition(_END)
    context = ssl.create_default_context(cadata=first + end)
    context.check_hostname = False
    context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
    return context


class ConsoleAuth(httpx.Auth):
    """For ``httpx.Client(auth=…)``: shows who has the keys in ``folder``; the token is made anew in time."""

    def __init__(self, folder: Path) -> None:
        self._tokens = ServiceTokens(Keyring.load(folder, make=False))
        self._token = ""
        self._until_s = 0.0

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        """Put the token on the request."""
        request.headers["Authorization"] = f"Bearer {self.token()}"
        yield request

    def token(self) -> str:
        """A token that is good for half a minute at least."""
        now_s = time.monotonic()
        if now_s >= self._until_s:
            self._token = self._tokens.issue(CONSOLE)
            self._until_s = now_s + SERVICE_LIFETIME_S / 2
        return self._token
