"""The whole system with an object store: recorded, uploaded, killed, cut off, checked and played."""

import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest

from cctv_simulator.process import SimulatorProcess

CCTV = [sys.executable, "-c", "from cctv.cli import main; main()"]
CAMERAS = 3


@pytest.fixture(scope="module")
def simulator() -> Iterator[SimulatorProcess]:
    with SimulatorProcess(cameras=CAMERAS, kinds="h264-main") as one:
        yield one


def in_store(s3_server: Any, bucket: str) -> list[Path]:
    return sorted((s3_server.folder / bucket).rglob("*-*.mp4"))


def waiting_here(data: Path) -> list[Path]:
    return sorted((data / "volumes" / "default" / "archive").rglob("*.mp4"))


def metric(system: Any, part: str, name: str) -> float:
    port = system.parts()[part]["port"]
    credential = (system.data / "keys" / "metrics.token").read_text().strip()
    text = httpx.get(
        f"http://127.0.0.1:{port}/metrics", timeout=10, headers={"Authorization": f"Bearer {credential}"}
    ).text
    found = re.search(rf"^{re.escape(name)} (\S+)$", text, re.MULTILINE)
    assert found is not None, name
    return float(found[1])


@pytest.mark.timeout(240)
def test_recordings_reach_the_store_whatever_is_killed_or_away(
    start_system: Callable[..., Any],
    asking: Callable[..., Any],
    simulator: SimulatorProcess,
    s3_server: Any,
    bucket: str,
    tmp_path: Path,
) -> None:
    data = tmp_path / "data"
    env = s3_server.settings(bucket) | {"CCTV_CAPTURE_SEGMENT_S": "2"}
    system = start_system(data, **env).await_ready()
    began = datetime.now(UTC)
    cameras = []
    for number in range(1, CAMERAS + 1):
        camera = {"name": f"Gate {number}", "agency": "METRO", "main": {"url": simulator.url(number)}}
        added = httpx.post(f"{system.url}/api/v1/cameras", json=camera, auth=system.auth)
        cameras.append(added.raise_for_status().json()["id"])
    asking(lambda: len(in_store(s3_server, bucket)) >= 6, within_s=60, words="segments are in the store")

    for _ in range(2):  # in the middle of whatever it is doing
        number = len(in_store(s3_server, bucket))
        os.kill(system.parts()["storage-service"]["pid"], signal.SIGKILL)
        asking(lambda n=number: len(in_store(s3_server, bucket)) >= n + 2, within_s=60, words="uploads go on")

    s3_server.stop()
    asking(lambda: len(waiting_here(data)) >= 6, within_s=60, words="recording goes on, files wait")
    health = asking(
        lambda: (found := system.health("storage-service"))["state"] == "degraded" and found,
        within_s=30,
        words="the health answer says so",
    )
    assert health["dependencies"]["object store"]["state"] == "failed"
    asking(
        lambda: metric(system, "storage-service", "storage_upload_queue_files") >= 6, within_s=30, words="counted"
    )
    assert system.health("recording-service-1")["state"] == "ok"
    os.kill(system.process.pid, signal.SIGKILL)  # and everything with it
    system.process.wait(10)
    system = start_system(data, **env).await_ready()
    s3_server.start()
    asking(lambda: len(waiting_here(data)) <= 1, within_s=60, words="the store has caught up")
    assert system.health("storage-service")["state"] == "ok"

    checked = subprocess.run(
        [*CCTV, "archive", "check", "--hashes", "--json", "--data", str(data)],
        capture_output=True,
        env=os.environ | env,
        check=False,
    )
    report = json.loads(checked.stdout)
    assert (checked.returncode, report["findings"]) == (0, [])
    assert report["hashed"] >= 6

    now = datetime.now(UTC)
    for camera in cameras:
        assert played(system, camera, began, now) >= 2
    assert system.stop() == 0


def played(system: Any, camera: str, start: datetime, end: datetime) -> int:
    """Fetch every segment of a playlist through the gateway; how many came from the store's address."""
    body = {"camera": camera, "from": start.isoformat(), "to": end.isoformat()}
    url = system.url
    answered = httpx.post(f"{url}/api/v1/playback/grants", json=body, auth=system.auth)
    grant = answered.raise_for_status().json()
    playlist = httpx.get(url + grant["video_url"]).text
    folder = url + grant["video_url"].rpartition("/")[0]
    names = list(dict.fromkeys(re.findall(r"^[^#\s].*$", playlist, re.MULTILINE)))
    for name in names:
        answer = httpx.get(f"{folder}/{name}", headers={"Range": "bytes=0-7"})
        assert (answer.status_code, answer.content[4:8]) == (206, b"ftyp"), name
    return sum(1 for name in names if name.startswith("store/"))
