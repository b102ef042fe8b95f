"""How a door stays shut."""

from cctv.base.errors import Conflict, Forbidden, InvalidInput, NotFound


class MayNot(Forbidden):
    """You have no right to do this."""

    code = "may_not"
    message_ar = "لا تملك صلاحية القيام بذلك."


class CameraHidden(NotFound):
    """There is no such camera."""

    # In every byte what a camera that does not exist is answered with: nobody learns that there is one.
    code = "camera_not_found"
    message_ar = "لا توجد كاميرا بهذا المعرّف."


class TooFarBack(Forbidden):
    """You may not look back that far."""

    code = "too_far_back"
    message_ar = "لا تملك صلاحية الرجوع إلى هذا التاريخ."


class PurposeNeeded(InvalidInput):
    """This agency's footage is shown for a case only: give the case number and the reason."""

    code = "purpose_needed"
    message_ar = "تُعرض تسجيلات هذه الجهة لقضية فقط: أدخل رقم القضية والسبب."


class CannotHandOut(Forbidden):
    """You can only hand out rights that you hold yourself, and no longer than you hold them."""

    code = "cannot_hand_out"
    message_ar = "يمكنك منح الصلاحيات التي تملكها فقط، ولمدة لا تتجاوز مدتها لديك."


class CannotLetIn(Forbidden):
    """You can only let in a user whose rights you hold yourself: whoever hands out a password could use it."""

    code = "cannot_let_in"
    message_ar = "يمكنك السماح بدخول مستخدم تملك أنت صلاحياته كلها فقط."


class NoSuchRole(NotFound):
    """There is no such role."""

    code = "role_not_found"
    message_ar = "لا يوجد دور بهذا الاسم."


class NoSuchGrant(NotFound):
    """There is no such grant."""

    code = "grant_not_found"
    message_ar = "لا يوجد منح بهذا المعرّف."


class NoSuchTarget(InvalidInput):
    """The user, role, agency, group or camera of this grant does not exist."""

    code = "target_not_found"
    message_ar = "المستخدم أو الدور أو الجهة أو المجموعة أو الكاميرا غير موجود."


class RoleInUse(Conflict):
    """The role is granted to somebody, or came with the system; it cannot be removed."""

    code = "role_in_use"
    message_ar = "الدور مستخدم أو مدمج في النظام ولا يمكن حذفه."


class LastAdministrator(Conflict):
    """This is the last administrator without an end; without one nobody could give rights any more."""

    code = "last_administrator"
    message_ar = "هذا آخر مدير دائم للنظام؛ من دونه لا يستطيع أحد منح الصلاحيات."
