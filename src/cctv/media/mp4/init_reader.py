"""Reads our own init segments back: which tracks, which parameters. Input may be damaged or hostile."""

from cctv.media.coding.nal import parameter_sets
from cctv.media.coding.parameters import sps_facts
from cctv.media.errors import DamagedMedia
from cctv.media.model import AudioParams, TrackParams, VideoCodec, VideoParams
from cctv.media.mp4.boxes import children, find
from cctv.media.mp4.init_segment import AAC_OBJECT_TYPE, JPEG_OBJECT_TYPE

_STSD_ROWS = 8
_VISUAL_ENTRY = 78
_AUDIO_ENTRY = 28
_HVCC_ARRAYS = 22
_MAX_SETS = 64


def read_init(init: bytes) -> TrackParams:
    """The parameters that ``init_segment`` was made of, but for ``fps``. Raises DamagedMedia."""
    moov = find(init, b"moov")
    if moov is None:
        raise DamagedMedia("init segment has no moov box")
    video: VideoParams | None = None
    audio: AudioParams | None = None
    for kind, begin, end in children(init, *moov):
        if kind != b"trak":
            continue
        described = find(init, b"mdia", b"minf", b"stbl", b"stsd", start=begin, end=end)
        if described is None:
            continue
        for entry, start, stop in children(init, described[0] + _STSD_ROWS, described[1]):
            if entry == b"mp4a":
                audio = _read_audio(init[start:stop])
            else:
                video = read_video_entry(entry, init[start:stop])
    if video is None:
        raise DamagedMedia("init segment has no video track")
    return TrackParams(video, audio)


def read_video_entry(kind: bytes, body: bytes) -> VideoParams:
    """The parameters in the body of a visual sample entry. Raises DamagedMedia."""
    if len(body) < _VISUAL_ENTRY:
        raise DamagedMedia("sample entry is cut short")
    width, height = int.from_bytes(body[24:26], "big"), int.from_bytes(body[26:28], "big")
    if kind == b"mp4v":
        _decoder_config(body, _VISUAL_ENTRY, JPEG_OBJECT_TYPE)
        return VideoParams(VideoCodec.MJPEG, width, height)
    for codec, entry, record in (
        (VideoCodec.H264, b"avc1", b"avcC"),
        (VideoCodec.H265, b"hvc1", b"hvcC"),
    ):
        if kind == entry:
            at = find(body, record, start=_VISUAL_ENTRY)
            if at is None:
                raise DamagedMedia("sample entry has no decoder configuration")
            configuration = body[at[0] : at[1]]
            units = configuration_units(codec, configuration)
            return VideoParams(codec, width, height, units, sps_facts(codec, units).reorder or 0)
    raise DamagedMedia(f"sample entry of unknown kind {kind!r}")


def configuration_units(codec: VideoCodec, configuration: bytes) -> tuple[bytes, ...]:
    """The parameter sets in ``avcC`` or ``hvcC``, in MP4's order. Raises DamagedMedia."""
    units = _avcc_units(configuration) if codec is VideoCodec.H264 else _hvcc_units(configuration)
    return tuple(parameter_sets(codec, units))


def _avcc_units(record: bytes) -> list[bytes]:
    units: list[bytes] = []
    at = 5
    for mask in (0x1F, 0xFF):
        if at >= len(record):
            raise DamagedMedia("avcC is cut short")
        count, at = record[at] & mask, at + 1
        at = _take_units(record, at, count, units)
    return units


def _hvcc_units(record: bytes) -> list[bytes]:
    units: list[bytes] = []
    if len(record) <= _HVCC_ARRAYS:
        raise DamagedMedia("hvcC is cut short")
    at = _HVCC_ARRAYS + 1
    for _ in range(record[_HVCC_ARRAYS]):
        count = int.from_bytes(record[at + 1 : at + 3], "big")
        at = _take_units(record, at + 3, count, units)
    return units


def _take_units(record: bytes, at: int, count: int, units: list[bytes]) -> int:
    if count > _MAX_SETS:
        raise DamagedMedia("decoder configuration has too many parameter sets")
    for _ in range(count):
        end = at + 2 + int.from_bytes(record[at : at + 2], "big")
        if end > len(record) or end == at + 2:
            raise DamagedMedia("decoder configuration is cut short")
        units.append(record[at + 2 : end])
        at = end
    return at


def _read_audio(body: bytes) -> AudioParams:
    config = _decoder_config(body, _AUDIO_ENTRY, AAC_OBJECT_TYPE)
    channels, rate = int.from_bytes(body[16:18], "big"), int.from_bytes(body[24:26], "big")
    return AudioParams(sample_rate=rate, channels=channels, config=config)


def _decoder_config(body: bytes, start: int, object_type: int) -> bytes:
    """The DecoderSpecificInfo of ``esds``, which must be of ``object_type``."""
    at = find(body, b"esds", start=start)
    if at is None:
        raise DamagedMedia("sample entry has no elementary stream descriptor")
    payload = _descriptor(body[at[0] + 4 : at[1]], 3)[3:]
    decoder = _descriptor(payload, 4)
    if not decoder or decoder[0] != object_type:
        raise DamagedMedia("elementary stream is of another kind")
    rest = decoder[13:]
    return _descriptor(rest, 5) if rest else b""


def _descriptor(data: bytes, tag: int) -> bytes:
    """The body of the descriptor at the beginning of ``data``."""
    length, at = 0, 1
    for at in range(1, 5):
        if at >= len(data) or data[0] != tag:
            raise DamagedMedia("descriptor is damaged")
        length = length << 7 | data[at] & 0x7F
        if not data[at] & 0x80:
            break
    if at + 1 + length > len(data):
        raise DamagedMedia("descriptor is cut short")
    return data[at + 1 : at + 1 + length]
