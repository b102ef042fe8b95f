"""A picture of a recorded moment. Decodes, so run it in a child process."""

from collections.abc import Iterable, Iterator
from fractions import Fraction
from typing import Final, NamedTuple

import av
import av.error
from av.video.codeccontext import VideoCodecContext
from av.video.frame import VideoFrame
from av.video.reformatter import ColorRange

from cctv.base.clock import TICKS_PER_S
from cctv.media.errors import DamagedMedia
from cctv.media.model import VideoCodec, VideoParams
from cctv.media.mp4.init_reader import read_init
from cctv.media.mp4.init_segment import avc_configuration, hevc_configuration
from cctv.media.mp4.samples import CodedFrame, coded_frames

_DECODERS: Final = {VideoCodec.H264: "h264", VideoCodec.H265: "hevc", VideoCodec.MJPEG: "mjpeg"}
_JPEG_QUANTISER: Final = 4  # 2 is best, 31 worst; 4 shows number plates and takes 60 kB at 720p
_SMALLEST_WIDTH: Final = 16
_WHOLE: Final = 3


class Still(NamedTuple):
    """A JPEG and the presentation time of the frame that it shows, on the run's 90 kHz time line.

    Playback tells the viewer the frame's true time (``X-Frame-Time``), so whoever decodes has to say it.
    """

    jpeg: bytes
    at_90k: int


def decode_still(init: bytes, gop: bytes, *, at_90k: int, exact: bool = True, width: int | None = None) -> Still:
    """The last frame shown at or before ``at_90k`` (``exact``) or the GOP's key frame.

    ``gop`` is the bytes of a whole GOP (or, for a key frame, of its first ``key_bytes``); ``width`` scales
    down, keeping the aspect. Before the GOP's first frame that frame is shown. Raises DamagedMedia.
    """
    frames = list(coded_frames(gop))
    key = next((number for number, frame in enumerate(frames) if frame.key), None)
    if key is None:
        raise DamagedMedia("there is no key frame to decode from")
    wanted = frames[key:] if exact else frames[key : key + 1]
    if not exact or wanted[0].pts_90k > at_90k:
        at_90k = wanted[0].pts_90k
    shown = _last_shown(_decode(read_init(init).video, wanted), at_90k)
    if shown is None:
        raise DamagedMedia("the picture cannot be decoded")
    shown_90k = shown.pts or 0
    return Still(_jpeg(shown, width), shown_90k)


def prove(init: bytes, gop: bytes) -> None:
    """Decode until three pictures came without an error. Raises DamagedMedia when most of them have one.

    Pictures that lost a packet on the way are not held against the others: a quarter must come whole. One is not
    enough, as a decoder of H.265 takes some noise for a picture.
    """
    whole = given = 0

    def frames() -> Iterator[CodedFrame]:
        nonlocal given
        for frame in coded_frames(gop):
            given += 1
            yield frame

    for picture in _decode(read_init(init).video, frames()):
        whole += not picture.is_corrupt
        if whole >= _WHOLE and whole * 4 >= given:
            return
    if whole * 4 < given or not whole:
        raise DamagedMedia("the pictures cannot be decoded")


def _decoder(video: VideoParams) -> VideoCodecContext:
    decoder = av.CodecContext.create(_DECODERS[video.codec], "r")
    assert isinstance(decoder, VideoCodecContext)
    if video.codec is VideoCodec.H264:
        decoder.extradata = avc_configuration(video)
    elif video.codec is VideoCodec.H265:
        decoder.extradata = hevc_configuration(video)
    decoder.thread_count = 1
    return decoder


def _decode(video: VideoParams, frames: Iterable[CodedFrame]) -> Iterator[VideoFrame]:
    """Pictures in the order in which they are shown; those that cannot be decoded are left out."""
    decoder = _decoder(video)
    for frame in frames:
        if not frame.data:  # an empty packet would tell the decoder that no more come
            continue
        packet = av.Packet(frame.data)
        packet.pts, packet.dts, packet.is_keyframe = frame.pts_90k, frame.dts_90k, frame.key
        yield from _decoded(decoder, packet)
    yield from _decoded(decoder, None)


def _decoded(decoder: VideoCodecContext, packet: "av.Packet | None") -> list[VideoFrame]:  # type: ignore[type-arg]
    try:
        return decoder.decode(packet)
    except (av.error.FFmpegError, ValueError):
        return []


def _last_shown(pictures: Iterable[VideoFrame], at_90k: int) -> VideoFrame | None:
    """The last picture at or before the moment, else the first one after it."""
    shown: VideoFrame | None = None
    for picture in pictures:
        if picture.pts is None:
            continue
        if picture.pts > at_90k:
            return shown or picture
        shown = picture
    return shown


def _jpeg(picture: VideoFrame, width: int | None) -> bytes:
    wide, high = picture.width, picture.height
    if width is not None and width < wide:
        wide, high = max(width, _SMALLEST_WIDTH), max(round(high * max(width, _SMALLEST_WIDTH) / wide), 2)
    try:
        drawn = picture.reformat(wide, high, format="yuvj420p", dst_color_range=ColorRange.JPEG)
        encoder = av.CodecContext.create("mjpeg", "w")
        encoder.width, encoder.height, encoder.pix_fmt = wide, high, "yuvj420p"
        encoder.color_range = ColorRange.JPEG
        encoder.time_base = Fraction(1, TICKS_PER_S)
        encoder.qmin = encoder.qmax = _JPEG_QUANTISER
        drawn.pts = 0
        return b"".join(bytes(packet) for packet in [*encoder.encode(drawn), *encoder.encode(None)])
    except (av.error.FFmpegError, ValueError) as error:
        raise DamagedMedia("the picture cannot be drawn") from error
