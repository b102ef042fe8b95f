import errno
import os
import shutil
from pathlib import Path
from typing import IO

import pytest

from cctv.services.logs import LogFiles


def test_a_file_that_grew_too_large_is_cut_and_the_oldest_goes(tmp_path: Path) -> None:
    for turn in range(5):
        file = tmp_path / "go-api.log"
        with file.open("a") as out:  # a child keeps its descriptor over the cut, in append mode
            out.write(f"{turn}" * 200)
            out.flush()
            LogFiles(tmp_path, cut_at_bytes=100).rotate()
            out.write("next")
        assert file.read_text() == "next"
        file.write_text("")
    assert sorted(one.name for one in tmp_path.iterdir()) == [
        "go-api.log",
        "go-api.log.1",
        "go-api.log.2",
        "go-api.log.3",
    ]
    assert (tmp_path / "go-api.log.1").read_text() == "4" * 200
    assert (tmp_path / "go-api.log.3").read_text() == "2" * 200


def test_small_files_are_left_alone(tmp_path: Path) -> None:
    (tmp_path / "go-api.log").write_text("few words")
    LogFiles(tmp_path).rotate()
    assert [one.name for one in tmp_path.iterdir()] == ["go-api.log"]


def test_files_of_servers_are_cut_where_they_lie(tmp_path: Path) -> None:
    logs, server = tmp_path / "logs", tmp_path / "pg"
    logs.mkdir()
    server.mkdir()
    (server / "postgres.log").write_text("words" * 100)
    LogFiles(logs, servers=(server, tmp_path / "not there yet"), cut_at_bytes=100).rotate()
    assert sorted(one.name for one in server.iterdir()) == ["postgres.log", "postgres.log.1"]
    assert (server / "postgres.log").read_text() == ""


def test_a_full_disk_loses_no_words_and_ends_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_source: IO[bytes], target: IO[bytes]) -> None:
        target.write(b"half")
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(shutil, "copyfileobj", full)
    (tmp_path / "go-api.log").write_text("words" * 100)
    (tmp_path / "go-api.log.1").write_text("older")
    (tmp_path / "go-api.log.3").write_text("oldest")
    before = {one.name: one.read_text() for one in tmp_path.iterdir()}
    LogFiles(tmp_path, cut_at_bytes=100).rotate()
    assert {one.name: one.read_text() for one in tmp_path.iterdir()} == before


def test_of_what_was_never_cut_the_end_is_kept(tmp_path: Path) -> None:
    with (tmp_path / "postgres.log").open("wb") as out:
        out.truncate(5_000_000)
        out.seek(0, os.SEEK_END)
        out.write(b"the last words")
    LogFiles(tmp_path, cut_at_bytes=1000).rotate()
    kept = (tmp_path / "postgres.log.1").read_bytes()
    assert kept.endswith(b"the last words")
    assert len(kept) < 2_000_000
