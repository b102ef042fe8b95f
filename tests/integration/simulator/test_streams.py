"""Each kind as others see it: FFmpeg's command, and PyAV as the recorder has it."""

import itertools
import shutil
import subprocess
from concurrent.futures import ThreadPoolExecutor

import av
import pytest

from cctv_simulator import timecode
from cctv_simulator.bitstream import fingerprint
from cctv_simulator.process import SimulatorProcess

KINDS = {
    1: ("h264", "Constrained Baseline"),
    2: ("h264", "Main"),
    3: ("h264", "High"),
    4: ("h264", "High"),
    5: ("hevc", "Main"),
    6: ("mjpeg", "Baseline"),
    7: ("h264", "Constrained Baseline"),
    8: ("h264", "Constrained Baseline"),
    9: ("h264", "High"),
}


def opened(url: str, transport: str = "tcp") -> av.container.InputContainer:
    quick = {"fpsprobesize": "0", "analyzeduration": "300000"}
    return av.open(url, options={"rtsp_transport": transport, **quick}, timeout=(10, 10))


@pytest.mark.parametrize("transport", ["tcp", "udp"])
def test_ffmpeg_decodes_each_kind_without_a_word(every_kind: SimulatorProcess, transport: str) -> None:
    ffmpeg = shutil.which("ffmpeg")
    if ffmpeg is None:
        pytest.skip("ffmpeg is not installed")
    before = [ffmpeg, "-nostdin", "-v", "warning", "-rtsp_transport", transport]

    def decode(number: int) -> str:
        command = [*before, "-i", every_kind.url(number), "-t", "2", "-f", "null", "-"]
        done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
        return f"exit {done.returncode}\n{done.stderr}"

    with ThreadPoolExecutor(4) as at_once:
        said = dict(zip(KINDS, at_once.map(decode, KINDS), strict=True))
    for number, words in said.items():
        worrying = [line for line in words.splitlines() if "deprecated pixel format" not in line]
        assert worrying == ["exit 0"], f"camera {number}: {words}"


def test_pyav_sees_what_the_kinds_say(every_kind: SimulatorProcess) -> None:
    names = {"": [], "aac": ["aac"], "pcmu": ["pcm_mulaw"], "pcma": ["pcm_alaw"]}

    def look(number: int) -> tuple[str, str | None, list[str]]:
        with opened(every_kind.url(number)) as container:
            context = container.streams.video[0].codec_context
            assert len(list(itertools.islice(container.decode(video=0), 10))) == 10
            return context.name, context.profile, [one.codec_context.name for one in container.streams.audio]

    with ThreadPoolExecutor() as at_once:
        seen = list(at_once.map(look, KINDS))
    sounds = [names[camera["kind"].partition("+")[2]] for camera in every_kind.cameras]
    assert seen == [(*KINDS[number], sound) for number, sound in zip(KINDS, sounds, strict=True)]


@pytest.mark.parametrize("number", [4, 9])
def test_pictures_with_b_frames_are_shown_in_order(every_kind: SimulatorProcess, number: int) -> None:
    sent_order = []
    with opened(every_kind.url(number)) as container:
        for packet in itertools.islice(container.demux(container.streams.video[0]), 1, 60):
            assert packet.pts is not None
            sent_order.append(packet.pts)
    assert sent_order != sorted(sent_order), "B-frames arrive after the pictures that they look ahead to"
    shown = sorted(sent_order)[6:-6]  # at both ends some are missing: their neighbours came before or come later
    assert {later - former for former, later in itertools.pairwise(shown)} == {3600}


def _read(url: str, seconds: int, rate: int) -> tuple[str, "list[av.Packet[av.VideoStream]]"]:
    with opened(url) as container:
        stream = container.streams.video[0]
        wanted = int(seconds * (stream.average_rate or rate))
        return stream.codec_context.name, list(itertools.islice(container.demux(stream), wanted))


def test_what_arrives_is_what_the_control_interface_says_over_the_seam(every_kind: SimulatorProcess) -> None:
    """Twelve seconds of a loop of ten: every coded picture, bit for bit, and times that never stumble."""
    numbers = [1, 4, 5, 6]
    with ThreadPoolExecutor() as readers:
        urls = [every_kind.url(number) for number in numbers]
        read = list(readers.map(lambda url: _read(url, 12, 25), urls))
    for number, (codec, packets) in zip(numbers, read, strict=True):
        name = {"hevc": "h265"}.get(codec, codec)
        # FFmpeg gives the parameter sets that came before the first picture, and the first picture, in one packet.
        got = [fingerprint(name, bytes(packet)) for packet in packets]
        told = every_kind.control.frames(number)
        hashes = [frame["sha256"] for frame in told]
        assert not any(frame["lost"] for frame in told)
        start = hashes.index(got[1], max(0, len(hashes) - len(got) - 60)) - 1
        assert got == hashes[start : start + len(got)], f"camera {number}"
        if number != 4:
            times = [packet.pts for packet in packets[1:]]
            step = 9000 if name == "mjpeg" else 3600
            assert {b - a for a, b in itertools.pairwise(times) if a is not None and b is not None} <= {step}
        ticks = [(b["rtp"] - a["rtp"]) % 2**32 for a, b in itertools.pairwise(told[start : start + len(got)])]
        assert number == 4 or set(ticks) == {9000 if name == "mjpeg" else 3600}


@pytest.mark.parametrize("transport", ["tcp", "udp"])
def test_the_time_is_read_from_the_picture_and_no_picture_is_missing(
    every_kind: SimulatorProcess, transport: str
) -> None:
    with opened(every_kind.url(7), transport) as container:
        read = [timecode.read(frame) for frame in itertools.islice(container.decode(video=0), 50)]
    assert None not in read
    times = [one for one in read if one is not None]
    assert {later - former for former, later in itertools.pairwise(times)} == {40}
    assert all(one % 40 == 0 for one in times)
    told = every_kind.control.frames(7)
    sent = next(frame["wall_ms"] for frame in told if frame["wall_ms"] >= times[-1])
    assert sent - times[-1] < 1000


def test_a_small_picture_has_its_time_too(every_kind: SimulatorProcess) -> None:
    added = every_kind.control.add_camera("timecode-180p@200")
    with opened(every_kind.url(added["number"])) as container:
        assert all(timecode.read(frame) for frame in itertools.islice(container.decode(video=0), 20))


def test_the_second_stream_is_small(every_kind: SimulatorProcess) -> None:
    with opened(every_kind.url(1, "sub")) as container:
        context = container.streams.video[0].codec_context
        assert (context.width, context.height) == (320, 180)
