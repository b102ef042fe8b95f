"""A camera's connection by libav: for transports, encryption and codecs that our own RTSP does not speak."""

import contextlib
import time
from collections.abc import Iterator
from typing import Any, Final

import av
import av.error
from av.container import InputContainer

from cctv.base.clock import TICKS_PER_S
from cctv.media import reachable
from cctv.media.coding.nal import join_lengths, parameter_sets, split_annexb
from cctv.media.errors import StreamEnded, StreamInterrupted, StreamRefused, StreamUnusable
from cctv.media.intake.feed import Dialling, FedPicture, Taker
from cctv.media.intake.kept_sound import KeptAac
from cctv.media.intake.libav_clock import LibavCalls
from cctv.media.intake.libav_faults import opening_error, reading_error
from cctv.media.intake.libav_log import listening
from cctv.media.intake.made_sound import MadeAac, from_decoder
from cctv.media.intake.rtp_times import RtpTimes, camera_clock_us
from cctv.media.interruption import Interruption
from cctv.media.model import AudioParams, AudioWish, VideoCodec
from cctv.media.rtsp.address import parse_address

_CODECS: Final = {"h264": VideoCodec.H264, "hevc": VideoCodec.H265, "mjpeg": VideoCodec.MJPEG}
_GENERATE_PTS: Final = 0x0001  # PyAV asks for it; it makes libav hold packets back
_UDP_BUFFER_BYTES: Final = 2 << 20
_SENT_AWAY: Final = "The camera sends us on to another address; enter the one where its stream really is."
_SOCKET_WAIT_S: Final = 3.0  # how long a farewell may wait for a camera that does not read


class LibavFeed:
    """libav connects, signs in, puts RTP packets together and finds where pictures begin."""

    def __init__(self, dialling: Dialling, audio: AudioWish, interruption: Interruption) -> None:
        self._read_s = dialling.read_s
        self._calls = LibavCalls(interruption)
        self._container = _connect(dialling, self._calls)
        try:
            self._video_index, self.codec, extradata = _video_of(self._container)
        except StreamUnusable:
            self._container.close()
            raise
        self.described = split_annexb(extradata) if self.codec is not VideoCodec.MJPEG else []
        self.description: str | None = None
        self._packets: Iterator[av.Packet[Any]] = self._container.demux()
        self._last: tuple[av.Packet[Any], int] | None = None
        several = len(self._container.streams) > 1
        self._times = {
            one.index: RtpTimes(int(1 / (one.time_base or 1)), several_tracks=several)
            for one in self._container.streams
        }
        self.sound_codec: str | None = None
        self.sound: AudioParams | None = None
        self._sound_index = -1
        self._kept: KeptAac | None = None
        self._made: MadeAac | None = None
        self._choose_sound(audio)

    def _choose_sound(self, audio: AudioWish) -> None:
        streams = self._container.streams.audio
        if audio == "off" or not streams:
            return
        decoder = streams[0].codec_context
        self._sound_index = streams[0].index
        self.sound_codec = decoder.name if decoder is not None else "unknown"
        if decoder is None:
            return
        config = bytes(decoder.extradata or b"")
        if decoder.name == "aac" and config and decoder.sample_rate > 0:
            self._kept = KeptAac(AudioParams(decoder.sample_rate, max(decoder.channels, 1), config))
            self.sound = self._kept.params
        elif audio == "aac":
            self._made = from_decoder(decoder)
            self.sound = self._made.params if self._made else None

    @property
    def lost_packets(self) -> int:
        """libav does not tell."""
        return 0

    def fileno(self) -> int | None:
        """None: libav reads by blocking, and looks after the session meanwhile."""
        return None

    def tend(self) -> None:
        """Nothing to be done."""

    def advance(self, taker: Taker, *, wait: bool = True) -> None:  # noqa: ARG002 - it always blocks
        """Takes one packet."""
        packet = self._next_packet()
        if packet.stream_index == self._video_index:
            taker.take_picture(self._picture(packet))
        elif packet.stream_index == self._sound_index:
            pts_90k = self._time_of(packet)
            if self._kept is not None:
                taker.take_sound(self._kept.take([bytes(packet)], pts_90k))
            elif self._made is not None:
                taker.take_sound(self._made.take(bytes(packet), pts_90k))

    def _next_packet(self) -> "av.Packet[Any]":
        began_s = time.monotonic()
        self._calls.enter()
        try:
            if self._calls.interrupted:
                raise StreamInterrupted
            packet = next(self._packets, None)
        except av.error.FFmpegError as error:
            if self._calls.interrupted:
                raise StreamInterrupted from None
            raise reading_error(error, waited_s=time.monotonic() - began_s, limit_s=self._read_s) from None
        finally:
            self._calls.leave()
        if packet is None or not packet.size:  # PyAV ends with empty packets
            raise StreamInterrupted if self._calls.interrupted else StreamEnded("The camera ended the connection.")
        return packet

    def _picture(self, packet: "av.Packet[Any]") -> FedPicture:
        pts_90k = self._time_of(packet)
        if pts_90k is not None:
            self._last = packet, pts_90k
        data = bytes(packet)
        if self.codec is VideoCodec.MJPEG:
            return FedPicture(data, True, pts_90k, [])  # noqa: FBT003 - a tuple's field
        units = split_annexb(data)
        return FedPicture(join_lengths(units), packet.is_keyframe, pts_90k, parameter_sets(self.codec, units))

    def _time_of(self, packet: "av.Packet[Any]") -> int | None:
        pts = self._times[packet.stream_index].time_of(packet)
        base = packet.time_base
        if pts is None or (base.numerator == 1 and base.denominator == TICKS_PER_S):
            return pts
        return pts * TICKS_PER_S * base.numerator // base.denominator

    def camera_time_us(self, pts_90k: int) -> int | None:
        """By the last packet's own time on the camera's clock."""
        if self._last is None:
            return None
        packet, at_90k = self._last
        clock_us = camera_clock_us(packet)
        return None if clock_us is None else clock_us - (at_90k - pts_90k) * 100 // 9

    def close(self) -> None:
        """May take 3 s when the camera does not take our farewell."""
        self._calls.leave()
        self._last = None
        self._container.close()


