"""What passes between the parts of this wing and to its neighbours: coded samples and what describes them.

Media time is counted in 90 kHz ticks everywhere (`_90k`), for sound too, so that tracks compare without
fractions. Coded data is kept in the form in which MP4 stores it: NAL units behind 4-byte lengths for H.264
and H.265, a whole JPEG for MJPEG, a raw access unit (no ADTS) for AAC.
"""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Literal

Track = Literal["video", "audio"]
AudioWish = Literal["off", "keep", "aac"]


class VideoCodec(StrEnum):
    """The video codecs that are recorded; anything else is an unusable stream."""

    H264 = "h264"
    H265 = "h265"
    MJPEG = "mjpeg"


@dataclass(frozen=True, slots=True)
class VideoParams:
    """What a decoder must know before the first frame. Two equal values can share one init segment.

    `parameter_sets` are NAL units without start code or length: SPS then PPS for H.264; VPS, SPS, PPS for
    H.265; empty for MJPEG. `reorder` is how many frames a decoder may have to hold back (0: no B-frames).
    `fps` is what the stream says of itself, None when it says nothing; it is never used for timing and does
    not take part in comparisons.
    """

    codec: VideoCodec
    width: int
    height: int
    parameter_sets: tuple[bytes, ...] = ()
    reorder: int = 0
    fps: float | None = field(default=None, compare=False)

    def same_decoder(self, other: "VideoParams") -> bool:
        """Whether frames of both can be decoded after the one init segment."""
        return (self.codec, self.width, self.height, self.parameter_sets) == (
            other.codec,
            other.width,
            other.height,
            other.parameter_sets,
        )


@dataclass(frozen=True, slots=True)
class AudioParams:
    """AAC as MP4 needs it; `config` is the AudioSpecificConfig (2 bytes or more)."""

    sample_rate: int
    channels: int
    config: bytes
    codec: Literal["aac"] = "aac"


@dataclass(frozen=True, slots=True)
class TrackParams:
    """The tracks of a run: always video, sound only where it is wanted and there is some."""

    video: VideoParams
    audio: AudioParams | None = None


@dataclass(slots=True)
class Sample:
    """One coded frame (or one AAC access unit) with the times the camera gave it.

    The n-th decode time of a stream is its n-th presentation time in order of showing, so that both agree at
    key frames, whatever is reordered between them (offsets are negative as well as positive).
    From `demux` the times are relative to the stream's own zero, unwrapped, and `dts_90k` strictly
    increases inside a track; whoever records shifts them to the run's first sample. `data` is in MP4 form.
    """

    track: Track
    dts_90k: int
    pts_90k: int
    key: bool
    data: bytes


@dataclass(frozen=True, slots=True)
class ParamsChanged:
    """Said by `Stream.read` right before the key sample from which the new parameters hold."""

    params: TrackParams
