"""What goes into a log line: JSON, tracebacks inside, no credentials."""

import json
import logging
from pathlib import Path

import pytest
import structlog

from cctv.base.errors import InvalidInput
from cctv.infra.telemetry import clean, log, setup_logging


@pytest.fixture(autouse=True)
def _logging_as_before() -> object:
    root = logging.getLogger()
    before = root.handlers[:], root.level
    yield
    root.handlers[:], level = before
    root.setLevel(level)
    structlog.reset_defaults()


def test_credentials_of_addresses_never_reach_a_line(capsys: pytest.CaptureFixture[str]) -> None:
    setup_logging("vms-service")
    log.info("camera_connecting", url="rtsp://admin:p%40ss@10.0.0.1/s", seen=[{"u": "rtsps://a:b@h/x"}])
    logging.getLogger("some.library").warning("cannot open %s", "rtsp://admin:hunter2@10.0.0.1/s")
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert lines[0]["service"] == "vms-service"
    assert lines[0]["event"] == "camera_connecting"
    assert "p%40ss" not in str(lines)
    assert "hunter2" not in str(lines)
    assert lines[0]["url"] == "rtsp://***@10.0.0.1/s"


def test_a_traceback_stays_on_its_line(capsys: pytest.CaptureFixture[str]) -> None:
    setup_logging("x")
    try:
        raise ValueError("broken rtsp://u:secret@h/")
    except ValueError as fault:
        log.error("failed", exc_info=fault)
    (line,) = capsys.readouterr().out.splitlines()
    entry = json.loads(line)
    assert "ValueError" in entry["exception"]
    assert "secret" not in line


@pytest.mark.parametrize(
    ("address", "shown"),
    [
        ("valkey://:p@ss@10.0.0.1:6379/0", "valkey://***@10.0.0.1:6379/0"),
        ("postgresql://host/cctv?user=x&password=hunter2&sslmode=require", None),
        ("rtsp://10.0.0.1/s?user=admin&pwd=hunter2", "rtsp://10.0.0.1/s?user=admin&pwd=***"),
    ],
)
def test_a_password_with_an_at_or_in_a_query_is_hidden_whole(address: str, shown: str | None) -> None:
    assert clean(f"cannot reach {address} now") == f"cannot reach {shown or address.replace('hunter2', '***')} now"


@pytest.mark.parametrize(("name", "value"), [("LOG_LEVEL", "verbose"), ("LOG_FORMAT", "xml")])
def test_a_level_that_is_none_is_said(name: str, value: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(InvalidInput, match=name):
        setup_logging("x")


def test_a_level_may_stand_in_a_file_and_in_capitals(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "level").write_text("WARNING\n")
    monkeypatch.setenv("LOG_LEVEL_FILE", str(tmp_path / "level"))
    setup_logging("x")
    assert logging.getLogger().level == logging.WARNING


def test_clean_leaves_other_text_alone() -> None:
    assert clean("mail me@example.org about rtsp://h/1") == "mail me@example.org about rtsp://h/1"