def _connect(dialling: Dialling, calls: LibavCalls) -> InputContainer:
    address = parse_address(dialling.url)
    began_s = time.monotonic()
    with contextlib.suppress(
        OSError, UnicodeError
    ):  # a name that means nothing: libav's own words for it are as good
        reachable.check_name(address.host, address.port)
    # libav would follow the camera anywhere, past the networks that are allowed, and take the password along.
    sent_away = Interruption()
    following = LibavCalls(sent_away)
    calls.enter()
    following.enter()
    try:
        if calls.interrupted:
            raise StreamInterrupted
        with listening(redirected=sent_away.set) as records:
            timeout_s = (dialling.open_s, dialling.read_s)
            container = av.open(dialling.url, "r", options=_options(dialling), timeout=timeout_s)
    except av.error.FFmpegError as error:
        if calls.interrupted:
            raise StreamInterrupted from None
        if following.interrupted:
            raise StreamRefused(_SENT_AWAY) from None
        waited_s = time.monotonic() - began_s
        raise opening_error(error, records, waited_s=waited_s, limit_s=dialling.open_s) from None
    finally:
        calls.leave()
        following.leave()
    if following.interrupted:  # libav was there before it could be stopped
        container.close()
        raise StreamRefused(_SENT_AWAY)
    container.flags &= ~_GENERATE_PTS
    return container


def _options(dialling: Dialling) -> dict[str, str]:
    socket_s = min(_SOCKET_WAIT_S, dialling.open_s, dialling.read_s)
    options = {
        # In this order; the second one when the camera refuses the first.
        "rtsp_transport": "udp+tcp" if dialling.transport == "udp" else "tcp",
        "allowed_media_types": "video+audio" if dialling.sound else "video",
        "timeout": str(int(socket_s * 1_000_000)),
        # Parameters are read from the stream itself; probing it would only delay the first picture.
        "probesize": "32",
        "analyzeduration": "0",
    }
    if dialling.transport == "udp":
        options["buffer_size"] = str(_UDP_BUFFER_BYTES)
    return options


def _video_of(container: InputContainer) -> tuple[int, VideoCodec, bytes]:
    """The index, codec and described parameter sets of the pictures. Raises StreamUnusable."""
    names = []
    for stream in container.streams.video:
        decoder = stream.codec_context
        name = decoder.name if decoder is not None else "unknown"
        if name in _CODECS:
            return stream.index, _CODECS[name], bytes(decoder.extradata or b"")
        names.append(name)
    if names:
        raise StreamUnusable(f"The camera's video codec ({', '.join(names)}) cannot be recorded.")
    raise StreamUnusable("There is no video in the camera's stream.")
