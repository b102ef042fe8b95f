"""How live samples travel from the recorder that holds the camera's connection to the edge that shows them.

A text message is JSON with a ``type``: ``params`` (new decoder parameters; samples before the next key frame
belong to the old ones), ``state`` (how the camera is, while no samples come). A binary message is one sample: a
head of 28 bytes and the coded data in MP4 form.

    byte 0       format, now 1
    byte 1       bit 0: key frame, bit 1: sound
    bytes 2-3    zero
    bytes 4-27   decode time, presentation time (90 kHz ticks), wall clock (microseconds since 1970): 3 x int64
"""

import base64
import json
import struct
from dataclasses import dataclass
from typing import Any

from cctv.base.errors import DataLoss
from cctv.media.coding.codecs import codecs_string
from cctv.media.model import AudioParams, Sample, Track, TrackParams, VideoCodec, VideoParams
from cctv.media.mp4.init_segment import init_segment

FORMAT = 1
_HEAD = struct.Struct(">BBHqqq")
_KEY = 1
_AUDIO = 2


class WireBroken(DataLoss):
    """A message of the live feed is not understood."""

    code = "live_wire_broken"
    message_ar = "رسالة من البث المباشر غير مفهومة."


@dataclass(frozen=True, slots=True)
class LiveParams:
    """What a player needs before the first frame. ``codecs`` is RFC 6381; ``reorder`` > 0 means B-frames."""

    codec: str
    codecs: str
    width: int
    height: int
    reorder: int
    audio_rate: int | None
    init: bytes

    def tracks(self) -> TrackParams:
        """As much of the run's parameters as a fragmenter needs."""
        video = VideoParams(VideoCodec(self.codec), self.width, self.height, reorder=self.reorder)
        return TrackParams(video, AudioParams(self.audio_rate, 1, b"") if self.audio_rate else None)


def live_params(params: TrackParams) -> LiveParams:
    """The parameters of a run as a player needs them."""
    video = params.video
    return LiveParams(
        codec=video.codec.value,
        codecs=codecs_string(params),
        width=video.width,
        height=video.height,
        reorder=video.reorder,
        audio_rate=params.audio.sample_rate if params.audio else None,
        init=init_segment(params),
    )


def params_message(params: LiveParams) -> str:
    """The text message that announces ``params``."""
    fields = {name: getattr(params, name) for name in LiveParams.__slots__ if name != "init"}
    return json.dumps({"type": "params", **fields, "init": base64.b64encode(params.init).decode()})


def read_params(message: dict[str, Any]) -> LiveParams:
    """The parameters in a decoded ``params`` message; :class:`WireBroken` when it is none."""
    try:
        fields = {name: message[name] for name in LiveParams.__slots__ if name != "init"}
        return LiveParams(**fields, init=base64.b64decode(message["init"]))
    except (KeyError, ValueError, TypeError) as fault:
        raise WireBroken from fault


def sample_message(sample: Sample, wall_us: int) -> bytes:
    """The binary message of one sample that was captured at ``wall_us``."""
    flags = (_KEY if sample.key else 0) | (_AUDIO if sample.track == "audio" else 0)
    return _HEAD.pack(FORMAT, flags, 0, sample.dts_90k, sample.pts_90k, wall_us) + sample.data


def read_sample(message: bytes) -> tuple[Sample, int]:
    """The sample and its wall clock; :class:`WireBroken` for another format or a torn message."""
    try:
        number, flags, _, dts_90k, pts_90k, wall_us = _HEAD.unpack_from(message)
    except struct.error as fault:
        raise WireBroken from fault
    if number != FORMAT:
        raise WireBroken(f"live samples of format {number} are not understood")
    track: Track = "audio" if flags & _AUDIO else "video"
    return Sample(track, dts_90k, pts_90k, bool(flags & _KEY), message[_HEAD.size :]), wall_us
