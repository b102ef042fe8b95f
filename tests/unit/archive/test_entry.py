"""What a journal keeps of a batch is all of it."""

import json
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest

from cctv.base.faults import Cause
from cctv.base.ids import CameraId, RunId
from cctv.recording.archive import (
    Batch,
    Gap,
    Run,
    Segment,
    SegmentState,
    batch_from_entry,
    batch_to_entry,
    new_epoch,
)

NOW = datetime(2026, 3, 1, 12, 0, 0, 123456, tzinfo=UTC)


def full_batch() -> Batch:
    camera, run_id = CameraId(uuid4()), RunId(uuid4())
    epoch = new_epoch(node="n1", at=NOW, step=timedelta(hours=-1, microseconds=7))
    run = Run(
        id=run_id,
        camera_id=camera,
        fence=7,
        epoch=epoch.id,
        codec="h264",
        codecs="avc1.640028",
        width=1920,
        height=1080,
        rate=None,
        init=b"\x00\xff init",
        started_at=NOW,
        ended_at=NOW + timedelta(minutes=3),
        end_cause=Cause.NETWORK,
    )
    segment = Segment(
        camera_id=camera,
        run_id=run_id,
        seq=0,
        start=NOW,
        end=NOW + timedelta(minutes=1),
        size_bytes=1 << 40,
        sha256=bytes(range(32)),
        volume="default",
        object_name="A/b",
        state=SegmentState.DUPLICATE,
        fragments=b"\x01\x00",
    )
    gap = Gap(id=uuid4(), camera_id=camera, start=NOW, end=None, cause=Cause.DISK, detail={"words": "مرحبا"})
    return Batch((run,), (segment,), (gap,), (epoch,))


def test_a_batch_survives_json() -> None:
    batch = full_batch()
    assert batch_from_entry(json.loads(json.dumps(batch_to_entry(batch)))) == batch
    assert batch_from_entry(json.loads(json.dumps(batch_to_entry(Batch())))) == Batch()


def test_a_format_of_the_future_is_refused() -> None:
    with pytest.raises(ValueError, match="unknown format 2"):
        batch_from_entry({"format": 2})


def test_an_epoch_after_a_step_back_has_the_greater_id() -> None:
    first = new_epoch(node="n1", at=NOW)
    back = new_epoch(node="n1", at=NOW - timedelta(hours=1), step=timedelta(hours=-1), after=first)
    again = new_epoch(node="n1", at=NOW - timedelta(hours=2), step=timedelta(hours=-1), after=back)
    assert first.id < back.id < again.id
    assert {epoch.id.version for epoch in (first, back, again)} == {8}
