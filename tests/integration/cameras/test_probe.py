"""Probing simulated cameras over real RTSP, and listeners that are no cameras, in child processes that may die."""

import asyncio
import json
import os
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import psutil
import pytest

from cctv.base.faults import Fault
from cctv.cameras.drivers import Prober, ProbesBusy, ProbeSettings, Target
from cctv_simulator.process import SimulatorProcess

USER, PASSWORD = "op@dubai", "p@ss:w/rd?#"


@pytest.fixture(scope="module")
def simulator() -> Iterator[SimulatorProcess]:
    kinds = "h264-main+aac,h264-high-b-gop6,h265+pcmu,mjpeg"
    with SimulatorProcess(cameras=4, kinds=kinds, user=USER, password=PASSWORD) as running:
        yield running


async def probe(api: httpx.AsyncClient, url: str, **more: Any) -> dict[str, Any]:
    answer = await api.post("/cameras/probe", json={"url": url, "seconds": 2} | more, timeout=60)
    assert answer.status_code == 200, answer.text
    assert "p@ss" not in answer.text
    assert "p%40ss" not in answer.text
    found: dict[str, Any] = answer.json()
    return found


@asynccontextmanager
async def listener(handle: Any) -> AsyncIterator[int]:
    server = await asyncio.start_server(handle, "127.0.0.1", 0)
    async with server:
        yield server.sockets[0].getsockname()[1]


