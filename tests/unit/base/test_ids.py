"""Object names are the last line of defence against path tricks, and runs carry their fence."""

from datetime import UTC, datetime
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cctv.base.ids import MAX_FENCE, CameraId, fence_of, new_run_id, object_name, parse_object_name


@given(st.integers(0, MAX_FENCE), st.integers(0, 2**60))
def test_a_run_carries_its_fence(fence: int, started_us: int) -> None:
    run = new_run_id(started_us=started_us, fence=fence)
    assert fence_of(run) == fence
    assert run.version == 8


def test_runs_sort_by_time() -> None:
    assert new_run_id(started_us=1_000_000, fence=9).int < new_run_id(started_us=2_000_000, fence=1).int


def test_names_are_read_back() -> None:
    camera, run = CameraId(uuid4()), new_run_id(started_us=5, fence=7)
    name = object_name(
        agency="METRO", camera=camera, run=run, seq=42, started=datetime(2026, 1, 2, 23, 59, tzinfo=UTC)
    )
    parts = parse_object_name(name)
    assert parts is not None
    assert (parts.agency, parts.camera, parts.run, parts.seq, parts.day) == (
        "METRO",
        camera,
        run,
        42,
        "2026/01/02",
    )
    assert str(parts) == name


@pytest.mark.parametrize("change", ["../", "%2e%2e/", "\n", "METRO/../"])
def test_tricks_are_no_names(change: str) -> None:
    name = object_name(
        agency="METRO",
        camera=CameraId(uuid4()),
        run=new_run_id(started_us=5, fence=7),
        seq=1,
        started=datetime(2026, 1, 2, tzinfo=UTC),
    )
    assert parse_object_name(change + name) is None
    assert parse_object_name(name + change) is None
