"""Files that are replaced as a whole: also by a disk that is full, and by an end in between."""

import errno
import os
from pathlib import Path

import pytest

from cctv.infra.disks import write_whole


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "some.conf"


def test_what_is_there_is_replaced_and_only_its_owner_reads_it(path: Path) -> None:
    path.write_text("old and longer")
    write_whole(path, "new")
    assert path.read_text() == "new"
    assert path.stat().st_mode & 0o777 == 0o600
    assert [one.name for one in path.parent.iterdir()] == [path.name]


def test_a_full_disk_leaves_what_was(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_whole(path, "old")

    def full(_descriptor: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space"):
        write_whole(path, "new")
    assert path.read_text() == "old"
    assert [one.name for one in path.parent.iterdir()] == [path.name]
    write_whole(path, b"old")  # what it holds already needs no room


def test_what_an_end_in_between_left_is_in_nobody_s_way(path: Path) -> None:
    path.with_name("some.conf.new").write_text("ha")
    write_whole(path, "whole")
    assert path.read_text() == "whole"
    assert [one.name for one in path.parent.iterdir()] == [path.name]
