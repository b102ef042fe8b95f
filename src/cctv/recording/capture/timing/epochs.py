"""The node's clock epochs, kept in a small file that all its recorders share.

The file says which epoch holds and what the difference between wall and monotonic clock was when it began or was
last seen. The monotonic clock is the same in all processes of one boot, so the first process that notices a step
begins the epoch, and the others, finding the difference already explained, adopt it. The time last seen tells
at the next start whether the wall clock went back while nothing ran.

A disk that does not take the file ends nothing: the process goes on with what it knows, and says it again.
"""

import contextlib
import fcntl
import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from uuid import UUID

from cctv.base.clock import from_us, to_us
from cctv.infra.disks import write_whole
from cctv.infra.telemetry import log
from cctv.recording.archive import Epoch, new_epoch
from cctv.recording.capture.timing.clock import STEP_US

_BOOT_ID = Path("/proc/sys/kernel/random/boot_id")
_MICROSECOND = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class _Known:
    epoch: Epoch
    seen_us: int
    off_us: int
    boot: str


class EpochFile:
    """``path`` lies in the node's data folder. Its loss costs nothing: the next epoch's id is greater anyway."""

    def __init__(self, path: Path, *, node: str, boot: str | None = None) -> None:
        self._path = path
        self._node = node
        self._boot = boot if boot is not None else _boot_id()
        self._unsaved: _Known | None = None
        path.parent.mkdir(parents=True, exist_ok=True)

    def current(self, *, wall_us: int, monotonic_us: int) -> Epoch:
        """The epoch in force; a wall clock behind what was seen before (or stepped in this boot) begins one."""
        with self._locked():
            known = self._load()
            step_us = self._step_since(known, wall_us, monotonic_us) if known else 0
            if known is None or step_us:
                return self._begin(known, wall_us, monotonic_us, step_us)
            self._save(known.epoch, wall_us, monotonic_us)
            return known.epoch

    def stepped(self, *, wall_us: int, monotonic_us: int, step_us: int) -> Epoch:
        """Begin an epoch, unless another process has begun it already."""
        with self._locked():
            known = self._load()
            if known is not None and known.boot == self._boot:
                explained = abs(wall_us - monotonic_us - known.off_us) < STEP_US
                if explained and known.epoch.step // _MICROSECOND * step_us > 0:
                    return known.epoch
            return self._begin(known, wall_us, monotonic_us, step_us)

    def seen(self, epoch: Epoch, *, wall_us: int, monotonic_us: int) -> None:
        """Note that ``epoch`` still holds, every few seconds."""
        with self._locked():
            known = self._load()
            if known is None or known.epoch.id == epoch.id:
                self._save(epoch, wall_us, monotonic_us)

    def _step_since(self, known: _Known, wall_us: int, monotonic_us: int) -> int:
        if known.boot == self._boot:
            off_us = wall_us - monotonic_us - known.off_us
            return off_us if abs(off_us) >= STEP_US else 0
        back_us = wall_us - known.seen_us
        return back_us if back_us <= -STEP_US else 0

    def _begin(self, known: _Known | None, wall_us: int, monotonic_us: int, step_us: int) -> Epoch:
        epoch = new_epoch(
            node=self._node,
            at=from_us(wall_us),
            step=timedelta(microseconds=step_us),
            after=known.epoch if known else None,
        )
        self._save(epoch, wall_us, monotonic_us)
        return epoch

    def _save(self, epoch: Epoch, wall_us: int, monotonic_us: int) -> None:
        known = _Known(epoch, wall_us, wall_us - monotonic_us, self._boot)
        try:
            self._write(known)
        except OSError as fault:
            if self._unsaved is None:
                log.warning("clock_epoch_not_kept", reason=fault.strerror)
            self._unsaved = known
        else:
            self._unsaved = None

    def _write(self, known: _Known) -> None:
        facts = {
            "format": 1,
            "id": known.epoch.id.hex,
            "at_us": to_us(known.epoch.at),
            "step_us": known.epoch.step // _MICROSECOND,
            "seen_us": known.seen_us,
            "off_us": known.off_us,
            "boot": known.boot,
        }
        write_whole(self._path, json.dumps(facts))

    def _load(self) -> _Known | None:
        """The file, or what it should say; whichever epoch is the newer one."""
        filed, unsaved = self._filed(), self._unsaved
        if unsaved is not None and (filed is None or filed.epoch.id.int <= unsaved.epoch.id.int):
            return unsaved
        return filed

    def _filed(self) -> _Known | None:
        try:
            facts = json.loads(self._path.read_text(encoding="utf-8"))
            epoch = Epoch(
                id=UUID(hex=facts["id"]),
                node=self._node,
                at=from_us(int(facts["at_us"])),
                step=timedelta(microseconds=int(facts["step_us"])),
            )
            return _Known(epoch, int(facts["seen_us"]), int(facts["off_us"]), str(facts["boot"]))
        except (OSError, ValueError, KeyError, TypeError):
            return None

    @contextlib.contextmanager
    def _locked(self) -> Iterator[None]:
        with contextlib.ExitStack() as held:
            with contextlib.suppress(OSError):  # a disk that refuses a lock takes no epoch of others either
                lock = held.enter_context(self._path.with_suffix(".lock").open("a"))
                fcntl.flock(lock, fcntl.LOCK_EX)
            yield


def _boot_id() -> str:
    try:
        return _BOOT_ID.read_text(encoding="ascii").strip()
    except OSError:
        return ""
