#!/usr/bin/env python3
"""All checks and tests, in two lanes beside each other: most of their time goes in waiting for something real.

One lane has what starts whole systems and browsers, so that only one of those is up at a time; the other has the
checks and the rings that need no system, and gives way to the first. The second lane's words are shown as they
come, the first one's when it has ended. Exit code 1 when anything failed.
"""

import subprocess
import sys
import tempfile
from pathlib import Path
from typing import IO

TOP = Path(__file__).resolve().parent.parent
WHOLE_SYSTEMS = ("system", "browser")
GIVES_WAY = ("nice", "-n", "5")
PARTS = ("unit", "architecture", "integration")
BY_TWO = ("-n", "2", "--dist", "loadfile")
"""Two files of tests of parts at a time, each with servers of its own: they use a quarter of a core each."""


def pytest(*rings: str, options: tuple[str, ...] = ()) -> list[str]:
    there = [f"tests/{ring}" for ring in rings if (TOP / "tests" / ring).is_dir()]
    return [sys.executable, "-m", "pytest", "-q", *options, *there]


def begin(words: list[str], *, to: IO[bytes] | None = None) -> "subprocess.Popen[bytes]":
    return subprocess.Popen(words, cwd=TOP, stdout=to, stderr=to and subprocess.STDOUT)


def main() -> None:
    failed = []
    with tempfile.TemporaryFile() as kept:
        systems = begin(pytest(*WHOLE_SYSTEMS), to=kept)
        try:
            parts = pytest(*PARTS, options=BY_TWO)
            for name, words in (("checks", ["scripts/check", "whole"]), ("tests of parts", parts)):
                if begin([*GIVES_WAY, *words]).wait() != 0:
                    failed.append(name)
            if systems.wait() != 0:
                failed.append("tests of whole systems")
        except KeyboardInterrupt:
            failed.append("stopped by hand")
            systems.wait()
        kept.seek(0)
        sys.stdout.flush()
        sys.stdout.buffer.write(kept.read())
    if failed:
        sys.exit(f"Failed: {', '.join(failed)}")


if __name__ == "__main__":
    main()
