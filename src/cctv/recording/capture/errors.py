"""What can go wrong with a recorder as a whole.

CctvError
├── Conflict
│   └── Superseded      another process has taken this recorder's place
└── NotFound
    ├── NotHeld         a camera or stream that this recorder does not have
    └── NoSuchObject    a spool file that is not here
"""

from cctv.base.errors import Conflict, NotFound


class Superseded(Conflict):
    """Another process records in this slot."""

    code = "recorder_superseded"
    message_ar = "تعمل عملية تسجيل أخرى في هذا الموضع."


class NotHeld(NotFound):
    """This recorder does not hold the camera, or it has no such stream."""

    code = "camera_not_held"
    message_ar = "هذا المسجّل لا يتصل بالكاميرا، أو لا يوجد لها هذا البث."


class NoSuchObject(NotFound):
    """There is no such file on this machine."""

    code = "no_such_object"
    message_ar = "لا يوجد ملف كهذا على هذا الجهاز."
