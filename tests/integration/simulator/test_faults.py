"""Every fault of the catalogue, as a client on the wire sees it, and that it ends when it is cleared."""

import itertools
import socket
import time
from base64 import b64decode
from collections.abc import Callable
from typing import Any

import av
import pytest

from cctv_simulator.faults import FAULTS
from cctv_simulator.process import SimulatorProcess

Dialler = Callable[[str], Any]
UNTOUCHED = 1  # a camera that no test gives a fault


@pytest.fixture
def playing(open_house: SimulatorProcess, camera: int, dial: Dialler) -> Any:
    """A client of `camera` that has had its first packets."""
    line = dial(open_house.url(camera))
    line.play()
    line.rtp()
    return line


def kinds_of_units(line: Any, packets: int) -> set[int]:
    """NAL unit types among the next packets; fragments count as what they are parts of."""
    found = set()
    for _ in range(packets):
        payload = line.rtp()[2]
        kind = payload[0] & 0x1F
        found.add(payload[1] & 0x1F if kind == 28 else kind)
    return found


def test_every_fault_is_tested_here() -> None:
    with open(__file__) as text:  # noqa: PTH123
        tested = text.read()
    assert not [name for name in FAULTS if f'"{name}"' not in tested]


# -- network --


def test_unreachable(open_house: SimulatorProcess, camera: int, playing: Any, dial: Dialler) -> None:
    open_house.control.fault(camera, "unreachable")
    assert playing.ends() == "reset"
    with pytest.raises(ConnectionRefusedError):
        dial(open_house.url(camera))
    open_house.control.clear(camera, "unreachable")
    assert dial(open_house.url(camera)).play().status == 200


def test_unreachable_on_the_shared_port(open_house: SimulatorProcess, camera: int, dial: Dialler) -> None:
    open_house.control.fault(camera, "unreachable", stream="main")
    line = dial(open_house.url(camera))
    with pytest.raises(ConnectionError):
        line.ask("OPTIONS")
    assert dial(open_house.url(camera, "sub")).ask("DESCRIBE").status == 200


@pytest.mark.parametrize(("fault", "end"), [("reset", "reset"), ("drop_connection", "closed")])
def test_connections_end(
    open_house: SimulatorProcess, camera: int, playing: Any, dial: Dialler, fault: str, end: str
) -> None:
    open_house.control.fault(camera, fault)
    assert playing.ends() == end
    assert dial(open_house.url(camera)).play().status == 200


def test_half_open(open_house: SimulatorProcess, camera: int, playing: Any, dial: Dialler) -> None:
    open_house.control.fault(camera, "half_open")
    assert playing.silent(1)
    newcomer = dial(open_house.url(camera))
    newcomer.sock.settimeout(1)
    with pytest.raises(TimeoutError):
        newcomer.ask("OPTIONS")
    open_house.control.clear(camera)
    assert playing.ends() == "reset"
    assert dial(open_house.url(camera)).play().status == 200


# -- the camera itself --


def test_stop_sending(open_house: SimulatorProcess, camera: int, playing: Any) -> None:
    open_house.control.fault(camera, "stop_sending")
    assert playing.silent(1)
    playing.buffer.clear()
    assert playing.ask("OPTIONS").status == 200, "TCP is open and requests are answered"
    open_house.control.clear(camera)
    assert kinds_of_units(playing, 60) >= {5, 7, 8}


def test_trickle_media(open_house: SimulatorProcess, camera: int, playing: Any) -> None:
    open_house.control.fault(camera, "trickle_media")
    assert not playing.silent(1.5)
    playing.sock.settimeout(3)
    started, got = time.monotonic(), b""
    while len(got) < 3:
        got += playing.sock.recv(100)
    assert len(got) == 3
    assert time.monotonic() - started > 1.5


def test_slow_answers(open_house: SimulatorProcess, camera: int, dial: Dialler) -> None:
    open_house.control.fault(camera, "slow_answers", seconds=0.7)
    line = dial(open_house.url(camera))
    started = time.monotonic()
    line.play()
    assert time.monotonic() - started > 1.3
    assert line.rtp()


