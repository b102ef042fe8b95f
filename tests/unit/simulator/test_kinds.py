"""How kinds are written, what is offered, and that what is offered is documented."""

from pathlib import Path

import pytest
from typer.testing import CliRunner

from cctv_simulator import footage
from cctv_simulator.cli import app
from cctv_simulator.faults import FAULTS, UnknownFault, checked, refusal
from cctv_simulator.kinds import NAMES, UnknownKind, parse_kind

ROOT = Path(__file__).parents[3]


def test_a_kind_in_full() -> None:
    kind = parse_kind("H264-High-b-1080p-fps15-gop4@3500+aac")
    assert (kind.name, kind.width, kind.height, kind.fps, kind.gop_s) == ("h264-high-b", 1920, 1080, 15, 4)
    assert (kind.kbit, kind.audio, kind.b_frames, kind.profile) == (3500, "aac", True, "high")
    assert parse_kind(str(kind)) == kind


@pytest.mark.parametrize("name", NAMES)
def test_every_name_is_a_kind(name: str) -> None:
    kind = parse_kind(name)
    assert kind.name == name
    assert parse_kind(str(kind)) == kind


@pytest.mark.parametrize("text", ["", "h266", "h264", "h265-144p", "h265@fast", "h265+mp3", "h265-fps0", "h2650"])
def test_what_is_no_kind_is_refused_in_words(text: str) -> None:
    with pytest.raises(UnknownKind, match=r"."):
        parse_kind(text)


def test_1080p_is_two_megabits_unless_said_otherwise() -> None:
    assert parse_kind("h264-main-1080p").kbit == 2000


def test_faults_take_their_parameters_and_no_others() -> None:
    assert checked("slow_answers", {}) == {"seconds": 5.0}
    assert checked("slow_answers", {"seconds": 2}) == {"seconds": 2.0}
    with pytest.raises(UnknownFault, match="no parameter"):
        checked("slow_answers", {"minutes": 1})
    with pytest.raises(UnknownFault, match="no fault"):
        checked("sulking", {})


def test_refusals() -> None:
    assert refusal({"wrong_password": {}}, "DESCRIBE") == 401
    assert refusal({"not_found": {}}, "SETUP") == 404
    assert refusal({"busy": {}}, "SETUP") == 453
    assert refusal({"busy": {}}, "DESCRIBE") is None
    assert refusal({}, "PLAY") is None


def test_the_commands_describe_everything() -> None:
    runner = CliRunner()
    told = runner.invoke(app, ["faults"]).output
    assert all(name in told for name in FAULTS)
    served = runner.invoke(app, ["serve", "--help"], env={"COLUMNS": "200"}).output
    assert all(name in served for name in NAMES)


def test_the_film_is_the_one_of_the_requirements_file() -> None:
    assert (ROOT / "requirements" / "footage.txt").read_text() == footage.REQUIREMENT


def test_a_missing_film_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(footage.NoFootage, match="is not a file"):
        footage.film(tmp_path, tmp_path / "none.mp4")
