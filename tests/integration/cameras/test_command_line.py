"""`cctv camera` as people and scripts run it: a process of its own against an API that runs."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

DONE, FINDINGS, COULD_NOT = 0, 1, 2


class CommandLine:
    """Runs `cctv camera …` against one address."""

    def __init__(self, url: str) -> None:
        self._url = url

    def __call__(self, *words: str, stdin: str = "", code: int = DONE, url: str | None = None) -> str:
        done = subprocess.run(
            [sys.executable, "-c", "from cctv.cli import main; main()", "camera", *words],
            input=stdin,
            capture_output=True,
            text=True,
            env={"PATH": os.environ["PATH"], "CCTV_URL": url or self._url, "LANG": "C.UTF-8"},
            check=False,
        )
        assert done.returncode == code, (done.stdout, done.stderr)
        assert "Traceback" not in done.stderr
        assert "s3cret" not in done.stdout + done.stderr
        return done.stdout if code != COULD_NOT else done.stderr

    def json(self, *words: str, **more: Any) -> Any:
        return json.loads(self(*words, "--json", **more))


@pytest.fixture
def cctv(served: str) -> CommandLine:
    return CommandLine(served)


ADD = ("add", "Deira gate 4", "rtsp://10.0.0.7/1", "--agency", "METRO")


def test_a_cameras_life(cctv: CommandLine) -> None:
    made = cctv.json(*ADD, "-u", "viewer", "--password-stdin", "--lat", "25.2", "--lon", "55.3", stdin="s3cret\n")
    assert (made["name"], made["has_credentials"], made["place"]["lat"]) == ("Deira gate 4", True, 25.2)
    assert "Deira gate 4" in cctv("list")
    assert cctv.json("list", "--search", "deira")["total"] == 1
    assert cctv.json("list", "--agency", "BUS")["items"] == []
    for which in (made["id"], made["id"][:8], "deira GATE 4"):
        assert "rtsp://10.0.0.7/1" in cctv("show", which)
    changed = cctv.json("change", "Deira gate 4", "--place", "Al Rigga", "--mode", "off", "--transport", "udp")
    assert changed["place"] == {"lat": 25.2, "lon": 55.3, "text": "Al Rigga"}
    assert (changed["recorded"], changed["main"]["transport"], changed["has_credentials"]) == (False, "udp", True)
    assert cctv.json("change", "Deira gate 4", "--no-credentials")["has_credentials"] is False
    said = cctv("remove", "Deira gate 4")
    assert f"cctv camera restore {made['id']}" in said
    assert cctv("list").endswith("0 cameras\n")
    assert "Deira" in cctv("list", "--removed")
    assert cctv.json("restore", "Deira gate 4")["removed_at"] is None


def test_import_and_export(cctv: CommandLine, tmp_path: Path) -> None:
    table = "name,agency,url,password,username\na,BUS,rtsp://h/1,s3cret,u\nb,BUS,file:///etc/passwd,,\n"
    file = tmp_path / "cameras.csv"
    file.write_text(table)
    preview = cctv("import", "--dry-run", str(file), code=FINDINGS)
    assert "Nothing was changed" in preview
    assert "row 3 bad, main.url [url_scheme]" in preview
    assert cctv.json("list")["total"] == 0
    assert cctv.json("import", str(file), code=FINDINGS)["added"] == 1
    assert cctv.json("import", "-", stdin=cctv("export"))["skipped"] == 1
    out = tmp_path / "out.json"
    cctv("export", "--format", "json", "-o", str(out))
    assert cctv.json("import", "--update", str(out))["unchanged"] == 1


def test_a_probe_that_finds_nobody_is_a_finding(cctv: CommandLine) -> None:
    assert "does not answer on the network" in cctv("probe", "rtsp://u:s3cret@10.0.0.7/1", code=FINDINGS)
    cctv(*ADD)
    assert cctv.json("probe", "Deira gate 4", code=FINDINGS)["failure"]["fault"] == "network_lost"


def test_what_cannot_be_done_is_said(cctv: CommandLine) -> None:
    assert "rtsp:// or rtsps://" in cctv("add", "x", "http://u:s3cret@h/", "-a", "METRO", code=COULD_NOT)
    assert "Use one of: BUS, DUBAI_POLICE, METRO, OTHER" in cctv(
        "add", "x", "rtsp://h/", "-a", "X", code=COULD_NOT
    )
    assert "there is no camera called nobody" in cctv("show", "nobody", code=COULD_NOT)
    assert "nothing to change" in cctv("change", _added(cctv), code=COULD_NOT)
    assert "does not answer" in cctv("list", url="http://127.0.0.1:1", code=COULD_NOT)
    assert "does not answer" in cctv("list", url="http://[", code=COULD_NOT)
    assert "not UTF-8" not in cctv("import", "-", stdin="hello", code=COULD_NOT)


def test_names_do_not_paint_the_terminal(cctv: CommandLine) -> None:
    cctv("add", "[red]x[/] \\[b", "rtsp://h/1", "-a", "BUS")
    assert "[red]x[/] \\[b" in cctv("list")


def _added(cctv: CommandLine) -> str:
    return str(cctv.json(*ADD)["id"])
