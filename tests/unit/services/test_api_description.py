import json

from cctv.services.api_description import api_description
from cctv.services.table import SERVICES


def test_one_description_has_every_service_and_each_path_reaches_its_owner() -> None:
    described = json.loads(api_description())
    paths = set(described["paths"])
    for service in SERVICES:
        for prefix in service.prefixes:
            if prefix.startswith("/api/") and prefix != "/api/v1/discovery":  # kept for the discovery of cameras
                assert any(path.startswith(prefix) for path in paths), prefix
    assert "/api/v1/system" in paths
    assert not any(path.startswith("/internal") for path in paths)
    text = json.dumps(described)
    unspoken = [name for name in described["components"]["schemas"] if f'schemas/{name}"' not in text]
    assert not unspoken, "a shape that no path speaks of is the inside's"
