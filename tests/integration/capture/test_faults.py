"""What a camera does wrong is named, ends when it ends, and costs the others no frame."""

import asyncio
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

import av
import pytest

from cctv.base.clock import utc_now
from cctv.base.faults import CameraState, Cause
from cctv.cameras import registry, status
from cctv_simulator.bitstream import fingerprint
from cctv_simulator.faults import FAULTS
from cctv_simulator.process import SimulatorProcess

from .conftest import Room, eventually


@dataclass
class Case:
    """A fault of the simulator, and what must be said of the camera that has it."""

    faults: tuple[str, ...]
    states: set[CameraState]
    causes: set[Cause]
    values: dict[str, Any] = field(default_factory=dict)


NETWORK, CAMERA, AUTH, CODEC = {Cause.NETWORK}, {Cause.CAMERA}, {Cause.AUTH}, {Cause.CODEC}
CASES = {
    "unreachable": Case(("unreachable",), {CameraState.CONNECTING}, NETWORK),
    "half_open": Case(("half_open",), {CameraState.NO_VIDEO, CameraState.CONNECTING}, NETWORK | CAMERA),
    "silent": Case(("stop_sending",), {CameraState.NO_VIDEO}, CAMERA),
    "a_byte_a_second": Case(("trickle_media",), {CameraState.NO_VIDEO}, CAMERA),
    "slow_to_answer": Case(
        ("trickle_answers", "reset"), {CameraState.NO_VIDEO, CameraState.CONNECTING}, NETWORK | CAMERA
    ),
    "password": Case(("wrong_password", "reset"), {CameraState.AUTH_FAILED}, AUTH | NETWORK),
    "not_found": Case(("not_found", "reset"), {CameraState.REFUSED}, CAMERA | NETWORK),
    "busy": Case(("busy", "reset"), {CameraState.REFUSED}, CAMERA | NETWORK),
    "unavailable": Case(("unavailable", "reset"), {CameraState.REFUSED}, CAMERA | NETWORK),
    "no_video": Case(
        ("wrong_stream", "reset"), {CameraState.REFUSED, CameraState.UNUSABLE}, CAMERA | CODEC | NETWORK
    ),
    "no_parameters": Case(
        ("missing_parameter_sets", "reset"), {CameraState.UNUSABLE, CameraState.NO_VIDEO}, CAMERA | CODEC | NETWORK
    ),
    "no_key_frames": Case(("no_key_frames",), {CameraState.UNUSABLE, CameraState.NO_VIDEO}, CODEC | CAMERA),
}


async def state_of(room: Room, camera: registry.Camera) -> CameraState:
    async with room.database.read() as tx:
        return (await status.statuses(tx, [camera]))[camera.id].state


@dataclass
class Patient:
    """A camera with a fault of its own."""

    case: Case
    number: int
    camera: registry.Camera

    async def shows(self, room: Room, states: set[CameraState]) -> None:
        async def named() -> bool:
            return await state_of(room, self.camera) in states

        await eventually(named, limit_s=25, what=f"{self.case.faults}: {states}")


async def test_each_fault_is_named_and_costs_the_others_nothing(room: Room) -> None:
    control = room.simulator.control
    healthy, patients = await room.add(1), []
    for case in CASES.values():
        words = control.add_camera("h264-main-gop1")
        patients.append(Patient(case, words["number"], await room.add(words["number"], url=words["main"])))
    async with room.recording(key_frame_s=6.0, retry_auth_s=1.0, silence_s=3.0, segment_s=10.0):
        for camera in (healthy, *(one.camera for one in patients)):
            await room.recorded(camera.id, seconds=0.1)
        began = utc_now()
        for one in patients:
            for fault in one.case.faults:
                control.fault(one.number, fault, **one.case.values)
        for one in patients:
            await one.shows(room, one.case.states)
        await asyncio.sleep(1.5)  # what ends as it is seen costs less than a timeline shows as a gap
        cleared = utc_now()
        for one in patients:
            control.clear(one.number)
        for one in patients:
            await one.shows(room, {CameraState.ONLINE})
        await asyncio.sleep(2)
    sent = [frame["sha256"] for frame in control.frames(1)]
    for one in patients:
        gaps = [gap for gap in await room.gaps(one.camera.id) if gap.start > one.camera.mode_since]
        assert gaps, one
        assert {gap.cause for gap in gaps} <= one.case.causes, (one, gaps)
        assert gaps[0].start > began - timedelta(seconds=2), one
        assert gaps[-1].end is not None, one
        assert gaps[-1].end > cleared - timedelta(seconds=5), one
    assert len((await room.timeline(healthy.id)).spans) == 1, "the healthy camera lost nothing"
    assert len({row.run_id for row in await room.segments(healthy.id)}) == 1
    assert_recorded_as_sent(await recorded_prints(room, healthy), sent)
    await room.holds()


