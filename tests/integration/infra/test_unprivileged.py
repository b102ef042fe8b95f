"""PostgreSQL drops from root and must still reach a checkout that only root may enter (``/root``)."""

import sys
from pathlib import Path

from cctv.infra.embedded import EmbeddedPostgres, spawn


def test_a_dropped_child_passes_closed_folders_also_when_it_asks_first(tmp_path: Path) -> None:
    """access(2), which initdb asks about its binaries, has rules of its own about capabilities."""
    closed = tmp_path / "closed"
    closed.mkdir()
    (closed / "program").write_text("")
    (closed / "program").chmod(0o700)
    closed.chmod(0o700)
    asks = f"import os; raise SystemExit(not os.access({str(closed / 'program')!r}, os.R_OK | os.X_OK))"
    child = spawn([sys.executable, "-c", asks], name="asker", log=tmp_path / "log", unprivileged=True)
    assert child.process.wait(20) == 0, (tmp_path / "log").read_text()


def test_a_cluster_lives_below_a_closed_folder(tmp_path: Path) -> None:
    tmp_path.chmod(0o700)
    server = EmbeddedPostgres(tmp_path / "a folder" / "pg")
    server.start()
    try:
        assert server.child.alive()
    finally:
        server.stop()
