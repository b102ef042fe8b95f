"""A password that a camera refuses is tried once in a while, however many sessions the camera has."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from uuid import uuid4

import pytest

from cctv.base.clock import US_PER_S, ManualClock
from cctv.base.faults import CameraState
from cctv.base.ids import CameraId
from cctv.cameras import registry
from cctv.media.intake import demux
from cctv.recording.capture.recorder import Recorder
from cctv.recording.capture.sessions import session
from cctv.recording.capture.sessions.refusals import Refusals
from cctv.recording.capture.subject import Source

from .conftest import Room, eventually


@pytest.fixture
def tries(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The addresses at which a stream was asked for."""
    asked: list[str] = []
    really = demux.open_stream

    def counted(url: str, **how: Any) -> Any:
        asked.append(url)
        return really(url, **how)

    monkeypatch.setattr(session, "open_stream", counted)
    return asked


@contextmanager
def watched(recorder: Recorder, camera: registry.Camera) -> Iterator[None]:
    with recorder.workshop.live.watch(camera.id, "sub", wake=lambda: None):
        yield


async def test_watchers_of_a_camera_that_refused_do_not_ask_it_again(room: Room, tries: list[str]) -> None:
    control = room.simulator.control
    words = control.add_camera("h264-main-gop1")
    control.fault(words["number"], "wrong_password")
    camera = await room.add(words["number"], url=words["main"], sub_url=words["sub"])
    async with room.recording(retry_auth_s=60.0) as recorder:
        await eventually(lambda: _is(recorder, camera, "main"), what="the main stream is refused")
        for _ in range(3):
            with watched(recorder, camera):
                await eventually(lambda: _is(recorder, camera, "sub"), what="the watcher is told so")
            await asyncio.sleep(0.2)
        assert tries == [words["main"]]


async def _is(recorder: Recorder, camera: registry.Camera, stream: Any) -> bool:
    state = recorder.workshop.live.state(camera.id, stream)
    return state is not None and state.state is CameraState.AUTH_FAILED


def source(url: str) -> Source:
    return Source(url, "tcp", "off")


def test_another_password_or_camera_is_another_matter_and_time_passes() -> None:
    clock, one, other = ManualClock(0), CameraId(uuid4()), CameraId(uuid4())
    refusals = Refusals[str](clock=clock, wait_s=60.0)
    refusals.note(one, source("rtsp://a:b@10.0.0.1/main"), "refused")
    assert refusals.last(one, source("rtsp://a:b@10.0.0.1/sub")) == "refused"
    assert refusals.last(one, source("rtsp://a:c@10.0.0.1/main")) is None
    assert refusals.last(other, source("rtsp://a:b@10.0.0.1/main")) is None, "another channel of the same machine"
    clock.advance(60 * US_PER_S)
    assert refusals.last(one, source("rtsp://a:b@10.0.0.1/main")) is None
