"""Streams with faults: each becomes the error, the change or the silence that it is."""

import select
import threading
import time
from collections.abc import Callable
from itertools import pairwise
from typing import Any

import pytest

from cctv.base.faults import CameraState, Cause
from cctv.media.coding.parameters import video_params
from cctv.media.errors import (
    AddressNotAllowed,
    StreamAuthRefused,
    StreamEnded,
    StreamError,
    StreamInterrupted,
    StreamNotFound,
    StreamRefused,
    StreamTimeout,
    StreamUnreachable,
    StreamUnusable,
)
from cctv.media.intake import demux
from cctv.media.intake.demux import Interruption, Stream, open_stream
from cctv.media.model import ParamsChanged, Sample, VideoCodec
from cctv_simulator.process import SimulatorProcess

USER, PASSWORD = "op@dubai", "p@ss:w/rd?#"


def take(stream: Stream, count: int, track: str = "video") -> list[Sample]:
    found: list[Sample] = []
    while len(found) < count:
        one = stream.read()
        if isinstance(one, Sample) and one.track == track:
            found.append(one)
    return found


def until_changed(stream: Stream, limit: int = 500) -> tuple[ParamsChanged, Sample]:
    """The change, and the sample after it."""
    for _ in range(limit):
        one = stream.read()
        if isinstance(one, ParamsChanged):
            after = stream.read()
            assert isinstance(after, Sample)
            return one, after
    raise AssertionError("the parameters did not change")


@pytest.mark.parametrize("transport", ["tcp", "udp"])
@pytest.mark.parametrize(
    ("fault", "error", "cause", "state", "words"),
    [
        ("wrong_password", StreamAuthRefused, Cause.AUTH, CameraState.AUTH_FAILED, None),
        ("not_found", StreamNotFound, Cause.CAMERA, CameraState.REFUSED, None),
        ("busy", StreamRefused, Cause.CAMERA, CameraState.REFUSED, "453 Not Enough Bandwidth, to SETUP"),
        ("unavailable", StreamRefused, Cause.CAMERA, CameraState.REFUSED, "503 Service Unavailable, to DESCRIBE"),
        ("wrong_stream", StreamRefused, Cause.CAMERA, CameraState.REFUSED, None),
        ("unreachable", StreamUnreachable, Cause.NETWORK, CameraState.CONNECTING, None),
        ("half_open", StreamTimeout, Cause.CAMERA, CameraState.NO_VIDEO, None),
        ("slow_answers", StreamTimeout, Cause.CAMERA, CameraState.NO_VIDEO, None),
        ("trickle_answers", StreamTimeout, Cause.CAMERA, CameraState.NO_VIDEO, None),
        ("stop_sending", StreamTimeout, Cause.CAMERA, CameraState.NO_VIDEO, None),
    ],
)
def test_a_stream_that_cannot_be_opened_says_why(
    camera: Any,
    transport: str,
    fault: str,
    error: type[StreamError],
    cause: Cause,
    state: CameraState,
    words: str | None,
) -> None:
    camera.fault(fault)
    with pytest.raises(error) as caught:
        camera.open(open_s=1.0, read_s=1.0, transport=transport)
    assert (caught.value.cause, caught.value.state) == (cause, state)
    if words is not None:
        assert words in caught.value.message
        assert caught.value.detail["words"] == words


def test_a_closed_port_is_unreachable() -> None:
    with pytest.raises(StreamUnreachable):
        open_stream("rtsp://127.0.0.1:1/x", open_s=2)


@pytest.mark.parametrize(
    "url",
    [
        "file:///etc/passwd",
        "/etc/passwd",
        "http://127.0.0.1/x",
        "concat:a|b",
        "rtsp:///x",
        "rtsp://host:x/",
        "rtsp://host/a b",
        "rtsp://host/\n",
        "pipe:0",
        "",
        "RTSP+unix://x",
    ],
)
def test_only_rtsp_addresses_are_opened(url: str) -> None:
    with pytest.raises(AddressNotAllowed):
        open_stream(url)


