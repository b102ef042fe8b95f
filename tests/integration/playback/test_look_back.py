"""What lies further back than somebody may look is not named either."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import httpx
import pytest
from fastapi import FastAPI
from tests.conftest import KnownAs, UserWith

from cctv.base.clock import SystemClock, utc_now
from cctv.cameras import registry
from cctv.infra.database import Database
from cctv.infra.http.inject import provided_to
from cctv.infra.keys import Keyring

S = timedelta(seconds=1)
WEEK = timedelta(days=7)
"""How far back an operator may look."""


@pytest.fixture
async def camera(database: Database, keyring: Keyring, app: FastAPI, user_with: UserWith) -> UUID:
    """A registered camera; whoever comes is an operator of its agency."""
    draft = registry.Draft(name="Gate", agency="METRO", main_url="rtsp://192.0.2.1/main", keep=False)
    async with database.write() as tx:
        added = await registry.add_camera(tx, draft, keyring=keyring, at=utc_now(SystemClock()))
    provided_to(app)[KnownAs].actor = await user_with("operator", agency="METRO")
    return added.id


async def test_hidden_footage_is_clipped_as_what_is_shown(
    recorder: Any, api: httpx.AsyncClient, camera: UUID
) -> None:
    limit = utc_now(SystemClock()) - WEEK
    for start_s, seconds, fence in ((-400, 40, 1), (-390, 20, 2), (-100, 200, 3), (-90, 180, 4)):
        await recorder.record(start=limit + S * start_s, seconds=seconds, camera=camera, fence=fence)
    span = {"camera": str(camera), "from": (limit - S * 500).isoformat(), "to": (limit + S * 500).isoformat()}
    (line,) = (await api.get("/api/v1/playback/timeline", params=span)).json()["cameras"]
    for shown in (line["spans"], line["hidden"]):
        (only,) = shown
        assert limit < datetime.fromisoformat(only["from"]) < limit + S * 80
    assert datetime.fromisoformat(line["hidden"][0]["to"]) == limit + S * 90


async def test_where_there_is_no_footage_none_is_named_that_may_not_be_seen(
    recorder: Any, api: httpx.AsyncClient, camera: UUID
) -> None:
    limit = utc_now(SystemClock()) - WEEK
    await recorder.record(start=limit - S * 100, seconds=20, camera=camera)
    await recorder.record(start=limit + S * 300, seconds=20, camera=camera, fence=2)
    found = []
    for at_s in (200, 400):
        wish = {"camera": str(camera), "at": (limit + S * at_s).isoformat()}
        problem = (await api.get("/api/v1/playback/still", params=wish)).json()
        assert problem["code"] == "no_footage"
        near = [problem["nearest_before"], problem["nearest_after"]]
        found.append([None if one is None else datetime.fromisoformat(one) for one in near])
    assert found == [[None, limit + S * 300], [limit + S * 320, None]]
