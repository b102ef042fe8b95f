"""A camera's connection by our own RTSP: H.264 and H.265 with AAC or G.711, RTP inside the connection."""

import struct
import time
from typing import Final

from cctv.base.clock import TICKS_PER_S
from cctv.media.errors import StreamEnded, StreamInterrupted, StreamRefused, StreamTimeout
from cctv.media.intake.feed import Dialling, FedPicture, Taker
from cctv.media.intake.rtsp_sound import RtspSound
from cctv.media.interruption import Interruption
from cctv.media.model import AudioParams, AudioWish, VideoCodec
from cctv.media.rtsp.access_units import Picture, assembler_for
from cctv.media.rtsp.address import parse_address
from cctv.media.rtsp.description import Description, Media
from cctv.media.rtsp.errors import NotSpoken
from cctv.media.rtsp.rtp import HEADER, Report, Sequence, Unwrapped, payload, read_reports
from cctv.media.rtsp.session import Session
from cctv.media.rtsp.wire import Packet

_CODECS: Final = {"H264": VideoCodec.H264, "H265": VideoCodec.H265}
_SEQUENCE_AND_TIME: Final = struct.Struct(">HI")
_ORDER_NUMBERS: Final = "sprop-max-don-diff"
_PLAIN: Final = 0x80  # version 2, no padding, extension or contributing sources


class RtspFeed:
    """Raises NotSpoken from its constructor when this camera is one for libav."""

    def __init__(self, dialling: Dialling, audio: AudioWish, interruption: Interruption) -> None:
        address = parse_address(dialling.url)
        if address.scheme != "rtsp":
            raise NotSpoken
        if interruption.is_set:
            raise StreamInterrupted
        self._read_s = dialling.read_s
        self._interruption = interruption
        end_s = time.monotonic() + dialling.open_s
        self._session = Session(address, end_s=end_s, interruption=interruption)
        try:
            self._start(audio, beside=dialling.transport != "tcp")
        except BaseException:
            self._session.close()
            raise

    def _start(self, audio: AudioWish, *, beside: bool) -> None:
        """Describes, sets up, plays. Where libav is to send and receive, it is told where the camera really is:

        libav follows a camera that sends it elsewhere, takes the password along and asks nobody.
        """
        session = self._session
        offered = session.describe()
        self.description: str | None = session.text
        # What is video is told by its codec: some cameras write another kind of media.
        known = (media for media in offered.media if media.codec in _CODECS)
        video = next(known, None) or offered.first("video")
        if video is None:
            raise StreamRefused("The camera offers no video at this address.", words=None)
        ordered = video.fmtp.get(_ORDER_NUMBERS, "0") == "0"
        if beside or video.codec not in _CODECS or video.clock_rate <= 0 or not ordered:
            raise NotSpoken(session.place)
        self.codec = _CODECS[video.codec]
        self.described = video.parameter_sets()
        self._rate = video.clock_rate
        self._assembler = assembler_for(self.codec)
        self._sequence, self._clock = Sequence(), Unwrapped()
        self._first: int | None = None
        self._last_90k = 0
        self._report: Report | None = None
        self._sound: RtspSound | None = None
        self.sound_codec: str | None = None
        self.sound: AudioParams | None = None
        heard = self._choose_sound(offered, audio)
        session.set_up([video] if heard is None else [video, heard])
        session.play()
        self._video_channel = session.tracks[0].channel
        if len(session.tracks) == 1:  # the camera did not let us have its sound
            self.sound = None
        self._sound_channel = session.tracks[1].channel if len(session.tracks) > 1 else -2
        self._payload_type = video.payload_type
        self._heard_s = time.monotonic()
        self._early = session.early()

    def _choose_sound(self, offered: Description, audio: AudioWish) -> Media | None:
        """The first sound that can be recorded, if sound is wanted."""
        for media in offered.sounds() if audio != "off" else ():
            sound = RtspSound(media, audio)
            self.sound_codec = self.sound_codec or sound.codec
            if sound.params is not None:
                self._sound, self.sound_codec, self.sound = sound, sound.codec, sound.params
                return media
        return None

    @property
    def lost_packets(self) -> int:
        """Video packets that never came."""
        return self._sequence.lost

    def fileno(self) -> int | None:
        """The socket, for whoever waits for many of them."""
        return self._session.wire.fileno()

    def advance(self, taker: Taker, *, wait: bool = True) -> None:
        """Takes what the connection has by now, in one call to the kernel; ``wait`` for half a second at most."""
        if self._early:
            self._take_early(taker)
            return
        packets = self._session.read(wait=wait)
        if packets:
            wire = self._session.wire
            self._take(packets, wire.buffer, wire.view, taker)
        if wait:
            self.tend()

    def tend(self) -> None:
        """Keeps the session alive; raises StreamTimeout after ``read_s`` without video."""
        now_s = time.monotonic()
        if now_s - self._heard_s > self._read_s:
            raise StreamTimeout
        self._session.keep_alive(now_s)

    def _take(self, packets: list[Packet], buffer: bytearray, view: memoryview, taker: Taker) -> None:
        video = False
        for channel, begin, end in packets:
            if channel == self._video_channel:
                video = True
                self._take_video(buffer, view, begin, end, taker)
            else:
                self._take_other(channel, view[begin:end], taker)
        if video:
            self._heard_s = time.monotonic()

    def _take_early(self, taker: Taker) -> None:
        early, self._early = self._early, []
        for packet in early:
            buffer = bytearray(packet[1:])
            self._take([(packet[0], 0, len(buffer))], buffer, memoryview(buffer), taker)

    def _take_video(self, buffer: bytearray, view: memoryview, begin: int, end: int, taker: Taker) -> None:
        second = buffer[begin + 1] if end - begin > HEADER else -1
        if second & 0x7F != self._payload_type:
            return
        if buffer[begin] == _PLAIN:
            at = begin + HEADER
        else:
            at, end = payload(buffer, begin, end)
        number, timestamp = _SEQUENCE_AND_TIME.unpack_from(buffer, begin + 2)
        assembler = self._assembler
        follows = self._sequence.take(number)
        assembler.take(view[at:end], timestamp, marker=second > 0x7F, follows=follows)
        if assembler.ready:
            pictures, assembler.ready = assembler.ready, []
            for picture in pictures:
                taker.take_picture(self._picture(picture))

    def _picture(self, picture: Picture) -> FedPicture:
        time_of = self._clock.take(picture.timestamp)
        if self._first is None:
            self._first = time_of
        ticks = time_of - self._first
        self._last_90k = ticks if self._rate == TICKS_PER_S else ticks * TICKS_PER_S // self._rate
        return FedPicture(picture.data, picture.key, self._last_90k, picture.sets)

    def _take_other(self, channel: int, packet: memoryview, taker: Taker) -> None:
        if channel == self._video_channel + 1:
            report, goodbye = read_reports(bytes(packet))
            self._report = report or self._report
            if goodbye:
                raise StreamEnded("The camera ended the stream.")
        elif channel == self._sound_channel and self._sound is not None and self._first is not None:
            taker.take_sound(self._sound.take(packet, self._last_90k))

    def camera_time_us(self, pts_90k: int) -> int | None:
        """By the last report, once there is one."""
        if self._report is None or self._first is None:
            return None
        ticks = pts_90k * self._rate // TICKS_PER_S + self._first - self._clock.near(self._report.timestamp)
        return self._report.clock_us + ticks * 1_000_000 // self._rate

    def close(self) -> None:
        """Says farewell, and does not wait for the answer."""
        self._session.close()
