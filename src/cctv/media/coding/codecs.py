"""Names of codecs as browsers and playlists want them (RFC 6381), and what they will not play."""

from cctv.media.coding.nal import H264, kind_of
from cctv.media.coding.parameters import sps_facts
from cctv.media.errors import DamagedMedia
from cctv.media.model import AudioParams, TrackParams, VideoCodec, VideoParams

_EXTENDED_OBJECT_TYPE = 31


def video_string(video: VideoParams) -> str:
    """``avc1.640028``, ``hvc1.1.6.L93.B0`` or ``mp4v.6C``. Raises DamagedMedia for a damaged parameter set."""
    if video.codec is VideoCodec.H264:
        sps = next((unit for unit in video.parameter_sets if kind_of(video.codec, unit) == H264.SPS), b"")
        if len(sps) < 4:
            raise DamagedMedia("there is no sequence parameter set")
        return f"avc1.{sps[1:4].hex().upper()}"
    if video.codec is VideoCodec.H265:
        return _hevc_string(video)
    return "mp4v.6C"


def _hevc_string(video: VideoParams) -> str:
    """ISO/IEC 14496-15 annex E: profile, compatibility (bits reversed), tier and level, constraints."""
    facts = sps_facts(video.codec, video.parameter_sets)
    profile = facts.h265
    if profile is None:
        raise DamagedMedia("parameter set has no H.265 profile")
    space = ("", "A", "B", "C")[profile.space]
    compatibility = int(f"{profile.compatibility:032b}"[::-1], 2)
    tier = "H" if profile.high_tier else "L"
    constraints = [f"{byte:X}" for byte in profile.constraints.rstrip(b"\0")]
    return ".".join(
        ("hvc1", f"{space}{facts.profile}", f"{compatibility:X}", f"{tier}{facts.level}", *constraints)
    )


def audio_string(audio: AudioParams) -> str:
    """``mp4a.40.2`` and its like."""
    kind = audio.config[0] >> 3 if audio.config else 2
    if kind == _EXTENDED_OBJECT_TYPE and len(audio.config) > 1:
        kind = 32 + ((audio.config[0] & 7) << 3 | audio.config[1] >> 5)
    return f"mp4a.40.{kind}"


def codecs_string(params: TrackParams) -> str:
    """All tracks, for CODECS in playlists and for ``MediaSource.isTypeSupported``."""
    strings = [video_string(params.video)]
    if params.audio is not None:
        strings.append(audio_string(params.audio))
    return ",".join(strings)


def playback_warnings(params: TrackParams) -> list[str]:
    """Codes of what browsers do not play: ``h265``, ``mjpeg``, ``b_frames`` (WebRTC)."""
    warnings = []
    if params.video.codec is not VideoCodec.H264:
        warnings.append(params.video.codec.value)
    if params.video.reorder:
        warnings.append("b_frames")
    return warnings
