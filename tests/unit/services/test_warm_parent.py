import subprocess
import sys


def test_the_warm_parent_has_what_services_share_and_not_pyav() -> None:
    """PyAV takes 30 MB, which only processes that touch packets should have; and forking beside it is a risk."""
    words = "from cctv.services.system import warm_up; warm_up(); import sys; print(*sys.modules)"
    loaded = subprocess.run(
        [sys.executable, "-c", words], capture_output=True, text=True, check=True
    ).stdout.split()
    assert {"fastapi", "sqlalchemy", "uvicorn", "cctv.viewing.playback"} <= set(loaded)
    assert "av" not in loaded
