"""A stored file is whole and named; a power cut leaves what was promised and nothing torn."""

import errno
import os
from pathlib import Path

import pytest

from cctv.infra.disks import OsFiles, Volume, VolumeFault

NAME = "METRO/c/2026/11/23/r-000000.mp4"


class ForgetfulFiles(OsFiles):
    """A disk that forgets, at :meth:`cut_power`, every byte and every folder entry that was not synced.

    Names live in a folder's entry list; renaming without syncing both folders brings the old name back.
    """

    def __init__(self) -> None:
        self._paths: dict[int, Path] = {}
        self._synced_bytes: dict[int, int] = {}  # by inode
        self._entries: dict[Path, set[tuple[str, int]]] = {}  # folder -> (name, inode) that are on the disk
        self._kept: dict[int, int] = {}  # inode -> a descriptor that keeps unlinked files reachable

    def create(self, path: Path) -> int:
        descriptor = super().create(path)
        self._paths[descriptor] = path
        inode = os.fstat(descriptor).st_ino
        self._synced_bytes[inode] = 0
        self._kept[inode] = os.dup(descriptor)
        return descriptor

    def sync(self, descriptor: int) -> None:
        super().sync(descriptor)
        facts = os.fstat(descriptor)
        self._synced_bytes[facts.st_ino] = facts.st_size

    def sync_folder(self, folder: Path) -> None:
        self._entries[folder] = {(path.name, path.stat().st_ino) for path in folder.iterdir() if path.is_file()}

    def cut_power(self, top: Path) -> None:
        contents = {
            inode: os.pread(descriptor, self._synced_bytes[inode], 0) for inode, descriptor in self._kept.items()
        }
        for path in [path for path in top.rglob("*") if path.is_file()]:
            path.unlink()
        for folder, entries in self._entries.items():
            for name, inode in entries:
                if inode in contents:
                    (folder / name).write_bytes(contents[inode])
        for descriptor in self._kept.values():
            os.close(descriptor)


def test_storing_moves_the_file_under_the_same_name(tmp_path: Path) -> None:
    volume = Volume("default", tmp_path)
    file = volume.create(NAME)
    file.write(b"abc")
    assert volume.find(NAME) == volume.spool_path(NAME)
    assert volume.store(file) == volume.archive_path(NAME) == volume.find(NAME)
    assert list(volume.stored()) == [(NAME, 3)]
    assert list(volume.spooled()) == []
    assert volume.delete(NAME)
    assert not volume.delete(NAME)


def test_a_file_being_written_is_not_adopted_and_an_orphan_is(tmp_path: Path) -> None:
    volume = Volume("default", tmp_path)
    file = volume.create(NAME)
    file.write(b"abcdef")
    assert volume.adopt(NAME) is None
    file.close()
    adopted = volume.adopt(NAME)
    assert adopted is not None
    assert adopted.bytes == 6
    adopted.truncate(4)
    volume.store(adopted)
    assert volume.archive_path(NAME).read_bytes() == b"abcd"


@pytest.mark.parametrize("name", ["../x", "/etc/passwd", "a/../../x", "", "a\0b"])
def test_names_do_not_leave_the_volume(tmp_path: Path, name: str) -> None:
    volume = Volume("default", tmp_path)
    with pytest.raises(ValueError, match="no object"):
        volume.archive_path(name)


@pytest.mark.parametrize("synced", [0, 3, 6])
def test_after_a_power_cut_a_spool_file_has_at_least_what_was_synced(tmp_path: Path, synced: int) -> None:
    files = ForgetfulFiles()
    volume = Volume("default", tmp_path, files=files)
    file = volume.create(NAME)
    file.write(b"abc")
    if synced == 3:
        file.sync()
    file.write(b"def")
    if synced == 6:
        file.sync()
    files.cut_power(tmp_path)
    assert volume.spool_path(NAME).read_bytes() == b"abcdef"[:synced]


def test_after_a_power_cut_a_stored_file_is_whole_under_its_name(tmp_path: Path) -> None:
    files = ForgetfulFiles()
    volume = Volume("default", tmp_path, files=files)
    file = volume.create(NAME)
    file.write(b"abcdef")
    volume.store(file)
    files.cut_power(tmp_path)
    assert volume.archive_path(NAME).read_bytes() == b"abcdef"
    assert list(volume.spooled()) == []


