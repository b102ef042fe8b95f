"""Samples become files with rows, whatever the disk does: a whole recorder but for cameras and database.

The n-th call of the disk fails, for every n: then what is in the journal is what is on the disk, byte for byte,
and the book of gaps covers what is missing.
"""

import errno
import hashlib
import time
from collections.abc import Callable
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from cctv.base.clock import TICKS_PER_S, SystemClock, to_us
from cctv.base.faults import Cause
from cctv.base.ids import CameraId
from cctv.base.span import Span, merge_spans
from cctv.infra.disks import Journal, OsFiles, Volume
from cctv.media.model import Sample, TrackParams, VideoCodec, VideoParams
from cctv.media.mp4 import fmp4
from cctv.recording.archive import Batch, batch_from_entry
from cctv.recording.capture import CaptureSettings, Slot
from cctv.recording.capture.subject import Subject
from cctv.recording.capture.workshop import Site, Workshop
from cctv.recording.capture.writing.camera_recorder import CameraRecorder

CAMERA = CameraId(UUID(int=7))
PARAMS = TrackParams(VideoParams(VideoCodec.MJPEG, 64, 48))
FRAME_90K = 3600


class Failing(OsFiles):
    """A disk whose n-th call fails; ``for_good``: and all after it."""

    def __init__(self, number: int, *, code: int = errno.EIO, for_good: bool = False) -> None:
        self.calls = 0
        self._number = number
        self._code = code
        self._for_good = for_good

    def _count(self) -> None:
        self.calls += 1
        if self.calls == self._number or (self._for_good and self.calls > self._number):
            raise OSError(self._code, "the disk fails")

    def create(self, path: Path) -> int:
        self._count()
        return super().create(path)

    def write(self, descriptor: int, data: bytes) -> None:
        try:
            self._count()
        except OSError:
            super().write(descriptor, data[: len(data) // 2])
            raise
        super().write(descriptor, data)

    def sync(self, descriptor: int) -> None:
        self._count()
        super().sync(descriptor)

    def sync_folder(self, folder: Path) -> None:
        self._count()
        super().sync_folder(folder)

    def rename(self, source: Path, target: Path) -> None:
        self._count()
        super().rename(source, target)


class Hasty(SystemClock):
    """The machine's clock, in a world where frames pass faster."""

    def __init__(self) -> None:
        self.ahead_us = 0

    def wall_us(self) -> int:
        return super().wall_us() + self.ahead_us

    def monotonic_us(self) -> int:
        return super().monotonic_us() + self.ahead_us


class Bench:
    """A workshop with one camera, fed by hand."""

    def __init__(self, folder: Path, files: OsFiles | None = None, **settings: Any) -> None:
        self.clock = Hasty()
        self.volume = Volume("default", folder / "volume", files=OsFiles())
        self.volume._files = files or OsFiles()  # its folders are made; from now on the disk is as it is
        self.journal = folder / "journal" / "recorder-0.journal"
        self.workshop = Workshop(
            site=Site(slot=Slot(node="n"), volumes=[self.volume], folder=folder / "journal"),
            settings=CaptureSettings(segment_s=1.0, sync_s=0.05, stop_s=2.0, **settings),
            clock=self.clock,
            journal=Journal(self.journal),
        )
        self.recorder = CameraRecorder(Subject(CAMERA, "METRO", 1), self.workshop.desk)
        self._number = 0
        self.at_90k = 0

    def start(self) -> None:
        self.workshop.start()
        self.workshop.books.open(CAMERA, planned_from_us=self.workshop.clock.now_us())
        self.workshop.books.tail(CAMERA, None, None, Cause.RESTART)
        self.recorder.begin(PARAMS, lambda: None)

    def feed(self, frames: int, *, gop: int = 12, size: int = 500, step_90k: int = FRAME_90K) -> None:
        for _ in range(frames):
            at = self.at_90k
            self.recorder.push(
                Sample("video", at, at, self._number % gop == 0, bytes([self._number % 251]) * size)
            )
            self._number += 1
            self.at_90k += step_90k
            self.clock.ahead_us += step_90k * 100 // 9

    def stop(self) -> Batch:
        """End in good order; everything that was noted."""
        self.recorder.end(Cause.RESTART, lasting=False)
        self.workshop.stop(2.0)
        self.workshop.notebook.stop()
        self.workshop.notebook.close()
        batches = [batch_from_entry(entry) for entry in Journal(self.journal).waiting()]
        return Batch(
            runs=tuple(run for batch in batches for run in batch.runs),
            segments=tuple(
                sorted((one for batch in batches for one in batch.segments), key=lambda one: one.start)
            ),
            gaps=tuple(gap for batch in batches for gap in batch.gaps),
        )

    def holds(self, batch: Batch) -> None:
        """Each row has its file, of that hash, and the rows of a run abut and are chained."""
        for segment in batch.segments:
            path = self.volume.find(segment.object_name)
            assert path is not None, segment.object_name
            data = path.read_bytes()
            assert hashlib.sha256(data).digest() == segment.sha256
            with path.open("rb") as file:
                scan = fmp4.scan(file)
            assert scan.valid_bytes == len(data) == segment.size_bytes
            assert scan.head.start_us == to_us(segment.start)
        for one, two in pairwise(batch.segments):
            if (one.run_id, one.seq + 1) == (two.run_id, two.seq):
                assert one.end == two.start
                assert two.prev_sha256 == one.sha256
        last = {gap.id: gap for gap in batch.gaps}.values()
        missing = [Span(gap.start, gap.end) for gap in last if gap.end is not None]
        covered = merge_spans([*missing, *(segment.span for segment in batch.segments)])
        assert len(covered) <= 1, "what is not recorded is a gap"


def settle(true: Callable[[], bool], limit_s: float = 5) -> None:
    end = time.monotonic() + limit_s
    while not true() and time.monotonic() < end:
        time.sleep(0.005)


def test_samples_become_files_that_abut(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    bench.start()
    bench.feed(200)
    batch = bench.stop()
    bench.holds(batch)
    assert len(batch.segments) >= 5
    assert not list(bench.volume.spooled())
    assert len({segment.run_id for segment in batch.segments}) == 1
    assert sum((segment.end - segment.start).total_seconds() for segment in batch.segments) == pytest.approx(
        8, 0.01
    )


def count_calls(folder: Path) -> int:
    files = Failing(10**9)
    bench = Bench(folder, files)
    bench.start()
    bench.feed(100)
    bench.stop()
    return files.calls


@pytest.mark.parametrize("code", [errno.EIO, errno.ENOSPC])
def test_whatever_call_of_the_disk_fails_the_rows_are_true(tmp_path: Path, code: int) -> None:
    calls = count_calls(tmp_path / "count")
    for number in range(1, calls + 1, 3):
        bench = Bench(tmp_path / f"at-{number}", Failing(number, code=code))
        bench.start()
        for _ in range(4):
            bench.feed(25)
            bench.workshop.drain(1)
        batch = bench.stop()
        bench.holds(batch)
        assert batch.segments, f"after failure {number} it goes on"


def test_a_disk_that_fails_for_good_leaves_a_gap_with_its_cause(tmp_path: Path) -> None:
    bench = Bench(tmp_path, Failing(30, for_good=True))
    bench.start()
    bench.feed(50)
    settle(lambda: not bench.recorder.recording, limit_s=1)
    bench.feed(100)
    batch = bench.stop()
    bench.holds(batch)
    last = {gap.id: gap for gap in batch.gaps}
    assert any(gap.cause is Cause.DISK for gap in last.values())


def test_a_disk_that_refuses_from_the_first_write_on_is_named(tmp_path: Path) -> None:
    bench = Bench(tmp_path, Failing(1, code=errno.EROFS, for_good=True))
    bench.start()
    for _ in range(4):
        bench.feed(25)
        bench.workshop.drain(1)
    batch = bench.stop()
    assert not batch.segments
    last = list({gap.id: gap for gap in batch.gaps}.values())[-1]
    assert (last.cause, last.end) == (Cause.DISK, None)
    assert "the disk fails" in last.detail["reason"] or "no volume" in last.detail["reason"]


def test_a_volume_that_is_read_only_or_does_not_answer_takes_no_video(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shelf = Bench(tmp_path).workshop.desk.shelves[0]
    assert shelf.look() > 0
    roomy = shelf.volume.usage()
    monkeypatch.setattr(shelf.volume, "usage", lambda: replace(roomy, read_only=True))
    assert (shelf.look(), shelf.full, shelf.wanted_bytes) == (0, True, 0)
    monkeypatch.undo()
    assert shelf.look() > 0
    assert not shelf.full
    shelf.volume.root = tmp_path / "gone"
    assert (shelf.look(), shelf.full) == (0, True)


def test_a_disk_slower_than_the_video_drops_whole_gops_and_says_so(tmp_path: Path) -> None:
    class Slow(OsFiles):
        slow = True

        def write(self, descriptor: int, data: bytes) -> None:
            if self.slow:
                time.sleep(0.05)
            super().write(descriptor, data)

    files = Slow()
    bench = Bench(tmp_path, files, camera_queue_bytes=200_000)
    bench.start()
    bench.feed(300, size=10_000)
    assert bench.workshop.desk.budget.waiting_bytes <= 200_000 + 130_000
    files.slow = False
    settle(lambda: bench.workshop.desk.budget.waiting_bytes == 0)
    bench.feed(100, size=10_000)
    batch = bench.stop()
    bench.holds(batch)
    assert len({segment.run_id for segment in batch.segments}) >= 2
    assert {gap.cause for gap in batch.gaps} & {Cause.DISK, Cause.OVERLOAD}


def test_new_parameters_and_a_new_fence_begin_runs_that_abut(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    bench.start()
    bench.feed(48)
    bench.recorder.begin(TrackParams(VideoParams(VideoCodec.MJPEG, 128, 96)), lambda: None)
    bench.feed(48)
    bench.recorder.readdress(Subject(CAMERA, "METRO", 2))
    bench.feed(48)
    batch = bench.stop()
    bench.holds(batch)
    runs = list(dict.fromkeys(segment.run_id for segment in batch.segments))
    assert len(runs) == 3
    for one, two in pairwise(batch.segments):
        assert one.end == two.start, "no frame is lost and none is shown twice"
    assert [run.fence for run in batch.runs if run.ended_at is None] == [1, 1, 2]


@pytest.mark.parametrize(("every_s", "gop"), [(3, 1), (3, 10), (9, 1)])
def test_a_camera_with_a_picture_every_few_seconds_is_recorded(tmp_path: Path, every_s: int, gop: int) -> None:
    bench = Bench(tmp_path)
    bench.start()
    bench.feed(30, gop=gop, step_90k=every_s * TICKS_PER_S)
    batch = bench.stop()
    bench.holds(batch)
    recorded_s = sum((segment.end - segment.start).total_seconds() for segment in batch.segments)
    assert recorded_s >= (30 - gop - 1) * every_s
    assert bench.recorder.jumps == 1, "how slow it is, is learnt once"


def test_what_is_missing_twice_is_a_gap_twice(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    bench.start()
    for at_s in (0, 10, 20):
        bench.clock.ahead_us += (at_s * TICKS_PER_S - bench.at_90k) * 100 // 9
        bench.at_90k = at_s * TICKS_PER_S
        bench.feed(6, gop=3)
    batch = bench.stop()
    bench.holds(batch)
    assert len({segment.run_id for segment in batch.segments}) == 3


def test_no_volume_that_takes_video_is_a_gap_with_cause_disk(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    bench.start()
    bench.workshop.desk.shelves[0].full = True
    bench.workshop.desk.shelves[0].look = lambda: 0  # type: ignore[method-assign]
    bench.feed(30)
    batch = bench.stop()
    assert not batch.segments
    assert batch.gaps[-1].cause is Cause.DISK
