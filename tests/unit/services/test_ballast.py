"""Room for a start on a full disk."""

import shutil
from pathlib import Path
from types import SimpleNamespace

import pytest

from cctv.services.ballast import SIZE_BYTES, Ballast


class Disk:
    """How full it is said to be."""

    def __init__(self) -> None:
        self.free_bytes = 10**12

    def usage(self, _path: Path) -> SimpleNamespace:
        return SimpleNamespace(free=self.free_bytes)


@pytest.fixture
def disk(monkeypatch: pytest.MonkeyPatch) -> Disk:
    one = Disk()
    monkeypatch.setattr(shutil, "disk_usage", one.usage)
    return one


def test_room_is_put_by_given_up_when_full_and_put_by_again(disk: Disk, tmp_path: Path) -> None:
    path = tmp_path / "ballast"
    Ballast(path).put_by()
    assert path.stat().st_blocks * 512 >= SIZE_BYTES, "it takes room, it does not only look so"
    Ballast(path).give_up_when_full()
    assert path.exists(), "the disk is not full"
    disk.free_bytes = 1_000_000
    Ballast(path).give_up_when_full()
    assert not path.exists()
    Ballast(path).put_by()
    assert not path.exists(), "there is no plenty"
    disk.free_bytes = 10**12
    Ballast(path).put_by()
    assert path.exists()


def test_without_ballast_a_full_disk_is_as_it_is(disk: Disk, tmp_path: Path) -> None:
    disk.free_bytes = 0
    Ballast(tmp_path / "ballast").give_up_when_full()
    Ballast(tmp_path / "ballast").put_by()
    assert list(tmp_path.iterdir()) == []


def test_a_disk_that_is_gone_ends_nothing(tmp_path: Path) -> None:
    Ballast(tmp_path / "gone" / "ballast").put_by()
    Ballast(tmp_path / "gone" / "ballast").give_up_when_full()


def test_one_that_was_made_by_half_is_made_whole(disk: Disk, tmp_path: Path) -> None:
    (tmp_path / "ballast").touch()
    Ballast(tmp_path / "ballast").put_by()
    assert (tmp_path / "ballast").stat().st_size == SIZE_BYTES
