"""The reason beside a state, in English and Arabic, with the age of what it speaks of."""

from datetime import datetime, timedelta

from cctv.base.faults import CameraState, Cause, Fault
from cctv.cameras.status.model import Status

_UNITS = ((86_400, "d", "ي"), (3_600, "h", "س"), (60, "min", "د"), (1, "s", "ث"))

# (English, Arabic) by fault, then by cause, then by state.
_BY_FAULT = {
    Fault.NETWORK_LOST: (
        "camera does not answer on the network for {age}",
        "الكاميرا لا تستجيب على الشبكة منذ {age}",
    ),
    Fault.SENDS_NOTHING: (
        "no video for {silent}: camera answers, sends nothing",
        "لا فيديو منذ {silent}: الكاميرا تستجيب ولا ترسل شيئاً",
    ),
    Fault.PASSWORD_REFUSED: (
        "camera refuses the user or password for {age}; tried once a minute",
        "الكاميرا ترفض اسم المستخدم أو كلمة المرور منذ {age}؛ تُعاد المحاولة مرة في الدقيقة",
    ),
    Fault.STREAM_REFUSED: ("camera refuses the stream{words}", "الكاميرا ترفض البث{words}"),
    Fault.NO_KEY_FRAME: (
        "stream cannot be played: {why}",
        "لا يمكن تشغيل البث: {why}",
    ),
    Fault.TIMESTAMPS_JUMP: (
        "video arrives damaged: timestamps jump or packets are lost",
        "الفيديو يصل متضرراً: قفزات في التوقيت أو فقدان حزم",
    ),
    Fault.OUR_RESTART: ("recorder has just started", "بدأ المسجّل للتو"),
    Fault.NODE_LOST: ("recorder's machine was lost, another takes over", "فُقد جهاز التسجيل ويتولى جهاز آخر"),
    Fault.DISK_FAILING: ("video arrives, but the disk is full or failing", "الفيديو يصل لكن القرص ممتلئ أو معطّل"),
    Fault.OVERLOADED: ("video arrives, but the machine is overloaded", "الفيديو يصل لكن الجهاز محمّل فوق طاقته"),
    Fault.CLOCK_STEPPED: ("video arrives; the server's clock was stepped", "الفيديو يصل؛ تغيّرت ساعة الخادم فجأة"),
    Fault.SWITCHED_OFF: ("switched off", "متوقفة عن العمل"),
}
_BY_CAUSE = {
    Cause.NETWORK: _BY_FAULT[Fault.NETWORK_LOST],
    Cause.AUTH: _BY_FAULT[Fault.PASSWORD_REFUSED],
    Cause.CODEC: _BY_FAULT[Fault.NO_KEY_FRAME],
    Cause.RESTART: _BY_FAULT[Fault.OUR_RESTART],
    Cause.NODE: _BY_FAULT[Fault.NODE_LOST],
    Cause.DISK: _BY_FAULT[Fault.DISK_FAILING],
    Cause.OVERLOAD: _BY_FAULT[Fault.OVERLOADED],
    Cause.CLOCK: _BY_FAULT[Fault.CLOCK_STEPPED],
    Cause.MAINTENANCE: ("in maintenance", "قيد الصيانة"),
}
_BY_STATE = {
    CameraState.ONLINE: ("video arrives", "الفيديو يصل"),
    CameraState.DEGRADED: _BY_FAULT[Fault.TIMESTAMPS_JUMP],
    CameraState.CONNECTING: ("connecting for {age}", "جارٍ الاتصال منذ {age}"),
    CameraState.AUTH_FAILED: _BY_FAULT[Fault.PASSWORD_REFUSED],
    CameraState.REFUSED: _BY_FAULT[Fault.STREAM_REFUSED],
    CameraState.NO_VIDEO: _BY_FAULT[Fault.SENDS_NOTHING],
    CameraState.UNUSABLE: _BY_FAULT[Fault.NO_KEY_FRAME],
    CameraState.OFF: ("taken out of use", "خارج الخدمة"),
}
_UNPLAYABLE = ("no key frame, or not decodable", "لا إطار رئيسي أو لا يمكن فك ترميزه")
_WAITS = (
    "video arrives, but is recorded again from its next key frame on",
    "الفيديو يصل، ويُستأنف التسجيل عند الإطار الرئيسي التالي",
)
_NOBODY = ("no recorder has taken this camera yet", "لم يتولَّ أي مسجّل هذه الكاميرا بعد")
_STALE = (
    "last known {heard} ago ({what}): its recorder no longer reports",
    "آخر حالة معروفة قبل {heard} ({what}): المسجّل لم يعد يرسل تقاريره",
)


def reason(status: Status, *, arabic: bool = False) -> str:
    """Why the camera is in its state, as a sentence without a full stop."""
    at = int(arabic)
    if status.reporter is None and not status.fresh:
        return _NOBODY[at]
    silent_since = status.details.last_video_at or status.since
    words = status.details.words
    what = _template(status)[at].format(
        age=age(status.now - status.since, arabic=arabic),
        silent=age(status.now - silent_since, arabic=arabic),
        words=f" ({words})" if words else "",
        why=words.rstrip(".") if words else _UNPLAYABLE[at],
    )
    if status.fresh:
        return what
    heard = status.seen_at or status.reported_at or status.since
    return _STALE[at].format(heard=age(status.now - heard, arabic=arabic), what=what)


def age(span: timedelta, *, arabic: bool = False) -> str:
    """A duration in its largest whole unit: `12 s`, `5 min`, `3 h`, `2 d`; never negative."""
    seconds = max(0, int(span.total_seconds()))
    for unit_s, english, other in _UNITS:
        if seconds >= unit_s * (2 if unit_s in (3600, 86400) else 1) or unit_s == 1:
            return f"{seconds // unit_s} {other if arabic else english}"
    raise AssertionError("a unit of one second fits everything")


def since_text(moment: datetime) -> str:
    """A moment as the API writes it."""
    return moment.isoformat().replace("+00:00", "Z")


def _template(status: Status) -> tuple[str, str]:
    if status.state is CameraState.ONLINE and status.cause is None and _waits(status):
        return _WAITS
    if status.fault in _BY_FAULT:
        return _BY_FAULT[status.fault]
    if status.state is CameraState.CONNECTING and status.cause in _BY_CAUSE:
        return _BY_CAUSE[status.cause]
    if status.state in (CameraState.ONLINE, CameraState.DEGRADED, CameraState.OFF) and status.cause in _BY_CAUSE:
        return _BY_CAUSE[status.cause]
    return _BY_STATE[status.state]


def _waits(status: Status) -> bool:
    return status.stream is not None and status.stream.recording is False