def test_trickle_answers(open_house: SimulatorProcess, camera: int, dial: Dialler) -> None:
    open_house.control.fault(camera, "trickle_answers")
    line = dial(open_house.url(camera))
    line.sock.sendall(f"OPTIONS {line.url} RTSP/1.0\r\nCSeq: 1\r\n\r\n".encode())
    got = [line.sock.recv(100) for _ in range(3)]
    assert got == [b"R", b"T", b"S"]


def test_wrong_clock_and_no_clock(open_house: SimulatorProcess, camera: int, dial: Dialler) -> None:
    def believed() -> float:
        line = dial(open_house.url(camera))
        line.play()
        return float(line.report()[0])

    assert abs(believed() - time.time()) < 2
    open_house.control.fault(camera, "wrong_clock", seconds=3600)
    assert abs(believed() - time.time() - 3600) < 2
    open_house.control.fault(camera, "wrong_clock", seconds=0)
    assert believed() == 0
    open_house.control.fault(camera, "no_clock")
    line = dial(open_house.url(camera))
    line.play()
    assert {line.packet()[0] for _ in range(60)} == {0}
    open_house.control.clear(camera)
    assert abs(believed() - time.time()) < 2


def test_timestamp_jump(open_house: SimulatorProcess, camera: int, playing: Any) -> None:
    open_house.control.fault(camera, "timestamp_jump", seconds=-50)
    stamps = [timestamp for timestamp, _ in itertools.groupby(playing.rtp()[1] for _ in range(200))]
    steps = {(later - former) % 2**32 for former, later in itertools.pairwise(stamps)}
    assert steps == {3600, (3600 - 50 * 90_000) % 2**32}


# -- refusals --


@pytest.mark.parametrize(
    ("fault", "method", "status"),
    [("wrong_password", "DESCRIBE", 401), ("not_found", "DESCRIBE", 404), ("unavailable", "DESCRIBE", 503),
     ("busy", "SETUP", 453)],
)  # fmt: skip
def test_refusals(
    open_house: SimulatorProcess, camera: int, dial: Dialler, fault: str, method: str, status: int
) -> None:
    open_house.control.fault(camera, fault)
    line = dial(open_house.url(camera))
    assert line.ask("OPTIONS").status == 200
    transport = "Transport: RTP/AVP/TCP;unicast;interleaved=0-1\r\n"
    assert line.ask(method, headers=transport).status == status
    open_house.control.clear(camera, fault)
    assert line.ask(method, headers=transport).status == 200


def test_a_right_password_is_refused_too(every_kind: SimulatorProcess) -> None:
    added = every_kind.control.add_camera("h264-main")
    every_kind.control.fault(added["number"], "wrong_password")
    with pytest.raises(av.error.HTTPUnauthorizedError):
        av.open(every_kind.url(added["number"]), timeout=(5, 5))


def test_stale_nonce(every_kind: SimulatorProcess) -> None:
    added = every_kind.control.add_camera("h264-main")
    with av.open(every_kind.url(added["number"]), options={"rtsp_transport": "tcp"}, timeout=(5, 5)) as container:
        every_kind.control.fault(added["number"], "stale_nonce")
        assert len(list(itertools.islice(container.demux(video=0), 50))) == 50


def test_wrong_stream(open_house: SimulatorProcess, camera: int, dial: Dialler) -> None:
    open_house.control.fault(camera, "wrong_stream")
    described = dial(open_house.url(camera)).ask("DESCRIBE")
    assert described.status == 200
    assert "m=video" not in described.body


# -- codec and parameter sets --


def sizes(url: str, pictures: int, meanwhile: Callable[[], None]) -> list[tuple[int, int]]:
    with av.open(url, options={"rtsp_transport": "tcp"}, timeout=(10, 10)) as container:
        frames = container.decode(video=0)
        seen = [next(frames)]
        meanwhile()
        seen += itertools.islice(frames, pictures)
        return [(frame.width, frame.height) for frame in seen]


