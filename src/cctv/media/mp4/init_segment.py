"""The init segment: ``ftyp moov``, the same for every file of a run.

All tracks count time in 90 kHz. Sample entries follow ISO/IEC 14496-15 (``avc1``, ``hvc1``) and 14496-14
(``mp4v`` with object type 6C, the form in which MJPEG lives in MP4; ``mp4a``).
"""

from cctv.base.clock import TICKS_PER_S
from cctv.media.coding.nal import H264, H265, kind_of
from cctv.media.coding.parameters import sps_facts
from cctv.media.model import AudioParams, TrackParams, VideoCodec, VideoParams
from cctv.media.mp4.boxes import box, full_box, u8, u16, u32

VIDEO_TRACK = 1
AUDIO_TRACK = 2

JPEG_OBJECT_TYPE = 0x6C
AAC_OBJECT_TYPE = 0x40
_VISUAL_STREAM = 0x04
_AUDIO_STREAM = 0x05
_HIGH_PROFILES = frozenset((100, 110, 122, 144))
_UNITY_MATRIX = u32(0x10000, 0, 0, 0, 0x10000, 0, 0, 0, 0x40000000)
_UNDETERMINED = 0x55C4  # language "und"
_FTYP = box(b"ftyp", b"iso6", u32(0), b"iso6", b"cmf2", b"mp42")


def init_segment(params: TrackParams) -> bytes:
    """``ftyp moov`` for these tracks; equal parameters give equal bytes."""
    tracks = [video_track(params.video, empty_tables(video_entry(params.video)))]
    extends = [_trex(VIDEO_TRACK)]
    if params.audio is not None:
        tracks.append(audio_track(empty_tables(audio_entry(params.audio))))
        extends.append(_trex(AUDIO_TRACK))
    return _FTYP + box(b"moov", movie_header(0, AUDIO_TRACK + 1), *tracks, box(b"mvex", *extends))


def movie_header(duration_90k: int, next_track: int) -> bytes:
    """``mvhd`` with 64-bit times."""
    times = (0).to_bytes(16, "big") + u32(TICKS_PER_S) + duration_90k.to_bytes(8, "big")
    return full_box(
        b"mvhd", 1, 0, times, u32(0x10000), u16(0x100, 0), bytes(8), _UNITY_MATRIX, bytes(24), u32(next_track)
    )


def video_track(
    video: VideoParams, tables: bytes, *, duration_90k: int = 0, shown_90k: int = 0, edits: bytes = b""
) -> bytes:
    """``trak`` of the pictures around its sample tables; ``edits`` show ``shown_90k`` of its duration."""
    size = u32(video.width << 16, video.height << 16)
    header = _track_header(VIDEO_TRACK, shown_90k, u16(0, 0, 0, 0), size)
    media_header = full_box(b"vmhd", 0, 1, bytes(8))
    return box(b"trak", header, edits, _media(b"vide", duration_90k, media_header, tables))


def audio_track(tables: bytes, *, duration_90k: int = 0, shown_90k: int = 0, edits: bytes = b"") -> bytes:
    """``trak`` of the sound around its sample tables."""
    header = _track_header(AUDIO_TRACK, shown_90k, u16(0, 1, 0x100, 0), u32(0, 0))
    media_header = full_box(b"smhd", 0, 0, bytes(4))
    return box(b"trak", header, edits, _media(b"soun", duration_90k, media_header, tables))


def empty_tables(entry: bytes) -> bytes:
    """``stbl`` of a fragmented file: the sample entry and tables without rows."""
    return box(
        b"stbl",
        full_box(b"stsd", 0, 0, u32(1), entry),
        full_box(b"stts", 0, 0, u32(0)),
        full_box(b"stsc", 0, 0, u32(0)),
        full_box(b"stsz", 0, 0, u32(0, 0)),
        full_box(b"stco", 0, 0, u32(0)),
    )


def _track_header(track: int, duration_90k: int, layer_to_volume: bytes, size: bytes) -> bytes:
    times = bytes(16) + u32(track, 0) + duration_90k.to_bytes(8, "big")
    return full_box(b"tkhd", 1, 3, times, bytes(8), layer_to_volume, _UNITY_MATRIX, size)


