"""``cctv archive`` as a person runs it: the real command, a real database, real files."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import text

from cctv.infra.database import Database
from cctv.infra.disks import Volume
from cctv.recording import archive
from cctv.recording.archive import Batch

Command = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def command(database_url: str, volume: Volume, tmp_path: Path) -> Command:
    def run(*words: str, with_volume: bool = True) -> subprocess.CompletedProcess[str]:
        place = ["--volume", f"default={volume.root}"] if with_volume else []
        return subprocess.run(
            [str(Path(sys.executable).with_name("cctv")), "archive", *words, *place],
            env={**os.environ, "CCTV_DATABASE_URL": database_url, "CCTV_DATA": str(tmp_path), "TZ": "Asia/Dubai"},
            capture_output=True,
            text=True,
            timeout=240,
            check=False,
        )

    return run


async def record(database: Database, batch: Batch) -> None:
    async with database.write() as tx:
        await archive.record(tx, batch)


async def camera_row(database: Database, film: Any, name: str) -> None:
    async with database.write() as tx:
        await tx.execute(
            text(
                "INSERT INTO cameras (id, name, name_key, agency, main_url, mode_since, created_at, updated_at)"
                " VALUES (:id, :name, :name, 'OTHER', 'rtsp://127.0.0.1/x', now(), now(), now())"
            ),
            {"id": film.camera, "name": name},
        )


async def test_check_says_what_holds_and_ends_with_its_code(
    database: Database, film: Any, command: Command
) -> None:
    batch = film.shoot(files=3)
    await record(database, batch)
    healthy = command("check", "--hashes")
    assert (healthy.returncode, healthy.stderr) == (0, "")
    assert healthy.stdout.count("ok") == 4
    assert "3 segments, 3 objects" in healthy.stdout
    film.volume.archive_path(batch.segments[0].object_name).unlink()
    broken = command("check", "--json", "--settle", "0.1")
    assert broken.returncode == 1
    told = json.loads(broken.stdout)
    assert told["invariants"] == {"1": False, "2": True, "3": True, "4": True}
    assert [one["object"] for one in told["findings"]] == [batch.segments[0].object_name]
    words = command("check", "--settle", "0.1")
    assert "BROKEN 1" in words.stdout
    assert batch.segments[0].object_name in words.stdout
    later = command("check", "--settle", "0.1", "--since", "2026-03-02")
    assert later.returncode == 0


async def test_rebuild_brings_the_rows_back(database: Database, film: Any, command: Command) -> None:
    film.shoot(files=2)
    done = command("rebuild")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("2 segments added")
    assert json.loads(command("rebuild", "--json").stdout)["segments"] == 0
    assert command("check").returncode == 0


async def test_lock_list_and_unlock(database: Database, film: Any, command: Command) -> None:
    await camera_row(database, film, "gate 4")
    await record(database, film.shoot(files=5))
    locked = command(
        *("lock", "Gate 4", "--from", "2026-03-01T16:00", "--to", "2026-03-01T12:00:10Z"),
        *("--case", "2026/117", "--by", "amal", "--json"),
        with_volume=False,
    )
    # 16:00 in Dubai is noon in UTC.
    told = json.loads(locked.stdout)
    assert (told["from"], told["to"]) == ("2026-03-01T12:00:00+00:00", "2026-03-01T12:00:10+00:00")
    assert (told["camera_name"], told["recorded_seconds"], told["by"]) == ("gate 4", 10.0, "amal")
    listed = command("locks", with_volume=False)
    assert told["id"] in listed.stdout
    assert "2026/117" in listed.stdout
    assert (await archive.free(database, film.volume, 1 << 40)).segments == 2
    released = command("unlock", told["id"], with_volume=False)
    assert released.stdout == "Released the lock of case 2026/117.\n"
    again = command("unlock", told["id"], with_volume=False)
    assert (again.returncode, again.stdout) == (2, "")
    assert again.stderr.count("\n") == 1


@pytest.mark.parametrize(
    "words",
    [
        ["lock", "nobody", "--from", "2026-03-01T12:00", "--to", "2026-03-01T13:00", "--case", "x"],
        ["lock", "x", "--from", "yesterday", "--to", "2026-03-01T13:00", "--case", "x"],
        ["lock", "x", "--from", "2026-03-01T13:00", "--to", "2026-03-01T12:00", "--case", "x"],
        ["unlock", "seven"],
        ["unlock", str(uuid4())],
        ["check", "--volume", "default=/nowhere"],
        ["check", "--volume", "nonsense"],
        ["check", "--since", "monday"],
    ],
)
def test_what_cannot_be_done_is_one_line_and_code_two(command: Command, words: list[str]) -> None:
    ended = command(*words, with_volume=False)
    assert (ended.returncode, ended.stdout) == (2, "")
    assert ended.stderr.startswith("cctv: ")
    assert ended.stderr.count("\n") == 1


def test_a_database_that_does_not_answer_is_said(volume: Volume) -> None:
    ended = subprocess.run(
        [str(Path(sys.executable).with_name("cctv")), "archive", "check", "--volume", f"default={volume.root}"],
        env={**os.environ, "CCTV_DATABASE_URL": "postgresql://cctv:x@127.0.0.1:1/cctv"},
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )
    assert ended.returncode == 2
    assert "does not answer" in ended.stderr
