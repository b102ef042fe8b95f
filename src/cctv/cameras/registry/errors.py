"""What the registry refuses, and why."""

from collections.abc import Sequence

from cctv.base.errors import Conflict, InvalidInput, NotFound
from cctv.cameras.registry.problems import Problem


class CameraNotFound(NotFound):
    """There is no such camera."""

    code = "camera_not_found"
    message_ar = "لا توجد كاميرا بهذا المعرّف."


class CameraInvalid(InvalidInput):
    """The camera cannot be kept as it was written."""

    code = "camera_invalid"
    message_ar = "لا يمكن حفظ الكاميرا كما أُدخلت."

    def __init__(self, problems: Sequence[Problem]) -> None:
        self.problems = tuple(problems)
        first = problems[0].message if problems else None
        super().__init__(first, problems=[problem.as_dict() for problem in problems])

    def arabic(self) -> str:
        return self.problems[0].message_ar if self.problems else self.message_ar


class CameraChanged(Conflict):
    """The camera was changed by somebody else in the meantime; load it again."""

    code = "camera_changed"
    message_ar = "غيّر شخص آخر الكاميرا في هذه الأثناء؛ أعد تحميلها."


class CameraNameTaken(Conflict):
    """The agency already has a camera of this name."""

    code = "camera_name_taken"
    message_ar = "لدى الجهة كاميرا بهذا الاسم بالفعل."


class CameraRemoved(Conflict):
    """The camera was removed; restore it first."""

    code = "camera_removed"
    message_ar = "الكاميرا محذوفة؛ استعدها أولاً."


class GroupNotFound(NotFound):
    """There is no such group of cameras."""

    code = "camera_group_not_found"
    message_ar = "لا توجد مجموعة كاميرات بهذا المعرّف."


class GroupNameTaken(Conflict):
    """There is already a group of this name."""

    code = "camera_group_name_taken"
    message_ar = "توجد مجموعة بهذا الاسم بالفعل."


class GroupInUse(Conflict):
    """The group has cameras, or roles are granted on it; move the cameras and withdraw the grants first."""

    code = "camera_group_in_use"
    message_ar = "ما زالت المجموعة تضم كاميرات أو مُنح دور عليها؛ انقل الكاميرات واسحب الصلاحيات أولاً."


class ImportUnreadable(InvalidInput):
    """The file cannot be read as a list of cameras."""

    code = "import_unreadable"
    message_ar = "تعذّرت قراءة الملف كقائمة كاميرات."
