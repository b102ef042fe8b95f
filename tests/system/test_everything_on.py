"""A system with TLS on every way and every door shut: pictures still arrive, and monitoring sees every process."""

import asyncio
import contextlib
import json
import os
import re
import shutil
import ssl
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest
from tests.authority import Authority, Pair
from tests.conftest import S3Server
from tests.system.conftest import System
from websockets.asyncio.client import connect

from cctv.infra.embedded import EmbeddedPostgres, EmbeddedValkey, free_port
from cctv.services.table import SERVICES
from cctv_simulator.process import SimulatorProcess

NAME = "cctv-service"
EVERY = tuple(service.name for service in SERVICES)
METRICS = {
    "http_requests_total": EVERY,
    "http_request_duration_seconds": EVERY,
    "db_query_duration_seconds": EVERY,
    "live_viewers": ("live-edge",),
    "playback_cache_hits_total": ("playback-service",),
    "playback_cache_misses_total": ("playback-service",),
    "playback_cache_evictions_total": ("playback-service",),
    "playback_active_sessions": ("playback-service",),
    "playback_transmux_duration_seconds": ("playback-service",),
    "playback_transmux_failures_total": ("playback-service",),
    "recording_active": ("recording-service",),
    "recording_segments_total": ("recording-service",),
    "recording_bytes_total": ("recording-service",),
    "recording_gap_seconds_total": ("recording-service",),
    "recording_newest_segment_age_seconds": ("recording-service",),
    "recording_queue_depth": ("recording-service",),
    "spool_reach_hours": ("recording-service",),
    "camera_up": ("vms-service",),
}
"""Names that dashboards and alarms of operators are made of, and who must show a value of each."""
CCTV = [sys.executable, "-c", "from cctv.cli import main; main()"]


class Tunnel:
    """Speaks TLS before a server that cannot: the wheels of PostgreSQL and Valkey are built without it."""

    def __init__(self, pair: Pair, port: int) -> None:
        self.port = 0
        self._context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        self._context.load_cert_chain(pair.certificate, pair.key)
        self._context.set_alpn_protocols(["postgresql"])
        self._to = port
        self._loop = asyncio.new_event_loop()
        ready = threading.Event()
        self._thread = threading.Thread(target=self._run, args=(ready,), daemon=True)
        self._thread.start()
        assert ready.wait(10)

    def close(self) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)

    def _run(self, ready: threading.Event) -> None:
        asyncio.set_event_loop(self._loop)
        server = self._loop.run_until_complete(asyncio.start_server(self._pass, "127.0.0.1", 0, ssl=self._context))
        self.port = server.sockets[0].getsockname()[1]
        ready.set()
        self._loop.run_forever()
        server.close()
        left = asyncio.all_tasks(self._loop)
        for task in left:
            task.cancel()
        self._loop.run_until_complete(asyncio.gather(*left, return_exceptions=True))
        self._loop.close()

    async def _pass(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there, back = await asyncio.open_connection("127.0.0.1", self._to)
        await asyncio.gather(_copy(reader, back), _copy(there, writer), return_exceptions=True)


async def _copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        while data := await reader.read(65536):
            writer.write(data)
            await writer.drain()
    finally:
        writer.close()


@pytest.fixture(scope="module")
def databases(
    postgres: EmbeddedPostgres, valkey: EmbeddedValkey, authority: Authority
) -> Iterator[dict[str, str]]:
    """Addresses over TLS, whose certificates are looked at."""
    import psycopg

    pair = authority.issue("127.0.0.1", file="databases")
    tunnels = Tunnel(pair, postgres.port), Tunnel(pair, valkey.port)
    with psycopg.connect(postgres.url, autocommit=True) as connection:
        connection.execute("CREATE DATABASE everything_on")
    there = postgres.url_of("everything_on").replace(f":{postgres.port}/", f":{tunnels[0].port}/")
    cached = valkey.url.replace("valkey://", "valkeys://").replace(f":{valkey.port}/", f":{tunnels[1].port}/")
    yield {
        "CCTV_DATABASE_URL": f"{there}?sslmode=verify-full&sslrootcert={authority.path}&sslnegotiation=direct",
        "CCTV_VALKEY_URL": f"{cached}?ssl_ca_certs={authority.path}",
    }
    for tunnel in tunnels:
        tunnel.close()


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory, authority: Authority) -> Iterator[dict[str, str]]:
    server = S3Server(tmp_path_factory.mktemp("s3"), authority.issue("127.0.0.1", file="store"))
    server.start()
    yield server.settings("cctv-recordings") | {"CCTV_OBJECT_STORE_CA": str(authority.path)}
    server.stop()


