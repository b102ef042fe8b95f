"""From parameter sets (or a JPEG's header) to what a decoder must know: VideoParams."""

from collections.abc import Sequence

from cctv.media.coding.nal import H264, H265, kind_of, parameter_sets
from cctv.media.coding.sps import SpsFacts, checked_size
from cctv.media.coding.sps_h264 import parse_sps as parse_h264_sps
from cctv.media.coding.sps_h265 import parse_sps as parse_h265_sps
from cctv.media.errors import DamagedMedia
from cctv.media.model import VideoCodec, VideoParams

_SOF_FIRST, _SOF_LAST = 0xC0, 0xCF
_NOT_SOF = frozenset((0xC4, 0xC8, 0xCC))
_MAX_MARKERS = 200
_MOST_SETS = 31  # what MP4's own description can count
LONGEST_SET = 4096
"""Bytes of a parameter set; real ones have a hundred. Longer ones would be read for seconds."""
_NEEDED = {
    VideoCodec.H264: frozenset((H264.SPS, H264.PPS)),
    VideoCodec.H265: frozenset((H265.VPS, H265.SPS, H265.PPS)),
}


def sps_facts(codec: VideoCodec, units: Sequence[bytes]) -> SpsFacts:
    """What the first sequence parameter set among ``units`` says. Raises DamagedMedia."""
    if codec is VideoCodec.H264:
        parse, wanted = parse_h264_sps, int(H264.SPS)
    else:
        parse, wanted = parse_h265_sps, int(H265.SPS)
    for unit in units:
        if kind_of(codec, unit) == wanted:
            return parse(unit)
    raise DamagedMedia("there is no sequence parameter set")


def is_complete(codec: VideoCodec, units: Sequence[bytes]) -> bool:
    """Whether a decoder can begin with these parameter sets."""
    return _NEEDED[codec] <= {kind_of(codec, unit) for unit in units}


def video_params(codec: VideoCodec, units: Sequence[bytes]) -> VideoParams:
    """The parameters that these parameter sets (others are ignored) describe. Raises DamagedMedia."""
    sets = parameter_sets(codec, list(units))
    if not is_complete(codec, sets):
        raise DamagedMedia("parameter sets are missing")
    if len(sets) > _MOST_SETS or any(len(unit) > LONGEST_SET for unit in sets):
        raise DamagedMedia("parameter sets are too many or too long")
    facts = sps_facts(codec, sets)
    return VideoParams(codec, facts.width, facts.height, tuple(sets), facts.reorder or 0, facts.fps)


def never_reordered(video: VideoParams) -> bool:
    """Whether the stream itself says that its frames are shown in the order in which they come."""
    return video.codec is VideoCodec.MJPEG or sps_facts(video.codec, video.parameter_sets).reorder == 0


def jpeg_params(jpeg: bytes) -> VideoParams:
    """The parameters of an MJPEG stream by one of its pictures. Raises DamagedMedia."""
    at = 2
    for _ in range(_MAX_MARKERS):
        if at + 9 > len(jpeg) or jpeg[at] != 0xFF:
            break
        marker = jpeg[at + 1]
        if _SOF_FIRST <= marker <= _SOF_LAST and marker not in _NOT_SOF:
            height, width = (
                int.from_bytes(jpeg[at + 5 : at + 7], "big"),
                int.from_bytes(jpeg[at + 7 : at + 9], "big"),
            )
            return VideoParams(VideoCodec.MJPEG, *checked_size(width, height))
        at += 1 if marker == 0xFF else 2 + int.from_bytes(jpeg[at + 2 : at + 4], "big")
    raise DamagedMedia("picture is no JPEG")
