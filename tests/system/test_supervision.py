"""What an operator relies on: one command starts everything, anything may be killed, nothing is left behind."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import psutil

from cctv.infra.embedded import EmbeddedPostgres, EmbeddedValkey
from cctv.infra.keys import Keyring
from cctv.services.table import SERVICES

COMMAND = [sys.executable, "-c", "from cctv.cli import main; main()"]
KILLED_IN_TURN = (
    "go-api",
    "recording-service-2",
    "vms-service",
    "storage-service",
    "playback-service",
    "gateway",
    "valkey",
    "postgres",
)


def _free(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) != 0


def test_every_part_comes_back_after_kill_and_all_end_in_order(
    start_system: Callable[..., Any], asking: Callable[..., Any]
) -> None:
    system = start_system().await_ready()
    assert set(KILLED_IN_TURN) < set(system.parts())
    for name in KILLED_IN_TURN:
        before = system.parts()[name]
        psutil.Process(before["pid"]).kill()

        def is_back(name: str = name, before: dict[str, Any] = before) -> bool:
            now = system.parts().get(name)
            return now is not None and now["pid"] != before["pid"] and now["port"] == before["port"]

        asking(is_back, within_s=20, words=f"{name} is back on its port")
        asking(system.ready, within_s=20, words=f"the gateway answers after {name} was killed")
    for name in KILLED_IN_TURN[:5]:

        def is_healthy(name: str = name) -> bool:
            try:
                return bool(system.health(name)["state"] == "ok")
            except httpx.TransportError:
                return False

        asking(is_healthy, within_s=20, words=f"{name} is healthy again")
    ports = [part["port"] for part in system.parts().values()]
    began = time.monotonic()
    assert system.stop() == 0
    assert time.monotonic() - began < 10
    assert all(_free(port) for port in ports)
    ended = [event["part"] for event in system.events() if event["event"] == "part_stopped"]
    assert ended[:2] == ["recording-service-1", "recording-service-2"]
    assert set(ended[-2:]) == {"postgres", "valkey"}


def test_killing_the_supervisor_leaves_nothing_and_a_new_start_works(
    start_system: Callable[..., Any], asking: Callable[..., Any]
) -> None:
    system = start_system().await_ready()
    everybody, ports = system.everybody(), [part["port"] for part in system.parts().values()]
    assert len(everybody) > 8
    system.stop(signal.SIGKILL)
    gone, alive = psutil.wait_procs(everybody, timeout=15)
    assert alive == [], f"{len(gone)} ended"
    assert all(_free(port) for port in ports)
    again = start_system().await_ready()
    assert again.stop() == 0


def test_a_start_right_after_the_supervisor_was_killed_waits_for_what_is_left(
    start_system: Callable[..., Any],
) -> None:
    system = start_system().await_ready()
    system.stop(signal.SIGKILL)
    again = start_system().await_ready()
    running = {part["pid"] for part in again.parts().values()}
    assert not running & {part["pid"] for part in system.parts().values()} - running
    assert again.health("go-api")["state"] == "ok"
    assert again.stop() == 0


def test_two_systems_run_beside_each_other_and_two_on_one_folder_do_not(
    start_system: Callable[..., Any], tmp_path: Path
) -> None:
    first, second = start_system(), start_system(tmp_path / "other folder")
    first.await_ready()
    second.await_ready()
    ports = [{part["port"] for part in system.parts().values()} for system in (first, second)]
    assert not ports[0] & ports[1]
    third = start_system()
    assert third.process.wait(20) == 2
    assert f"already running at {first.url}" in third.log.read_text()
    assert first.ready()


def test_an_interrupted_start_ends_what_it_has_started(
    start_system: Callable[..., Any], asking: Callable[..., Any]
) -> None:
    system = start_system()
    asking(lambda: "postgres" in system.parts(), within_s=30, words="PostgreSQL runs")
    everybody = system.everybody()
    assert system.stop(signal.SIGINT) in (0, 130)
    _, alive = psutil.wait_procs(everybody, timeout=5)
    assert alive == []
    assert "Traceback" not in system.log.read_text()


def test_a_first_start_that_ends_before_its_keys_are_made_is_no_dead_end(
    start_system: Callable[..., Any], asking: Callable[..., Any], tmp_path: Path
) -> None:
    data = tmp_path / "data"
    system = start_system(data)
    asking(lambda: "valkey" in system.parts(), within_s=60, words="it migrates")
    system.process.kill()
    system.process.wait(10)
    assert start_system(data).await_ready().stop() == 0


def test_a_database_of_ones_own_that_was_migrated_by_hand_is_no_dead_end(
    start_system: Callable[..., Any], database_url: str, valkey: EmbeddedValkey, tmp_path: Path
) -> None:
    """Keys are made where nothing is in the database, and must be brought where something is."""
    given = {"CCTV_DATABASE_URL": database_url, "CCTV_VALKEY_URL": valkey.url}
    system = start_system(tmp_path / "first", **given).await_ready()
    assert system.stop() == 0
    refused = start_system(tmp_path / "second", **given)
    assert refused.process.wait(30) == 2
    assert "holds no keys: copy them" in refused.log.read_text()


def test_the_log_is_json_and_a_quiet_run_says_nothing_of_errors(start_system: Callable[..., Any]) -> None:
    system = start_system().await_ready()
    time.sleep(2)
    assert system.stop(signal.SIGINT) == 0
    events = system.events()
    assert {"ts", "level", "service", "event"} <= set.intersection(*(set(event) for event in events))
    services = {event["service"] for event in events if event["event"] == "service_started"}
    assert services == {service.name for service in SERVICES}
    assert "error" not in system.log.read_text().lower()
    assert not (system.data / "run" / "services.json").exists()


def test_a_service_that_hangs_is_started_again(
    start_system: Callable[..., Any], asking: Callable[..., Any]
) -> None:
    system = start_system(CCTV_HANG_LIMIT_S="3").await_ready()
    hung = system.parts()["vms-service"]["pid"]
    psutil.Process(hung).suspend()

    def another() -> bool:
        return bool(system.parts().get("vms-service", {"pid": hung})["pid"] != hung)

    asking(another, within_s=30, words="another one runs")
    asking(lambda: system.get("/api/v1/cameras").status_code == 200, within_s=30, words="it answers")
    assert not psutil.pid_exists(hung)
    told = {(event["event"], event.get("part"), event.get("pid")) for event in system.events()}
    assert ("part_hung", "vms-service", hung) in told
    assert {part["restarts"] for name, part in system.parts().items() if name != "vms-service"} == {0}


def test_a_command_finds_the_databases_while_one_is_started_again(
    start_system: Callable[..., Any], asking: Callable[..., Any]
) -> None:
    """One that dies again and again waits for its next start; that is not "no system runs"."""
    system = start_system().await_ready()

    def fresh(pids: set[int]) -> int | None:
        pid = system.parts().get("valkey", {"pid": 0})["pid"]
        return pid if pid and pid not in pids else None

    killed: set[int] = set()
    for _ in range(6):  # ten seconds until the next start: the command takes one or two to begin
        pid = asking(lambda: fresh(killed), within_s=30, words="valkey runs")
        psutil.Process(pid).kill()
        killed.add(pid)
    asking(lambda: "valkey" not in system.parts(), within_s=30, words="its end is seen")
    command = [*COMMAND, "archive", "check", "--json", "--data", str(system.data)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    assert "valkey" not in system.parts(), "it is still waited for"
    assert done.returncode == 0, done.stderr


def test_a_service_with_its_database_away_says_so(
    start_system: Callable[..., Any], asking: Callable[..., Any]
) -> None:
    system = start_system().await_ready()
    leader = psutil.Process(system.parts()["postgres"]["pid"])
    postgres = [leader, *leader.children()]
    for process in postgres:
        process.suspend()
    try:
        answer = system.health("vms-service")
    finally:
        for process in postgres:
            process.resume()
    assert answer["state"] == "failed"
    assert answer["dependencies"]["postgres"]["state"] == "failed"
    assert answer["dependencies"]["valkey"]["state"] == "ok"
    asking(lambda: system.health("vms-service")["state"] == "ok", within_s=20, words="healthy again")


def test_one_service_alone_needs_addresses_keys_and_a_schema_that_it_knows(
    postgres: EmbeddedPostgres, valkey: EmbeddedValkey, tmp_path: Path
) -> None:
    def alone(**env: str) -> subprocess.CompletedProcess[str]:
        words = (*COMMAND[1:], "serve", "vms-service", "--port", "0")
        command = [sys.executable, *words, "--data", str(tmp_path)]
        return subprocess.run(
            command, capture_output=True, text=True, check=False, timeout=30, env=os.environ | env
        )

    missing = alone()
    assert missing.returncode == 2
    assert "CCTV_DATABASE_URL" in missing.stderr
    given = {"CCTV_DATABASE_URL": postgres.url, "CCTV_VALKEY_URL": valkey.url}
    without_keys = alone(**given)
    assert without_keys.returncode == 2
    assert "holds no keys" in without_keys.stdout
    Keyring.load(tmp_path / "keys", make=True)
    without_schema = alone(**given)
    assert without_schema.returncode == 2
    assert "cctv migrate" in without_schema.stdout
