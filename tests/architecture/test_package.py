"""What is built of the project carries the dashboard, though git does not."""

import os
import shutil
import zipfile
from pathlib import Path

import pytest
from hatchling.builders.sdist import SdistBuilder
from hatchling.builders.wheel import WheelBuilder

ROOT = Path(__file__).resolve().parents[2]
DASHBOARD = Path("src", "cctv", "services", "dashboard")
BUILD_FILES = ("pyproject.toml", "hatch_build.py", ".gitignore", "README.md", "LICENSE")
NPM = f"""#!/bin/sh
echo "$*" >>../asked
case "$*" in
    *"run build") mkdir -p ../{DASHBOARD} && echo page >../{DASHBOARD}/index.html ;;
esac
"""


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """The project with its Python code, without anything that was built or installed."""
    folder = tmp_path / "tree"
    shutil.copytree(ROOT / "src", folder / "src", ignore=shutil.ignore_patterns("dashboard", "__pycache__"))
    for name in BUILD_FILES:
        shutil.copy2(ROOT / name, folder / name)
    (folder / "dashboard").mkdir()
    return folder


@pytest.fixture
def tools(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The only folder on PATH, empty."""
    folder = tmp_path / "tools"
    folder.mkdir()
    monkeypatch.setenv("PATH", str(folder))
    return folder


def wheel_of(tree: Path, version: str = "standard") -> list[str]:
    """The names in a wheel that is really built."""
    (built,) = WheelBuilder(str(tree)).build(directory=str(tree / "dist"), versions=[version])
    with zipfile.ZipFile(built) as archive:
        return archive.namelist()


def test_wheel_and_source_archive_carry_a_built_dashboard(tree: Path, tools: Path) -> None:
    for name in ("index.html", "assets/page-1a2b.js"):
        (tree / DASHBOARD / name).parent.mkdir(parents=True, exist_ok=True)
        (tree / DASHBOARD / name).write_text("built")
    names = wheel_of(tree)
    assert "cctv/cli/__init__.py" in names
    assert {"cctv/services/dashboard/index.html", "cctv/services/dashboard/assets/page-1a2b.js"} <= set(names)
    in_source = {one.distribution_path for one in SdistBuilder(str(tree)).recurse_included_files()}
    assert {"hatch_build.py", (DASHBOARD / "index.html").as_posix()} <= in_source


def test_a_wheel_without_dashboard_is_not_built(tree: Path, tools: Path) -> None:
    with pytest.raises(
        SystemExit, match=r"^The dashboard is not built and npm is missing: run \./cctv setup first"
    ):
        wheel_of(tree)
    assert not list(tree.glob("dist/*.whl"))


def test_npm_builds_the_dashboard_of_a_wheel_where_there_is_none(
    tree: Path, tools: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", f"{tools}{os.pathsep}{os.defpath}")
    (tools / "npm").write_text(NPM)
    (tools / "npm").chmod(0o755)
    assert "cctv/services/dashboard/index.html" in wheel_of(tree)
    asked = (tree / "asked").read_text().splitlines()
    assert [words.rpartition("--no-update-notifier ")[2] for words in asked] == ["ci", "run build"]
    wheel_of(tree)
    assert len((tree / "asked").read_text().splitlines()) == 2, "one that is there is taken as it is"


def test_an_editable_install_needs_no_dashboard(tree: Path, tools: Path) -> None:
    names = wheel_of(tree, "editable")
    assert [name for name in names if name.endswith(".pth")]
