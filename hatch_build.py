"""The hook of the build: a wheel and a source archive carry the built dashboard, which git does not.

One that is there already, as ``./cctv setup`` leaves it, is taken as it is; otherwise npm builds it. An editable
install needs none: it reads the checkout, where the launcher builds the dashboard in a step of its own.
"""

import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class DashboardHook(BuildHookInterface[Any]):
    """Called by hatchling before it looks which files there are."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:  # noqa: ARG002
        """``version`` is the kind of build: "standard" or "editable"."""
        root = Path(self.root)
        page = root / "src" / "cctv" / "services" / "dashboard" / "index.html"
        if version == "editable" or page.exists():
            return
        npm = shutil.which("npm")
        if npm is None:
            sys.exit("The dashboard is not built and npm is missing: run ./cctv setup first, or install Node 20.")
        source = root / "dashboard"
        steps = [["run", "build"]] if (source / "node_modules").exists() else [["ci"], ["run", "build"]]
        for step in steps:
            words = [npm, "--no-fund", "--no-audit", "--no-update-notifier", *step]
            if subprocess.run(words, cwd=source, check=False).returncode != 0:
                sys.exit(f"The dashboard could not be built: npm {' '.join(step)} failed in {source}.")
        if not page.exists():
            sys.exit(f"The dashboard could not be built: npm left no {page}.")
