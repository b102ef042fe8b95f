"""The table is a contract with operators: names, ports and paths are written out here once more on purpose."""

from importlib import import_module

import pytest

from cctv.base.errors import InvalidInput
from cctv.services.table import SERVICES, service_called


def test_names_and_ports_are_those_of_the_contract() -> None:
    assert {service.name: service.port for service in SERVICES} == {
        "go-api": 8088,
        "vms-service": 8081,
        "recording-service": 8083,
        "storage-service": 8082,
        "playback-service": 8090,
        "live-edge": 8098,
    }


def test_each_path_belongs_to_one_service() -> None:
    prefixes = [prefix for service in SERVICES for prefix in service.prefixes]
    assert len(prefixes) == len(set(prefixes))
    assert service_called("go-api").prefixes == ("/",)


@pytest.mark.parametrize("service", SERVICES, ids=lambda service: service.name)
def test_each_assembly_exists(service: object) -> None:
    module, _, function = service.assembly.partition(":")  # type: ignore[attr-defined]
    assert callable(getattr(import_module(module), function))


def test_an_unknown_name_is_answered_with_the_known_ones() -> None:
    with pytest.raises(InvalidInput, match="go-api"):
        service_called("go-apy")