@pytest.fixture(scope="module")
def tls(authority: Authority) -> dict[str, str]:
    gateway, inside = authority.issue("cctv.example.org", "localhost"), authority.issue(NAME)
    return {
        "CCTV_TLS_CERTIFICATE": str(gateway.certificate),
        "CCTV_TLS_KEY": str(gateway.key),
        "CCTV_HOSTS": "cctv.example.org localhost",
        "CCTV_SERVICE_TLS_CERTIFICATE": str(inside.certificate),
        "CCTV_SERVICE_TLS_KEY": str(inside.key),
        "CCTV_SERVICE_TLS_CA": str(authority.path),
    }


@pytest.fixture(scope="module")
def system(
    databases: dict[str, str],
    store: dict[str, str],
    tls: dict[str, str],
    tmp_path_factory: pytest.TempPathFactory,
    asking: Callable[..., Any],
) -> Iterator[System]:
    folder = tmp_path_factory.mktemp("everything on")
    one = System(folder / "data", **databases, **store, **tls, CCTV_CAPTURE_SEGMENT_S="2")
    asking(lambda: one.parts().get("gateway"), within_s=120, words=f"the gateway runs; see {one.log}")
    yield one
    assert one.stop() == 0


@pytest.fixture(scope="module")
def browser(system: System, authority: Authority, asking: Callable[..., Any]) -> Iterator[httpx.Client]:
    """Comes by the gateway's name, as the server's console."""
    url = f"https://localhost:{system.parts()['gateway']['port']}"
    with httpx.Client(
        base_url=url, verify=ssl.create_default_context(cafile=str(authority.path)), auth=system.auth, timeout=20
    ) as client:
        asking(
            lambda: client.get("/api/v1/cameras").status_code == 200,
            within_s=30,
            words=f"the services answer; see {system.log}",
        )
        yield client


@pytest.fixture(scope="module")
def camera(browser: httpx.Client) -> Iterator[str]:
    with SimulatorProcess(cameras=1, kinds="h264-main-360p") as simulator:
        sent = {"name": "Gate", "agency": "METRO", "main": {"url": simulator.url(1)}}
        yield str(browser.post("/api/v1/cameras", json=sent).raise_for_status().json()["id"])


async def _first_picture(url: str, **wishes: Any) -> bytes:
    """The first binary message. Not by a client of threads: two of them on one TLS socket lose what was said."""
    async with asyncio.timeout(60), connect(url, **wishes) as socket:
        async for message in socket:
            if isinstance(message, bytes):
                return message
    raise AssertionError("the live socket was closed before a picture came")


def test_live_and_recorded_pictures_come_over_tls_alone(
    system: System, browser: httpx.Client, camera: str, authority: Authority, asking: Callable[..., Any]
) -> None:
    began = datetime.now(UTC)
    trust = ssl.create_default_context(cafile=str(authority.path))
    address = str(browser.base_url).replace("https://", "wss://").rstrip("/")
    shown = {"Authorization": f"Bearer {system.auth.token()}"}
    message = asyncio.run(_first_picture(f"{address}/ws/live/{camera}", ssl=trust, additional_headers=shown))
    assert message[4:8] in (b"ftyp", b"moof", b"styp")

    def played() -> str:
        span = {"from": began.isoformat(), "to": datetime.now(UTC).isoformat()}
        answer = browser.post("/api/v1/playback/grants", json={"camera": camera, **span})
        video = answer.raise_for_status().json()["video_url"]
        names = re.findall(r"^[^#\s].*$", browser.get(video).text, re.MULTILINE)
        stored = [name for name in names if name.startswith("store/")]
        return f"{video.rpartition('/')[0]}/{stored[0]}" if stored else ""

    object_url = asking(played, within_s=60, words="a segment is in the store")
    part = browser.get(object_url, headers={"Range": "bytes=0-7"}, auth=None)
    assert (part.status_code, part.content[4:8]) == (206, b"ftyp")


