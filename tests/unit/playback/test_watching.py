"""What was watched is kept until it can be written; a database that is away ends nobody's playback."""

import asyncio
import contextlib
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from cctv.access.audit import Entry
from cctv.base.actor import MACHINE, Actor
from cctv.base.clock import from_us
from cctv.base.errors import Unavailable
from cctv.base.ids import CameraId
from cctv.base.span import Span
from cctv.viewing.playback import grants
from cctv.viewing.playback.granting import watching as module
from cctv.viewing.playback.granting.watching import Case, Watching
from cctv.viewing.playback.model import Purpose

CAMERA = CameraId(UUID("0192f0c1-7d2e-8a3b-9c4d-5e6f708192a3"))
NOW_US = 1_795_000_000_000_000
START = from_us(NOW_US - 3_600_000_000)


class Machines:
    """A policy and an audit that need a database."""

    def __init__(self) -> None:
        self.away = True
        self.asked = 0
        self.written: list[Entry] = []

    async def agency_of(self, _camera: UUID) -> str | None:
        self.asked += 1
        await asyncio.sleep(0)
        if self.away:
            raise Unavailable
        return "METRO"

    def soon(self, entry: Entry) -> None:
        self.written.append(entry)

    async def now(self, entry: Entry) -> None:
        self.written.append(entry)


def a_grant() -> grants.Grant:
    return grants.issue(
        actor="user:1",
        camera=CAMERA,
        span=Span(START, START + timedelta(minutes=1)),
        now_us=NOW_US,
        purpose=Purpose.PLAYBACK,
        renewable=True,
    )


async def test_what_cannot_be_written_now_is_written_later(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_LOOK_S", 0.001)
    monkeypatch.setattr(module, "_PAUSE_S", -1.0)
    monkeypatch.setattr(module, "_STILLS_S", -1.0)
    machines: Any = Machines()
    watching = Watching(policy=machines, audit=machines)
    grant = a_grant()
    watching.fetched(grant, "192.0.2.7")
    watching.looked(CAMERA, Actor("user:1"), Case(), START)
    running = asyncio.create_task(watching.run())
    async with asyncio.timeout(10):
        while machines.asked < 3:
            await asyncio.sleep(0.001)
        assert (machines.written, running.done()) == ([], False)
        watching.looked(CAMERA, Actor("user:1"), Case(), START)
        machines.away = False
        while len(machines.written) < 2:
            await asyncio.sleep(0.001)
    running.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await running
    assert [(one.action, one.agency) for one in machines.written] == [
        ("playback.watch", "METRO"),
        ("playback.still", "METRO"),
    ]
    assert machines.written[1].detail["stills"] == 2


async def test_stills_for_two_cases_or_by_a_key_of_the_same_user_are_entries_of_their_own() -> None:
    machines: Any = Machines()
    machines.away = False
    watching = Watching(policy=machines, audit=machines)
    person, key = Actor("user:1", session="cookie"), Actor("user:1", session="key", kind=MACHINE)
    first, second = Case("2026/77", "collision"), Case("2026/78", "theft")
    looks = [(person, first), (person, second), (person, first), (key, first), (person, Case("2026/77", "theft"))]
    for actor, case in looks:
        watching.looked(CAMERA, actor, case, START)
    await watching.write(everything=True)
    assert [
        (one.actor.session, one.case_ref, one.reason, one.camera, one.detail["stills"]) for one in machines.written
    ] == [
        ("cookie", "2026/77", "collision", CAMERA, 2),
        ("cookie", "2026/78", "theft", CAMERA, 1),
        ("key", "2026/77", "collision", CAMERA, 1),
        ("cookie", "2026/77", "theft", CAMERA, 1),
    ]


async def test_addresses_other_than_the_grants_are_named_ten_at_most() -> None:
    machines: Any = Machines()
    machines.away = False
    watching = Watching(policy=machines, audit=machines)
    grant = a_grant()
    for hosts in (["192.0.2.7"], ["192.0.2.7", "192.0.2.9", "192.0.2.8"], [f"198.51.100.{n}" for n in range(30)]):
        await watching.granted(grant, Actor("user:1", address="192.0.2.7"), Case())
        for host in hosts:
            watching.fetched(grant, host)
        await watching.write(everything=True)
    own, lent, many = [one.detail for one in machines.written if one.action == "playback.watch"]
    assert "fetched_from" not in own
    assert lent["fetched_from"] == ["192.0.2.8", "192.0.2.9"]
    assert len(many["fetched_from"]) == 10