async def hang_up(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.close()


async def test_a_good_camera(api: httpx.AsyncClient, simulator: SimulatorProcess) -> None:
    found = await probe(api, simulator.url(1))
    assert found["ok"], found
    seen = found["stream"]
    assert (seen["codec"], seen["width"], seen["height"], seen["b_frames"]) == ("h264", 640, 360, False)
    assert seen["codecs"].lower().startswith("avc1.4d")
    assert seen["fps"] == pytest.approx(25, rel=0.1)
    assert seen["gop_s"] == pytest.approx(1, rel=0.1)
    assert 100_000 < seen["bit_rate"] < 2_000_000
    assert seen["audio"]
    assert found["warnings"] == []
    assert found["failure"] is None


@pytest.mark.parametrize(("number", "codec", "codes"), [(2, "h264", {"b_frames"}), (3, "h265", {"h265"})])
async def test_what_a_browser_will_not_play_is_said(
    api: httpx.AsyncClient, simulator: SimulatorProcess, number: int, codec: str, codes: set[str]
) -> None:
    found = await probe(api, simulator.url(number))
    assert (found["ok"], found["stream"]["codec"]) == (True, codec)
    warnings = {warning["code"]: warning for warning in found["warnings"]}
    assert codes <= warnings.keys()
    for code in codes:
        assert all(warnings[code][text] for text in ("message", "message_ar", "advice", "advice_ar"))


async def test_a_camera_of_the_registry_with_its_sealed_password(
    api: httpx.AsyncClient, simulator: SimulatorProcess
) -> None:
    made = await api.post(
        "/cameras",
        json={
            "name": "mjpeg",
            "agency": "BUS",
            "main": {"url": simulator.url(4)},
            "sub": {"url": simulator.url(4, "sub", credentials=False)},
        },
    )
    where = f"/cameras/{made.json()['id']}/probe?seconds=2"
    main = (await api.post(where, timeout=60)).json()
    assert main["stream"]["codec"] == "mjpeg"
    assert "mjpeg" in {warning["code"] for warning in main["warnings"]}
    sub = (await api.post(f"{where}&stream=sub", timeout=60)).json()
    assert (sub["stream"]["codec"], sub["stream"]["height"]) == ("h264", 180)
    await api.patch(where.removesuffix("/probe?seconds=2"), json={"sub": None})
    assert (await api.post(f"{where}&stream=sub")).json()["code"] == "no_such_stream"


async def test_a_wrong_password_and_a_wrong_path(api: httpx.AsyncClient, simulator: SimulatorProcess) -> None:
    bare = simulator.url(1, credentials=False)
    refused = await probe(api, bare, credentials={"username": USER, "password": "wrong"})
    assert (refused["failure"]["fault"], refused["failure"]["cause"]) == ("password_refused", "auth")
    assert refused["failure"]["advice_ar"]
    lost = await probe(api, simulator.url(1) + "/nowhere")
    assert (lost["failure"]["fault"], lost["failure"]["state"]) == ("stream_refused", "refused")


async def test_a_camera_that_sends_nothing(api: httpx.AsyncClient, simulator: SimulatorProcess) -> None:
    simulator.control.fault(1, "stop_sending")
    try:
        found = await probe(api, simulator.url(1))
    finally:
        simulator.control.clear(1)
    assert (found["failure"]["fault"], found["failure"]["state"]) == ("sends_nothing", "no_video")


async def test_nobody_there(api: httpx.AsyncClient) -> None:
    async with listener(hang_up) as port:
        pass
    for url, why in (
        (f"rtsp://127.0.0.1:{port}/x", "connections to this port are refused"),
        ("rtsp://no-such-host.invalid/x", "the name does not resolve"),
    ):
        found = await probe(api, url)
        assert found["failure"]["fault"] == "network_lost"
        assert why in found["failure"]["message"]


async def test_what_is_no_camera(api: httpx.AsyncClient) -> None:
    async def mute(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()
        writer.close()

    async def web(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readline()
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi" + os.urandom(5000))
        writer.close()

    for handle in (mute, web):
        async with listener(handle) as port:
            found = await probe(api, f"rtsp://127.0.0.1:{port}/x")
            assert found["ok"] is False
            assert found["failure"]["message"]


async def test_addresses_that_are_refused(api: httpx.AsyncClient) -> None:
    for url in ("file:///etc/passwd", "concat:a|b", "rtsp://h/a\nb", "http://127.0.0.1/x", ""):
        answer = await api.post("/cameras/probe", json={"url": url})
        assert (answer.status_code, answer.json()["code"]) == (422, "camera_invalid")


async def test_no_more_probes_than_agreed(simulator: SimulatorProcess) -> None:
    prober = Prober(ProbeSettings(probes_at_once=1, probes_waiting=1, probe_open_s=3))
    target = Target(simulator.url(1), "127.0.0.1", simulator.rtsp_port, seconds=1)
    two = [asyncio.create_task(prober.probe(target)) for _ in range(2)]
    await asyncio.sleep(0)
    with pytest.raises(ProbesBusy):
        await prober.probe(target)
    found = await asyncio.gather(*two)
    assert all(one.seen is not None for one in found)


async def test_a_child_is_killed_when_nobody_waits_any_more(simulator: SimulatorProcess) -> None:
    prober = Prober(ProbeSettings())
    target = Target(simulator.url(1), "127.0.0.1", simulator.rtsp_port, seconds=20)
    waiting = asyncio.create_task(prober.probe(target))
    async with asyncio.timeout(20):
        while not _probe_children():
            await asyncio.sleep(0.05)
        waiting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiting
    assert _probe_children() == []


async def test_a_child_that_dies_or_raves_is_a_finding(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The library may crash on hostile bytes: a stand-in for Python plays the dying child."""
    async with listener(hang_up) as port:
        for script in ("kill -SEGV $$", "echo garbage", "head -c 100000 /dev/zero", "echo 5", "exit 0"):
            fake = tmp_path / "python"
            fake.write_text(f"#!/bin/sh\n{script}\n")
            fake.chmod(0o755)
            monkeypatch.setattr(sys, "executable", str(fake))
            found = await Prober(ProbeSettings()).probe(Target("rtsp://x/", "127.0.0.1", port))
            assert found.failed is not None
            assert found.failed.fault is Fault.NO_KEY_FRAME


def test_the_password_is_in_no_process_list_and_the_service_never_loads_the_library() -> None:
    code = (
        "import sys, json; import cctv.services.assembly.vms; "
        "print(json.dumps(sorted(name for name in sys.modules if name.split('.')[0] == 'av')))"
    )
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True, text=True).stdout
    assert json.loads(loaded) == []


def _probe_children() -> list[psutil.Process]:
    found = []
    for child in psutil.Process().children():
        words = child.cmdline()
        assert not any(PASSWORD in word for word in words)
        if "cctv.cameras.drivers.probe_child" in words:
            found.append(child)
    return found
