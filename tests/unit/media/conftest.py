"""Coded pictures made on the spot with PyAV, in the form in which a camera's packets come."""

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache

import av
import pytest
from av.video.codeccontext import VideoCodecContext

from cctv.media.coding.nal import annexb_to_lengths, is_key, split_annexb
from cctv.media.coding.parameters import jpeg_params, video_params
from cctv.media.model import Sample, TrackParams, VideoCodec

FRAME_90K = 3600


@dataclass(frozen=True)
class Footage:
    """An encoded stream: parameters, samples, and the access units as the encoder gave them."""

    params: TrackParams
    samples: list[Sample]
    units: list[bytes]

    def fresh(self) -> list[Sample]:
        """The samples as new objects (writers may move times)."""
        return [Sample(s.track, s.dts_90k, s.pts_90k, s.key, s.data) for s in self.samples]


_ENCODERS = {VideoCodec.H264: "libx264", VideoCodec.H265: "libx265", VideoCodec.MJPEG: "mjpeg"}


def picture(number: int, width: int, height: int) -> av.VideoFrame:
    """A picture that differs from its neighbours: a grey step and a moving bar."""
    frame = av.VideoFrame(width, height, "yuv420p")
    luma = frame.planes[0]
    line = bytearray(bytes([(number * 7) % 200 + 16]) * luma.line_size)
    at = number * 5 % (width - 16)
    line[at : at + 16] = b"\xeb" * 16
    luma.update(bytes(line) * height)
    for plane in frame.planes[1:]:
        plane.update(bytes([(64 + number * 3) % 255]) * plane.buffer_size)
    frame.pts = number
    return frame


def _encoder(codec: VideoCodec, width: int, height: int, gop: int, bframes: int) -> VideoCodecContext:
    context = av.CodecContext.create(_ENCODERS[codec], "w")
    assert isinstance(context, VideoCodecContext)
    context.width, context.height = width, height
    context.pix_fmt = "yuvj420p" if codec is VideoCodec.MJPEG else "yuv420p"
    context.time_base = Fraction(1, 25)
    context.framerate = Fraction(25)
    context.thread_count = 1
    if codec is VideoCodec.MJPEG:
        context.color_range = 2
        return context
    context.gop_size, context.max_b_frames = gop, bframes
    common = f"keyint={gop}:min-keyint={gop}:scenecut=0:bframes={bframes}"
    if codec is VideoCodec.H264:
        context.options = {"preset": "ultrafast", "x264-params": common + ":b-adapt=0:repeat-headers=1"}
    else:
        context.options = {
            "preset": "ultrafast",
            "x265-params": common + ":b-adapt=0:repeat-headers=1:log-level=none:open-gop=0:pools=none",
        }
    return context


@lru_cache(maxsize=32)
def make_footage(
    codec: VideoCodec = VideoCodec.H264,
    *,
    frames: int = 100,
    gop: int = 25,
    bframes: int = 0,
    size: tuple[int, int] = (320, 180),
) -> Footage:
    """``frames`` pictures at 25 a second, a key frame every ``gop``."""
    context = _encoder(codec, *size, gop, bframes)
    packets = [packet for number in range(frames) for packet in context.encode(picture(number, *size))]
    packets += context.encode(None)
    units = [bytes(packet) for packet in packets]
    shown = sorted(packet.pts for packet in packets if packet.pts is not None)
    samples = []
    for number, (packet, unit) in enumerate(zip(packets, units, strict=True)):
        assert packet.pts is not None
        data = unit if codec is VideoCodec.MJPEG else annexb_to_lengths(unit)
        key = codec is VideoCodec.MJPEG or is_key(codec, split_annexb(unit))
        samples.append(Sample("video", shown[number] * FRAME_90K, packet.pts * FRAME_90K, key, data))
    if codec is VideoCodec.MJPEG:
        return Footage(TrackParams(jpeg_params(units[0])), samples, units)
    return Footage(TrackParams(video_params(codec, split_annexb(units[0]))), samples, units)


@pytest.fixture
def footage() -> Callable[..., Footage]:
    """Makes footage; equal wishes share one encoding."""
    return make_footage
