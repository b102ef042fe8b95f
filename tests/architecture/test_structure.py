"""House rules that no tool of the trade checks: front doors, sizes, names, and lines nobody may write."""

import ast
import re
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SOURCES = sorted((ROOT / "src").rglob("*.py"))
WINGS = ("viewing", "evidence", "recording", "cameras", "access")
DRAWERS = {"utils.py", "helpers.py", "common.py", "misc.py", "manager.py", "service.py"}
MOST_LINES = 500
MOST_TEST_LINES = 600
MOST_FILES_OF_A_ROOM = 24


def modules_imported(path: Path) -> list[str]:
    found = []
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module and node.level == 0:
            found += [f"{node.module}.{alias.name}" for alias in node.names]
    return found


def room_of(module: str) -> str | None:
    """``cctv.recording.archive`` for anything inside that room."""
    parts = module.split(".")
    return ".".join(parts[:3]) if len(parts) > 2 and parts[0] == "cctv" and parts[1] in WINGS else None


@cache
def shown_by(room: str) -> frozenset[str]:
    """The names in the ``__all__`` of a room's face."""
    face = (ROOT / "src").joinpath(*room.split("."), "__init__.py")
    for node in ast.parse(face.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "__all__":
            return frozenset(ast.literal_eval(node.value))
    return frozenset()


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_rooms_are_entered_by_the_front_door(path: Path) -> None:
    home = ".".join(path.relative_to(ROOT / "src").with_suffix("").parts)
    if home.startswith(("cctv.services", "cctv.cli")):
        return  # the composition root puts the insides together
    for module in modules_imported(path):
        room = room_of(module)
        if room is None or room == room_of(home):
            continue
        steps = module.split(".")
        assert len(steps) <= 4, f"{home} imports {module}, past the face of {room}"
        if len(steps) == 4 and steps[3] not in shown_by(room):
            inside = (ROOT / "src").joinpath(*steps)
            known = inside.with_suffix(".py").exists() or inside.is_dir()
            assert not known, f"{home} imports the inner module {module}; enter by {room}"


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_a_file_is_one_thing(path: Path) -> None:
    assert path.name not in DRAWERS, "name it after the thing that it is"
    assert len(path.read_text(encoding="utf-8").splitlines()) <= MOST_LINES


def test_test_files_stay_readable() -> None:
    for path in (ROOT / "tests").rglob("*.py"):
        assert len(path.read_text(encoding="utf-8").splitlines()) <= MOST_TEST_LINES, path


def test_faces_only_reexport() -> None:
    for path in SOURCES:
        if path.name == "__init__.py":
            tree = ast.parse(path.read_text(encoding="utf-8"))
            odd = [node for node in tree.body if isinstance(node, ast.ClassDef | ast.AsyncFunctionDef)]
            assert not odd, f"{path}: a face has no classes of its own"


def test_rooms_are_not_halls() -> None:
    for wing in WINGS:
        for room in (ROOT / "src" / "cctv" / wing).iterdir():
            if room.is_dir():
                assert len(list(room.glob("*.py"))) <= MOST_FILES_OF_A_ROOM, room


def tracked_text() -> list[Path]:
    endings = {".py", ".md", ".toml", ".txt", ".sh", ".ts", ".tsx", ".json", ".yml", ".yaml", ".css", ""}
    skipped = {"node_modules", ".venv", ".git", ".mypy_cache", ".ruff_cache", ".pytest_cache", ".hypothesis"}
    return [
        path
        for path in ROOT.rglob("*")
        if path.is_file() and path.suffix in endings and not skipped & set(path.relative_to(ROOT).parts)
    ]


def test_no_registry_and_no_path_of_a_machine_is_written_down() -> None:
    hosts = re.compile(r"files\.pythonhosted|registry\.npmjs|pypi\.org/simple|/" + r"work/|/" + r"root/")
    for path in tracked_text():
        if path.name in ("cctv", "Makefile") or path == Path(__file__):
            continue
        text = path.read_text(encoding="utf-8", errors="replace")
        found = hosts.search(text)
        assert not found, f"{path.relative_to(ROOT)} contains {found[0] if found else ''}"
