"""A probe measures; it does not believe what a camera says of itself."""

from typing import Any

import pytest

from cctv.media.errors import AddressNotAllowed, StreamNotFound
from cctv.media.intake.probe import probe
from cctv.media.model import VideoCodec


@pytest.mark.parametrize(
    ("camera", "codec", "profile", "audio", "warnings"),
    [
        ("h264-baseline-180p", VideoCodec.H264, "Constrained Baseline", None, []),
        ("h264-high-b-180p", VideoCodec.H264, "High", None, ["b_frames"]),
        ("h265-180p", VideoCodec.H265, "Main", None, ["h265"]),
        ("mjpeg-180p", VideoCodec.MJPEG, "", None, ["mjpeg"]),
        ("h264-main-180p+pcmu", VideoCodec.H264, "Main", "pcm_mulaw", ["g711_audio"]),
        ("h264-main-180p+aac", VideoCodec.H264, "Main", "aac", []),
    ],
    indirect=["camera"],
)
def test_what_a_camera_is(
    camera: Any, codec: VideoCodec, profile: str, audio: str | None, warnings: list[str]
) -> None:
    report = probe(camera.url, seconds=2.5, open_s=5)
    assert (report.codec, report.profile, report.audio) == (codec, profile, audio)
    # RFC 2435 counts MJPEG's sides in blocks of 8.
    assert (report.width, report.height) == (320, 176 if codec is VideoCodec.MJPEG else 180)
    assert report.warnings == warnings
    assert report.fps == pytest.approx(10 if codec is VideoCodec.MJPEG else 25, abs=0.1)
    assert report.gop_s == (None if codec is VideoCodec.MJPEG else 1.0)
    assert 20_000 < report.bit_rate < 2_000_000


def test_missing_parameter_sets_are_seen(camera: Any) -> None:
    camera.fault("no_sprop")
    assert "no_parameter_sets" in probe(camera.url, seconds=1.5).warnings


def test_a_long_gop_is_seen(camera: Any) -> None:
    camera.fault("no_key_frames")
    assert "one_key_frame" in probe(camera.url, seconds=1.5).warnings


def test_a_stream_that_ends_is_told_as_far_as_it_went(camera: Any) -> None:
    camera.simulator.control.fault(camera.number, "not_found")
    with pytest.raises(StreamNotFound):
        probe(camera.url, seconds=1)
    with pytest.raises(AddressNotAllowed):
        probe("file:///etc/passwd")
