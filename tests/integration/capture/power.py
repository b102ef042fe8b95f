"""What a disk keeps when the power goes: a recorder's file calls are noted, and what was not synced is taken away.

Files are known by their inode. A name is on the disk when its folder was synced while it had it; of a file as many
bytes are there as it had when it was synced last (fdatasync(2), fsync(2) on a folder).
"""

import json
import os
from pathlib import Path

from cctv.infra.disks import OsFiles, journal, volume


class NotedFiles(OsFiles):
    """The operating system's files; each sync is noted in ``note``, which no power cut reaches."""

    def __init__(self, note: int) -> None:
        self._note = note

    def sync(self, descriptor: int) -> None:
        bytes_before = os.fstat(descriptor).st_size
        super().sync(descriptor)
        self._say(inode=os.fstat(descriptor).st_ino, bytes=bytes_before)

    def sync_folder(self, folder: Path) -> None:
        names = {one.name: one.inode() for one in os.scandir(folder) if one.is_file(follow_symlinks=False)}
        super().sync_folder(folder)
        self._say(folder=str(folder), names=names)

    def _say(self, **what: object) -> None:
        os.write(self._note, json.dumps(what).encode() + b"\n")


def note_syncs(note: Path) -> None:
    """From now on every volume and journal of this process notes its syncs."""
    descriptor = os.open(note, os.O_CREAT | os.O_APPEND | os.O_WRONLY)

    def files() -> NotedFiles:
        return NotedFiles(descriptor)

    for module in (volume, journal):
        setattr(module, "OsFiles", files)  # noqa: B010 - the name is another module's


def cut_power(note: Path, *tops: Path) -> int:
    """Take away from the folders what was never synced; gives the bytes that this cost."""
    synced: dict[int, int] = {}
    folders: dict[Path, dict[str, int]] = {}
    for line in note.read_text().splitlines():
        what = json.loads(line)
        if "inode" in what:
            synced[what["inode"]] = what["bytes"]
        else:
            folders[Path(what["folder"])] = what["names"]
    lost, kept = 0, {}
    for top in tops:
        for path in [path for path in top.rglob("*") if path.is_file()]:
            facts = path.stat()
            kept[facts.st_ino] = path.read_bytes()[: synced.get(facts.st_ino, 0)]
            lost += facts.st_size - len(kept[facts.st_ino])
            path.unlink()
    for folder, names in folders.items():
        for name, inode in names.items():
            if inode in kept and any(folder.is_relative_to(top) for top in tops):
                (folder / name).write_bytes(kept[inode])
    return lost
