"""What playback refuses, and in which words."""

from typing import ClassVar

from cctv.base.errors import Forbidden, InvalidInput, NotFound, TooMany, Unauthenticated, Unavailable


class BadRange(InvalidInput):
    """The range of time is not valid: `from` must lie before `to`, and the range must not be too long."""

    code: ClassVar[str] = "bad_range"
    message_ar: ClassVar[str] = "النطاق الزمني غير صالح: يجب أن تسبق البداية النهاية وألا يتجاوز الحد المسموح."


class TooManyCameras(InvalidInput):
    """Ask for fewer cameras at once."""

    code: ClassVar[str] = "too_many_cameras"
    message_ar: ClassVar[str] = "عدد الكاميرات المطلوبة دفعة واحدة كبير جداً."


class BadCursor(InvalidInput):
    """The cursor is not one that a page before it gave."""

    code: ClassVar[str] = "bad_cursor"
    message_ar: ClassVar[str] = "المؤشر ليس من صفحة سابقة."


class NoFootage(NotFound):
    """Nothing is recorded there."""

    code: ClassVar[str] = "no_footage"
    message_ar: ClassVar[str] = "لا يوجد تسجيل في هذا الوقت."


class BadGrant(Unauthenticated):
    """The media address carries no valid grant; ask for a new one."""

    code: ClassVar[str] = "bad_grant"
    message_ar: ClassVar[str] = "عنوان الوسائط لا يحمل إذناً صالحاً؛ اطلب إذناً جديداً."


class GrantExpired(Unauthenticated):
    """The grant has expired; ask for a new one."""

    code: ClassVar[str] = "grant_expired"
    message_ar: ClassVar[str] = "انتهت صلاحية الإذن؛ اطلب إذناً جديداً."


class GrantWithdrawn(Forbidden):
    """The right to see this footage was withdrawn."""

    code: ClassVar[str] = "grant_withdrawn"
    message_ar: ClassVar[str] = "تم سحب إذن مشاهدة هذا التسجيل."


class OutsideGrant(Forbidden):
    """The grant is for another camera or another time."""

    code: ClassVar[str] = "outside_grant"
    message_ar: ClassVar[str] = "الإذن يخص كاميرا أخرى أو وقتاً آخر."


class StillFailed(Unavailable):
    """The picture could not be decoded; try again or another moment."""

    code: ClassVar[str] = "still_failed"
    message_ar: ClassVar[str] = "تعذر فك ترميز الصورة؛ حاول مرة أخرى أو اختر لحظة أخرى."


class FootageUnreadable(Unavailable):
    """The recording is in the catalogue but its file cannot be read now."""

    code: ClassVar[str] = "footage_unreadable"
    message_ar: ClassVar[str] = "التسجيل موجود في الفهرس لكن تعذرت قراءة ملفه الآن."


class TransmuxFailed(Unavailable):
    """The recording could not be put into one file; try again or a shorter range."""

    code: ClassVar[str] = "transmux_failed"
    message_ar: ClassVar[str] = "تعذر جمع التسجيل في ملف واحد؛ حاول مرة أخرى أو اختر نطاقاً أقصر."


class StillsBusy(TooMany):
    """Too many pictures are asked for at once; try again in a moment."""

    code: ClassVar[str] = "stills_busy"
    message_ar: ClassVar[str] = "عدد الصور المطلوبة في آن واحد كبير جداً؛ حاول مرة أخرى بعد قليل."


class Busy(TooMany):
    """Too many downloads run at once; try again in a moment."""

    code: ClassVar[str] = "busy"
    message_ar: ClassVar[str] = "عدد التنزيلات الجارية كبير جداً؛ حاول مرة أخرى بعد قليل."
