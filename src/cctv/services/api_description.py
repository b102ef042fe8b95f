"""One OpenAPI description of all services, for the dashboard's client and for other systems."""

import json
import re
import tempfile
from pathlib import Path
from typing import Any

from cctv.infra.cache import Cache
from cctv.infra.database import Database
from cctv.infra.disks import Volume
from cctv.infra.keys import Keyring
from cctv.services.settings import ServeSettings
from cctv.services.table import SERVICES
from cctv.services.wiring import Wiring

_INSIDE = "/internal/"
_REFERENCE = re.compile(r'"#/components/schemas/([^"]+)"')
_NOWHERE = "postgresql://nobody@127.0.0.1:1/nothing"


def api_description() -> str:
    """The merged description as JSON. Services are put together for it but nothing is started."""
    merged: dict[str, Any] = {"openapi": "", "info": {"title": "RTA CCTV", "version": "1"}, "paths": {}}
    schemas: dict[str, Any] = {}
    with tempfile.TemporaryDirectory() as folder:
        for described in _descriptions(Path(folder)):
            merged["openapi"] = described["openapi"]
            paths = described.get("paths", {}).items()
            _add(merged["paths"], {path: said for path, said in paths if not path.startswith(_INSIDE)})
            _add(schemas, described.get("components", {}).get("schemas", {}))
    merged["components"] = {"schemas": {name: schemas[name] for name in sorted(_named(merged["paths"], schemas))}}
    return json.dumps(merged, indent=1, ensure_ascii=False)


def _named(said: Any, schemas: dict[str, Any]) -> set[str]:
    """The shapes that are spoken of, and those that they speak of: what only the inside uses stays out."""
    found: set[str] = set()
    new = set(_REFERENCE.findall(json.dumps(said)))
    while new:
        found |= new
        new = set(_REFERENCE.findall(json.dumps([schemas[name] for name in new]))) - found
    return found


def _descriptions(folder: Path) -> list[dict[str, Any]]:
    settings = ServeSettings(data=folder, database_url=_NOWHERE, valkey_url="valkey://127.0.0.1:1/0")
    described = []
    for service in SERVICES:
        wiring = Wiring(
            service=service.name,
            index=0,
            address="",
            settings=settings,
            database=Database(_NOWHERE),
            cache=Cache("valkey://127.0.0.1:1/0"),
            keyring=Keyring.load(folder / "keys", make=True),
            volumes={settings.volume: Volume(settings.volume, folder)},
        )
        described.append(service.assemble(wiring).app.openapi())
    return described


def _add(into: dict[str, Any], more: dict[str, Any]) -> None:
    """Two services may share a shape, but not mean two things by one name."""
    for name, value in more.items():
        if into.setdefault(name, value) != value:
            raise ValueError(f"two services describe {name} differently")
