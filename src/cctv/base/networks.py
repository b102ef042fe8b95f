"""Which machines we connect to because somebody typed their address: cameras above all.

An address that leads to this machine, or to the link that it boots from, would let whoever adds a camera speak to
services that trust their neighbours (server-side request forgery). Names are judged by what they resolve to, at
the moment of connecting, so that a name which means something else a second later helps nobody.
"""

import socket
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import Final

from cctv.base.errors import InvalidInput

ANY: Final = "any"
"""In place of networks: everywhere, this machine too. For demonstrations and tests."""

_NOBODYS: Final = {4: "192.0.2.1", 6: "2001:db8::1"}
"""By the version of IP: for documents, so hardly any machine has them (RFC 5737, RFC 3849)."""
_NETWORKS_THAT_MAP: Final = (IPv6Network("64:ff9b::/96"), IPv6Network("2002::/16"))


@dataclass(frozen=True, slots=True)
class Networks:
    """Where one may connect to. Without ``named`` networks: anywhere but this machine, its link, and groups."""

    named: tuple[IPv4Network | IPv6Network, ...] = ()
    everywhere: bool = False

    @classmethod
    def parse(cls, text: str) -> "Networks":
        """Networks with spaces between (``10.20.0.0/16 fd00::/8``), nothing, or ``any``."""
        if text.strip() == ANY:
            return cls(everywhere=True)
        try:
            return cls(tuple(ip_network(word) for word in text.replace(",", " ").split()))
        except ValueError as fault:
            raise InvalidInput(f"not a network: {fault}") from fault

    def allow(self, address: str) -> bool:
        """Whether one may connect to this address, a number and not a name."""
        if self.everywhere:
            return True
        try:
            number = _plain(ip_address(address.partition("%")[0]))
        except ValueError:
            return False
        if self.named:
            return any(number in network for network in self.named)
        return not (
            number.is_loopback
            or number.is_link_local
            or number.is_multicast
            or number.is_unspecified
            or number.is_reserved
            or (isinstance(number, IPv6Address) and any(number in one for one in _NETWORKS_THAT_MAP))
            or _is_ours(number)
        )


def _plain(number: IPv4Address | IPv6Address) -> IPv4Address | IPv6Address:
    """An IPv4 address in IPv6's clothes is the IPv4 address."""
    mapped = number.ipv4_mapped if isinstance(number, IPv6Address) else None
    return mapped or number


def _is_ours(number: IPv4Address | IPv6Address) -> bool:
    """Whether this machine has the address now, on any of its interfaces: the kernel lets only those be bound.

    Where it lets all be bound (``ip_nonlocal_bind``), what a packet to ourselves would come from tells.
    """
    if not _binds(str(number), number.version):
        return False
    return not _binds(_NOBODYS[number.version], number.version) or _comes_from(str(number), number.version)


def _binds(address: str, version: int) -> bool:
    try:
        with _datagrams(version) as one:
            one.bind((address, 0))
    except OSError:
        return False
    return True


def _comes_from(address: str, version: int) -> bool:
    try:
        with _datagrams(version) as one:
            one.connect((address, 9))  # sends nothing
            return str(one.getsockname()[0]) == address
    except OSError:
        return False


def _datagrams(version: int) -> socket.socket:
    return socket.socket(socket.AF_INET if version == 4 else socket.AF_INET6, socket.SOCK_DGRAM)
