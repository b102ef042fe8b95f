"""What is recorded is what the camera sent: through demux, writer, scan and another reader's eyes."""

import io
import shutil
import subprocess
from pathlib import Path
from typing import Any
from uuid import UUID

import av
import pytest

from cctv.media.model import Sample, TrackParams, VideoCodec
from cctv.media.mp4 import fmp4
from cctv.media.mp4.fmp4 import Fragment, Fragmenter, SegmentHead
from cctv_simulator.bitstream import fingerprint

VIDEO = ["h264-baseline-180p", "h264-main-180p", "h264-high-b-180p", "h265-180p", "mjpeg-180p"]
FRAMES = 60


def pictures(camera: Any, count: int, **how: Any) -> tuple[TrackParams, list[Sample]]:
    """The stream's parameters and that many pictures, from a key frame on."""
    stream = camera.open(**how)
    try:
        found: list[Sample] = []
        while len(found) < count:
            one = stream.read()
            if isinstance(one, Sample) and one.track == "video" and (found or one.key):
                found.append(one)
        return stream.params, found
    finally:
        stream.close()


def files_of(params: TrackParams, samples: list[Sample]) -> list[bytes]:
    """Two files of one run, changed at a key frame in the middle."""
    base = samples[0].dts_90k
    for sample in samples:
        sample.dts_90k -= base
        sample.pts_90k -= base
    fragmenter = Fragmenter(params, wall_us=lambda dts: 10**15 + dts * 100 // 9)
    fragments = [one for sample in samples for one in fragmenter.push(sample)] + fragmenter.flush()
    middle = next(n for n, one in enumerate(fragments) if one.key_bytes and n and one.dts_90k >= 60_000)
    return [file_of(params, part, seq) for seq, part in enumerate((fragments[:middle], fragments[middle:]))]


def file_of(params: TrackParams, fragments: list[Fragment], seq: int) -> bytes:
    head = SegmentHead(
        camera=UUID(int=1),
        run=UUID(int=2),
        seq=seq,
        fence=1,
        agency="A",
        start_us=fragments[0].wall_us,
        base_90k=fragments[0].dts_90k,
        run_start_us=10**15,
    )
    return fmp4.head(params, head) + b"".join(one.data for one in fragments)


def in_the_ledger(camera: Any, prints: list[str]) -> list[Any]:
    """The frames as the camera says it sent them last: its clip comes round, and its clock may have jumped."""
    sent = camera.sent()
    for begin in (n for n in reversed(range(len(sent))) if sent[n]["sha256"] == prints[0]):
        if [frame["sha256"] for frame in sent[begin : begin + len(prints)]] == prints:
            return list(sent[begin : begin + len(prints)])
    raise AssertionError("these frames were not sent in this order")


@pytest.mark.parametrize("transport", ["tcp", "udp"])
@pytest.mark.parametrize("camera", VIDEO, indirect=True)
def test_recorded_frames_are_those_that_were_sent(camera: Any, transport: str) -> None:
    params, samples = pictures(camera, FRAMES, transport=transport)
    codec = params.video.codec
    read_back: list[bytes] = []
    for data in files_of(params, samples):
        assert fmp4.scan(io.BytesIO(data)).valid_bytes == len(data)
        with av.open(io.BytesIO(data), "r") as container:
            read_back += [bytes(packet) for packet in container.demux(video=0) if packet.size]
    assert len(read_back) == FRAMES
    sent = in_the_ledger(camera, [fingerprint(codec.value, data, form="lengths") for data in read_back])
    assert [frame["key"] for frame in sent] == [sample.key for sample in samples]
    # RTP's durations are kept exactly; libav gives the first frame no time, so that one is inferred.
    moved = {(sample.pts_90k - frame["rtp"]) % 2**32 for sample, frame in zip(samples, sent, strict=True)}
    assert len(moved) == 1


@pytest.mark.parametrize("camera", ["h264-high-b-180p"], indirect=True)
def test_the_nth_decode_time_is_the_nth_time_of_showing(camera: Any) -> None:
    params, samples = pictures(camera, FRAMES)
    assert params.video.reorder > 0
    assert [s.dts_90k for s in samples[:-20]] == sorted(s.pts_90k for s in samples)[: FRAMES - 20]
    assert all(s.pts_90k == s.dts_90k for s in samples if s.key)


@pytest.mark.skipif(shutil.which("ffmpeg") is None, reason="ffmpeg is not installed")
@pytest.mark.parametrize("camera", VIDEO, indirect=True)
def test_each_file_plays_by_itself_and_all_play_as_one(camera: Any, tmp_path: Path) -> None:
    params, samples = pictures(camera, FRAMES)
    files = files_of(params, samples)
    init = fmp4.init_segment(params)
    heads = [fmp4.scan(io.BytesIO(data)).index.head_bytes for data in files]
    joined = init + b"".join(data[head:] for data, head in zip(files, heads, strict=True))
    for data in [*files, joined]:
        file = tmp_path / "played.mp4"
        file.write_bytes(data)
        command = ["ffmpeg", "-v", "error", "-i", str(file), "-f", "null", "-"]
        played = subprocess.run(command, capture_output=True, text=True, check=False)
        said = [line for line in played.stderr.splitlines() if "deprecated pixel format" not in line]
        assert (played.returncode, said) == (0, [])
    with av.open(io.BytesIO(joined), "r") as container:
        assert sum(1 for _ in container.decode(video=0)) == FRAMES


@pytest.mark.parametrize("camera", ["mjpeg-180p"], indirect=True)
def test_mjpeg_is_not_cut_into_a_fragment_a_frame(camera: Any) -> None:
    params, samples = pictures(camera, 30)
    assert params.video.codec is VideoCodec.MJPEG
    scanned = [fmp4.scan(io.BytesIO(data)) for data in files_of(params, samples)]
    assert sum(len(one.fragments) for one in scanned) == 10