@pytest.mark.parametrize("fault", ["drop_connection", "reset"])
def test_a_broken_connection_ends_the_stream(camera: Any, fault: str) -> None:
    stream = camera.open()
    camera.fault(fault)
    with pytest.raises(StreamEnded) as caught:
        take(stream, 500)
    assert caught.value.cause is Cause.NETWORK
    with pytest.raises(StreamEnded):
        stream.read()
    stream.close()


@pytest.mark.parametrize("transport", ["tcp", "udp"])
@pytest.mark.parametrize("fault", ["stop_sending", "half_open", "trickle_media"])
def test_silence_is_a_timeout(camera: Any, fault: str, transport: str) -> None:
    stream = camera.open(read_s=1.0, transport=transport)
    camera.fault(fault)
    with pytest.raises(StreamTimeout):
        take(stream, 500)
    stream.close()
    stream.close()


@pytest.mark.parametrize("transport", ["tcp", "udp"])
@pytest.mark.parametrize("fault", [None, "stop_sending", "half_open", "trickle_media"])
def test_a_blocked_read_is_interrupted(camera: Any, fault: str | None, transport: str) -> None:
    stream = camera.open(read_s=100.0, transport=transport)
    if fault:
        camera.fault(fault)
    error = interrupted(lambda: take(stream, 10_000), stream.interrupt)
    assert isinstance(error, StreamInterrupted)
    with pytest.raises(StreamInterrupted):
        stream.read()
    stream.close()
    # PyAV has its own clock back: another stream in this thread and process works.
    camera.simulator.control.clear(camera.number)
    other = camera.open(transport=transport)
    assert take(other, 3)
    other.close()


@pytest.mark.parametrize("transport", ["tcp", "udp"])
@pytest.mark.parametrize("fault", ["half_open", "stop_sending", "trickle_answers"])
def test_a_hanging_open_is_interrupted(camera: Any, fault: str, transport: str) -> None:
    camera.fault(fault)
    stop = Interruption()
    error = interrupted(
        lambda: camera.open(open_s=100.0, read_s=100.0, interruption=stop, transport=transport), stop.set
    )
    assert isinstance(error, StreamInterrupted)


def test_an_interruption_that_comes_first_lets_nothing_begin(camera: Any) -> None:
    stop = Interruption()
    stop.set()
    with pytest.raises(StreamInterrupted):
        camera.open(interruption=stop)


def interrupted(blocks: Callable[[], object], interrupt: Callable[[], None]) -> BaseException | None:
    """What ``blocks`` raises in a thread of its own when it is interrupted after a moment."""
    caught: list[BaseException] = []

    def run() -> None:
        try:
            blocks()
        except StreamError as error:
            caught.append(error)

    thread = threading.Thread(target=run)
    thread.start()
    time.sleep(0.5)
    interrupt()
    thread.join(20)
    assert not thread.is_alive()
    return caught[0] if caught else None


def test_other_streams_go_on_while_one_is_interrupted(camera: Any) -> None:
    first, second = camera.open(read_s=100.0), camera.open(read_s=100.0)
    interrupted(lambda: take(first, 10_000), first.interrupt)
    assert len(take(second, 30)) == 30
    first.close()
    assert len(take(second, 5)) == 5
    second.close()


@pytest.mark.parametrize("camera", ["h264-main-180p", "h265-180p", "h264-high-b-180p"], indirect=True)
def test_parameter_sets_may_come_in_band_only(camera: Any) -> None:
    camera.fault("no_sprop")
    stream = camera.open()
    assert (stream.params.video.width, stream.params.video.height) == (320, 180)
    samples = take(stream, 30)
    assert any(sample.key for sample in samples)
    stream.close()


def test_parameter_sets_may_come_late(camera: Any) -> None:
    camera.fault("late_parameter_sets", seconds=2)
    stream = camera.open()
    assert stream.params.video.width == 320
    assert any(sample.key for sample in take(stream, 40))
    stream.close()


