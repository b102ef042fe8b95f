"""RTSP itself: passwords, sessions, several clients, ends."""

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from typing import Any

import av
import psutil
import pytest

from cctv_simulator.control import ControlRefused
from cctv_simulator.process import SimulatorFailed, SimulatorProcess


def first_picture(url: str) -> None:
    with av.open(url, options={"rtsp_transport": "tcp"}, timeout=(10, 10)) as container:
        next(container.decode(video=0))


def test_a_wrong_password_is_refused(every_kind: SimulatorProcess) -> None:
    bare = every_kind.url(1, credentials=False)
    for url in (bare, bare.replace("rtsp://", "rtsp://op:guess@")):
        with pytest.raises(av.error.HTTPUnauthorizedError):
            first_picture(url)
    first_picture(every_kind.url(1))


@pytest.mark.parametrize("schemes", ["basic", "digest", "digest,basic"])
def test_schemes(film: Any, schemes: str) -> None:
    with SimulatorProcess(user="op", password="secret", arguments=["--auth", schemes]) as running:
        first_picture(running.url())
        with pytest.raises(av.error.HTTPUnauthorizedError):
            first_picture(running.url(credentials=False))


def test_play_gives_times_that_fit_the_first_packet(
    open_house: SimulatorProcess, camera: int, dial: Callable[[str], Any]
) -> None:
    line = dial(open_house.url(camera))
    assert "GET_PARAMETER" in line.ask("OPTIONS").head
    described = line.ask("DESCRIBE")
    assert described.status == 200
    assert "sprop-parameter-sets=" in described.body
    played = line.play()
    sequence, timestamp, payload = line.rtp()
    assert f"seq={sequence};" in played.head
    promised = int(played.head.partition("rtptime=")[2].split("\r\n")[0])
    assert (timestamp - promised) % 2**32 < 90_000
    assert payload[0] & 0x1F == 7, "it begins with the parameter sets of a key frame"


def test_reports_come_with_the_first_picture(
    open_house: SimulatorProcess, camera: int, dial: Callable[[str], Any]
) -> None:
    line = dial(open_house.url(camera))
    line.play()
    _, timestamp, _ = line.rtp()
    wall, rtp = line.report()
    assert abs(wall - time.time()) < 2
    assert (rtp - timestamp + 90_000) % 2**32 < 180_000


def test_teardown_ends_media_and_not_the_connection(
    open_house: SimulatorProcess, camera: int, dial: Callable[[str], Any]
) -> None:
    line = dial(open_house.url(camera))
    line.play()
    line.rtp()
    line.sock.sendall(f"TEARDOWN {line.url} RTSP/1.0\r\nCSeq: 9\r\nSession: {line.session}\r\n\r\n".encode())
    assert line.silent(0.5)
    assert open_house.control.camera(camera)["clients"] == 0
    line.buffer.clear()
    line.session = ""
    assert line.ask("OPTIONS").status == 200


def test_several_clients_of_one_camera_get_the_same_packets(
    open_house: SimulatorProcess, camera: int, dial: Callable[[str], Any]
) -> None:
    first, second = dial(open_house.url(camera)), dial(open_house.url(camera))
    first.play()
    second.play()
    assert open_house.control.camera(camera)["clients"] == 2
    wanted = second.rtp()
    assert any(first.rtp() == wanted for _ in range(500))
    first.sock.close()
    for _ in range(20):
        second.rtp()


def test_a_session_without_a_sign_of_life_ends(film: Any, dial: Callable[[str], Any]) -> None:
    with SimulatorProcess(arguments=["--session-s", "1"]) as running:
        silent, lively = dial(running.url()), dial(running.url())
        silent.play()
        lively.play()
        for _ in range(6):
            time.sleep(0.5)
            lively.sock.sendall(f"OPTIONS {lively.url} RTSP/1.0\r\nCSeq: 5\r\n\r\n".encode())
        assert silent.ends() == "closed"
        assert running.control.camera(1)["clients"] == 1


def test_unknown_cameras_and_transports(
    open_house: SimulatorProcess, camera: int, dial: Callable[[str], Any]
) -> None:
    line = dial(open_house.url(camera))
    assert line.ask("DESCRIBE", "/../../99/main").status == 404
    assert line.ask("SETUP", "/trackID=0", "Transport: RTP/AVP;multicast\r\n").status == 461
    assert line.ask("SETUP", "/trackID=5", "Transport: RTP/AVP/TCP;interleaved=0-1\r\n").status == 404
    assert line.ask("PLAY").status == 454
    assert line.ask("RECORD").status == 405


def test_cameras_come_and_go(open_house: SimulatorProcess, dial: Callable[[str], Any]) -> None:
    added = open_house.control.add_camera("h265+aac", sub="sub@50")
    assert added["kind"].startswith("h265-360p")
    line = dial(added["main"])
    line.play(tracks=2)
    assert {line.packet()[0] for _ in range(100)} >= {0, 2}
    open_house.control.remove_camera(added["number"])
    assert line.ends() == "reset"
    assert added["number"] not in [one["number"] for one in open_house.control.cameras()]
    with pytest.raises(ControlRefused, match="no camera"):
        open_house.control.fault(added["number"], "busy")
    with pytest.raises(ControlRefused, match="begins with one of"):
        open_house.control.add_camera("theora")


def test_a_command_that_cannot_says_why_in_one_line() -> None:
    with pytest.raises(SimulatorFailed, match=r"^cctv-simulator: .*begins with one of[^\n]*$"):
        SimulatorProcess(kinds="theora").start()
    with pytest.raises(SimulatorFailed, match="is not a file"):
        SimulatorProcess(arguments=["--footage", "/none.mp4"]).start()


def test_it_ends_with_the_process_that_started_it(film: Any) -> None:
    code = (
        "import sys, time; from cctv_simulator.process import SimulatorProcess\n"
        "s = SimulatorProcess().start(); print(s.pid, flush=True); time.sleep(60)"
    )
    parent = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True)
    assert parent.stdout is not None
    child = psutil.Process(int(parent.stdout.readline()))
    parent.send_signal(signal.SIGKILL)
    parent.wait()
    parent.stdout.close()
    with contextlib.suppress(psutil.NoSuchProcess):
        child.wait(5)
    assert not child.is_running() or child.status() == psutil.STATUS_ZOMBIE


def test_stop_frees_the_port(film: Any) -> None:
    with SimulatorProcess() as running:
        port, pid = running.rtsp_port, running.pid
    assert not psutil.pid_exists(pid)
    with SimulatorProcess(arguments=["--port", str(port)]) as again:
        assert again.rtsp_port == port
    assert os.getpid() != pid
