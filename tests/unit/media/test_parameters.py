"""Parameter sets are read as libav reads them, and nonsense does no harm."""

import subprocess
import sys
from collections.abc import Callable
from contextlib import suppress
from fractions import Fraction
from typing import Any

import av
import pytest
from av.video.codeccontext import VideoCodecContext
from hypothesis import given
from hypothesis import strategies as st

from cctv.media.coding.codecs import audio_string, codecs_string, playback_warnings, video_string
from cctv.media.coding.nal import annexb_to_lengths, join_lengths, split_annexb, split_lengths
from cctv.media.coding.parameters import jpeg_params, sps_facts, video_params
from cctv.media.errors import DamagedMedia
from cctv.media.intake.feed import FedPicture
from cctv.media.intake.parameter_watch import ParameterWatch
from cctv.media.model import AudioParams, TrackParams, VideoCodec, VideoParams
from cctv.media.mp4.init_reader import read_init
from cctv.media.mp4.init_segment import avc_configuration, hevc_configuration, init_segment

H264 = VideoCodec.H264
H265 = VideoCodec.H265


def encoded(name: str, options: dict[str, str], size: tuple[int, int], pixels: str) -> list[bytes]:
    """The NAL units of a first key frame."""
    encoder = av.CodecContext.create(name, "w")
    assert isinstance(encoder, VideoCodecContext)
    encoder.width, encoder.height = size
    encoder.pix_fmt = pixels
    encoder.time_base = Fraction(1, 30)
    encoder.framerate = Fraction(30)
    encoder.thread_count = 1
    encoder.options = options
    frame = av.VideoFrame(*size, pixels)
    for plane in frame.planes:
        plane.update(bytes(plane.buffer_size))
    frame.pts = 0
    return split_annexb(b"".join(bytes(packet) for packet in [*encoder.encode(frame), *encoder.encode(None)]))


@pytest.mark.parametrize("size", [(1920, 1080), (322, 182), (704, 576)])
@pytest.mark.parametrize(
    ("profile", "x264", "pixels", "reorder"),
    [
        ("baseline", "", "yuv420p", 0),
        ("main", "bframes=0", "yuv420p", 0),
        ("main", "bframes=3:b-pyramid=none", "yuv420p", 1),
        ("high", "bframes=3:b-pyramid=normal", "yuv420p", 2),
        ("high10", "bframes=0", "yuv420p10le", 0),
        ("high422", "bframes=0", "yuv422p", 0),
        ("high444", "bframes=0", "yuv444p", 0),
        ("high", "bframes=0:interlaced=1", "yuv420p", 0),
        ("high", "bframes=0:cqm=jvt:nal-hrd=vbr:vbv-maxrate=1000:vbv-bufsize=1000", "yuv420p", 0),
    ],
)
def test_h264(size: tuple[int, int], profile: str, x264: str, pixels: str, reorder: int) -> None:
    if "interlaced" in x264 and size[1] % 4:
        size = (size[0], size[1] - 2)
    params = x264 + ":log-level=none" if x264 else "log-level=none"
    units = encoded("libx264", {"profile": profile, "x264-params": params + ":repeat-headers=1"}, size, pixels)
    found = video_params(H264, units)
    assert (found.width, found.height) == size
    assert found.reorder == reorder
    assert found.fps == 30
    decoder = av.CodecContext.create("h264", "r")
    assert isinstance(decoder, VideoCodecContext)
    decoder.extradata = avc_configuration(found)
    frames = [*decoder.decode(av.Packet(join_lengths(units))), *decoder.decode(None)]
    assert (frames[0].width, frames[0].height) == size


@pytest.mark.parametrize("size", [(1920, 1080), (322, 182)])
@pytest.mark.parametrize(
    ("x265", "pixels", "reorder"),
    [
        ("bframes=0", "yuv420p", 0),
        ("bframes=4:b-pyramid=1", "yuv420p", 2),
        ("bframes=0:temporal-layers=3", "yuv420p", 0),
        ("bframes=0:hrd=1:vbv-maxrate=1000:vbv-bufsize=1000:scaling-list=default", "yuv420p10le", 0),
    ],
)
def test_h265(size: tuple[int, int], x265: str, pixels: str, reorder: int) -> None:
    options = {"preset": "ultrafast", "x265-params": x265 + ":log-level=none:repeat-headers=1:pools=none"}
    units = encoded("libx265", options, size, pixels)
    found = video_params(H265, units)
    assert (found.width, found.height) == size
    assert found.reorder == reorder
    assert found.fps == 30
    decoder = av.CodecContext.create("hevc", "r")
    assert isinstance(decoder, VideoCodecContext)
    decoder.extradata = hevc_configuration(found)
    frames = [*decoder.decode(av.Packet(join_lengths(units))), *decoder.decode(None)]
    assert (frames[0].width, frames[0].height) == size


