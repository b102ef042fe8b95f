"""The journal's thread: nobody goes on before his note is durable, and nobody's failure stops the others."""

import errno
import threading
from collections.abc import Callable
from pathlib import Path
from uuid import uuid4

import pytest

from cctv.base.clock import from_us
from cctv.base.faults import Cause
from cctv.base.ids import CameraId
from cctv.infra.disks import Journal, OsFiles
from cctv.recording.archive import Batch, Gap
from cctv.recording.capture.writing import notebook as notebook_module
from cctv.recording.capture.writing.notebook import Notebook


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(notebook_module, "_RETRY_S", 0.01)


def note() -> Batch:
    gap = Gap(id=uuid4(), camera_id=CameraId(uuid4()), start=from_us(0), end=None, cause=Cause.DISK)
    return Batch(gaps=(gap,))


class Refusing(OsFiles):
    """A disk whose syncs fail until it is mended."""

    def __init__(self) -> None:
        self.mended = False
        self.tries = 0
        self.tried = threading.Event()

    def sync(self, descriptor: int) -> None:
        self.tries += 1
        if self.tries >= 3:
            self.tried.set()
        if not self.mended:
            raise OSError(errno.EIO, "Input/output error")
        super().sync(descriptor)


def test_a_failed_sync_makes_nothing_durable(tmp_path: Path) -> None:
    files = Refusing()
    book = Notebook(Journal(tmp_path / "recorder-0.journal", files=files))
    book.start()
    durable = threading.Event()
    book.note(note(), durable.set)
    assert files.tried.wait(10)
    assert not durable.is_set()
    assert book.waiting() == []
    files.mended = True
    assert durable.wait(10)
    assert len(book.waiting()) == 1
    book.stop()
    book.close()
    assert len(Journal(tmp_path / "recorder-0.journal").waiting()) == 1


def _fails() -> None:
    raise OSError(errno.EIO, "close: Input/output error")


@pytest.mark.parametrize("fails", [_fails, lambda: 1 // 0])
def test_one_that_fails_after_its_note_does_not_end_the_journal(tmp_path: Path, fails: Callable[[], None]) -> None:
    book = Notebook(Journal(tmp_path / "recorder-0.journal"))
    book.start()
    book.note(note(), fails)
    durable = threading.Event()
    book.note(note(), durable.set)
    assert durable.wait(10)
    book.stop()
    book.close()
