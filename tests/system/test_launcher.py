"""The launcher in checkouts of its own: a shell, a Python, nothing else is asked of the machine."""

import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest
from bench import recorder
from tests.browser.conftest import CHROMIUMS, find_chromium

ROOT = Path(__file__).resolve().parents[2]
TOOLS = ("cat", "cksum", "date", "dirname", "find", "id", "mkdir", "readlink", "rm", "sh", "sleep", "sort", "tail")


@pytest.fixture
def bare_path(tmp_path: Path) -> str:
    """A PATH with the tools that POSIX promises, and no Python, Node, apt-get or git."""
    folder = tmp_path / "bin"
    folder.mkdir()
    for tool in TOOLS:
        (folder / tool).symlink_to(str(shutil.which(tool)))
    return str(folder)


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """What git gives: the files that are tracked, in a folder whose name has a space."""
    folder = tmp_path / "a checkout"
    folder.mkdir()
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True).stdout
    for name in filter(None, listed.decode().split("\0")):
        if (ROOT / name).exists():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, folder / name)
    return folder


def run(*command: str | Path, **env: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([str(word) for word in command], capture_output=True, text=True, check=False, env=env)


def test_without_python_one_line_says_what_to_install(checkout: Path, bare_path: str) -> None:
    told = run(checkout / "cctv", "setup", PATH=bare_path, CCTV_PYTHON="/nonexistent/python3")
    assert told.returncode == 2
    assert told.stderr.count("\n") == 1
    assert "Python 3.11" in told.stderr
    assert not (checkout / ".venv").exists(), "nothing was changed"


def test_a_step_that_fails_shows_its_last_words_and_names_its_log(checkout: Path) -> None:
    (checkout / "requirements" / "runtime.txt").write_text("no-such-package==1 --hash=sha256:00\n")
    env = {"PATH": os.environ["PATH"], "HOME": "/nonexistent", "PIP_NO_INDEX": "1"}
    told = run(checkout / "cctv", "--version", **env)
    assert told.returncode == 2
    assert "Python packages (runtime) … failed" in told.stderr
    assert str(checkout / ".venv" / "setup.log") in told.stderr
    assert told.stdout == ""


@pytest.fixture
def tools(bare_path: str) -> Path:
    """The same PATH as a folder, to put stand-ins in."""
    return Path(bare_path)


@pytest.fixture
def ready(checkout: Path) -> Path:
    """A checkout whose environment is there already; its Python notes what it is asked for in ``asked``."""
    (checkout / "dashboard" / "package-lock.json").unlink()
    venv = checkout / ".venv"
    (venv / "stamps").mkdir(parents=True)
    (venv / "stamps" / "environment").write_text(str(venv.resolve()))
    stand_in(
        venv / "bin" / "python", f'echo "$*" >>"{checkout}/asked"; case "$*" in *bench.misses) exit 1 ;; esac'
    )
    stand_in(venv / "bin" / "npm", "exit 0")
    return checkout


def stand_in(path: Path, words: str) -> None:
    path.parent.mkdir(exist_ok=True)
    path.unlink(missing_ok=True)  # a link leads to the machine's own
    path.write_text(f"#!/bin/sh\n{words}\n")
    path.chmod(0o755)


def test_a_package_that_there_is_not_costs_itself_alone(ready: Path, tools: Path, tmp_path: Path) -> None:
    """Ubuntu has no package chromium, and apt-get installs all that it is asked for or nothing."""
    stand_in(tools / "id", "echo 0")
    stand_in(tools / "apt-get", f'echo "$*" >>"{tmp_path}/apt"; case "$*" in *chromium*) exit 100 ;; esac')
    told = run(ready / "cctv", "test", PATH=str(tools), TMPDIR=str(tmp_path))
    assert told.returncode == 0, told.stderr
    installs = [line for line in (tmp_path / "apt").read_text().splitlines() if line.startswith("install")]
    asked = [words.rpartition("--no-install-recommends ")[2] for words in installs]
    assert asked == ["chromium ffmpeg shellcheck prometheus", "chromium", "ffmpeg", "shellcheck", "prometheus"]
    assert "cctv: going on without chromium (why: " in told.stderr
    assert (ready / "asked").read_text().splitlines()[-1] == "scripts/tests.py"


def test_chromium_is_known_by_its_other_names(tools: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tools))
    assert find_chromium() is None
    stand_in(tools / "chromium-browser", "echo 'install the snap' >&2; exit 1")
    assert find_chromium() is None
    stand_in(tools / "google-chrome", "echo Google Chrome 140")
    assert find_chromium() == str(tools / "google-chrome")
    assert " ".join(CHROMIUMS) in (ROOT / "cctv").read_text(), "the launcher installs it where none of them is"


def test_a_bench_that_misses_its_target_does_not_end_the_others(ready: Path, tools: Path) -> None:
    told = run(ready / "cctv", "bench", "misses", "other", PATH=str(tools))
    assert told.returncode == 1
    assert (ready / "asked").read_text().splitlines()[-2:] == ["-m bench.misses", "-m bench.other"]
    assert told.stderr.splitlines()[-1] == "Targets missed, or benches that could not run: misses"


def test_ten_minutes_of_500_cameras_are_asked_for_by_bench_full(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "argv", ["bench.recorder"])
    monkeypatch.delenv("BENCH_FULL", raising=False)
    assert recorder.rounds() == ["hundred", "flat"]
    monkeypatch.setenv("BENCH_FULL", "1")
    assert recorder.rounds() == ["hundred", "flat", "many"]


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_a_fresh_checkout_is_set_up_and_a_second_run_does_nothing_again(checkout: Path, tmp_path: Path) -> None:
    env = {**os.environ, "HOME": "/nonexistent"}
    link = tmp_path / "cctv"
    link.symlink_to(checkout / "cctv")
    first = run(checkout / "cctv", "setup", **env)
    assert first.returncode == 0, first.stderr
    assert (checkout / ".venv" / "bin" / "cctv").exists()
    assert (checkout / "src" / "cctv" / "services" / "dashboard" / "index.html").exists()
    began = time.monotonic()
    second = run(link, "--version", **env)
    assert second.stdout.startswith("RTA CCTV ")
    assert second.stderr == ""
    assert time.monotonic() - began < 10