async def recorded_prints(room: Room, camera: registry.Camera) -> list[str]:
    """Fingerprints of all coded pictures in the camera's files, in order."""
    rows = await room.segments(camera.id)
    return await asyncio.to_thread(_prints, [room.volumes[0].archive_path(row.object_name) for row in rows])


def _prints(files: list[Path]) -> list[str]:
    found: list[str] = []
    for file in files:
        with av.open(str(file)) as film:
            packets = [bytes(packet) for packet in film.demux(video=0) if packet.size]
        found += [fingerprint("h264", data, form="lengths") for data in packets]
    return found


def assert_recorded_as_sent(recorded: list[str], sent: list[str]) -> None:
    """Each picture that lies in the files was sent, bit for bit, and none between them is missing.

    The ledger holds the last minute or so; the camera's clip comes round, so that the last place that fits counts.
    """
    number = min(len(recorded), len(sent) - 100)
    assert number > 500, "that is no comparison"
    tail = recorded[-number:]
    assert any(sent[at : at + number] == tail for at in range(len(sent) - number, -1, -1))


GOES_ON: dict[str, dict[str, Any]] = {
    "drop_connection": {},
    "slow_answers": {"seconds": 1.0},
    "b_frames": {},
    "late_parameter_sets": {"seconds": 1.0},
    "sets_only_in_sdp": {},
    "no_sprop": {},
    "rtp_info_lies": {},
    "stale_nonce": {},
}
RECONNECTS = (
    "slow_answers",
    "late_parameter_sets",
    "sets_only_in_sdp",
    "no_sprop",
    "rtp_info_lies",
    "stale_nonce",
)
"""They show when a session begins."""


async def test_quirks_are_recorded_through(room: Room) -> None:
    """Also another codec and another size: with a new run, and a reason for each moment that is missing."""
    control = room.simulator.control
    cameras: dict[str, tuple[int, registry.Camera]] = {}
    for quirk in (*GOES_ON, "h265-360p-gop1", "h264-main-180p-gop1"):
        words = control.add_camera("h264-main-gop1")
        cameras[quirk] = words["number"], await room.add(words["number"], url=words["main"])
    async with room.recording(segment_s=10.0):
        for _, camera in cameras.values():
            await room.recorded(camera.id, seconds=0.1)
        for quirk, (number, _) in cameras.items():
            if quirk in GOES_ON:
                control.fault(number, quirk, **GOES_ON[quirk])
            else:
                control.fault(number, "change_kind", kind=quirk)
            if quirk in RECONNECTS:
                control.fault(number, "reset")
        await asyncio.sleep(10)
        stopped = utc_now()
    for quirk, (_, camera) in cameras.items():
        timeline = await room.timeline(camera.id)
        assert timeline.spans[-1].end > stopped - timedelta(seconds=2), quirk
        assert sum(span.seconds for span in timeline.spans) > 5, (quirk, timeline.gaps)
        gaps = [gap for gap in timeline.gaps if gap.start > camera.mode_since]
        assert {gap.cause for gap in gaps} <= CAMERA | NETWORK | CODEC, (quirk, gaps)
        if quirk not in GOES_ON:
            assert len({row.run_id for row in await room.segments(camera.id)}) == 2, quirk
    await room.holds()


def test_each_fault_of_the_simulator_meets_a_recorder() -> None:
    tried = {fault for case in CASES.values() for fault in case.faults} | set(SECONDS) | set(GOES_ON)
    assert tried | {"change_kind", "timestamp_jump", "undecodable"} == set(FAULTS)


@pytest.fixture
def one(simulator: SimulatorProcess) -> dict[str, Any]:
    return simulator.control.add_camera("h264-main-gop1")


