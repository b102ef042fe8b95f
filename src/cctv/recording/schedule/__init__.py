"""What should be recorded, as rows; each second of it is recorded later or lies in a gap.

The recorder that holds a camera's lease writes them (:func:`sync`), when it takes the lease and at each change,
with the time at which the camera was changed. So it does not matter how late it hears of a change.
"""

from cctv.recording.schedule.plan import all_planned, planned, sync

__all__ = ["all_planned", "planned", "sync"]
