"""The journal gives back what was written, survives a torn tail, and refuses to hide damage."""

import errno
import os
import tracemalloc
from pathlib import Path

import pytest

from cctv.infra.disks import Journal, OsFiles


def filled(path: Path, entries: int) -> None:
    journal = Journal(path)
    for number in range(entries):
        journal.append({"n": number, "ar": "كاميرا"})
    journal.sync()
    journal.close()


def test_entries_come_back_in_order(tmp_path: Path) -> None:
    filled(tmp_path / "j", 3)
    journal = Journal(tmp_path / "j")
    assert [entry["n"] for entry in journal.waiting()] == [0, 1, 2]
    journal.forget(2)
    assert [entry["n"] for entry in journal.waiting()] == [2]
    journal.append({"n": 3})
    journal.forget(2)
    journal.close()
    assert (tmp_path / "j").stat().st_size == 0


def test_every_torn_tail_is_cut_off(tmp_path: Path) -> None:
    whole = tmp_path / "whole"
    filled(whole, 3)
    data = whole.read_bytes()
    second_end = len(data) - len(data.splitlines(keepends=True)[-1])
    for length in range(second_end, len(data)):
        torn = tmp_path / f"torn{length}"
        torn.write_bytes(data[:length])
        journal = Journal(torn)
        assert [entry["n"] for entry in journal.waiting()] == [0, 1]
        journal.append({"n": 9})
        journal.close()
        again = Journal(torn)
        assert [entry["n"] for entry in again.waiting()] == [0, 1, 9]
        again.close()


def test_damage_in_the_middle_costs_its_line_and_is_said(tmp_path: Path) -> None:
    path = tmp_path / "j"
    filled(path, 3)
    data = bytearray(path.read_bytes())
    data[12] ^= 1
    path.write_bytes(data)
    journal = Journal(path)
    assert [entry["n"] for entry in journal.waiting()] == [1, 2]
    assert journal.damage is not None
    assert (journal.damage.lines, journal.damage.kept.read_bytes()) == (1, bytes(data))
    assert Journal.adopt(path) is None, "the mended journal is locked like the old one"
    journal.append({"n": 3})
    journal.close()
    again = Journal(path)
    assert ([entry["n"] for entry in again.waiting()], again.damage) == ([1, 2, 3], None)
    again.close()


def test_a_journal_of_noise_starts_empty(tmp_path: Path) -> None:
    path = tmp_path / "j"
    path.write_bytes(b"\x00\x07\n\xff\xfe\r\n" * 40)
    journal = Journal(path)
    journal.append({"n": 1})
    journal.close()
    again = Journal(path)
    assert again.waiting() == [{"n": 1}]
    again.close()


def test_a_crash_while_mending_costs_no_whole_line(tmp_path: Path) -> None:
    class Dies(OsFiles):
        left = 0

        def _step(self) -> None:
            self.left -= 1
            if self.left < 0:
                raise OSError(errno.EIO, "the process died here")

        def write(self, descriptor: int, data: bytes) -> None:
            self._step()
            super().write(descriptor, data)

        def sync(self, descriptor: int) -> None:
            self._step()
            super().sync(descriptor)

        def rename(self, source: Path, target: Path) -> None:
            self._step()
            super().rename(source, target)

    path = tmp_path / "j"
    for steps in range(6):
        path.unlink(missing_ok=True)
        filled(path, 3)
        path.write_bytes(path.read_bytes().replace(b'"n":1', b'"n":7'))
        files = Dies()
        files.left = steps
        if steps < 5:
            with pytest.raises(OSError, match="died"):
                Journal(path, files=files)
        journal = Journal(path)
        assert [entry["n"] for entry in journal.waiting()] == [0, 2]
        journal.close()


def test_a_journal_in_use_is_not_adopted(tmp_path: Path) -> None:
    mine = Journal(tmp_path / "j")
    assert Journal.adopt(tmp_path / "j") is None
    mine.close()
    adopted = Journal.adopt(tmp_path / "j")
    assert adopted is not None
    adopted.remove()
    assert Journal.adopt(tmp_path / "j") is None


def test_a_full_disk_leaves_no_torn_line(tmp_path: Path) -> None:
    class Full(OsFiles):
        full = False

        def write(self, descriptor: int, data: bytes) -> None:
            if self.full:
                super().write(descriptor, data[: len(data) // 2])
                raise OSError(errno.ENOSPC, "No space left on device")
            super().write(descriptor, data)

    files = Full()
    journal = Journal(tmp_path / "one.journal", files=files)
    journal.append({"n": 1})
    files.full = True
    with pytest.raises(OSError, match="space"):
        journal.append({"n": 2})
    files.full = False
    journal.append({"n": 3})
    journal.close()
    assert Journal(tmp_path / "one.journal").waiting() == [{"n": 1}, {"n": 3}]


def test_a_journal_holds_no_line_in_memory(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "j")
    tracemalloc.start()
    for number in range(2000):
        journal.append({"n": number, "fragments": "x" * 1000})
    held_bytes, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert held_bytes < 2000 * 50
    journal.sync()
    assert [entry["n"] for entry in journal.waiting(3)] == [0, 1, 2]
    journal.forget(1998)
    assert [entry["n"] for entry in journal.waiting()] == [1998, 1999]
    journal.close()


class Losing(OsFiles):
    """A disk that says once that it could not write, and forgets what it was."""

    failing = False

    def sync(self, descriptor: int) -> None:
        if self.failing:
            self.failing = False
            os.ftruncate(descriptor, os.fstat(descriptor).st_size - 1)
            raise OSError(errno.EIO, "Input/output error")
        super().sync(descriptor)


def test_after_a_failed_sync_it_goes_on_in_a_fresh_file(tmp_path: Path) -> None:
    files = Losing()
    path = tmp_path / "j"
    journal = Journal(path, files=files)
    journal.append({"n": 1})
    journal.append({"n": 2})
    journal.sync()
    journal.append({"n": 3})
    files.failing = True
    with pytest.raises(OSError, match="Input"):
        journal.sync()
    before = path.stat().st_ino
    assert [entry["n"] for entry in journal.waiting()] == [1, 2], "what is not durable is told to nobody"
    journal.renew()
    assert path.stat().st_ino != before
    assert Journal.adopt(path) is None, "the fresh file is locked like the old one"
    journal.append({"n": 3})
    journal.sync()
    journal.forget(1)
    assert [entry["n"] for entry in journal.waiting()] == [2, 3]
    journal.close()
    assert Journal(path).waiting() == [{"n": 1}, {"n": 2}, {"n": 3}]
    assert [one.name for one in tmp_path.iterdir()] == ["j"]


def test_a_line_that_the_disk_lost_does_not_hold_up_the_others(tmp_path: Path) -> None:
    filled(tmp_path / "j", 4)
    journal = Journal(tmp_path / "j")
    data = (tmp_path / "j").read_bytes()
    with (tmp_path / "j").open("r+b") as file:
        file.seek(data.index(b'"n":1'))
        file.write(b"#")
    found = journal.waiting()
    assert [entry["n"] for entry in found] == [0]
    journal.forget(len(found))
    assert [entry["n"] for entry in journal.waiting()] == [2, 3]
    journal.close()
