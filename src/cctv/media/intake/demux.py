"""Opens a camera's stream and gives its coded samples. Blocking: run it in a thread.

Two kinds of feeds speak to cameras: our own RTSP (``rtsp_feed``: H.264 and H.265 inside the connection, cheap)
and libav (``libav_feed``: everything else that can be recorded). Times, parameters and what becomes a sample are
the same for both and are made here.
"""

import time
from collections import deque
from dataclasses import replace
from typing import Final, NamedTuple

from cctv.base.clock import TICKS_PER_S
from cctv.media.coding.parameters import never_reordered
from cctv.media.errors import StreamEnded, StreamError, StreamUnusable
from cctv.media.intake.camera_clock import CameraClock
from cctv.media.intake.decode_times import DecodeTimes, Timed
from cctv.media.intake.feed import Dialling, FedPicture, Feed, Transport
from cctv.media.intake.parameter_watch import ParameterWatch
from cctv.media.intake.rtsp_feed import RtspFeed
from cctv.media.intake.sound_times import SoundTimes
from cctv.media.interruption import Interruption
from cctv.media.model import AudioParams, AudioWish, ParamsChanged, Sample, TrackParams, VideoCodec, VideoParams
from cctv.media.rtsp.errors import NotSpoken, TransportRefused

__all__ = ["Interruption", "Stream", "Transport", "open_stream"]

_PARAMETERS_WAIT_S: Final = 20.0  # longer than the GOPs of cameras with smart codecs
_SOUND_WAIT_90K: Final = TICKS_PER_S  # sound that does not come with the first second is not recorded
_SOUND_LOST_90K: Final = 2 * TICKS_PER_S

_NO_SETS: Final = "The camera sends no parameter sets (SPS, PPS), so nothing can be decoded."
_NO_SIZE: Final = (
    "The camera does not tell the size of its MJPEG pictures, as RTP (RFC 2435) cannot where they are wider or"
    " higher than 2040 pixels. Choose a smaller picture or H.264 at the camera."
)


class _Picture(NamedTuple):
    data: bytes
    key: bool
    changed: TrackParams | None


