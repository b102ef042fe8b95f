"""What a recorder that died left behind on this machine: spool files without a writer, journals without an owner.

Everything found is noted in our own journal first, so a crash in the middle costs nothing: the next recovery finds
the same again, and the catalogue knows rows that it has. Needs no database.
"""

import threading
import time
from collections.abc import Sequence
from pathlib import Path

from cctv.base.errors import DataLoss
from cctv.infra.disks import Journal, Volume, VolumeFault
from cctv.infra.telemetry import log
from cctv.recording.archive import Salvage, salvage
from cctv.recording.capture.writing.notebook import Notebook, batches_of

JOURNALS = "recorder-*.journal"
_QUIET_S = 15.0
_AT_ONCE = 1000


def recover(volumes: Sequence[Volume], folder: Path, notebook: Notebook, *, own: Path) -> int:
    """Note everything that the dead left; how many files and entries. Blocking; returns when all is durable."""
    found = _journals(folder, notebook, own=own)
    for volume in volumes:
        for name, _ in volume.spooled():
            found += _one(volume, name, notebook)
    if found:
        _barrier(notebook)
        log.info("recovered", found=found)
    return found


def tell_damage(journal: Journal) -> None:
    """Say that rows were lost, and how they come back; their files are on the disk."""
    if journal.damage is not None:
        log.error(
            "journal_damaged",
            journal=journal.path.name,
            lines=journal.damage.lines,
            kept=str(journal.damage.kept),
            words="files whose rows were lost come back by: cctv archive rebuild",
        )


def _one(volume: Volume, name: str, notebook: Notebook) -> int:
    try:
        saved = salvage(volume, name)
    except (DataLoss, VolumeFault, OSError) as fault:
        log.warning("salvage_failed", segment=name, reason=str(fault))
        return 0
    if saved is None:
        return 0
    notebook.note(saved.batch, lambda: _store(volume, saved))
    return 1


def _store(volume: Volume, saved: Salvage) -> None:
    try:
        volume.store(saved.file)
    except VolumeFault as fault:
        log.warning("store_failed", segment=saved.file.name, reason=str(fault))
        saved.file.close()


def _journals(folder: Path, notebook: Notebook, *, own: Path) -> int:
    """Take over the entries of journals whose recorder has been gone for a while; the files stay, empty."""
    found = 0
    for path in sorted(folder.glob(JOURNALS)):
        if path == own or not _abandoned(path):
            continue
        try:
            journal = Journal.adopt(path)
        except OSError as fault:
            log.warning("journal_not_read", journal=path.name, reason=str(fault))
            continue
        if journal is None:
            continue
        tell_damage(journal)
        while entries := journal.waiting(_AT_ONCE):
            for batch in batches_of(entries):
                notebook.note(batch)
            _barrier(notebook)
            journal.forget(len(entries))
            found += len(entries)
        journal.close()
    return found


def _abandoned(path: Path) -> bool:
    facts = path.stat()
    return facts.st_size > 0 and time.time() - facts.st_mtime > _QUIET_S


def _barrier(notebook: Notebook) -> None:
    """Wait until all that was noted is durable."""
    done = threading.Event()
    notebook.flushed(done.set)
    done.wait()
