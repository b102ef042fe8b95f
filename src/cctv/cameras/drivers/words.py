"""What a probe found, said to the person at the camera's settings page: what it means and what to change.

Each text is (English, Arabic, advice in English, advice in Arabic).
"""

import re

from cctv.base.faults import Fault

Text = tuple[str, str, str, str]

MAX_WORDS = 300
_CREDENTIALS = re.compile(r"(?<=://)[^/\s]*@")

WARNINGS: dict[str, Text] = {
    "h265": (
        "The video is H.265, which not every browser plays.",
        "الفيديو بترميز H.265 ولا تشغله كل المتصفحات.",
        "Set the camera to H.264, or give it an H.264 sub stream for viewing.",
        "اضبط الكاميرا على H.264 أو أضف بثاً فرعياً بترميز H.264 للمشاهدة.",
    ),
    "mjpeg": (
        "The video is Motion JPEG: browsers do not play it as video and it fills the disk fast.",
        "الفيديو بترميز Motion JPEG: لا تشغله المتصفحات كفيديو ويملأ القرص بسرعة.",
        "Set the camera to H.264.",
        "اضبط الكاميرا على H.264.",
    ),
    "b_frames": (
        "The video has B-frames: it cannot be watched over WebRTC and arrives later.",
        "يحتوي الفيديو على إطارات B: لا يمكن مشاهدته عبر WebRTC ويصل متأخراً.",
        "Switch B-frames off, or choose the Baseline or Main profile; smart codecs often turn them on.",
        "عطّل إطارات B أو اختر ملف Baseline أو Main؛ وغالباً ما تفعّلها الترميزات الذكية.",
    ),
    "long_gop": (
        "Key frames are more than 4 s apart: seeking is coarse and live video starts late.",
        "الإطارات الرئيسية متباعدة أكثر من 4 ث: الانتقال غير دقيق والبث المباشر يبدأ متأخراً.",
        "Set the key frame interval to 1 or 2 s and switch the smart codec off.",
        "اضبط فاصل الإطارات الرئيسية على 1 أو 2 ث وعطّل الترميز الذكي.",
    ),
    "one_key_frame": (
        "Only one key frame came during the probe.",
        "وصل إطار رئيسي واحد فقط أثناء الفحص.",
        "Set the key frame interval to 1 or 2 s.",
        "اضبط فاصل الإطارات الرئيسية على 1 أو 2 ث.",
    ),
    "no_parameter_sets": (
        "The camera does not describe its video beforehand (no parameter sets in the SDP).",
        "الكاميرا لا تصف الفيديو مسبقاً (لا مجموعات معاملات في SDP).",
        "Recording works, but starts with the next key frame; a firmware update may help.",
        "التسجيل يعمل لكنه يبدأ مع الإطار الرئيسي التالي؛ قد يفيد تحديث البرنامج الثابت.",
    ),
    "frame_rate_unsteady": (
        "Frames come at an unsteady rate.",
        "الإطارات تصل بمعدل غير ثابت.",
        "Check network and exposure settings; fix the frame rate in the camera.",
        "تحقق من الشبكة وإعدادات التعريض؛ وثبّت معدل الإطارات في الكاميرا.",
    ),
    "g711_audio": (
        "The sound is G.711, which a recording cannot hold as it is.",
        "الصوت بترميز G.711 ولا يمكن حفظه كما هو في التسجيل.",
        "Set the camera's sound to AAC, or this camera's audio to aac.",
        "اضبط صوت الكاميرا على AAC أو اضبط خيار الصوت هنا على aac.",
    ),
    "audio_unusable": (
        "The sound is in a form that is not recorded.",
        "الصوت بصيغة لا يتم تسجيلها.",
        "Set the camera's sound to AAC, or switch it off.",
        "اضبط صوت الكاميرا على AAC أو أوقفه.",
    ),
}

FAILURES: dict[Fault, Text] = {
    Fault.NETWORK_LOST: (
        "The camera does not answer on the network.",
        "الكاميرا لا تستجيب على الشبكة.",
        "Check address and port, power, cable, and whether a firewall lies between.",
        "تحقق من العنوان والمنفذ والكهرباء والكابل ومن وجود جدار حماية.",
    ),
    Fault.SENDS_NOTHING: (
        "The camera answers but sends no video.",
        "الكاميرا تستجيب لكنها لا ترسل فيديو.",
        "Check that the stream is enabled; try the other transport; restart the camera.",
        "تحقق من تفعيل البث؛ جرّب طريقة النقل الأخرى؛ أعد تشغيل الكاميرا.",
    ),
    Fault.PASSWORD_REFUSED: (
        "The camera refuses the user or password.",
        "الكاميرا ترفض اسم المستخدم أو كلمة المرور.",
        "Enter them again; many cameras lock an account after a few wrong tries.",
        "أدخلهما من جديد؛ كثير من الكاميرات تقفل الحساب بعد محاولات خاطئة.",
    ),
    Fault.STREAM_REFUSED: (
        "The camera refuses this stream.",
        "الكاميرا ترفض هذا البث.",
        "Check the path of the address, and that not too many viewers are connected to the camera.",
        "تحقق من مسار العنوان ومن أن عدد المتصلين بالكاميرا ليس كبيراً.",
    ),
    Fault.NO_KEY_FRAME: (
        "The stream cannot be used: no picture can be made of it.",
        "لا يمكن استخدام البث: لا يمكن تكوين صورة منه.",
        "Set the camera to H.264 with a key frame interval of 1 or 2 s.",
        "اضبط الكاميرا على H.264 مع فاصل إطارات رئيسية 1 أو 2 ث.",
    ),
}

UNREACHABLE: dict[str, tuple[str, str]] = {
    "name": ("the name does not resolve to an address", "لا يمكن تحويل الاسم إلى عنوان"),
    "refused": ("connections to this port are refused", "الاتصالات بهذا المنفذ مرفوضة"),
    "silent": ("nothing answers at this address", "لا شيء يستجيب على هذا العنوان"),
    "forbidden": (
        "this address is in a network that the system may not connect to (CCTV_CAMERA_NETWORKS)",
        "هذا العنوان في شبكة لا يُسمح للنظام بالاتصال بها (CCTV_CAMERA_NETWORKS)",
    ),
    "route": ("there is no route to this address", "لا يوجد مسار إلى هذا العنوان"),
}


def harmless(words: str) -> str:
    """Text from a camera as it may be stored and shown: one line, no control characters, no credentials, short."""
    line = "".join(char if char.isprintable() else " " for char in words[: MAX_WORDS * 4])
    return _CREDENTIALS.sub("", " ".join(line.split()))[:MAX_WORDS]
