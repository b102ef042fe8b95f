"""The API of the running system, for commands that change it: the same rules and notices as in the dashboard.

Where it is: `--url` or `CCTV_URL`; else the gateway that `run/services.json` in the data folder names. Who asks:
the API key in `CCTV_API_KEY` (or the file that `CCTV_API_KEY_FILE` names); else, for the system of a data folder
whose key files can be read, the server's console. An address that was given never sees a token of the console.
"""

from collections.abc import Generator
from pathlib import Path
from typing import Any

import httpx

from cctv.base.errors import CctvError, Unavailable
from cctv.services import leftovers
from cctv.services.console import ConsoleAuth, gateway_trust
from cctv.services.settings import ConsoleSettings, Folders, ServeSettings

_LIMIT_S = 120.0


class Refused(CctvError):
    """The system refused."""


class RunningApi:
    """Requests below `/api/v1`; a refusal is raised with the system's own words."""

    def __init__(self, base: str, auth: httpx.Auth | None, *, certificate: str | None = None) -> None:
        self._base = base.rstrip("/")
        self._client = httpx.Client(
            base_url=f"{self._base}/api/v1",
            timeout=_LIMIT_S,
            trust_env=False,
            auth=auth,
            verify=gateway_trust(certificate),
        )

    def get(self, path: str, **params: Any) -> Any:
        return self._ask("GET", path, params={name: value for name, value in params.items() if value is not None})

    def send(self, method: str, path: str, **sent: Any) -> Any:
        return self._ask(method, path, **sent)

    def text(self, path: str, **params: Any) -> bytes:
        """The answer's bytes as they are, for files."""
        return self._answer("GET", path, params=params).content

    def _ask(self, method: str, path: str, **sent: Any) -> Any:
        answer = self._answer(method, path, **sent)
        try:
            return answer.json()
        except ValueError:
            raise Unavailable(f"{self._base} does not answer like RTA CCTV; is the address right?") from None

    def _answer(self, method: str, path: str, **sent: Any) -> httpx.Response:
        try:
            answer = self._client.request(method, path, **sent)
        except httpx.HTTPError as fault:
            raise Unavailable(f"{self._base} does not answer ({type(fault).__name__}); is it running?") from fault
        except httpx.InvalidURL as fault:
            raise Unavailable(f"{self._base} is no address: {fault}") from fault
        if not answer.is_success:
            raise _refusal(answer, self._base)
        return answer


def running_api(url: str | None, data: Path | None) -> RunningApi:
    """The system at `url` or CCTV_URL, or the one that runs on the data folder."""
    settings = ConsoleSettings()
    given, key = url or settings.url, settings.api_key.get_secret_value()
    if given:
        return RunningApi(given, _KeyAuth(key) if key else None)
    folder = data.absolute() if data is not None else ServeSettings().data
    told = leftovers.read(Folders(folder).run)
    if told is None or not told.get("gateway"):
        raise Unavailable(f"no system runs on {folder}: start it with 'cctv serve', or give --url or CCTV_URL")
    auth = _KeyAuth(key) if key else ConsoleAuth(Folders(folder).keys)
    return RunningApi(told["gateway"], auth, certificate=told.get("certificate"))


class _KeyAuth(httpx.Auth):
    def __init__(self, key: str) -> None:
        self._key = key

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        request.headers["Authorization"] = f"Bearer {self._key}"
        yield request


def _refusal(answer: httpx.Response, base: str) -> CctvError:
    try:
        problem = answer.json()
        lines = [str(problem["detail"])]
    except (ValueError, KeyError, TypeError):
        return Unavailable(f"{base} answers with status {answer.status_code}; see its logs")
    lines += [f"  {one['field']}: {one['message']} {one['hint']}" for one in problem.get("problems", [])]
    return Refused("\n".join(lines))