def test_the_power_cut_of_this_test_does_forget(tmp_path: Path) -> None:
    files = ForgetfulFiles()
    path = tmp_path / "x"
    descriptor = files.create(path)
    files.write(descriptor, b"abc")
    files.cut_power(tmp_path)
    assert not path.exists()


def test_a_refused_write_leaves_the_good_bytes(tmp_path: Path) -> None:
    class Full(OsFiles):
        def write(self, descriptor: int, data: bytes) -> None:
            os.write(descriptor, data[:2])
            raise OSError(28, "No space left on device")

    volume = Volume("default", tmp_path, files=Full())
    file = volume.create(NAME)
    with pytest.raises(VolumeFault) as caught:
        file.write(b"abcdef")
    assert caught.value.disk_full
    assert volume.spool_path(NAME).read_bytes() == b""


def test_a_new_file_that_a_salvager_takes_before_it_is_locked_is_made_again(tmp_path: Path) -> None:
    """Between creation and lock an empty file looks like a dead writer's."""
    salvager = Volume("v", tmp_path)

    class Robbed(OsFiles):
        robberies = 2

        def create(self, path: Path) -> int:
            descriptor = super().create(path)
            if self.robberies:
                self.robberies -= 1
                taken = salvager.adopt(NAME)
                assert taken is not None
                salvager.discard(taken)
            return descriptor

    files = Robbed()
    file = Volume("v", tmp_path, files=files).create(NAME)
    file.write(b"footage")
    assert files.robberies == 0
    assert file.path.read_bytes() == b"footage"
    assert salvager.adopt(NAME) is None, "it is locked"
    file.close()


def test_old_empty_folders_go_and_nothing_else_does(tmp_path: Path) -> None:
    volume = Volume("v", tmp_path)
    days = [tmp_path / "archive" / "METRO" / "c" / "2026" / "11" / day for day in ("20", "21", "22")]
    lonely = tmp_path / "archive" / "BUS" / "c" / "2026" / "11" / "20"
    for folder in (*days, lonely):
        folder.mkdir(parents=True)
    (days[1] / "kept.mp4").write_bytes(b"x")
    for folder in (days[0], days[1], lonely):
        os.utime(folder, (1000, 1000))
    assert volume.prune(unchanged_since_s=2000) == 6, "a day, and an agency down to its day"
    assert [folder.exists() for folder in (*days, lonely)] == [False, True, True, False]
    assert (tmp_path / "archive").is_dir()
    assert not (tmp_path / "archive" / "BUS").exists()


class Ill(OsFiles):
    """A disk that fails at what changes names or sizes, from the moment on when it is ``ill``."""

    ill = False

    def _step(self) -> None:
        if self.ill:
            raise OSError(errno.EIO, "Input/output error")

    def sync_folder(self, folder: Path) -> None:
        self._step()
        super().sync_folder(folder)

    def truncate(self, descriptor: int, length: int) -> None:
        self._step()
        super().truncate(descriptor, length)

    def unlink(self, path: Path) -> None:
        self._step()
        super().unlink(path)


def test_whatever_a_disk_fails_at_is_a_volume_fault(tmp_path: Path) -> None:
    files = Ill()
    volume = Volume("default", tmp_path, files=files)
    volume.store(volume.create(NAME))
    spooled = volume.create("a/b")
    files.ill = True
    with pytest.raises(VolumeFault):
        spooled.truncate(0)
    with pytest.raises(VolumeFault):
        volume.discard(spooled)
    assert volume.adopt("a/b") is not None, "its lock is free"
    with pytest.raises(VolumeFault):
        volume.delete(NAME)
    with pytest.raises(VolumeFault):
        volume.create("a/c")
    files.ill = False
    assert volume.adopt("a/c") is not None
    volume.root = tmp_path / "gone"
    with pytest.raises(VolumeFault):
        volume.usage()


def test_a_folder_that_cannot_be_synced_leaves_the_name_to_be_deleted_again(tmp_path: Path) -> None:
    class Unsure(OsFiles):
        def sync_folder(self, folder: Path) -> None:
            raise OSError(errno.EIO, "Input/output error")

    volume = Volume("default", tmp_path)
    volume.store(volume.create(NAME))
    volume._files = Unsure()
    done = volume.delete_many([NAME])
    assert done.count == 0
    assert isinstance(done.fault, VolumeFault)
