"""Looks at a camera's stream for some seconds and says what it is and what will not work with it."""

import time
from dataclasses import dataclass, field
from itertools import pairwise
from statistics import median
from typing import Final, NamedTuple

from cctv.base.clock import TICKS_PER_S
from cctv.media.coding.codecs import codecs_string, playback_warnings
from cctv.media.coding.parameters import sps_facts
from cctv.media.errors import StreamEnded, StreamTimeout
from cctv.media.intake.demux import Stream, Transport, open_stream
from cctv.media.model import Sample, VideoCodec, VideoParams

_LONG_GOP_S: Final = 4.0
_ENOUGH_FRAMES: Final = 10
_UNSTEADY_SHARE: Final = 0.1
_G711: Final = frozenset(("pcm_mulaw", "pcm_alaw"))
_CONSTRAINED: Final = 0x40
_H264_PROFILES: Final = {
    66: "Baseline",
    77: "Main",
    88: "Extended",
    100: "High",
    110: "High 10",
    122: "High 4:2:2",
    244: "High 4:4:4",
}
_H265_PROFILES: Final = {1: "Main", 2: "Main 10", 3: "Main Still Picture", 4: "Range Extensions"}
_H264_LEVEL_1B: Final = 9


@dataclass(frozen=True, slots=True)
class ProbeReport:
    """What was measured. Rates are of the frames seen, not of what the camera claims.

    ``warnings`` are codes: ``h265``, ``mjpeg`` (no browser or not every browser plays it), ``b_frames``
    (not over WebRTC), ``g711_audio`` (must become AAC), ``audio_unusable``, ``long_gop`` (over 4 s),
    ``one_key_frame`` (GOP longer than the probe), ``no_parameter_sets`` (not in the SDP),
    ``frame_rate_unsteady``, ``stream_ended`` (before the probe was over).
    """

    codec: VideoCodec
    profile: str
    level: str
    width: int
    height: int
    fps: float
    gop_s: float | None
    bit_rate: int
    reorder: int
    audio: str | None
    codecs: str
    seconds: float
    first_frame_s: float
    warnings: list[str] = field(default_factory=list)


class _Seen(NamedTuple):
    dts_90k: int
    pts_90k: int
    key: bool
    size: int


def probe(url: str, *, transport: Transport = "tcp", seconds: float = 5.0, open_s: float = 10.0) -> ProbeReport:
    """Connects, reads for ``seconds`` and reports. Blocking. Raises AddressNotAllowed or a StreamError."""
    began_s = time.monotonic()
    stream = open_stream(url, transport=transport, open_s=open_s, read_s=open_s, audio="keep")
    try:
        first_s = time.monotonic() - began_s
        pictures, ended = _watch(stream, seconds)
        warnings = [] if _described(stream.params.video, stream.description) else ["no_parameter_sets"]
        if ended:
            warnings.append("stream_ended")
        return _report(stream, pictures, first_s, warnings)
    finally:
        stream.close()


def _watch(stream: Stream, seconds: float) -> tuple[list[_Seen], bool]:
    """The pictures of some seconds (by our clock), and whether the stream ended before."""
    pictures: list[_Seen] = []
    end_s = time.monotonic() + seconds
    try:
        while time.monotonic() < end_s:
            one = stream.read()
            if isinstance(one, Sample) and one.track == "video":
                pictures.append(_Seen(one.dts_90k, one.pts_90k, one.key, len(one.data)))
    except (StreamEnded, StreamTimeout):
        if len(pictures) < _ENOUGH_FRAMES:
            raise
        return pictures, True
    return pictures, False


def _report(stream: Stream, pictures: list[_Seen], first_s: float, warnings: list[str]) -> ProbeReport:
    video = stream.params.video
    lasted_s = (pictures[-1].dts_90k - pictures[0].dts_90k) / TICKS_PER_S if pictures else 0.0
    keys = [one.dts_90k for one in pictures if one.key]
    gaps = [later - time_90k for time_90k, later in pairwise(keys)]
    gop_s = round(median(gaps) / TICKS_PER_S, 3) if gaps and video.codec is not VideoCodec.MJPEG else None
    profile, level = profile_and_level(video)
    sizes = sum(one.size for one in pictures[:-1])
    found = playback_warnings(stream.params) + _sound_warnings(stream)
    found += _warnings(video, pictures, gop_s, len(keys))
    return ProbeReport(
        codec=video.codec,
        profile=profile,
        level=level,
        width=video.width,
        height=video.height,
        fps=round((len(pictures) - 1) / lasted_s, 2) if lasted_s > 0 else 0.0,
        gop_s=gop_s,
        bit_rate=round(8 * sizes / lasted_s) if lasted_s > 0 else 0,
        reorder=video.reorder,
        audio=stream.sound_codec,
        codecs=codecs_string(stream.params),
        seconds=round(lasted_s, 2),
        first_frame_s=round(first_s, 3),
        warnings=found + warnings,
    )


def _warnings(video: VideoParams, pictures: list[_Seen], gop_s: float | None, keys: int) -> list[str]:
    warnings = []
    if not video.reorder and any(one.pts_90k != one.dts_90k for one in pictures):
        warnings.append("b_frames")
    if gop_s is not None and gop_s > _LONG_GOP_S:
        warnings.append("long_gop")
    if keys <= 1 and video.codec is not VideoCodec.MJPEG:
        warnings.append("one_key_frame")
    steps = [later.dts_90k - one.dts_90k for one, later in pairwise(pictures)]
    usual = median(steps) if steps else 0
    if sum(abs(step - usual) > usual / 2 for step in steps) > _UNSTEADY_SHARE * len(steps):
        warnings.append("frame_rate_unsteady")
    return warnings


def _sound_warnings(stream: Stream) -> list[str]:
    if stream.sound_codec is None or stream.sound_codec == "aac":
        return []
    return ["g711_audio" if stream.sound_codec in _G711 else "audio_unusable"]


def _described(video: VideoParams, description: str | None) -> bool:
    """Whether the session description, where it is known, tells the parameter sets."""
    return video.codec is VideoCodec.MJPEG or description is None or "sprop-" in description


def profile_and_level(video: VideoParams) -> tuple[str, str]:
    """Names as in data sheets: ``High`` and ``4.0``; empty for MJPEG."""
    if video.codec is VideoCodec.MJPEG:
        return "", ""
    facts = sps_facts(video.codec, video.parameter_sets)
    if video.codec is VideoCodec.H265:
        return _H265_PROFILES.get(facts.profile, str(facts.profile)), f"{facts.level / 30:.1f}"
    name = _H264_PROFILES.get(facts.profile, str(facts.profile))
    if name == "Baseline" and video.parameter_sets[0][2] & _CONSTRAINED:
        name = "Constrained Baseline"
    return name, "1b" if facts.level == _H264_LEVEL_1B else f"{facts.level / 10:.1f}"
