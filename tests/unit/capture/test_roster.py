"""The copy of what is to be recorded: on a disk that does not take it, and when a colleague knows better."""

from pathlib import Path
from uuid import UUID

import pytest

from cctv.base.ids import CameraId
from cctv.infra.keys import Keyring
from cctv.recording.capture.roster import Roster, Wanted
from cctv.recording.capture.subject import Source

CAMERA = CameraId(UUID(int=7))
WANTED = Wanted(CAMERA, "METRO", Source("rtsp://camera/1", "tcp", "off"), 1, 1)


def test_a_disk_that_refuses_is_asked_again_the_next_time(tmp_path: Path) -> None:
    roster = Roster(tmp_path / "recorder-0.roster", Keyring.load(tmp_path / "keys", make=True))
    in_the_way = tmp_path / "recorder-0.roster.new"
    in_the_way.mkdir()
    roster.save([WANTED], {CAMERA: 3})
    assert roster.load() == ([], {})
    in_the_way.rmdir()
    roster.save([WANTED], {CAMERA: 3})
    assert roster.load() == ([WANTED], {CAMERA: 3})


@pytest.mark.parametrize(("theirs", "ours_still"), [(2, True), (3, True), (4, False)])
def test_a_camera_that_a_colleague_took_meanwhile_is_not_ours(
    tmp_path: Path, theirs: int, ours_still: bool
) -> None:
    """This slot was away for longer than its lease, and PostgreSQL is away now: two would record one camera."""
    keyring = Keyring.load(tmp_path / "keys", make=True)
    roster, colleague = (Roster(tmp_path / f"recorder-{number}.roster", keyring) for number in (0, 1))
    roster.save([WANTED], {CAMERA: 3})
    colleague.save([WANTED], {CAMERA: theirs})
    assert roster.load() == (([WANTED], {CAMERA: 3}) if ours_still else ([], {}))


def test_a_colleague_s_copy_that_cannot_be_read_changes_nothing(tmp_path: Path) -> None:
    roster = Roster(tmp_path / "recorder-0.roster", Keyring.load(tmp_path / "keys", make=True))
    roster.save([WANTED], {CAMERA: 3})
    (tmp_path / "recorder-1.roster").write_bytes(b"torn")
    assert roster.load() == ([WANTED], {CAMERA: 3})
