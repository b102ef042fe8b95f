"""The demonstration, as a person and as a machine would run it. Real video over real RTSP, on two recorders."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from cctv.services.demo.cameras import CAMERAS

SECONDS = 60


@pytest.fixture(scope="module", autouse=True)
def footage() -> None:
    """The renditions, made before any time is measured; without a network and without a cache there are none."""
    kinds = ",".join(camera.kind for camera in CAMERAS)
    command = [sys.executable, "-m", "cctv_simulator", "footage", "--kinds", kinds]
    made = subprocess.run(command, capture_output=True, text=True, check=False, timeout=280)
    if made.returncode != 0:
        pytest.skip(f"no footage for simulated cameras: {made.stderr.strip()[-200:]}")


@pytest.mark.timeout(240)
def test_the_check_records_kills_reads_back_and_is_satisfied(tmp_path: Path) -> None:
    words = ("-c", "from cctv.cli import main; main()", "demo", "--check", str(SECONDS), "--port", "0")
    env = {name: value for name, value in os.environ.items() if name != "CCTV_DATA"}
    done = subprocess.run(
        [sys.executable, *words], capture_output=True, text=True, check=False, timeout=230, env=env, cwd=tmp_path
    )
    verdict = json.loads(done.stdout)
    assert done.returncode == 0, (verdict["findings"], done.stderr)
    assert verdict["cameras"] == 4
    assert verdict["expected_seconds"] == 4 * SECONDS
    assert verdict["recorded_seconds"] >= 0.95 * verdict["expected_seconds"]
    assert verdict["gaps"], "a recorder was killed, and that is said"
    assert {gap["cause"] for gap in verdict["gaps"]} == {"restart"}
    assert verdict["playback_first_frame_ms"] > 0
    assert all(verdict["invariants"].values())
    assert list(tmp_path.iterdir()) == [], "nothing is left where it was started"


@pytest.mark.timeout(240)
def test_a_second_start_goes_on_with_the_same_cameras_and_recordings(
    start_system: Callable[..., Any], asking: Callable[..., Any], tmp_path: Path
) -> None:
    data = tmp_path / "kept data"

    def online(system: Any) -> list[str]:
        if not system.ready():
            return []
        cameras = system.get("/api/v1/cameras").json()["items"]
        states = {(camera["status"]["state"], camera["status"]["fresh"]) for camera in cameras}
        return (
            sorted(camera["id"] for camera in cameras)
            if len(cameras) == 4 and states == {("online", True)}
            else []
        )

    def files() -> int:
        return len(list((data / "volumes").rglob("*.mp4")))

    seen = []
    for start in (1, 2):
        system = start_system(data, "demo", "--port", "0")
        ids = asking(lambda system=system: online(system), within_s=90, words="four cameras are online")
        seen.append(ids)
        said = "Sheikh Zayed Road, exit 50: online"
        asking(lambda system=system, said=said: said in system.console(), within_s=20, words="that is told")
        asking(lambda start=start: files() >= 4 * start, within_s=30, words="each camera has a file")
        assert system.stop(signal.SIGINT) == 0
    assert seen[0] == seen[1]
    assert "Open http://127.0.0.1:" in system.console()
    assert files() >= 8


def test_a_camera_that_was_removed_stays_removed(
    start_system: Callable[..., Any], asking: Callable[..., Any]
) -> None:
    system = start_system(None, "demo", "--port", "0")

    def listed(count: int) -> list[dict[str, Any]]:
        if not system.ready():
            return []
        cameras: list[dict[str, Any]] = system.get("/api/v1/cameras").json()["items"]
        return cameras if len(cameras) == count else []

    first = asking(lambda: listed(4), within_s=90, words="four cameras are registered")[0]
    assert httpx.delete(f"{system.url}/api/v1/cameras/{first['id']}", auth=system.auth).is_success
    assert system.stop(signal.SIGINT) == 0
    system = start_system(None, "demo", "--port", "0")
    asking(lambda: "cameras are registered and are recorded" in system.console(), within_s=90, words="registered")
    assert first["id"] not in {camera["id"] for camera in asking(lambda: listed(3), within_s=20, words="three")}
    assert system.stop(signal.SIGINT) == 0
