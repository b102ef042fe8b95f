"""HEAD: what GET would say, without a body (RFC 9110, section 9.1)."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import httpx
from fastapi import FastAPI
from sqlalchemy import text

from cctv.base.clock import SystemClock, utc_now
from cctv.infra.database import Database
from cctv.infra.http import doors
from cctv.viewing.playback import Playback

START = (utc_now(SystemClock()) - timedelta(hours=3)).replace(microsecond=0)
S = timedelta(seconds=1)
DOWNLOAD = "/api/v1/recordings/download"


async def test_what_is_fetched_like_a_file_answers_head(
    recorder: Any, service: str, database: Database, playback: Playback, grant: Callable[..., Any]
) -> None:
    recorded = await recorder.record(start=START, seconds=12)
    asked = {"camera": str(recorded.camera), "from": START.isoformat(), "to": (START + S * 12).isoformat()}
    still = httpx.URL("/api/v1/playback/still", params={"camera": asked["camera"], "at": START.isoformat()})
    async with httpx.AsyncClient(base_url=f"http://{service}") as web:
        given = await grant(web, recorded.camera, START, START + S * 12)
        download = httpx.URL(DOWNLOAD, params=asked)
        for url in (given["url"], given["video_url"], given["iframes_url"], still, download):
            head = await web.head(url, headers={"Range": "bytes=5-9"})
            assert (head.status_code, head.content) == (200, b""), url
            if url == download:
                taken = text("SELECT count(*) FROM audit_entries WHERE action = 'recordings.download'")
                async with database.read() as tx:
                    assert await tx.scalar(taken) == 0
                assert playback._downloads._places._taken.total() == 0
            whole = await web.get(url)
            for name in ("content-length", "content-type", "cache-control", "etag", "content-disposition"):
                assert head.headers.get(name) == whole.headers.get(name), (url, name)


async def test_a_head_is_asked_for_the_same_right_and_not_described(app: FastAPI) -> None:
    needs = {(path, method): need for path, methods, need in doors(app) for method in methods}
    heads = [path for path, method in needs if method == "HEAD"]
    assert len(heads) == 5
    for path in heads:
        assert needs[path, "HEAD"] == needs[path, "GET"] is not None
    assert not any("head" in one for one in app.openapi()["paths"].values())
