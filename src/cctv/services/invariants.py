"""The archive's invariants, asked from beside a running system."""

import asyncio
from typing import Any

from cctv.recording.archive import Depth
from cctv.services.archive_desk import open_desk
from cctv.services.settings import ServeSettings


def check_invariants(settings: ServeSettings, *, hashes: bool) -> dict[str, Any]:
    """What ``cctv archive check --json`` prints; every invariant with whether it holds."""
    return asyncio.run(_check(settings, hashes=hashes))


async def _check(settings: ServeSettings, *, hashes: bool) -> dict[str, Any]:
    async with open_desk(settings) as desk:
        return (await desk.check(Depth(hashes=hashes))).to_dict()
