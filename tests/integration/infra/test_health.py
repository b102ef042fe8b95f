"""What services say of their health while PostgreSQL and Valkey are away."""

from pathlib import Path

import httpx
import pytest

from cctv.infra.keys import Keyring
from cctv.services.settings import Folders, ServeSettings
from cctv.services.table import service_called
from cctv.services.wiring import open_wiring


@pytest.mark.parametrize(
    ("service", "status", "state"), [("recording-service", 200, "degraded"), ("vms-service", 503, "failed")]
)
async def test_a_recorder_is_no_worse_than_degraded_without_its_database(
    tmp_path: Path, service: str, status: int, state: str
) -> None:
    """An orchestrator that restarts what answers 503 would end a recording that goes on."""
    settings = ServeSettings(
        data=tmp_path, database_url="postgresql://nobody@127.0.0.1:1/none", valkey_url="valkey://127.0.0.1:1/0"
    )
    Folders(tmp_path).make()
    Keyring.load(Folders(tmp_path).keys, make=True)
    async with open_wiring(settings, service=service, index=0, address="127.0.0.1:1") as wiring:
        app = service_called(service).assemble(wiring).app
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://test") as client:
            answer = await client.get("/health")
    assert (answer.status_code, answer.json()["state"]) == (status, state)
    assert answer.json()["dependencies"]["postgres"]["state"] == "failed"
