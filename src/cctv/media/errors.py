"""What can go wrong with a stream or a file, in the words of the fault table.

CctvError
├── Unavailable
│   ├── DecoderLost             the process that decodes died, hung or did not start
│   └── StreamError             each with the cause a gap gets and the state a camera shows
│       ├── StreamUnreachable   network   connecting
│       ├── StreamTimeout       camera    no_video
│       ├── StreamEnded         network   connecting
│       ├── StreamInterrupted   restart   off           (we ended it ourselves)
│       ├── StreamAuthRefused   auth      auth_failed
│       ├── StreamNotFound      camera    refused
│       ├── StreamRefused       camera    refused       with the camera's own words
│       └── StreamUnusable      codec     unusable
├── DataLoss
│   └── DamagedMedia            a file, an index or a GOP that cannot be read
└── InvalidInput
    └── AddressNotAllowed       only rtsp:// and rtsps:// are opened
"""

from typing import ClassVar

from cctv.base.errors import DataLoss, InvalidInput, Unavailable
from cctv.base.faults import CameraState, Cause


class StreamError(Unavailable):
    """The camera's stream is not to be had."""

    code = "stream_error"
    message_ar = "تعذّر الحصول على بث الكاميرا."
    cause: ClassVar[Cause] = Cause.CAMERA
    state: ClassVar[CameraState] = CameraState.CONNECTING


class StreamUnreachable(StreamError):
    """The camera does not answer on the network."""

    code = "stream_unreachable"
    message_ar = "الكاميرا لا تستجيب على الشبكة."
    cause = Cause.NETWORK
    state = CameraState.CONNECTING


class StreamTimeout(StreamError):
    """The camera is connected but sends nothing in time."""

    code = "stream_timeout"
    message_ar = "الكاميرا متصلة لكنها لا ترسل شيئاً."
    cause = Cause.CAMERA
    state = CameraState.NO_VIDEO


class StreamEnded(StreamError):
    """The connection to the camera ended."""

    code = "stream_ended"
    message_ar = "انتهى الاتصال بالكاميرا."
    cause = Cause.NETWORK
    state = CameraState.CONNECTING


class StreamInterrupted(StreamError):
    """The stream was ended by ourselves."""

    code = "stream_interrupted"
    message_ar = "أوقف النظام البث بنفسه."
    cause = Cause.RESTART
    state = CameraState.OFF


class StreamAuthRefused(StreamError):
    """The camera refuses the user name or password."""

    code = "stream_auth_refused"
    message_ar = "ترفض الكاميرا اسم المستخدم أو كلمة المرور."
    cause = Cause.AUTH
    state = CameraState.AUTH_FAILED


class StreamNotFound(StreamError):
    """The camera has no stream at this address."""

    code = "stream_not_found"
    message_ar = "لا يوجد بث في هذا العنوان من الكاميرا."
    cause = Cause.CAMERA
    state = CameraState.REFUSED


class StreamRefused(StreamError):
    """The camera refuses to send the stream."""

    code = "stream_refused"
    message_ar = "ترفض الكاميرا إرسال البث."
    cause = Cause.CAMERA
    state = CameraState.REFUSED


class StreamUnusable(StreamError):
    """The stream cannot be recorded as it is."""

    code = "stream_unusable"
    message_ar = "لا يمكن تسجيل البث كما هو."
    cause = Cause.CODEC
    state = CameraState.UNUSABLE


class DecoderLost(Unavailable):
    """Pictures cannot be decoded at the moment; try again."""

    code = "decoder_lost"
    message_ar = "لا يمكن فك ترميز الصور حالياً؛ حاول مرة أخرى."


class DamagedMedia(DataLoss):
    """Recorded data cannot be read."""

    code = "damaged_media"
    message_ar = "لا يمكن قراءة البيانات المسجلة."


class AddressNotAllowed(InvalidInput):
    """Only rtsp:// and rtsps:// addresses are opened."""

    code = "address_not_allowed"
    message_ar = "يُسمح فقط بعناوين rtsp:// و rtsps://."


class NetworkNotAllowed(StreamRefused):
    """The camera's address leads to a network that this system may not connect to (CCTV_CAMERA_NETWORKS)."""

    code = "network_not_allowed"
    message_ar = "عنوان الكاميرا يقود إلى شبكة لا يُسمح لهذا النظام بالاتصال بها."
