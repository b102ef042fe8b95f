"""What the writer writes is played by others and read back by ourselves."""

import io
from collections.abc import Callable
from typing import Any
from uuid import UUID, uuid4

import av
import pytest

from cctv.media.coding.nal import split_annexb, split_lengths
from cctv.media.model import AudioParams, Sample, TrackParams, VideoCodec
from cctv.media.mp4 import fmp4
from cctv.media.mp4.fmp4 import Fragment, Fragmenter, SegmentHead

START_US = 1_800_000_000_123_456
KINDS = [
    (VideoCodec.H264, 0),
    (VideoCodec.H264, 2),
    (VideoCodec.H265, 0),
    (VideoCodec.H265, 3),
    (VideoCodec.MJPEG, 0),
]


def libav_shift(samples: list[Sample]) -> int:
    """libav shows a track with negative offsets later by the largest of them; browsers do not."""
    return max(sample.dts_90k - sample.pts_90k for sample in samples)


def wall_us(dts_90k: int) -> int:
    return START_US + dts_90k * 100 // 9


def segment_head(base_90k: int = 0, seq: int = 0) -> SegmentHead:
    return SegmentHead(
        camera=UUID(int=7),
        run=UUID(int=9),
        seq=seq,
        fence=3,
        agency="DUBAI_POLICE",
        start_us=wall_us(base_90k),
        base_90k=base_90k,
        run_start_us=START_US,
    )


def fragments_of(params: TrackParams, samples: list[Sample], **how: int) -> list[Fragment]:
    fragmenter = Fragmenter(params, wall_us=wall_us, **how)
    done = [fragment for sample in samples for fragment in fragmenter.push(sample)]
    return done + fragmenter.flush()


def write(params: TrackParams, fragments: list[Fragment], **head: int) -> bytes:
    return fmp4.head(params, segment_head(**head)) + b"".join(fragment.data for fragment in fragments)


@pytest.mark.parametrize(("codec", "bframes"), KINDS)
def test_libav_reads_back_every_frame_bit_for_bit(
    footage: Callable[..., Any], codec: VideoCodec, bframes: int
) -> None:
    made = footage(codec, bframes=bframes)
    data = write(made.params, fragments_of(made.params, made.fresh()))
    with av.open(io.BytesIO(data), "r") as container:
        stream = container.streams.video[0]
        assert (stream.width, stream.height) == (320, 180)
        packets = [packet for packet in container.demux(stream) if packet.size]
        assert stream.codec_context.name == {"h265": "hevc"}.get(codec.value, codec.value)
    assert [bytes(packet) for packet in packets] == [sample.data for sample in made.samples]
    shift = libav_shift(made.samples)
    assert [(packet.pts or 0) - shift for packet in packets] == [sample.pts_90k for sample in made.samples]
    assert [packet.is_keyframe for packet in packets] == [sample.key for sample in made.samples]
    if codec is not VideoCodec.MJPEG:
        sent = [split_annexb(unit) for unit in made.units]
        assert [split_lengths(bytes(packet)) for packet in packets] == sent


@pytest.mark.parametrize(("codec", "bframes"), KINDS)
def test_every_frame_decodes(footage: Callable[..., Any], codec: VideoCodec, bframes: int) -> None:
    made = footage(codec, bframes=bframes)
    data = write(made.params, fragments_of(made.params, made.fresh()))
    with av.open(io.BytesIO(data), "r") as container:
        times = [(frame.pts or 0) - libav_shift(made.samples) for frame in container.decode(video=0)]
    assert times == sorted(sample.pts_90k for sample in made.samples)


@pytest.mark.parametrize(("codec", "bframes"), KINDS)
def test_scan_gives_what_was_written(footage: Callable[..., Any], codec: VideoCodec, bframes: int) -> None:
    made = footage(codec, bframes=bframes)
    fragments = fragments_of(made.params, made.fresh())
    data = write(made.params, fragments, seq=5)
    found = fmp4.scan(io.BytesIO(data))
    assert found.head == segment_head(seq=5)
    assert found.init == fmp4.init_segment(made.params)
    assert found.params.video.same_decoder(made.params.video)
    assert found.valid_bytes == len(data)
    assert found.video_samples == 100
    assert found.end_us == wall_us(100 * 3600)
    assert [tuple(entry) for entry in found.fragments] == [
        (len(one.data), one.duration_90k, one.key_bytes) for one in fragments
    ]


def test_a_fragment_begins_at_each_key_frame_and_lasts_a_second_at_most(footage: Callable[..., Any]) -> None:
    made = footage(gop=60, frames=130)
    fragments = fragments_of(made.params, made.fresh())
    assert [one.dts_90k for one in fragments] == [0, 90_000, 180_000, 216_000, 306_000, 396_000, 432_000]
    assert [bool(one.key_bytes) for one in fragments] == [True, False, False, True, False, False, True]
    assert sum(one.duration_90k for one in fragments) == 130 * 3600
    assert [one.wall_us for one in fragments] == [wall_us(one.dts_90k) for one in fragments]


