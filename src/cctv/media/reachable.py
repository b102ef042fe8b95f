"""Where this process may connect to: set once by whoever puts it together, asked at every connection."""

import socket

from cctv.base.networks import Networks
from cctv.media.errors import NetworkNotAllowed

_networks = Networks(everywhere=True)


def restrict(networks: Networks) -> None:
    """From now on only there."""
    global _networks  # noqa: PLW0603 - one process, one rule, also for code that libav calls
    _networks = networks


def check(address: str) -> None:
    """Raise :class:`NetworkNotAllowed` for a number where one may not connect to."""
    if not _networks.allow(address):
        raise NetworkNotAllowed


def check_name(host: str, port: int) -> None:
    """The same for all that a name means now; ``OSError`` for a name that means nothing."""
    for *_, place in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM):
        check(str(place[0]))
