"""Playback: what was recorded, played back: timelines, HLS, grants, stills, downloads.

A service builds one :class:`Playback`, provides it to its application, includes the routers of ``routes`` and
runs :meth:`Playback.run` beside the server.
"""

from cctv.viewing.playback.granting.watching import Watching
from cctv.viewing.playback.playback import Machines, Playback
from cctv.viewing.playback.settings import PlaybackSettings

__all__ = ["Machines", "Playback", "PlaybackSettings", "Watching"]
