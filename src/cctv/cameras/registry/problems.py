"""What can be wrong with a camera as somebody wrote it down: one table of codes, said in English and Arabic.

The form, the import and the command line show the same words. A problem never repeats the value it complains
about when that value may hold a password.
"""

import dataclasses
from collections.abc import Mapping
from typing import Any

# code: (what is wrong, what to do, the same in Arabic)
TEXTS: dict[str, tuple[str, str, str, str]] = {
    "name_missing": (
        "There is no name.",
        "Give a name of 1 to 200 characters.",
        "لا يوجد اسم.",
        "أدخل اسماً من 1 إلى 200 حرف.",
    ),
    "text_too_long": (
        "The text is longer than {limit} characters.",
        "Shorten it.",
        "النص أطول من {limit} حرفاً.",
        "اختصر النص.",
    ),
    "text_control": (
        "The text contains control characters.",
        "Remove line breaks, tabs and invisible direction marks.",
        "يحتوي النص على محارف تحكم.",
        "احذف فواصل الأسطر وعلامات الجدولة وعلامات الاتجاه المخفية.",
    ),
    "text_marks": (
        "The text has more than {limit} marks on one letter.",
        "Remove the marks.",
        "في النص أكثر من {limit} علامة تشكيل على حرف واحد.",
        "احذف العلامات الزائدة.",
    ),
    "agency_missing": (
        "No agency is given.",
        "Give the code of an agency, for example METRO.",
        "لم تُحدد الجهة.",
        "أدخل رمز الجهة، مثل METRO.",
    ),
    "agency_code": (
        "The code of an agency is 1 to 32 capital letters, digits, _ and -, beginning with a letter or digit.",
        "Use a code such as TUNNELS.",
        "رمز الجهة من 1 إلى 32 حرفاً لاتينياً كبيراً أو رقماً أو _ أو -، ويبدأ بحرف أو رقم.",
        "استخدم رمزاً مثل TUNNELS.",
    ),
    "agency_unknown": (
        "There is no agency with this code.",
        "Use one of: {known}.",
        "لا توجد جهة بهذا الرمز.",
        "استخدم أحد الرموز: {known}.",
    ),
    "group_unknown": (
        "There is no camera group with this id.",
        "Leave the group out, or use one that exists.",
        "لا توجد مجموعة كاميرات بهذا المعرّف.",
        "اترك المجموعة فارغة أو استخدم مجموعة موجودة.",
    ),
    "url_missing": (
        "The address of the main stream is missing.",
        "Give an address such as rtsp://10.0.0.7/stream1.",
        "عنوان البث الرئيسي مفقود.",
        "أدخل عنواناً مثل rtsp://10.0.0.7/stream1.",
    ),
    "url_too_long": (
        "The address is longer than {limit} characters.",
        "Use the camera's own stream address.",
        "العنوان أطول من {limit} حرفاً.",
        "استخدم عنوان البث الخاص بالكاميرا.",
    ),
    "url_scheme": (
        "Only addresses that begin with rtsp:// or rtsps:// are allowed.",
        "Write the address as rtsp://host:port/path.",
        "يُسمح فقط بالعناوين التي تبدأ بـ rtsp:// أو rtsps://.",
        "اكتب العنوان بالصيغة rtsp://host:port/path.",
    ),
    "url_host": (
        "The address has no valid host.",
        "Write a name, an IPv4 address, or IPv6 in [brackets]; percent-encode / ? # @ in a password.",
        "لا يحتوي العنوان على مضيف صالح.",
        "اكتب اسماً أو عنوان IPv4 أو IPv6 بين [قوسين]؛ ورمّز / ? # @ في كلمة المرور.",
    ),
    "url_port": (
        "The port of the address is not a number from 1 to 65535.",
        "Leave the port out for 554, or write host:port.",
        "منفذ العنوان ليس رقماً من 1 إلى 65535.",
        "احذف المنفذ لاستخدام 554، أو اكتب host:port.",
    ),
    "url_character": (
        "The address contains a character that is not allowed (space, line break, quote, bracket, # or \\).",
        "Percent-encode it, for example a space as %20.",
        "يحتوي العنوان على محرف غير مسموح به.",
        "رمّز المحرف بالنسبة المئوية، مثل %20 للمسافة.",
    ),
    "url_percent": (
        "A % in the address is not followed by two hexadecimal digits of an allowed character.",
        "Write a percent sign itself as %25.",
        "علامة % في العنوان غير متبوعة برقمين ست عشريين صالحين.",
        "اكتب علامة النسبة المئوية نفسها على شكل %25.",
    ),
    "url_secret": (
        "The address has {secret} in place of a password, but none is stored for it.",
        "Write the password itself; it is sealed and never shown again.",
        "يحتوي العنوان على {secret} بدلاً من كلمة مرور، ولا توجد كلمة مرور محفوظة له.",
        "اكتب كلمة المرور نفسها؛ سيتم تشفيرها ولن تظهر مرة أخرى.",
    ),
    "credentials_twice": (
        "Different users or passwords are given for one camera.",
        "Give them once, in the address or beside it.",
        "أُدخلت أسماء مستخدم أو كلمات مرور مختلفة لكاميرا واحدة.",
        "أدخلها مرة واحدة، في العنوان أو بجانبه.",
    ),
    "credentials_needed": (
        "The address names another host, so the stored password is not sent there.",
        "Enter user and password again, or remove them.",
        "العنوان يشير إلى مضيف آخر، لذلك لن تُرسل إليه كلمة المرور المحفوظة.",
        "أدخل اسم المستخدم وكلمة المرور من جديد أو احذفهما.",
    ),
    "username_missing": (
        "A password is given without a user.",
        "Give the user too.",
        "أُدخلت كلمة مرور بلا اسم مستخدم.",
        "أدخل اسم المستخدم أيضاً.",
    ),
    "lat_range": (
        "The latitude is not a number from -90 to 90.",
        "Write degrees with a decimal point, for example 25.2048.",
        "خط العرض ليس رقماً من -90 إلى 90.",
        "اكتب الدرجات بفاصلة عشرية، مثل 25.2048.",
    ),
    "lon_range": (
        "The longitude is not a number from -180 to 180.",
        "Write degrees with a decimal point, for example 55.2708.",
        "خط الطول ليس رقماً من -180 إلى 180.",
        "اكتب الدرجات بفاصلة عشرية، مثل 55.2708.",
    ),
    "place_half": (
        "Only one of latitude and longitude is given.",
        "Give both, or neither.",
        "أُدخل خط العرض أو خط الطول فقط.",
        "أدخل كليهما أو اتركهما.",
    ),
    "choice": (
        "The value is not one of: {allowed}.",
        "Use one of them, or leave it out.",
        "القيمة ليست من القيم المسموح بها: {allowed}.",
        "استخدم إحداها أو اتركها فارغة.",
    ),
    "type": (
        "The value has the wrong form: {expected} is expected.",
        "Correct the value.",
        "صيغة القيمة غير صحيحة؛ المتوقع: {expected}.",
        "صحّح القيمة.",
    ),
    "row_columns": (
        "The row has {found} values where the header has {expected} columns.",
        "Put values that contain the separator in double quotes.",
        "يحتوي الصف على {found} قيمة بينما عدد الأعمدة {expected}.",
        "ضع القيم التي تحتوي على الفاصل بين علامتي اقتباس.",
    ),
    "row_same": (
        "The file has this camera already in row {other}.",
        "Remove one of the two rows.",
        "هذه الكاميرا موجودة في الملف نفسه في الصف {other}.",
        "احذف أحد الصفين.",
    ),
    "duplicate_url": (
        'The camera "{existing}" already has this address.',
        "Leave the row out, or import with update to change that camera.",
        "الكاميرا «{existing}» لها هذا العنوان بالفعل.",
        "احذف الصف، أو استورد مع خيار التحديث لتغيير تلك الكاميرا.",
    ),
    "not_yours": (
        "You may not manage cameras of this agency or group.",
        "Name one whose cameras you manage, or ask its administrator.",
        "لا تملك صلاحية إدارة كاميرات هذه الجهة أو المجموعة.",
        "اختر جهة تدير كاميراتها، أو اطلب ذلك من مديرها.",
    ),
    "duplicate_name": (
        'The agency already has a camera named "{existing}".',
        "Give another name, or import with update to change that camera.",
        "لدى الجهة كاميرا باسم «{existing}» بالفعل.",
        "اختر اسماً آخر، أو استورد مع خيار التحديث لتغيير تلك الكاميرا.",
    ),
}


@dataclasses.dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong with one field."""

    field: str
    code: str
    values: Mapping[str, Any] = dataclasses.field(default_factory=dict)

    @property
    def message(self) -> str:
        return TEXTS[self.code][0].format_map(_Values(self.values))

    @property
    def hint(self) -> str:
        return TEXTS[self.code][1].format_map(_Values(self.values))

    @property
    def message_ar(self) -> str:
        return TEXTS[self.code][2].format_map(_Values(self.values))

    @property
    def hint_ar(self) -> str:
        return TEXTS[self.code][3].format_map(_Values(self.values))

    def as_dict(self) -> dict[str, str]:
        """The shape in API answers."""
        return {
            "field": self.field,
            "code": self.code,
            "message": self.message,
            "message_ar": self.message_ar,
            "hint": self.hint,
            "hint_ar": self.hint_ar,
        }


class _Values(dict[str, Any]):
    def __missing__(self, key: str) -> str:
        return "{" + key + "}"
