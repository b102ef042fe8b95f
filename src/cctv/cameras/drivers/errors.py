"""What a driver refuses."""

from cctv.base.errors import NotFound, TooMany


class ProbesBusy(TooMany):
    """Too many cameras are being probed at the moment; try again in a few seconds."""

    code = "probes_busy"
    message_ar = "يجري فحص عدد كبير من الكاميرات حالياً؛ حاول مرة أخرى بعد ثوانٍ."


class NoSuchStream(NotFound):
    """This camera has no sub stream."""

    code = "no_such_stream"
    message_ar = "لا يوجد بث فرعي لهذه الكاميرا."
