"""Capture: one connection per camera stream, and everything it sends on the disk, with a cause for what is not.

Recorders share cameras by leases. :class:`~cctv.recording.capture.recorder.Recorder` is one process of them; it is
entered by name, because it loads PyAV, and only by the service that records.
"""

from cctv.recording.capture.errors import NoSuchObject, Superseded
from cctv.recording.capture.model import Slot
from cctv.recording.capture.settings import CaptureSettings
from cctv.recording.capture.store import find_recorder

__all__ = ["CaptureSettings", "NoSuchObject", "Slot", "Superseded", "find_recorder"]