def test_another_size_comes_in_band(open_house: SimulatorProcess, camera: int) -> None:
    def change() -> None:
        open_house.control.fault(camera, "change_kind", kind="h264-main-180p")

    seen = [size for size, _ in itertools.groupby(sizes(open_house.url(camera), 60, change))]
    assert seen == [(640, 360), (320, 180)]
    assert open_house.control.camera(camera)["kind"].startswith("h264-main-180p")
    assert open_house.control.camera(camera)["sub_kind"].startswith("sub"), "the second stream stays as it is"


def test_another_codec_drops_the_connection(
    open_house: SimulatorProcess, camera: int, playing: Any, dial: Dialler
) -> None:
    open_house.control.fault(camera, "change_kind", kind="h265")
    assert playing.ends() == "closed"
    assert "H265/90000" in dial(open_house.url(camera)).ask("DESCRIBE").body
    assert len(sizes(open_house.url(camera), 30, lambda: None)) == 31
    open_house.control.fault(camera, "change_kind", kind="timecode")
    assert len(sizes(open_house.url(camera), 30, lambda: None)) == 31


def test_b_frames(open_house: SimulatorProcess, camera: int) -> None:
    with av.open(open_house.url(camera), options={"rtsp_transport": "tcp"}, timeout=(10, 10)) as container:
        shown_at = (packet.pts for packet in container.demux(video=0) if packet.pts is not None)
        open_house.control.fault(camera, "b_frames")
        shown = list(itertools.islice(shown_at, 75))
        assert shown != sorted(shown)
        open_house.control.clear(camera, "b_frames")
        shown = list(itertools.islice(shown_at, 75))
        assert shown[50:] == sorted(shown[50:])


def sprops(line: Any) -> list[bytes]:
    _, found, rest = line.ask("DESCRIBE").body.partition("sprop-parameter-sets=")
    return [b64decode(one) for one in rest.split("\r\n")[0].split(",")] if found else []


@pytest.mark.parametrize(
    ("fault", "in_sdp", "in_band"),
    [("missing_parameter_sets", False, False), ("no_sprop", False, True), ("sets_only_in_sdp", True, False)],
)
def test_parameter_sets(
    open_house: SimulatorProcess, camera: int, dial: Dialler, fault: str, in_sdp: bool, in_band: bool
) -> None:
    open_house.control.fault(camera, fault)
    line = dial(open_house.url(camera))
    assert bool(sprops(line)) == in_sdp
    line.play()
    seen = kinds_of_units(line, 120)
    assert 5 in seen
    assert ({7, 8} <= seen) == in_band
    assert bool({7, 8} & seen) == in_band


def test_late_parameter_sets(open_house: SimulatorProcess, camera: int, dial: Dialler) -> None:
    open_house.control.fault(camera, "late_parameter_sets", seconds=1.5)
    line = dial(open_house.url(camera))
    assert not sprops(line)
    line.play()
    assert not {7, 8} & kinds_of_units(line, 20)
    assert {7, 8} <= kinds_of_units(line, 200)


def test_no_key_frames(open_house: SimulatorProcess, camera: int, playing: Any, dial: Dialler) -> None:
    open_house.control.fault(camera, "no_key_frames")
    kinds_of_units(playing, 30)
    assert kinds_of_units(playing, 100) == {1}
    newcomer = dial(open_house.url(camera))
    newcomer.play()
    assert kinds_of_units(newcomer, 10) == {1}


def test_undecodable(open_house: SimulatorProcess, camera: int, playing: Any) -> None:
    open_house.control.fault(camera, "undecodable")
    assert kinds_of_units(playing, 60) <= {1, 5, 6, 7, 8}
    assert open_house.control.frames(camera)[-1]["lost"]
    with av.open(open_house.url(camera), options={"rtsp_transport": "tcp"}, timeout=(10, 10)) as container:
        decoder = container.streams.video[0].codec_context
        bad = 0
        for packet in itertools.islice(container.demux(video=0), 25):
            try:
                bad += not any(not frame.is_corrupt for frame in decoder.decode(packet))
            except av.error.InvalidDataError:
                bad += 1
    assert bad > 5, "the rest is what the decoder made up"


