"""Proves that store and catalogue agree: the design's invariants 1 to 4, while recording goes on.

While files are closed, catalogued and deleted, two readings taken one after the other may differ and nothing be
wrong. So what is found is looked at a second time, `settle_s` later, when whatever was on its way has arrived; a
finding is what both looks saw. A healthy archive is looked at once.
"""

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from cctv.base.clock import US_PER_S, Clock, SystemClock
from cctv.infra.database import Database
from cctv.infra.disks import Volume
from cctv.infra.places import Place
from cctv.recording.archive.findings import Report
from cctv.recording.archive.looking import Looker, Planned, Progress

SETTLE_S = 6.0
"""Longer than a closed file takes to its row: a journal's entry waits a second or two for its batch."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Depth:
    """How closely to look: read every byte (`hashes`), only from a day on (`since`), how long to let settle."""

    hashes: bool = False
    since: datetime | None = None
    settle_s: float = SETTLE_S


_ALL = Depth()


async def check(
    database: Database,
    volumes: Iterable[Place],
    *,
    planned: Planned,
    depth: Depth = _ALL,
    clock: Clock | None = None,
    progress: Progress = lambda *_: None,
) -> Report:
    """Compare store, catalogue, plan and timelines. Reads only; works beside running recorders.

    ``volumes`` are those on this machine; rows on others are counted, their objects not looked for.
    """
    clock = clock or SystemClock()
    began_us = clock.monotonic_us()
    looker = Looker(
        database=database,
        volumes={volume.id: volume for volume in volumes},
        planned=planned,
        clock=clock,
        since=depth.since,
        hashing=depth.hashes,
        progress=progress,
    )
    findings = await looker.look()
    seen = looker.seen
    if findings:
        await asyncio.sleep(depth.settle_s)
        still = {finding.key for finding in await looker.look_again(findings)}
        findings = [finding for finding in findings if finding.key in still]
    spooled = sum(1 for one in looker.volumes.values() if isinstance(one, Volume) for _ in one.spooled())
    return Report(findings, seen, spooled, (clock.monotonic_us() - began_us) / US_PER_S)
