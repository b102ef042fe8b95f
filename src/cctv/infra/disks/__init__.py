"""Disks: a volume with its spool and archive, and the journal and claims beside them. No word of segments."""

from cctv.infra.disks.claims import Claims
from cctv.infra.disks.files import FileSystem, OsFiles
from cctv.infra.disks.journal import Journal
from cctv.infra.disks.volume import SpoolFile, Usage, Volume, VolumeFault
from cctv.infra.disks.whole import write_whole

__all__ = [
    "Claims",
    "FileSystem",
    "Journal",
    "OsFiles",
    "SpoolFile",
    "Usage",
    "Volume",
    "VolumeFault",
    "write_whole",
]