def test_a_stream_without_parameter_sets_is_unusable(camera: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(demux, "_PARAMETERS_WAIT_S", 1.5)
    camera.fault("missing_parameter_sets")
    with pytest.raises(StreamUnusable) as caught:
        camera.open()
    assert caught.value.cause is Cause.CODEC


@pytest.mark.parametrize("camera", ["h264-main-180p", "h265-180p", "mjpeg-180p"], indirect=True)
def test_a_change_of_size_is_told_before_its_key_frame(camera: Any) -> None:
    kind = {1: "h264-main-360p", 2: "h264-main-360p", 4: "h265-360p", 5: "mjpeg-360p"}[camera.number]
    stream = camera.open(read_s=30.0)
    before = stream.params
    take(stream, 5)
    camera.fault("change_kind", kind=kind)
    try:
        changed, key = until_changed(stream)
        assert key.key
        assert (changed.params.video.width, changed.params.video.height) == (640, 360)
        assert stream.params == changed.params
        assert not before.video.same_decoder(changed.params.video)
        if changed.params.video.codec is not VideoCodec.MJPEG:
            sets = changed.params.video.parameter_sets
            assert video_params(changed.params.video.codec, sets) == changed.params.video
        stream.close()
    finally:
        camera.fault("change_kind", kind=kind.replace("360p", "180p"))


def test_another_codec_ends_the_stream(camera: Any) -> None:
    stream = camera.open()
    camera.fault("change_kind", kind="h265-180p")
    try:
        with pytest.raises(StreamEnded):
            take(stream, 500)
        stream.close()
        other = camera.open()
        assert other.params.video.codec is VideoCodec.H265
        other.close()
    finally:
        camera.fault("change_kind", kind="h264-main-180p")


def test_repeated_parameter_sets_change_nothing(camera: Any) -> None:
    stream = camera.open()
    seen = [stream.read() for _ in range(80)]
    assert all(isinstance(one, Sample) for one in seen)
    assert sum(1 for one in seen if isinstance(one, Sample) and one.key) >= 3
    stream.close()


def test_a_jump_of_the_camera_s_timestamps_is_passed_on(camera: Any) -> None:
    for seconds in (3600, -3000):
        stream = camera.open()
        samples = take(stream, 5)
        camera.fault("timestamp_jump", seconds=seconds)
        samples += take(stream, 60)
        steps = [later.dts_90k - one.dts_90k for one, later in pairwise(samples)]
        assert [step for step in steps if abs(step) > 90_000] == [seconds * 90_000 + 3600]
        stream.close()


def test_the_camera_s_clock_is_told(camera: Any) -> None:
    stream = camera.open()
    take(stream, 30)
    told = stream.camera_time_us()
    assert told is not None
    assert abs(told / 1e6 - time.time()) < 5
    stream.close()
    camera.fault("wrong_clock", seconds=7200)
    stream = camera.open()
    take(stream, 30)
    assert abs((stream.camera_time_us() or 0) / 1e6 - time.time() - 7200) < 5
    stream.close()
    camera.simulator.control.clear(camera.number)
    camera.fault("no_clock")
    stream = camera.open()
    take(stream, 10)
    assert stream.camera_time_us() is None
    stream.close()


@pytest.mark.parametrize("camera", ["h264-main-180p+aac"], indirect=True)
def test_aac_is_kept(camera: Any) -> None:
    stream = camera.open(audio="keep")
    assert stream.params.audio is not None
    assert stream.params.audio.sample_rate == 16_000
    units = take(stream, 20, "audio")
    assert {later.dts_90k - one.dts_90k for one, later in pairwise(units)} == {5760}
    sent = [frame["bytes"] for frame in camera.sent(track=1)]
    sizes = [len(unit.data) for unit in units]
    assert any(sent[n : n + len(sizes)] == sizes for n in range(len(sent)))
    stream.close()


@pytest.mark.parametrize("camera", ["h264-main-180p+pcmu", "h264-high-b-180p+pcma"], indirect=True)
def test_g711_becomes_aac_where_wanted(camera: Any) -> None:
    stream = camera.open(audio="aac")
    assert stream.params.audio is not None
    units = take(stream, 12, "audio")
    assert {later.dts_90k - one.dts_90k for one, later in pairwise(units)} == {11_520}
    stream.close()
    stream = camera.open(audio="keep")
    assert stream.params.audio is None
    take(stream, 20)
    stream.close()


@pytest.mark.parametrize("camera", ["h264-main-180p+aac"], indirect=True)
def test_a_stepped_camera_clock_does_not_tear_a_stream_with_sound(camera: Any) -> None:
    """libav moves the times of sessions with several tracks by each report of the camera's clock."""
    stream = camera.open(audio="keep", read_s=30.0)
    take(stream, 10)
    camera.fault("wrong_clock", seconds=500)
    samples = take(stream, 200)
    assert (stream.camera_time_us() or 0) / 1e6 > time.time() + 400
    assert {later.dts_90k - one.dts_90k for one, later in pairwise(samples)} == {3600}
    stream.close()


def test_mangled_and_lost_packets_do_not_stop_the_stream(camera: Any) -> None:
    for fault in ("mangled_packets", "packet_loss", "undecodable"):
        stream = camera.open()
        camera.fault(fault)
        assert len(take(stream, 75)) == 75
        stream.close()
        camera.simulator.control.clear(camera.number)


def follow(stream: Stream, count: int) -> list[Sample]:
    """Pictures by waiting for the socket and never blocking on it, as one thread does for many cameras."""
    number = stream.fileno()
    assert number is not None
    poll = select.poll()
    poll.register(number, select.POLLIN)
    found: list[Sample] = []
    while len(found) < count:
        if poll.poll(500):
            found += [one for one in stream.take_ready() if isinstance(one, Sample)]
        stream.tend()
    return found


@pytest.mark.parametrize("camera", ["h264-main-180p", "h264-high-b-180p", "h265-180p"], indirect=True)
def test_a_stream_can_be_read_without_blocking(camera: Any) -> None:
    stream = camera.open(read_s=3.0)
    samples = follow(stream, 60)
    assert {later.dts_90k - one.dts_90k for one, later in pairwise(samples)} == {3600}
    camera.fault("stop_sending")
    with pytest.raises(StreamTimeout):
        follow(stream, 500)
    stream.close()
    camera.simulator.control.clear(camera.number)
    stream = camera.open()
    camera.fault("drop_connection")
    with pytest.raises(StreamEnded):
        follow(stream, 500)
    stream.close()
    stream = camera.open()
    assert isinstance(interrupted(lambda: follow(stream, 10_000), stream.interrupt), StreamInterrupted)
    stream.close()


@pytest.mark.parametrize("camera", ["mjpeg-180p"], indirect=True)
def test_libav_s_streams_are_read_by_blocking(camera: Any) -> None:
    stream = camera.open()
    assert stream.fileno() is None
    assert take(stream, 3)
    stream.close()


def test_noise_between_packets_costs_no_frame(camera: Any) -> None:
    stream = camera.open()
    camera.fault("garbage", bytes=40, every=3)
    samples = take(stream, 100)
    assert {later.dts_90k - one.dts_90k for one, later in pairwise(samples)} == {3600}
    stream.close()


@pytest.mark.parametrize("auth", ["digest", "digest-sha256", "basic", "digest-sha256,digest,basic"])
def test_every_way_to_sign_in(auth: str) -> None:
    arguments = ["--auth", auth, "--session-s", "4"]
    with SimulatorProcess(
        cameras=1, kinds="h264-main-180p", user=USER, password=PASSWORD, arguments=arguments
    ) as running:
        stream = open_stream(running.url(1), open_s=5)
        # Longer than the session lasts without signs of life.
        assert len(take(stream, 200)) == 200
        stream.close()
        for wrong in (running.url(1, credentials=False), running.url(1).replace("p%40ss", "s3cret")):
            with pytest.raises(StreamAuthRefused):
                open_stream(wrong, open_s=5)


@pytest.fixture(scope="module")
def guarded() -> Any:
    with SimulatorProcess(cameras=1, kinds="h264-main-180p", user=USER, password=PASSWORD) as running:
        yield running


def test_a_password_opens_and_never_shows(guarded: SimulatorProcess) -> None:
    stream = open_stream(guarded.url(1), open_s=5)
    assert take(stream, 3)
    stream.close()
    wrong = guarded.url(1).replace("p%40ss", "s3cret")
    with pytest.raises(StreamAuthRefused) as caught:
        open_stream(wrong, open_s=5)
    told = f"{caught.value} {caught.value.detail} {caught.value.__cause__!r} {caught.value.args}"
    assert "s3cret" not in told
    assert caught.value.__suppress_context__ or caught.value.__context__ is None