@pytest.mark.parametrize("kind", ["h264-main-gop1", "h265-360p-gop1"])
async def test_noise_in_place_of_pictures_is_recorded_and_said(room: Room, kind: str) -> None:
    """Beside a camera whose packets are mangled, and whose pictures can be decoded for the most part."""
    control = room.simulator.control
    words = control.add_camera(kind)
    noisy = await room.add(words["number"], url=words["main"])
    words_of_other = control.add_camera("h264-main-gop1")
    mangled = await room.add(words_of_other["number"], url=words_of_other["main"])
    control.fault(words_of_other["number"], "mangled_packets")

    async def shows(state: CameraState) -> None:
        async def shown() -> bool:
            return await state_of(room, noisy) is state

        await eventually(shown, limit_s=25, what=state.value)

    async with room.recording(segment_s=10.0, prove_s=1.0, prove_first_s=0.5) as recorder:
        await room.recorded(noisy.id, seconds=3)
        assert await state_of(room, noisy) is CameraState.ONLINE
        control.fault(words["number"], "undecodable")
        began = utc_now()
        await shows(CameraState.UNUSABLE)
        async with room.database.read() as tx:
            said = (await status.statuses(tx, [noisy]))[noisy.id]
        assert said.cause is Cause.CODEC
        assert "not decodable" in status.reason(said)
        await asyncio.sleep(3)
        assert await state_of(room, noisy) is CameraState.UNUSABLE, "also after the session was opened anew"
        control.clear(words["number"])
        control.fault(words["number"], "reset")  # one that stays broken is looked at every half minute
        await shows(CameraState.ONLINE)
        assert not recorder.workshop.posts.all[mangled.id].proof.broken
    gaps = [gap for gap in await room.gaps(noisy.id) if gap.start > began - timedelta(seconds=2)]
    assert {gap.cause for gap in gaps} <= CODEC | NETWORK, gaps
    assert sum(span.seconds for span in (await room.timeline(noisy.id)).spans) > 10, "noise is recorded, too"
    await room.holds()


@pytest.mark.parametrize("seconds", [3600.0, -3600.0])
async def test_a_jump_of_timestamps_loses_no_frame(room: Room, one: dict[str, Any], seconds: float) -> None:
    camera = await room.add(one["number"], url=one["main"])
    async with room.recording(segment_s=10.0) as recorder:
        await asyncio.sleep(3)
        room.simulator.control.fault(one["number"], "timestamp_jump", seconds=seconds)

        async def degraded() -> bool:
            return await state_of(room, camera) is CameraState.DEGRADED

        await eventually(degraded, what="a degraded state")
        await asyncio.sleep(3)
        frames = recorder.workshop.posts.all[camera.id].session
        assert frames is not None
    timeline = await room.timeline(camera.id)
    assert len(timeline.spans) == 1, "time on the record runs on"
    assert len({row.run_id for row in await room.segments(camera.id)}) == 2
    await room.holds()


async def test_new_parameters_begin_a_run_without_a_gap(room: Room, one: dict[str, Any]) -> None:
    camera = await room.add(one["number"], url=one["main"])
    async with room.recording(segment_s=10.0):
        await asyncio.sleep(3)
        room.simulator.control.fault(one["number"], "change_kind", kind="h264-baseline-gop1")
        await asyncio.sleep(4)
    timeline = await room.timeline(camera.id)
    assert len(timeline.spans) == 1
    assert len([gap for gap in timeline.gaps if gap.start > camera.mode_since]) == 0
    assert len({row.run_id for row in await room.segments(camera.id)}) == 2
    await room.holds()


# Noise between packets may cost whole sessions, but never names a wrong cause; the rest costs frames at most.
SECONDS = {"garbage": 0.5, "packet_loss": 4, "mangled_packets": 4, "no_marker": 4, "wrong_clock": 4, "no_clock": 4}


@pytest.mark.parametrize("fault", SECONDS)
async def test_bad_packets_do_not_stop_the_recording(room: Room, one: dict[str, Any], fault: str) -> None:
    camera = await room.add(one["number"], url=one["main"])
    room.simulator.control.fault(one["number"], fault)
    async with room.recording(segment_s=10.0):
        await asyncio.sleep(8)
    spans = (await room.timeline(camera.id)).spans
    gaps = [gap for gap in await room.gaps(camera.id) if gap.start > camera.mode_since]
    assert sum(span.seconds for span in spans) > SECONDS[fault], gaps
    assert {gap.cause for gap in gaps} <= CAMERA | NETWORK
    await room.holds()
