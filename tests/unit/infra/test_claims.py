"""Claims: of all processes of a machine one has a number, and the death of that one frees it."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from cctv.infra.disks import Claims
from cctv.infra.disks.claims import LARGEST

_OTHER = """
import sys
from pathlib import Path
from cctv.infra.disks import Claims
claims = Claims(Path(sys.argv[1]))
print([claims.take(int(one)) for one in sys.argv[2:]], flush=True)
sys.stdin.read()
"""


@contextmanager
def other(path: Path, *numbers: int) -> Iterator[subprocess.Popen[str]]:
    """Another process that claims these, and its first words."""
    command = [sys.executable, "-c", _OTHER, str(path), *map(str, numbers)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        yield process
        process.kill()


def words(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    return process.stdout.readline().strip()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "some.claims"


def test_one_process_has_a_number_and_others_have_others(path: Path) -> None:
    claims = Claims(path)
    assert claims.take(5)
    assert claims.take(LARGEST)
    with other(path, 5, 6, LARGEST) as process:
        assert words(process) == "[False, True, False]"
        assert not claims.take(6)


def test_what_is_left_is_free(path: Path) -> None:
    claims = Claims(path)
    assert claims.take(5)
    claims.leave(5)
    with other(path, 5) as process:
        assert words(process) == "[True]"


def test_death_frees_what_was_claimed(path: Path) -> None:
    claims = Claims(path)
    with other(path, 5) as process:
        assert words(process) == "[True]"
        assert not claims.take(5)
        process.kill()
        process.wait()
        assert claims.take(5)


def test_a_number_is_claimed_once_in_a_process_too(path: Path) -> None:
    claims = Claims(path)
    assert claims.take(5)
    assert not claims.take(5)
    claims.leave(5)
    assert claims.take(5)


def test_leaving_what_is_not_ours_leaves_it_to_whose_it_is(path: Path) -> None:
    claims = Claims(path)
    with other(path, 5) as process:
        assert words(process) == "[True]"
        claims.leave(5)
        assert not claims.take(5)


def test_a_disk_that_keeps_no_claims_refuses_nobody(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("not a folder")
    claims = Claims(tmp_path / "file" / "some.claims")
    assert claims.take(5)
    claims.leave(5)
    claims.close()
