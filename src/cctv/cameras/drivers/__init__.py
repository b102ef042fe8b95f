"""How a camera is asked what it sends. Today by RTSP; other kinds of devices become drivers beside it."""

from cctv.cameras.drivers.errors import NoSuchStream, ProbesBusy
from cctv.cameras.drivers.model import Failed, Found, Seen, Target
from cctv.cameras.drivers.probe import Prober
from cctv.cameras.drivers.settings import ProbeSettings
from cctv.cameras.drivers.words import harmless

__all__ = [
    "Failed",
    "Found",
    "NoSuchStream",
    "ProbeSettings",
    "Prober",
    "ProbesBusy",
    "Seen",
    "Target",
    "harmless",
]
