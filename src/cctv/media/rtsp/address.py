"""A camera's address: where to connect, what to ask for, and who asks."""

from dataclasses import dataclass, field
from typing import Final
from urllib.parse import unquote, urlsplit

from cctv.media.errors import AddressNotAllowed

_SCHEMES: Final = frozenset(("rtsp", "rtsps"))
_DEFAULT_PORT: Final = 554


@dataclass(frozen=True, slots=True)
class Address:
    """``url`` is without credentials: it is what goes over the wire and into no log with a password in it."""

    scheme: str
    host: str
    port: int
    url: str
    user: str | None = field(default=None, repr=False)
    password: str = field(default="", repr=False)


def parse_address(url: str) -> Address:
    """Takes an address to pieces; raises AddressNotAllowed for all but rtsp and rtsps.

    libav opens files and pipes by address too, hence the allow-list.
    """
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError:
        raise AddressNotAllowed from None
    if parts.scheme not in _SCHEMES or not host or port == 0:
        raise AddressNotAllowed
    if any(letter <= " " or letter == "\x7f" for letter in url):
        raise AddressNotAllowed
    place = parts.netloc.rpartition("@")[2]
    tail = url.split(parts.netloc, 1)[1]
    user = unquote(parts.username) if parts.username is not None else None
    return Address(
        scheme=parts.scheme,
        host=host,
        port=port or _DEFAULT_PORT,
        url=f"{parts.scheme}://{place}{tail.partition('#')[0]}",
        user=user,
        password=unquote(parts.password or ""),
    )
