"""What identity refuses. Nothing here tells whether a user exists."""

from cctv.base.errors import Conflict, Forbidden, InvalidInput, NotFound, TooMany, Unauthenticated, Unavailable


class SignInRefused(Unauthenticated):
    """Name and password do not match, or this account cannot sign in."""

    code = "sign_in_refused"
    message_ar = "الاسم وكلمة المرور غير متطابقين، أو لا يمكن لهذا الحساب تسجيل الدخول."


class SessionEnded(Unauthenticated):
    """Your sign-in has ended; sign in again."""

    code = "session_ended"
    message_ar = "انتهت جلستك؛ سجّل الدخول مرة أخرى."


class BadCredential(Unauthenticated):
    """This key or token is not good."""

    code = "bad_credential"
    message_ar = "هذا المفتاح أو الرمز غير صالح."


class TooManyTries(TooMany):
    """Too many tries; wait before the next one."""

    code = "too_many_tries"
    message_ar = "محاولات كثيرة؛ انتظر قبل المحاولة التالية."


class CodeRefused(Unauthenticated):
    """The code is not right, or was used already."""

    code = "code_refused"
    message_ar = "الرمز غير صحيح أو سبق استخدامه."


class WeakPassword(InvalidInput):
    """The password is too short or too common."""

    code = "weak_password"
    message_ar = "كلمة المرور قصيرة جداً أو شائعة."


class UserUnknown(NotFound):
    """There is no such user."""

    code = "user_unknown"
    message_ar = "لا يوجد مستخدم بهذا المعرّف."


class UserExists(Conflict):
    """There is a user of this name already."""

    code = "user_exists"
    message_ar = "يوجد مستخدم بهذا الاسم بالفعل."


class UserChanged(Conflict):
    """Somebody changed this user meanwhile; load it again."""

    code = "user_changed"
    message_ar = "تم تغيير هذا المستخدم في هذه الأثناء؛ أعد تحميله."


class ProviderUser(Conflict):
    """The organisation's provider keeps this user's password and second factor."""

    code = "provider_user"
    message_ar = "مزوّد الهوية في المؤسسة هو من يحفظ كلمة مرور هذا المستخدم."


class KeyUnknown(NotFound):
    """There is no such key."""

    code = "key_unknown"
    message_ar = "لا يوجد مفتاح بهذا المعرّف."


class NoProvider(NotFound):
    """No provider is set up for signing in."""

    code = "no_provider"
    message_ar = "لم يتم إعداد مزوّد هوية."


class ProviderAway(Unavailable):
    """The organisation's provider does not answer; try again, or sign in with a local account."""

    code = "provider_away"
    message_ar = "مزوّد الهوية لا يستجيب؛ حاول مرة أخرى أو استخدم حساباً محلياً."


class FlowBroken(Forbidden):
    """This sign-in was not begun here, or took too long; begin again."""

    code = "flow_broken"
    message_ar = "لم يبدأ تسجيل الدخول هذا هنا أو استغرق وقتاً طويلاً؛ ابدأ من جديد."


class NoticeRefused(Unauthenticated):
    """The notice is not signed as agreed, or too old."""

    code = "notice_refused"
    message_ar = "الإشعار غير موقّع كما اتُّفق عليه أو قديم جداً."
