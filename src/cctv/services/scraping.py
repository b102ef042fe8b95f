"""What Prometheus must know of a running system: which processes, with which credential, over which TLS."""

import json
from collections.abc import Iterator
from pathlib import Path

from cctv.services import leftovers
from cctv.services.addresses import NotRunning
from cctv.services.settings import Folders, ServeSettings
from cctv.services.table import SERVICES

_HEAD = """\
# Made by `cctv prometheus`. A job is a service, an instance one process of it. Make it anew when ports changed.
global:
  scrape_interval: 15s
scrape_configs:"""


def scrape_config(settings: ServeSettings) -> str:
    """The text of a ``prometheus.yml`` for the system of the data folder; :class:`NotRunning`."""
    folders = Folders(settings.data)
    told = leftovers.read(folders.run)
    if told is None:
        raise NotRunning(f"no system runs on {settings.data}: its ports are not known")
    ports = {row["name"]: row["port"] for row in told["services"]}
    lines = [_HEAD]
    for service in SERVICES:
        found = [port for name, port in ports.items() if name.removesuffix(f"-{_number(name)}") == service.name]
        if found:
            lines += _job(settings, service.name, found, folders.metrics_credential)
    return "\n".join([*lines, ""])


def _number(name: str) -> str:
    """Which process of its service: ``2`` of ``recording-service-2``."""
    last = name.rpartition("-")[2]
    return last if last.isdigit() else ""


def _job(settings: ServeSettings, name: str, ports: list[int], credential: Path) -> Iterator[str]:
    yield f"  - job_name: {name}"
    tls = settings.service_tls
    if tls is not None:
        yield "    scheme: https"
        yield "    tls_config:"
        yield f"      ca_file: {json.dumps(str(tls.authority))}"
        yield f"      server_name: {tls.name}"
    yield "    authorization:"
    yield f"      credentials_file: {json.dumps(str(credential))}"
    yield "    static_configs:"
    targets = [settings.address(port) for port in sorted(ports)]
    yield f"      - targets: {json.dumps(targets)}"