def test_services_answer_over_tls_and_in_the_clear_nobody(
    system: System, browser: httpx.Client, authority: Authority
) -> None:
    trust = ssl.create_default_context(cafile=str(authority.path))
    metrics = (system.data / "keys" / "metrics.token").read_text().strip()
    with httpx.Client(verify=trust, timeout=10) as inside:
        for name, part in system.parts().items():
            if name == "gateway":
                continue
            url = f"https://127.0.0.1:{part['port']}"
            told = {"sni_hostname": NAME}
            health = inside.get(f"{url}/health", extensions=told).json()
            assert health["state"] == "ok", (name, health)
            assert inside.get(f"{url}/metrics", extensions=told).status_code == 401
            shown = {"Authorization": f"Bearer {metrics}"}
            text = inside.get(f"{url}/metrics", headers=shown, extensions=told).text
            assert "http_requests_total" in text
            with pytest.raises(httpx.TransportError):
                inside.get(f"http://127.0.0.1:{part['port']}/health")
    assert "error" not in system.log.read_text().lower()


def test_every_metric_of_the_contract_is_shown_by_its_service(
    system: System, browser: httpx.Client, camera: str, authority: Authority, asking: Callable[..., Any]
) -> None:
    """A value, not only a name. Of several recorders one has the camera, and so the values that are by camera."""
    trust = ssl.create_default_context(cafile=str(authority.path))
    token = (system.data / "keys" / "metrics.token").read_text().strip()
    lacking: list[tuple[str, str]] = []

    def whole() -> bool:
        names: dict[str, set[str]] = {}
        for part in system.parts().values():
            if part["name"] != "gateway":
                url = f"https://127.0.0.1:{part['port']}/metrics"
                text = inside.get(url, extensions={"sni_hostname": NAME}).raise_for_status().text
                values = re.findall(r"^([a-z_]+?)(?:_count)?(?:{.*})? [0-9]", text, re.MULTILINE)
                names.setdefault(re.sub(r"-[0-9]+$", "", part["name"]), set()).update(values)
        lacking[:] = [(name, one) for name, who in METRICS.items() for one in who if name not in names[one]]
        return not lacking

    client = httpx.Client(verify=trust, timeout=10, headers={"Authorization": f"Bearer {token}"})
    with client as inside, contextlib.suppress(AssertionError):
        asking(whole, within_s=30, words="every metric has a value")
    assert not lacking


def test_what_services_tell_each_other_is_not_for_browsers(system: System, browser: httpx.Client) -> None:
    for path in ("/health", "/metrics", "/internal/media/check", "/internal/openapi.json", "/_check"):
        assert browser.get(path).status_code == 404, path
    assert browser.get("/", headers={"Host": "evil.example"}).status_code == 421
    crossing = browser.post("/api/v1/cameras", headers={"Sec-Fetch-Site": "cross-site"})
    assert crossing.status_code == 403


def test_commands_at_the_console_believe_the_gateways_own_certificate(
    system: System, camera: str, tmp_path: Path, authority: Authority
) -> None:
    words = [*CCTV, "camera", "list", "--json", "--data", str(system.data)]
    done = subprocess.run(words, capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 0, done.stderr
    assert camera in done.stdout


def test_prometheus_finds_every_process_up(
    system: System, browser: httpx.Client, tls: dict[str, str], tmp_path: Path, asking: Callable[..., Any]
) -> None:
    binary = shutil.which("prometheus")
    if binary is None:
        pytest.skip("prometheus is not installed: apt-get install prometheus")
    words = [*CCTV, "prometheus", "--data", str(system.data)]
    made = subprocess.run(words, capture_output=True, text=True, check=True, timeout=60, env=os.environ | tls)
    file, port = tmp_path / "prometheus.yml", free_port(0)
    file.write_text(made.stdout.replace("scrape_interval: 15s", "scrape_interval: 1s"))
    storage = f"--storage.tsdb.path={tmp_path / 'metrics'}"
    listening = f"--web.listen-address=127.0.0.1:{port}"
    with (tmp_path / "prometheus.log").open("wb") as log:
        server = subprocess.Popen(
            [binary, f"--config.file={file}", storage, listening], stdout=log, stderr=subprocess.STDOUT
        )
    try:

        def up() -> dict[str, str]:
            try:
                answer = httpx.get(f"http://127.0.0.1:{port}/api/v1/query", params={"query": "up"}).json()
            except (httpx.TransportError, json.JSONDecodeError):
                return {}
            rows = answer.get("data", {}).get("result", [])
            found = {f"{row['metric']['job']} {row['metric']['instance']}": row["value"][1] for row in rows}
            return found if len(found) == len(SERVICES) + 1 else {}

        found = asking(up, within_s=60, words=f"every process was scraped; see {tmp_path}")
    finally:
        server.terminate()
        server.wait(20)
    assert set(found.values()) == {"1"}, found
    assert {name.partition(" ")[0] for name in found} == {service.name for service in SERVICES}
