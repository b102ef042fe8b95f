"""A download is a plain MP4 that players take, with every frame in it and nothing else."""

import io
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import av
import pytest

from cctv.media.errors import DamagedMedia
from cctv.media.model import AudioParams, Sample, TrackParams, VideoCodec
from cctv.media.mp4 import fmp4
from cctv.media.mp4.fmp4 import Fragmenter
from cctv.media.mp4.plain_mp4 import PlainMp4, Source, plan

KINDS = [(VideoCodec.H264, 0), (VideoCodec.H264, 2), (VideoCodec.H265, 3), (VideoCodec.MJPEG, 0)]


def source(params: TrackParams, samples: list[Sample], *, base_90k: int = 0, skip: int = 0) -> Source:
    """A recorded segment of these samples, but for its first ``skip`` fragments."""
    moved = [Sample(s.track, s.dts_90k + base_90k, s.pts_90k + base_90k, s.key, s.data) for s in samples]
    fragmenter = Fragmenter(params, wall_us=lambda dts: dts)
    fragments = [one for sample in moved for one in fragmenter.push(sample)] + fragmenter.flush()
    init = fmp4.init_segment(params)
    offset = len(init) + sum(len(one.data) for one in fragments[:skip])
    data = init + b"".join(one.data for one in fragments)
    return Source(init, io.BytesIO(data), offset, len(data) - offset)


def sent(planned: PlainMp4, sources: list[Source]) -> bytes:
    parts = [planned.head]
    for one in planned.ranges:
        file = sources[one.source].file
        file.seek(one.offset)
        parts.append(file.read(one.length))
    data = b"".join(parts)
    assert len(data) == planned.size
    return data


def packets(data: bytes, kind: str = "video") -> list[tuple[int, bytes]]:
    with av.open(io.BytesIO(data), "r") as container:
        stream = next(one for one in container.streams if one.type == kind)
        return [(packet.pts or 0, bytes(packet)) for packet in container.demux(stream) if packet.size]


@pytest.mark.parametrize(("codec", "bframes"), KINDS)
def test_every_frame_is_there(footage: Callable[..., Any], codec: VideoCodec, bframes: int) -> None:
    made = footage(codec, bframes=bframes)
    one = source(made.params, made.fresh(), base_90k=2**40)
    planned = plan([one])
    found = packets(sent(planned, [one]))
    assert found == [(sample.pts_90k, sample.data) for sample in made.samples]
    assert planned.duration_90k == 100 * 3600


@pytest.mark.parametrize(("codec", "bframes"), KINDS)
def test_a_skipped_beginning_is_not_shown(footage: Callable[..., Any], codec: VideoCodec, bframes: int) -> None:
    made = footage(codec, bframes=bframes)
    one = source(made.params, made.fresh())
    planned = plan([one], skip_90k=10 * 3600)
    with av.open(io.BytesIO(sent(planned, [one])), "r") as container:
        times = [frame.pts for frame in container.decode(video=0)]
    assert times == [number * 3600 for number in range(90)]
    assert planned.duration_90k == 90 * 3600


def test_gaps_between_sources_are_closed_up(footage: Callable[..., Any]) -> None:
    made = footage()
    both = [source(made.params, made.fresh()), source(made.params, made.fresh(), base_90k=10**9, skip=1)]
    found = packets(sent(plan(both), both))
    assert [time for time, _ in found] == [number * 3600 for number in range(175)]
    assert [data for _, data in found[100:]] == [sample.data for sample in made.samples[25:]]


def test_another_run_with_another_size_and_codec_gets_its_own_sample_entry(footage: Callable[..., Any]) -> None:
    small, large = footage(), footage(size=(640, 360), bframes=2)
    both = [source(small.params, small.fresh()), source(large.params, large.fresh())]
    data = sent(plan(both), both)
    with av.open(io.BytesIO(data), "r") as container:
        sizes = [(frame.width, frame.height) for frame in container.decode(video=0)]
    assert sizes == [(320, 180)] * 100 + [(640, 360)] * 100


def test_sound_stays_with_the_pictures(footage: Callable[..., Any]) -> None:
    made = footage()
    params = TrackParams(made.params.video, AudioParams(8000, 1, bytes((0x15, 0x88))))
    sounds = [Sample("audio", 500 + n * 11520, 500 + n * 11520, True, bytes([n]) * 30) for n in range(31)]
    samples = sorted([*made.fresh(), *sounds], key=lambda sample: sample.dts_90k)
    both = [source(params, samples), source(params, samples, base_90k=10**9)]
    data = sent(plan(both), both)
    heard = packets(data, "audio")
    assert [unit for _, unit in heard] == [sound.data for sound in sounds] * 2
    expected = [sound.dts_90k for sound in sounds]
    assert [time for time, _ in heard] == expected + [360_000 + time for time in expected]
    later = plan(both, skip_90k=90_000)
    assert [time for time, _ in packets(sent(later, both), "audio")][-1] == 270_000 + expected[-1]


def test_a_run_without_sound_may_follow_one_with(footage: Callable[..., Any]) -> None:
    made = footage()
    params = TrackParams(made.params.video, AudioParams(8000, 1, bytes((0x15, 0x88))))
    sounds = [Sample("audio", n * 11520, n * 11520, True, bytes([n]) * 30) for n in range(31)]
    samples = sorted([*made.fresh(), *sounds], key=lambda sample: sample.dts_90k)
    three = [source(params, samples), source(made.params, made.fresh()), source(params, samples)]
    heard = packets(sent(plan(three), three), "audio")
    assert [time for time, _ in heard][31] == 720_000


def test_damaged_sources_are_refused(footage: Callable[..., Any]) -> None:
    made = footage()
    one = source(made.params, made.fresh())
    with pytest.raises(DamagedMedia):
        plan([])
    with pytest.raises(DamagedMedia):
        plan([Source(one.init, one.file, one.offset, one.length - 1)])
    with pytest.raises(DamagedMedia):
        plan([Source(one.init, one.file, one.offset + 1, one.length - 1)])
    with pytest.raises(DamagedMedia):
        plan([Source(b"", one.file, one.offset, one.length)])


@pytest.mark.skipif(shutil.which("ffmpeg") is None, reason="ffmpeg is not installed")
def test_ffmpeg_plays_it_without_a_word(footage: Callable[..., Any], tmp_path: Path) -> None:
    small, large = footage(), footage(size=(640, 360), bframes=2)
    both = [source(small.params, small.fresh()), source(large.params, large.fresh())]
    file = tmp_path / "download.mp4"
    file.write_bytes(sent(plan(both, skip_90k=7200), both))
    command = ["ffmpeg", "-v", "error", "-i", str(file), "-f", "null", "-"]
    played = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (played.returncode, played.stderr) == (0, "")
