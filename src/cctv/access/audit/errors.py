"""What the audit refuses."""

from cctv.base.errors import InvalidInput, Unavailable


class AuditFull(Unavailable):
    """The audit cannot be written, so nothing that must stand in it is done; try again in a moment."""

    code = "audit_unavailable"
    message_ar = "لا يمكن الكتابة في سجل التدقيق، لذلك لا يُنفَّذ ما يجب تسجيله؛ حاول مرة أخرى بعد قليل."


class BadSearch(InvalidInput):
    """This search of the audit is not valid."""

    code = "audit_search_invalid"
    message_ar = "البحث في سجل التدقيق غير صالح."
