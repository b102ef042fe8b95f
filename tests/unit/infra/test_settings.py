"""Settings that cannot be: the variable is named, its value never."""

from pathlib import Path

import pytest

from cctv.base.errors import InvalidInput
from cctv.recording.capture.settings import CaptureSettings
from cctv.services.settings import Folders, NoDataFolder, ServeSettings
from cctv.services.settings_list import check_settings
from cctv.viewing.playback.settings import PlaybackSettings


@pytest.mark.parametrize(
    ("group", "name", "value"),
    [
        (ServeSettings, "CCTV_RECORDERS", "many"),
        (ServeSettings, "CCTV_GATEWAY_PORT", "70000"),
        (ServeSettings, "CCTV_DATABASE_URL", "mysql://someone:hunter2@host/cctv"),
        (PlaybackSettings, "PLAYBACK_CACHE_SIZE", "huge"),
        (PlaybackSettings, "CCTV_PLAYBACK_STILL_WORKERS", "0"),
        (ServeSettings, "CCTV_VALKEY_URL", "someone:hunter2@host"),
        (CaptureSettings, "CCTV_CAPTURE_SILENCE_S", "-3"),
        (CaptureSettings, "CCTV_CAPTURE_SILENCE_S", "inf"),
    ],
)
def test_the_variable_is_named_and_its_value_is_not(
    group: type[ServeSettings], name: str, value: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(InvalidInput) as refused:
        group()
    assert refused.value.message.startswith(f"{name}: ")
    assert value not in refused.value.message
    assert "\n" not in refused.value.message


@pytest.mark.parametrize("name", ["CCTV_LISTEN", "CCTV_DATA", "CCTV_DATABASE_URL", "CCTV_VALKEY_URL"])
def test_an_empty_value_is_not_taken_for_any(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(name, "")
    with pytest.raises(InvalidInput, match=name):
        ServeSettings()


def test_settings_that_do_not_fit_each_other_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CCTV_CAPTURE_LEASE_S", "1")
    with pytest.raises(InvalidInput, match="CCTV_CAPTURE_LEASE_S must be two CCTV_CAPTURE_HEARTBEAT_S or more"):
        CaptureSettings()


def test_a_zone_that_does_not_exist_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CCTV_TIME_ZONE", "Mars/Olympus")
    with pytest.raises(InvalidInput, match="CCTV_TIME_ZONE: Mars/Olympus is no time zone"):
        PlaybackSettings()


def test_all_rooms_are_asked_at_the_start(monkeypatch: pytest.MonkeyPatch) -> None:
    check_settings()
    monkeypatch.setenv("CCTV_SESSION_HOURS", "abc")
    with pytest.raises(InvalidInput, match="CCTV_SESSION_HOURS"):
        check_settings()


@pytest.mark.parametrize(("content", "words"), [(None, "cannot be read"), (b"\xff\xfe", "is no text")])
def test_a_file_that_holds_no_value_is_said(
    content: bytes | None, words: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if content is not None:
        (tmp_path / "value").write_bytes(content)
    monkeypatch.setenv("CCTV_VALKEY_URL_FILE", str(tmp_path / "value"))
    with pytest.raises(InvalidInput, match=f"CCTV_VALKEY_URL_FILE.*{words}"):
        ServeSettings.from_options(data=tmp_path)


def test_what_the_command_line_gave_is_told_alike() -> None:
    with pytest.raises(InvalidInput, match="CCTV_GATEWAY_PORT"):
        ServeSettings.from_options(gateway_port=-1)


def test_a_folder_that_cannot_be_is_told_in_words(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.touch()
    with pytest.raises(NoDataFolder, match=f"{file}.*--data"):
        Folders(file).make()