@pytest.mark.parametrize("codec", [H264, H265])
@given(data=st.data())
def test_damaged_parameter_sets_do_no_harm(codec: VideoCodec, data: st.DataObject) -> None:
    good = GOOD[codec]
    unit = bytearray(data.draw(st.sampled_from(good)))
    for _ in range(data.draw(st.integers(1, 6))):
        unit[data.draw(st.integers(1, len(unit) - 1))] = data.draw(st.integers(0, 255))
    cut = bytes(unit[: data.draw(st.integers(0, len(unit)))])
    with suppress(DamagedMedia):
        sps_facts(codec, [cut])
    with suppress(DamagedMedia):
        params = video_params(codec, [cut, *good])
        init_segment(TrackParams(params))
        codecs_string(TrackParams(params))


@given(codec=st.sampled_from([H264, H265]), noise=st.binary(max_size=300))
def test_noise_is_no_parameter_set(codec: VideoCodec, noise: bytes) -> None:
    kind = b"\x67" if codec is H264 else b"\x42\x01"
    with suppress(DamagedMedia):
        sps_facts(codec, [kind + noise])
    with suppress(DamagedMedia):
        jpeg_params(noise)
    with suppress(DamagedMedia):
        jpeg_params(b"\xff\xd8" + noise)


def _good(codec: VideoCodec) -> list[bytes]:
    if codec is H264:
        units = encoded("libx264", {"x264-params": "log-level=none:repeat-headers=1"}, (640, 360), "yuv420p")
    else:
        options = {"preset": "ultrafast", "x265-params": "log-level=none:repeat-headers=1:pools=none"}
        units = encoded("libx265", options, (640, 360), "yuv420p")
    return list(video_params(codec, units).parameter_sets)


GOOD = {codec: _good(codec) for codec in (H264, H265)}


@given(
    units=st.lists(
        st.binary(min_size=1, max_size=50).map(lambda unit: b"\x41" + unit.replace(b"\0", b"\1") + b"\x80")
    )
)
def test_annexb_and_lengths_carry_the_same_units(units: list[bytes]) -> None:
    for code in (b"\0\0\1", b"\0\0\0\1", b"\0\0\0\0\1"):
        assert split_annexb(b"".join(code + unit for unit in units)) == units
    assert split_lengths(join_lengths(units)) == units


@given(data=st.binary(max_size=300))
def test_any_bytes_can_be_split(data: bytes) -> None:
    assert all(split_annexb(data))
    assert b"".join(split_annexb(data)).replace(b"\0", b"") == data.replace(b"\0\0\1", b"").replace(b"\0", b"")
    split_lengths(data)
    annexb_to_lengths(data)


@pytest.mark.parametrize(("codec", "bframes"), [(H264, 0), (H264, 2), (H265, 3), (VideoCodec.MJPEG, 0)])
def test_an_init_segment_is_read_back(footage: Callable[..., Any], codec: VideoCodec, bframes: int) -> None:
    params = footage(codec, bframes=bframes).params
    assert read_init(init_segment(params)) == params
    sound = AudioParams(16_000, 1, b"\x14\x08\x56\xe5\x00")
    assert read_init(init_segment(TrackParams(params.video, sound))) == TrackParams(params.video, sound)


@given(data=st.data())
def test_damaged_init_segments_do_no_harm(data: st.DataObject) -> None:
    sound = AudioParams(16_000, 1, b"\x14\x08\x56\xe5\x00")
    codec = data.draw(st.sampled_from([H264, H265]))
    init = bytearray(init_segment(TrackParams(video_params(codec, GOOD[codec]), sound)))
    for _ in range(data.draw(st.integers(1, 6))):
        init[data.draw(st.integers(0, len(init) - 1))] = data.draw(st.integers(0, 255))
    with suppress(DamagedMedia):
        read_init(bytes(init[: data.draw(st.integers(0, len(init)))]))


