"""The dashboard's files: pages are the page, files are files, and neither hides the API."""

from pathlib import Path

import httpx
import pytest
from fastapi import FastAPI

from cctv.services.assembly.dashboard_files import mount_dashboard


@pytest.fixture
def built(tmp_path: Path) -> Path:
    (tmp_path / "assets").mkdir()
    (tmp_path / "index.html").write_text('<!doctype html><meta name="time-zone" content="Asia/Dubai" />the page')
    (tmp_path / "assets" / "app-3f2a.js").write_text("code")
    return tmp_path


async def ask(built: Path, path: str) -> httpx.Response:
    app = FastAPI()
    mount_dashboard(app, built, time_zone="America/Argentina/Ushuaia")
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://test") as client:
        return await client.get(path)


@pytest.mark.parametrize("path", ["/", "/cameras", "/playback/7?at=2026-01-01T00:00:00Z"])
async def test_a_page_is_the_page_and_is_asked_for_each_time(built: Path, path: str) -> None:
    answer = await ask(built, path)
    assert answer.text == '<!doctype html><meta name="time-zone" content="America/Argentina/Ushuaia" />the page'
    assert answer.headers["content-type"].startswith("text/html")
    assert answer.headers["cache-control"] == "no-cache"


async def test_a_file_named_after_its_content_is_kept_for_ever(built: Path) -> None:
    answer = await ask(built, "/assets/app-3f2a.js")
    assert answer.text == "code"
    assert "immutable" in answer.headers["cache-control"]


@pytest.mark.parametrize("path", ["/assets/app-old.js", "/api/v1/nothing", "/favicon.ico", "/../secret.txt"])
async def test_what_is_missing_is_missing_and_not_the_page(built: Path, path: str) -> None:
    (built.parent / "secret.txt").write_text("secret")
    answer = await ask(built, path)
    assert answer.status_code == 404


async def test_without_a_build_the_root_says_how_to_make_one(tmp_path: Path) -> None:
    answer = await ask(tmp_path, "/")
    assert answer.status_code == 404
    assert "./cctv setup" in answer.text
