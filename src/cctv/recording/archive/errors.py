"""What can go wrong with the archive.

CctvError
├── InvalidInput
│   └── ImpossibleSegment   too long, of a run nobody told of, or it ends before it starts
├── NotFound
│   ├── NoRecording         nothing is recorded in the asked time
│   └── NoSuchLock
└── Unavailable
    └── VolumeMissing       a volume of the catalogue is not on this machine
"""

from cctv.base.errors import InvalidInput, NotFound, Unavailable


class ImpossibleSegment(InvalidInput):
    """A segment cannot be like this."""

    code = "impossible_segment"
    message_ar = "لا يمكن أن يكون المقطع المسجل على هذا النحو."


class NoRecording(NotFound):
    """Nothing is recorded in this time."""

    code = "no_recording"
    message_ar = "لا يوجد تسجيل في هذا الوقت."


class NoSuchLock(NotFound):
    """There is no such evidence lock, or it was released already."""

    code = "no_such_lock"
    message_ar = "لا يوجد قفل أدلة كهذا، أو أنه أُلغي من قبل."


class VolumeMissing(Unavailable):
    """A volume is not on this machine."""

    code = "volume_missing"
    message_ar = "وحدة التخزين غير موجودة على هذا الجهاز."