class Stream:
    """An open connection to one camera stream. Only ``interrupt`` may be called from another thread.

    ``params`` is what holds for the samples that ``read`` gives next. ``sound_codec`` is what sound the camera
    offers, when sound was wanted; ``description`` its session description, where our own RTSP speaks to it.
    """

    params: TrackParams

    def __init__(self, feed: Feed, interruption: Interruption) -> None:
        self._feed = feed
        self._interruption = interruption
        self.sound_codec = feed.sound_codec
        self.description = feed.description
        self._watch = ParameterWatch(feed.codec, feed.described)
        self._video = self._watch.params  # of the samples that became ready last
        self._audio: AudioParams | None = feed.sound
        self._times: DecodeTimes[_Picture] = DecodeTimes(0)
        if self._video is not None:
            self._expect_order(self._video)
        self._ready: deque[Sample | ParamsChanged] = deque()
        self._ended: StreamError | None = None
        self._clock = CameraClock()
        self._sound_times = SoundTimes()
        self._first_90k: int | None = None
        self._last_90k = 0
        self._given_90k = 0
        self._sound_seen_90k: int | None = None

    def learn(self, limit_s: float) -> None:
        """Reads until the parameters are known; ``open_stream`` calls it. What was read is kept for ``read``."""
        end_s = time.monotonic() + limit_s
        while not self._learnt():
            self._raise_end()
            if time.monotonic() > end_s:
                raise StreamUnusable(_NO_SIZE if self._watch.codec is VideoCodec.MJPEG else _NO_SETS)
            self._advance(wait=True)
            if self._video is None:
                self._ready.clear()  # nothing before the parameters can be decoded
        samples = list(self._ready)
        changes = [number for number, one in enumerate(samples) if isinstance(one, ParamsChanged)]
        self._ready = deque(samples[changes[-1] + 1 :] if changes else samples)
        assert self._video is not None
        self.params = TrackParams(self._video, self._audio)

    def _learnt(self) -> bool:
        if self._video is None or not self._ready:
            return False
        if self._audio is not None and self._sound_seen_90k is None:
            if self._last_90k - (self._first_90k or 0) < _SOUND_WAIT_90K:
                return False
            self._audio = None
        return True

    def read(self) -> Sample | ParamsChanged:
        """The next sample, or the new parameters right before the key sample they belong to.

        The first samples may be no key frames. Raises StreamTimeout, StreamEnded, StreamInterrupted or
        StreamUnusable; then only ``close`` is left.
        """
        while not self._ready:
            self._raise_end()
            self._advance(wait=True)
        one = self._ready.popleft()
        if isinstance(one, ParamsChanged):
            self.params = one.params
        elif one.track == "video":
            self._given_90k = one.pts_90k
        return one

    def fileno(self) -> int | None:
        """The socket of a stream that can be read without blocking; None where ``read`` is the only way."""
        return self._feed.fileno()

    def take_ready(self) -> list[Sample | ParamsChanged]:
        """All that can be had without blocking, in the order of ``read``; call it when ``fileno`` has something.

        Makes one call to the kernel. Raises as ``read`` does, once there is nothing left to give.
        """
        if self._ended is None:
            self._advance(wait=False)
        if not self._ready:
            self._raise_end()
            return []
        ready = list(self._ready)
        self._ready.clear()
        for one in ready:
            if isinstance(one, ParamsChanged):
                self.params = one.params
            elif one.track == "video":
                self._given_90k = one.pts_90k
        return ready

    def tend(self) -> None:
        """To be called about once a second by who uses ``take_ready``: signs of life to the camera.

        Raises StreamTimeout after ``read_s`` of silence, or another end that ``take_ready`` has yet to raise.
        """
        if not self._ready:
            self._raise_end()
        try:
            self._feed.tend()
        except StreamError as error:
            self._ended = error
            raise

    def _raise_end(self) -> None:
        if self._ended is not None:
            raise self._ended

    def camera_time_us(self) -> int | None:
        """The camera's own clock (RTCP) at the last video sample, in microseconds since 1970, if it tells."""
        return self._feed.camera_time_us(self._given_90k)

    @property
    def lost_packets(self) -> int:
        """Video packets that never came, as far as that can be seen; counts since the stream was opened."""
        return self._feed.lost_packets

    def interrupt(self) -> None:
        """Makes a blocked ``read`` raise StreamInterrupted within 0.1 s."""
        self._interruption.set()

    def close(self) -> None:
        """Ends the session; safe to call twice. May take 3 s when the camera does not take our farewell."""
        self._ended = self._ended or StreamEnded("The stream is closed.")
        self._feed.close()

    def _advance(self, *, wait: bool) -> None:
        """Lets the feed hand on what it has. At the end, what was held back becomes ready."""
        try:
            self._feed.advance(self, wait=wait)
        except StreamError as error:
            self._ended = error
            self._emit(self._times.flush())

    def take_picture(self, picture: FedPicture) -> None:
        """A picture of the feed's."""
        found = self._watch.look(picture)
        changed: TrackParams | None = None
        if found is not None:
            self._emit(self._times.flush())
            self._expect_order(found)
            changed = TrackParams(found, self._audio)
        elif picture.key and self._sound_is_lost() and self._watch.params is not None:
            self._audio = None
            changed = TrackParams(self._watch.params, None)
        pts_90k = picture.pts_90k
        if pts_90k is not None:
            pts_90k = self._clock.time_of(pts_90k, time.monotonic())
            self._first_90k = pts_90k if self._first_90k is None else self._first_90k
            self._last_90k = pts_90k
        self._emit(self._times.push(_Picture(picture.data, picture.key, changed), pts_90k))
        known = self._watch.params
        if known is not None and self._times.reorder > known.reorder:
            self._reordered_further(known)

    def _expect_order(self, video: VideoParams) -> None:
        self._times.reorder, self._times.in_order = video.reorder, never_reordered(video)

    def _reordered_further(self, known: VideoParams) -> None:
        """Frames come out of order though the parameter sets do not say so; the init segment stays the same."""
        self._watch.params = replace(known, reorder=self._times.reorder)
        if hasattr(self, "params"):
            self.params = replace(self.params, video=self._watch.params)

    def _emit(self, pictures: list[Timed[_Picture]]) -> None:
        for one in pictures:
            if one.item.changed is not None:
                self._video = one.item.changed.video
                self._ready.append(ParamsChanged(one.item.changed))
            self._ready.append(Sample("video", one.dts_90k, one.pts_90k, one.item.key, one.item.data))

    def take_sound(self, samples: list[Sample]) -> None:
        """Sound of the feed's."""
        if samples and self._audio is not None:
            self._sound_seen_90k = self._last_90k
            if self._first_90k is not None:
                samples = self._sound_times.place(samples, self._last_90k)
            self._ready += samples

    def _sound_is_lost(self) -> bool:
        """Players wait for a promised track, so a recording without sound must not promise it."""
        seen = self._sound_seen_90k
        return self._audio is not None and seen is not None and self._last_90k - seen > _SOUND_LOST_90K


def open_stream(
    url: str,
    *,
    transport: Transport = "tcp",
    open_s: float = 10.0,
    read_s: float = 10.0,
    audio: AudioWish = "off",
    interruption: Interruption | None = None,
) -> Stream:
    """Connects and learns the parameters.

    ``open_s`` bounds connecting and signing in (libav: once more the wait for the first packet); ``read_s``
    the silence between packets. A camera that does not describe its parameter sets gets 20 s to send them.
    ``interruption`` ends a hanging open from another thread, and later the stream. Raises AddressNotAllowed
    or a StreamError; no error carries the address.
    """
    dialling = Dialling(url=url, transport=transport, open_s=open_s, read_s=read_s, sound=audio != "off")
    interruption = interruption or Interruption()
    feed = _feed(dialling, audio, interruption)
    try:
        stream = Stream(feed, interruption)
        stream.learn(_PARAMETERS_WAIT_S)
    except BaseException:
        feed.close()
        raise
    return stream


def _feed(dialling: Dialling, audio: AudioWish, interruption: Interruption) -> Feed:
    try:
        return RtspFeed(dialling, audio, interruption)
    except NotSpoken as wish:
        # libav takes 40 MB; recorders of cameras that our own RTSP speaks to do without it.
        from cctv.media.intake.libav_feed import LibavFeed  # noqa: PLC0415

        transport: Transport = "udp" if isinstance(wish, TransportRefused) else dialling.transport
        there = replace(dialling, url=wish.url or dialling.url, transport=transport)
    return LibavFeed(there, audio, interruption)