# -- packets --


def test_packet_loss(open_house: SimulatorProcess, camera: int, playing: Any) -> None:
    open_house.control.fault(camera, "packet_loss", share=0.2)
    numbers = [playing.rtp()[0] for _ in range(200)]
    holes = sum((later - former) % 2**16 - 1 for former, later in itertools.pairwise(numbers))
    assert 10 < holes < 120
    assert any(frame["lost"] for frame in open_house.control.frames(camera))


def test_packet_loss_over_udp(open_house: SimulatorProcess, camera: int, dial: Dialler) -> None:
    open_house.control.fault(camera, "packet_loss", share=0.2)
    ears = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    ears.bind(("127.0.0.1", 0))
    ears.settimeout(5)
    port = ears.getsockname()[1]
    line = dial(open_house.url(camera))
    assert (
        line.ask("SETUP", "/trackID=0", f"Transport: RTP/AVP;unicast;client_port={port}-{port + 1}\r\n").status
        == 200
    )
    line.ask("PLAY")
    numbers = [int.from_bytes(ears.recv(2000)[2:4], "big") for _ in range(200)]
    ears.close()
    assert sum((later - former) % 2**16 - 1 for former, later in itertools.pairwise(numbers)) > 10


def test_mangled_packets(open_house: SimulatorProcess, camera: int, playing: Any) -> None:
    open_house.control.fault(camera, "mangled_packets", share=0.3)
    numbers = [playing.rtp()[0] for _ in range(100)]
    assert {(later - former) % 2**16 for former, later in itertools.pairwise(numbers)} == {1}
    told = open_house.control.frames(camera)[-20:]
    assert any(frame["lost"] for frame in told)


def test_garbage(open_house: SimulatorProcess, camera: int, playing: Any) -> None:
    open_house.control.fault(camera, "garbage", bytes=64, every=1)
    with pytest.raises(AssertionError):
        for _ in range(50):
            playing.packet()
    while len(playing.buffer) < 65:
        playing.buffer += playing.sock.recv(100)
    assert playing.buffer[64] == 0x24, "the next packet lies behind 64 bytes"


def test_garbage_in_lines(open_house: SimulatorProcess, camera: int) -> None:
    open_house.control.fault(camera, "garbage", bytes=64, every=1, lines=1)
    with av.open(open_house.url(camera), options={"rtsp_transport": "tcp"}, timeout=(10, 10)) as container:
        assert len(list(itertools.islice(container.demux(video=0), 30))) == 30, "FFmpeg finds its way"


def test_no_marker(open_house: SimulatorProcess, camera: int, playing: Any) -> None:
    open_house.control.fault(camera, "no_marker")
    for _ in range(50):
        playing.packet()
    assert not any(packet[1] & 0x80 for channel, packet in (playing.packet() for _ in range(50)) if channel == 0)


def test_rtp_info_lies(open_house: SimulatorProcess, camera: int, dial: Dialler) -> None:
    open_house.control.fault(camera, "rtp_info_lies")
    assert "seq=0;rtptime=0" in dial(open_house.url(camera)).play().head


# -- all the others --


def test_a_fault_of_one_camera_costs_another_no_frame(
    open_house: SimulatorProcess, camera: int, dial: Dialler
) -> None:
    other = dial(open_house.url(UNTOUCHED))
    other.play()
    other.rtp()
    numbers = []
    for fault in ("half_open", "stop_sending", "trickle_answers", "packet_loss", "unreachable"):
        open_house.control.fault(camera, fault)
        numbers += [other.rtp()[0] for _ in range(60)]
        open_house.control.clear(camera)
    assert {(later - former) % 2**16 for former, later in itertools.pairwise(numbers)} == {1}
