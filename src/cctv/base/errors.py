"""Kinds of errors, mapped once at each border (to HTTP in the http kit, to exit codes in the command line).

    CctvError
    |-- InvalidInput      the request is wrong; saying what to do about it
    |-- Unauthenticated   we do not know who asks
    |-- Forbidden         we know, and the answer is no
    |-- NotFound          the thing is not there (or not for you)
    |-- Conflict          somebody else was faster, or the state does not allow it
    |-- TooMany           a limit or quota is reached
    |-- Unsupported       the thing exists but cannot be done with it
    |-- Unavailable       a machine we need does not answer; try again
    `-- DataLoss          stored bytes are not what they were

A room subclasses a kind; the subclass's docstring is its default English message, ``code`` its stable name,
``message_ar`` the Arabic text. Where a sentence is made as it is raised, ``arabic`` says the same.
"""

from typing import Any, ClassVar


class CctvError(Exception):
    """Something went wrong."""

    code: ClassVar[str] = "error"
    message_ar: ClassVar[str] = "حدث خطأ ما."

    def __init__(self, message: str | None = None, *, arabic: str | None = None, **detail: Any) -> None:
        self.message = message or _first_line(type(self).__doc__)
        self._arabic = arabic
        self.detail: dict[str, Any] = detail
        super().__init__(self.message)

    def arabic(self) -> str:
        """The message in Arabic, with the detail's values filled in where it names them."""
        return self._arabic or self.message_ar.format_map(_Known(self.detail))


class InvalidInput(CctvError):
    """The request is not valid."""

    code = "invalid_input"
    message_ar = "الطلب غير صالح."


class Unauthenticated(CctvError):
    """Sign in first."""

    code = "unauthenticated"
    message_ar = "سجّل الدخول أولاً."


class Forbidden(CctvError):
    """You may not do this."""

    code = "forbidden"
    message_ar = "لا تملك صلاحية القيام بذلك."


class NotFound(CctvError):
    """There is no such thing."""

    code = "not_found"
    message_ar = "العنصر المطلوب غير موجود."


class Conflict(CctvError):
    """The thing was changed in the meantime; load it again."""

    code = "conflict"
    message_ar = "تم تغيير العنصر في هذه الأثناء؛ أعد تحميله."


class TooMany(CctvError):
    """A limit is reached; try again later."""

    code = "too_many"
    message_ar = "تم بلوغ الحد الأقصى؛ حاول مرة أخرى لاحقاً."


class Unsupported(CctvError):
    """This cannot be done with this thing."""

    code = "unsupported"
    message_ar = "هذه العملية غير مدعومة."


class Unavailable(CctvError):
    """A part of the system does not answer; try again in a moment."""

    code = "unavailable"
    message_ar = "جزء من النظام لا يستجيب؛ حاول مرة أخرى بعد قليل."


class DataLoss(CctvError):
    """Stored data is damaged."""

    code = "data_loss"
    message_ar = "البيانات المخزنة تالفة."


class _Known(dict[str, Any]):
    def __missing__(self, key: str) -> str:
        return "{" + key + "}"


def _first_line(text: str | None) -> str:
    return (text or "Something went wrong.").strip().splitlines()[0]