def test_key_frames_that_follow_closely_share_a_fragment(footage: Callable[..., Any]) -> None:
    made = footage(VideoCodec.MJPEG)
    fragments = fragments_of(made.params, made.fresh())
    assert [one.video_samples for one in fragments] == [7] * 14 + [2]
    assert all(one.key_bytes for one in fragments)


def test_a_late_picture_does_not_hide_the_key_frames_after_it(footage: Callable[..., Any]) -> None:
    """A GOP of a second, one picture late: from then on the full second ends right before each key frame."""
    made = footage(gop=25, frames=100)
    samples = made.fresh()
    for sample in samples[24:]:
        sample.dts_90k, sample.pts_90k = sample.dts_90k + 3600, sample.pts_90k + 3600
    keyed = [one.dts_90k for one in fragments_of(made.params, samples) if one.key_bytes]
    assert keyed == [sample.dts_90k for sample in samples if sample.key]


def test_key_bytes_end_after_the_key_frame(footage: Callable[..., Any]) -> None:
    made = footage()
    first = fragments_of(made.params, made.fresh())[0]
    assert first.data[: first.key_bytes].endswith(made.samples[0].data)
    with av.open(io.BytesIO(fmp4.init_segment(made.params) + first.data[: first.key_bytes]), "r") as container:
        assert bytes(next(container.demux(video=0))) == made.samples[0].data


def test_one_frame_fragments_come_at_once(footage: Callable[..., Any]) -> None:
    made = footage(frames=30)
    fragmenter = Fragmenter(made.params, wall_us=wall_us, max_90k=0)
    counts = [len(fragmenter.push(sample)) for sample in made.fresh()]
    assert counts == [1] * 30
    assert fragmenter.flush() == []


def test_frames_before_the_first_key_frame_are_dropped(footage: Callable[..., Any]) -> None:
    made = footage()
    fragments = fragments_of(made.params, made.fresh()[3:])
    assert fragments[0].dts_90k == 25 * 3600
    assert fragments[0].key_bytes


def test_times_that_stand_still_or_go_back_are_moved(footage: Callable[..., Any]) -> None:
    made = footage(frames=30)
    samples = made.fresh()
    samples[10].dts_90k = samples[9].dts_90k
    samples[11].dts_90k = 0
    data = write(made.params, fragments_of(made.params, samples))
    with av.open(io.BytesIO(data), "r") as container:
        times = [packet.dts or 0 for packet in container.demux(video=0) if packet.size]
    assert times == sorted(set(times))
    assert len(times) == 30


def test_sound_goes_with_the_pictures(footage: Callable[..., Any]) -> None:
    made = footage()
    params = TrackParams(made.params.video, AudioParams(8000, 1, bytes((0x15, 0x88))))
    units = [bytes([number]) * (20 + number) for number in range(31)]
    sounds = [Sample("audio", number * 11520, number * 11520, True, unit) for number, unit in enumerate(units)]
    samples = sorted([*made.fresh(), *sounds], key=lambda sample: sample.dts_90k)
    fragments = fragments_of(params, samples)
    data = write(params, fragments)
    with av.open(io.BytesIO(data), "r") as container:
        packets = [packet for packet in container.demux() if packet.size]
        pictures = [bytes(packet) for packet in packets if packet.stream.type == "video"]
        heard = [packet for packet in packets if packet.stream.type == "audio"]
    assert pictures == [sample.data for sample in made.samples]
    assert [bytes(packet) for packet in heard] == units
    assert [packet.pts for packet in heard] == [number * 11520 for number in range(31)]
    assert fragments[0].data[: fragments[0].key_bytes].endswith(made.samples[0].data)
    assert fmp4.scan(io.BytesIO(data)).params == params


def test_decode_times_run_on_across_files(footage: Callable[..., Any]) -> None:
    made = footage()
    fragments = fragments_of(made.params, made.fresh())
    second = write(made.params, fragments[2:], base_90k=fragments[2].dts_90k, seq=1)
    found = fmp4.scan(io.BytesIO(second))
    assert found.index.base_90k == 180_000
    joined = fmp4.init_segment(made.params) + b"".join(fragment.data for fragment in fragments)
    with av.open(io.BytesIO(joined), "r") as container:
        assert len([packet for packet in container.demux(video=0) if packet.size]) == 100


def test_the_head_keeps_everything() -> None:
    head = SegmentHead(
        camera=uuid4(),
        run=uuid4(),
        seq=4_000_000_000,
        fence=2**40,
        agency="METRO",
        start_us=START_US,
        base_90k=2**50,
        run_start_us=START_US - 5,
        epoch=uuid4(),
        epoch_at_us=START_US - 9,
        epoch_step_us=-3_600_000_000,
        node="مسجل",
        camera_time_us=0,
        prev_sha256=bytes(range(32)),
        duplicate=True,
    )
    coded = fmp4.encode_head(head)
    assert fmp4.decode_head(coded[8:]) == head
    assert len(coded) == len(fmp4.encode_head(segment_head()))


def test_equal_parameters_give_equal_init_segments(footage: Callable[..., Any]) -> None:
    first, second = footage().params, footage(frames=30).params
    assert fmp4.init_segment(first) == fmp4.init_segment(second)
