"""Where one may connect to because somebody typed an address."""

import socket
from ipaddress import ip_address

import psutil
import pytest

from cctv.base import networks
from cctv.base.errors import InvalidInput
from cctv.base.networks import Networks


@pytest.mark.parametrize("address", ["10.20.0.7", "192.168.1.5", "203.0.113.9", "2a00:1450::1", "fd00::7"])
def test_cameras_are_anywhere_but_here(address: str) -> None:
    assert Networks.parse("").allow(address)


@pytest.mark.parametrize(
    "address",
    [
        *("127.0.0.1", "127.9.9.9", "0.0.0.0", "169.254.169.254", "224.0.0.1", "255.255.255.255", "240.0.0.1"),
        *("::1", "::", "fe80::1", "fe80::1%eth0", "ff02::1", "::ffff:127.0.0.1", "::ffff:169.254.169.254"),
        *("64:ff9b::7f00:1", "2002:7f00:1::", "localhost", "", "0x7f.1"),
    ],
)
def test_this_machine_and_its_link_are_refused(address: str) -> None:
    assert not Networks.parse("").allow(address)


def test_named_networks_are_all_there_is() -> None:
    named = Networks.parse("10.20.0.0/16, fd00::/8")
    assert named.allow("10.20.3.4")
    assert named.allow("::ffff:10.20.3.4")
    assert named.allow("fd12::1")
    assert not named.allow("10.21.0.1")
    assert not named.allow("127.0.0.1")
    assert Networks.parse("127.0.0.0/8").allow("127.0.0.1")
    assert Networks.parse("any").allow("127.0.0.1")


def test_what_is_no_network_is_said() -> None:
    with pytest.raises(InvalidInput):
        Networks.parse("10.20.0.1/16")


def own_addresses() -> list[str]:
    """Of this machine's interfaces, those that are refused for nothing else."""
    found = [
        address.address.partition("%")[0]
        for addresses in psutil.net_if_addrs().values()
        for address in addresses
        if address.family in (socket.AF_INET, socket.AF_INET6)
    ]
    return [one for one in found if not ip_address(one).is_loopback and not ip_address(one).is_link_local]


def test_this_machine_is_not_reached_by_any_of_its_addresses() -> None:
    own = own_addresses()
    if not own:
        pytest.skip("this machine has loopback only")
    for address in own:
        assert not Networks.parse("").allow(address), address
        assert Networks.parse(f"{address}/{ip_address(address).max_prefixlen}").allow(address), "named"
        assert Networks.parse("any").allow(address)


@pytest.mark.parametrize("binds_all", [False, True])
def test_the_kernel_says_which_addresses_are_ours(monkeypatch: pytest.MonkeyPatch, *, binds_all: bool) -> None:
    monkeypatch.setattr(networks, "_binds", lambda address, _version: binds_all or address == "10.1.2.3")
    monkeypatch.setattr(networks, "_comes_from", lambda address, _version: address == "10.1.2.3")
    assert not Networks.parse("").allow("10.1.2.3")
    assert not Networks.parse("").allow("::ffff:10.1.2.3")
    assert Networks.parse("").allow("10.1.2.4")
