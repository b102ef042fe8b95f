"""What must reach the catalogue, first noted on disk.

Anything may be noted from any thread. One thread writes the notes of all into the slot's journal and forces them
to the disk together; only then does whoever noted go on (a closed file is renamed into the archive after its row
is safe). From there the rows loop takes them to PostgreSQL, in order, whenever it is there.
"""

import queue
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable
from typing import Any

from cctv.infra.disks import Journal
from cctv.infra.telemetry import log
from cctv.recording.archive import Batch, batch_from_entry, batch_to_entry
from cctv.recording.capture import metrics

_RETRY_S = 1.0

_Note = tuple[Batch, Callable[[], None] | None]


class Notebook:
    """One a process. ``journal`` is the slot's own, locked while the process lives."""

    def __init__(self, journal: Journal) -> None:
        self._journal = journal
        self._notes: queue.SimpleQueue[_Note | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._run, name="journal", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def note(self, batch: Batch, then: Callable[[], None] | None = None) -> None:
        """Note ``batch``; ``then`` is called on the journal's thread once it is durable."""
        self._notes.put((batch, then))

    def flushed(self, then: Callable[[], None]) -> None:
        """Call ``then`` on the journal's thread once all that was noted before is durable."""
        self._notes.put((Batch(), then))

    def waiting(self, limit: int | None = None) -> list[dict[str, Any]]:
        """The oldest durable entries that the database does not have yet."""
        return self._journal.waiting(limit)

    def forget(self, number: int) -> None:
        self._journal.forget(number)

    def __len__(self) -> int:
        return len(self._journal)

    def stop(self) -> None:
        """Write what was noted, and end. Nothing may be noted any more."""
        self._notes.put(None)
        self._thread.join()

    def close(self) -> None:
        self._journal.close()

    def _run(self) -> None:
        last = False
        while not last:
            group = [self._notes.get()]
            while not self._notes.empty():
                group.append(self._notes.get())
            last = group[-1] is None
            notes = [note for note in group if note is not None]
            self._write([batch_to_entry(batch) for batch, _ in notes if batch])
            for _, then in notes:
                if then is not None:
                    _go_on(then)

    def _write(self, entries: list[dict[str, Any]]) -> None:
        """All entries durable; a disk that refuses is asked again until it does not."""
        told = synced = not entries
        waiting = deque(entries)
        renew = False
        while not synced:
            try:
                if renew:
                    self._journal.renew()
                    waiting, renew = deque(entries), False
                while waiting:
                    self._journal.append(waiting[0])
                    waiting.popleft()
                renew = True
                self._journal.sync()
                synced = True
            except OSError as fault:
                if not told:
                    log.warning("journal_refused", reason=fault.strerror)
                told = True
                time.sleep(_RETRY_S)


def _go_on(then: Callable[[], None]) -> None:
    try:
        then()
    except Exception:  # noqa: BLE001 - a thread's frame: one bad file must not stop the journal of all
        log.exception("note_task_failed")


def batches_of(entries: Iterable[dict[str, Any]]) -> list[Batch]:
    """What journal entries say; one that says nothing to us (another version wrote it) is named and left out."""
    batches = []
    for entry in entries:
        try:
            batches.append(batch_from_entry(entry))
        except (ValueError, KeyError, TypeError, OverflowError) as fault:
            metrics.rejected.inc()
            log.error(
                "entry_not_understood",
                reason=str(fault),
                words="files whose rows were lost come back by: cctv archive rebuild",
            )
    return batches
