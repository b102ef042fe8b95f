"""How the cameras are: one state, one cause, since when, and in words.

A recorder calls, in its own transactions: :func:`set_statuses` whenever something changes (and with the numbers of
the stream now and then), :func:`still_here` every second or so, :func:`gone` when it stops; and after each commit
:func:`announce` with what `set_statuses` returned.
"""

from cctv.cameras.status.announce import announce
from cctv.cameras.status.gauges import keep_gauges
from cctv.cameras.status.model import FRESH_FOR, Details, Past, Report, Status, StreamFacts
from cctv.cameras.status.silence import SilenceWatch
from cctv.cameras.status.store import gone, history, set_statuses, statuses, still_here
from cctv.cameras.status.words import reason

__all__ = [
    "FRESH_FOR",
    "Details",
    "Past",
    "Report",
    "SilenceWatch",
    "Status",
    "StreamFacts",
    "announce",
    "gone",
    "history",
    "keep_gauges",
    "reason",
    "set_statuses",
    "statuses",
    "still_here",
]