def _media(handler: bytes, duration_90k: int, media_header: bytes, tables: bytes) -> bytes:
    times = bytes(16) + u32(TICKS_PER_S) + duration_90k.to_bytes(8, "big")
    name = b"video\x00" if handler == b"vide" else b"sound\x00"
    reference = full_box(b"dref", 0, 0, u32(1), full_box(b"url ", 0, 1))
    return box(
        b"mdia",
        full_box(b"mdhd", 1, 0, times, u16(_UNDETERMINED, 0)),
        full_box(b"hdlr", 0, 0, u32(0), handler, bytes(12), name),
        box(b"minf", media_header, box(b"dinf", reference), tables),
    )


def _trex(track: int) -> bytes:
    return full_box(b"trex", 0, 0, u32(track, 1, 0, 0, 0))


def video_entry(video: VideoParams) -> bytes:
    """The sample entry of the pictures."""
    if video.codec is VideoCodec.H264:
        kind, configuration = b"avc1", box(b"avcC", avc_configuration(video))
    elif video.codec is VideoCodec.H265:
        kind, configuration = b"hvc1", box(b"hvcC", hevc_configuration(video))
    else:
        kind, configuration = b"mp4v", _elementary_stream(JPEG_OBJECT_TYPE, _VISUAL_STREAM, b"")
    resolution = u32(0x480000, 0x480000, 0)
    before = bytes(6) + u16(1) + bytes(16) + u16(video.width, video.height) + resolution
    return box(kind, before, u16(1), bytes(32), u16(0x18, 0xFFFF), configuration)


def audio_entry(audio: AudioParams) -> bytes:
    """The sample entry of the sound."""
    rate = audio.sample_rate << 16 if audio.sample_rate < 1 << 16 else 0
    stream = _elementary_stream(AAC_OBJECT_TYPE, _AUDIO_STREAM, audio.config)
    return box(b"mp4a", bytes(6), u16(1), bytes(8), u16(audio.channels, 16, 0, 0), u32(rate), stream)


def avc_configuration(video: VideoParams) -> bytes:
    """The body of ``avcC``: 4-byte lengths, all parameter sets."""
    sps = [unit for unit in video.parameter_sets if kind_of(video.codec, unit) == H264.SPS]
    pps = [unit for unit in video.parameter_sets if kind_of(video.codec, unit) == H264.PPS]
    facts = sps_facts(video.codec, sps)
    parts = [u8(1), sps[0][1:4], u8(0xFF), u8(0xE0 | len(sps)), *map(_counted, sps)]
    parts += [u8(len(pps)), *map(_counted, pps)]
    if facts.profile in _HIGH_PROFILES:
        depths = 0xF8 | facts.bit_depth_luma - 8, 0xF8 | facts.bit_depth_chroma - 8
        parts.append(bytes((0xFC | facts.chroma_format, *depths, 0)))
    return b"".join(parts)


def hevc_configuration(video: VideoParams) -> bytes:
    """The body of ``hvcC``: 4-byte lengths, all parameter sets."""
    arrays = []
    for kind in (H265.VPS, H265.SPS, H265.PPS):
        units = [unit for unit in video.parameter_sets if kind_of(video.codec, unit) == kind]
        if units:
            arrays.append(u8(0x80 | kind) + u16(len(units)) + b"".join(map(_counted, units)))
    facts = sps_facts(video.codec, video.parameter_sets)
    profile = facts.h265
    assert profile is not None
    general = profile.space << 6 | profile.high_tier << 5 | facts.profile
    depths = 0xF8 | facts.bit_depth_luma - 8, 0xF8 | facts.bit_depth_chroma - 8
    layers = profile.sub_layers << 3 | profile.nested << 2 | 3
    return b"".join(
        (
            bytes((1, general)),
            u32(profile.compatibility),
            profile.constraints,
            u8(facts.level),
            u16(0xF000),
            bytes((0xFC, 0xFC | facts.chroma_format, *depths)),
            u16(0),
            bytes((layers, len(arrays))),
            *arrays,
        )
    )


def _counted(unit: bytes) -> bytes:
    return u16(len(unit)) + unit


def _descriptor(tag: int, body: bytes) -> bytes:
    length = len(body)
    return bytes((tag, 0x80 | length >> 21 & 0x7F, 0x80 | length >> 14 & 0x7F, 0x80 | length >> 7 & 0x7F)) + (
        u8(length & 0x7F) + body
    )


def _elementary_stream(object_type: int, stream_type: int, config: bytes) -> bytes:
    specific = _descriptor(5, config) if config else b""
    decoder = _descriptor(4, bytes((object_type, stream_type << 2 | 1)) + bytes(11) + specific)
    return full_box(b"esds", 0, 0, _descriptor(3, u16(0) + u8(0) + decoder + _descriptor(6, b"\x02")))
