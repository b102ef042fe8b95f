"""The built dashboard: one page, and files whose names change with their content."""

import re
from html import escape
from pathlib import Path

from fastapi import FastAPI
from starlette.exceptions import HTTPException
from starlette.responses import Response
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

from cctv.infra.http import Public, mark_public

BUILT = Path(__file__).parents[1] / "dashboard"
_WHY_OPEN = "the program of the dashboard, which everybody may read; it holds no data"
_FOR_EVER = "public, max-age=31536000, immutable"
_ASK_EACH_TIME = "no-cache"


_TIME_ZONE = re.compile(r'(<meta name="time-zone" content=")[^"]*')


def mount_dashboard(app: FastAPI, built: Path = BUILT, *, time_zone: str) -> None:
    """Serve ``built`` below all else, its clocks in ``time_zone``; without it the root says how to build it."""
    if (built / "index.html").exists():
        app.mount("/", _Dashboard(built, time_zone), name="dashboard")
        mark_public(app, "dashboard", _WHY_OPEN)
    else:
        app.add_api_route("/", _not_built, include_in_schema=False, dependencies=[Public(_WHY_OPEN)])


async def _not_built() -> Response:
    return Response("The dashboard is not built: run ./cctv setup\n", 404, media_type="text/plain")


class _Dashboard(StaticFiles):
    """A path that is no file and looks like a page is one: the page's own code reads the address.

    The page itself says the site's zone, so that the first clock that is drawn is right.
    """

    def __init__(self, built: Path, time_zone: str) -> None:
        super().__init__(directory=built)
        page = (built / "index.html").read_text(encoding="utf-8")
        self._page = _TIME_ZONE.sub(lambda found: found[1] + escape(time_zone), page)

    async def get_response(self, path: str, scope: Scope) -> Response:
        asks_page = path in {".", "index.html"} and scope["method"] in {"GET", "HEAD"}
        try:
            response = self._the_page() if asks_page else await super().get_response(path, scope)
        except HTTPException as fault:
            if fault.status_code != 404 or Path(path).suffix or path.startswith("api/"):
                raise
            response = self._the_page()
        hashed = path.startswith("assets/")
        response.headers["Cache-Control"] = _FOR_EVER if hashed else _ASK_EACH_TIME
        return response

    def _the_page(self) -> Response:
        return Response(self._page, media_type="text/html")