def test_codec_strings() -> None:
    sps = bytes.fromhex("6764001facd9405005bb011000000300100000030320f1831960")
    h264 = VideoParams(H264, 1280, 720, (sps, b"\x68\xeb"))
    assert video_string(h264) == "avc1.64001F"
    assert codecs_string(TrackParams(h264, AudioParams(8000, 1, b"\x15\x88"))) == "avc1.64001F,mp4a.40.2"
    assert video_string(VideoParams(VideoCodec.MJPEG, 640, 360)) == "mp4v.6C"
    assert video_string(video_params(H265, GOOD[H265])).startswith("hvc1.1.6.L")
    assert audio_string(AudioParams(48_000, 2, b"\x2b\x11")) == "mp4a.40.5"
    assert audio_string(AudioParams(48_000, 2, b"\xf8\xe0")) == "mp4a.40.39"
    with pytest.raises(DamagedMedia):
        video_string(VideoParams(H264, 1280, 720))


def test_what_browsers_do_not_play() -> None:
    assert playback_warnings(TrackParams(VideoParams(H264, 1, 1, (), 2))) == ["b_frames"]
    assert playback_warnings(TrackParams(VideoParams(H265, 1, 1))) == ["h265"]
    assert playback_warnings(TrackParams(VideoParams(VideoCodec.MJPEG, 1, 1))) == ["mjpeg"]
    assert playback_warnings(TrackParams(VideoParams(H264, 1, 1))) == []


def picture(sets: list[bytes], *, key: bool = True) -> FedPicture:
    return FedPicture(join_lengths([*sets, b"\x65\x88\x84"]), key, 0, sets)


def test_parameters_are_learnt_and_only_changes_are_told() -> None:
    other = _small_sps()
    watch = ParameterWatch(H264, GOOD[H264])
    assert watch.params is not None
    assert watch.look(picture(GOOD[H264])) is None
    changed = watch.look(picture(other))
    assert changed is not None
    assert (changed.width, changed.height) == (320, 180)
    assert watch.look(picture(other)) is None
    assert watch.look(picture([])) is None
    assert watch.look(picture(GOOD[H264], key=False)) is None


def test_parameter_sets_may_come_one_by_one() -> None:
    sps, pps = GOOD[H264]
    watch = ParameterWatch(H264)
    assert watch.look(picture([sps], key=False)) is None
    changed = watch.look(picture([pps]))
    assert changed is not None
    assert changed.parameter_sets == (sps, pps)


def test_a_mangled_parameter_set_changes_nothing() -> None:
    sps, pps = GOOD[H264]
    watch = ParameterWatch(H264, [sps, pps])
    before = watch.params
    assert watch.look(picture([sps[:6], pps])) is None
    assert watch.params == before


def _small_sps() -> list[bytes]:
    units = encoded("libx264", {"x264-params": "log-level=none:repeat-headers=1"}, (320, 180), "yuv420p")
    return list(video_params(H264, units).parameter_sets)


LIGHT = [
    "model",
    "errors",
    "hls",
    "live_wire",
    "coding.codecs",
    "mp4.index",
    "mp4.fmp4",
    "mp4.scan",
    "mp4.samples",
    "mp4.plain_mp4",
    "stills.wire",
    "intake.demux",
    "intake.probe",
]


def test_pyav_is_loaded_only_where_it_is_needed() -> None:
    code = "import sys\n" + "".join(f"import cctv.media.{name}\n" for name in LIGHT)
    code += "sys.exit(any(name == 'av' or name.startswith('av.') for name in sys.modules))"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_sets_that_flap_shred_no_recording() -> None:
    sps, pps = GOOD[H264][:2]
    other = pps + b"\x80"
    watch = ParameterWatch(H264, [sps, pps])
    changes = [watch.look(FedPicture(b"", True, 0, [sps, (other, pps)[number % 2]])) for number in range(20)]
    assert [change is not None for change in changes] == [True, True] + 18 * [False]
    assert watch.look(FedPicture(b"", True, 0, [sps, other])) is None
    held = watch.look(FedPicture(b"", True, 0, []))
    assert held is not None, "sets that the stream does not carry any more must be told"
    assert other in held.parameter_sets


def test_sets_without_bounds_are_none() -> None:
    watch = ParameterWatch(H264)
    sps, pps = GOOD[H264][:2]
    assert watch.look(FedPicture(b"", True, 0, [sps + bytes(100_000), pps])) is None
    many = [pps + bytes((1, number)) for number in range(40)]
    assert watch.look(FedPicture(b"", True, 0, [sps, *many])) is None
    assert watch.look(FedPicture(b"", True, 0, [sps, pps])) is not None
