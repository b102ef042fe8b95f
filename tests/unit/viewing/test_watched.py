"""Seconds watched live are kept while they are watched, not only at the end."""

import asyncio
from typing import Any
from uuid import UUID

import pytest

from cctv.access.audit import AuditFull, Entry
from cctv.base.actor import Actor
from cctv.base.clock import ManualClock
from cctv.viewing.live import watched as module
from cctv.viewing.live.watched import watched

CAMERA = UUID("0192f0c1-7d2e-8a3b-9c4d-5e6f708192a3")
S = 1_000_000


class Doors:
    """Access, policy and audit in one; ``full``: nothing more can be queued."""

    def __init__(self) -> None:
        self.policy = self.audit = self
        self.full = False
        self.asked = 0
        self.written: list[Entry] = []

    def entry(self, action: str, thing_kind: str, thing_id: str, **more: Any) -> Entry:
        return Entry(actor=Actor("user:1"), action=action, thing_kind=thing_kind, thing_id=thing_id, **more)

    async def agency_of(self, _camera: UUID) -> str:
        return "METRO"

    async def now(self, entry: Entry) -> None:
        self.written.append(entry)

    def soon(self, entry: Entry) -> None:
        self.asked += 1
        if self.full:
            raise AuditFull
        self.written.append(entry)

    async def asked_again(self) -> None:
        asked = self.asked
        async with asyncio.timeout(10):
            while self.asked == asked:
                await asyncio.sleep(0.001)


async def test_each_five_minutes_are_an_entry_and_the_rest_at_the_end(monkeypatch: pytest.MonkeyPatch) -> None:
    assert module._LONGEST_S == 300.0
    monkeypatch.setattr(module, "_LONGEST_S", 0.05)
    doors: Any = Doors()
    clock = ManualClock(0)
    async with watched(doors, CAMERA, "sub", clock):
        clock.advance(300 * S)
        await doors.asked_again()
        assert [one.seconds for one in doors.written] == [None, 300.0], "before the end"
        doors.full = True
        clock.advance(300 * S)
        await doors.asked_again()
        doors.full = False
        clock.advance(2 * S)
        await doors.asked_again()
        monkeypatch.setattr(module, "_LONGEST_S", 300.0)
        await doors.asked_again()
        written = len(doors.written)
        clock.advance(7 * S)
    assert [one.seconds for one in doors.written if one.seconds] == [300.0, 302.0, 7.0], "each second once"
    assert len(doors.written) == written + 1
    assert {(one.action, one.agency, one.detail["stream"]) for one in doors.written} == {
        ("live.watch", "METRO", "sub")
    }
    assert [one.result for one in doors.written[:2]] == ["began", "done"]
    await asyncio.sleep(0)
    assert not [one for one in asyncio.all_tasks() if "write_for_ever" in repr(one)]
