"""Made-up footage: rows as a recorder would tell them, and real segment files with made-up pictures."""

import hashlib
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID, uuid4

import pytest

from cctv.base.clock import to_us
from cctv.base.ids import CameraId, RunId, new_run_id, object_name
from cctv.infra.disks import SpoolFile, Volume
from cctv.media.coding import codecs
from cctv.media.model import Sample, TrackParams, VideoCodec, VideoParams
from cctv.media.mp4 import fmp4
from cctv.media.mp4.index import FragmentEntry, encode_index
from cctv.recording.archive import Batch, Epoch, Run, Segment, SegmentState, new_epoch

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


@dataclass
class Footage:
    """A camera and what is told of it. Runs and segments come out in order; nothing is written anywhere."""

    camera: CameraId = field(default_factory=lambda: CameraId(uuid4()))
    epoch: Epoch = field(default_factory=lambda: new_epoch(node="n1", at=NOON))
    volume: str = "default"

    def run(self, start: datetime = NOON, *, fence: int = 1, epoch: UUID | None = None) -> Run:
        return Run(
            id=new_run_id(started_us=to_us(start), fence=fence),
            camera_id=self.camera,
            fence=fence,
            epoch=epoch or self.epoch.id,
            codec="h264",
            codecs="avc1.640028",
            width=640,
            height=272,
            rate=25.0,
            init=b"init of " + str(start).encode(),
            started_at=start,
        )

    def segment(
        self,
        run: Run,
        seq: int = 0,
        *,
        start: datetime | None = None,
        length: timedelta = MINUTE,
        state: SegmentState = SegmentState.STORED,
    ) -> Segment:
        """The ``seq``-th minute of the run, or another piece of it."""
        begins = start if start is not None else run.started_at + seq * MINUTE
        return Segment(
            camera_id=self.camera,
            run_id=run.id,
            seq=seq,
            start=begins,
            end=begins + length,
            size_bytes=1000 + seq,
            sha256=hashlib.sha256(run.id.bytes + bytes((seq % 256,))).digest(),
            volume=self.volume,
            object_name=object_name(
                agency="OTHER", camera=self.camera, run=RunId(run.id), seq=seq, started=begins
            ),
            state=state,
            fragments=b"\x01index",
        )

    def minutes(self, run: Run, count: int, *, first: int = 0) -> tuple[Segment, ...]:
        return tuple(self.segment(run, seq) for seq in range(first, first + count))

    def batch(self, start: datetime = NOON, minutes: int = 1, *, fence: int = 1) -> Batch:
        """A run of some minutes, with its epoch."""
        run = self.run(start, fence=fence)
        return Batch((run,), self.minutes(run, minutes), (), (self.epoch,))


@pytest.fixture
def footage() -> Footage:
    return Footage()


@pytest.fixture
def other_footage() -> Footage:
    return Footage()


PARAMS = TrackParams(
    VideoParams(
        VideoCodec.H264,
        1920,
        1080,
        (
            bytes.fromhex("67640028acd940780227e5c05a808080a0000003002000000791e30632c0"),
            bytes.fromhex("68ebe3cb22c0"),
        ),
    )
)
_FRAME_90K = 18_000  # five frames a second
_FRAMES_A_SECOND = 5


@dataclass
class Film:
    """A recorder in small: writes runs of real segment files of some seconds, and says the rows for them."""

    volume: Volume
    camera: CameraId = field(default_factory=lambda: CameraId(uuid4()))
    epoch: Epoch = field(default_factory=lambda: new_epoch(node="n1", at=NOON))
    agency: str = "OTHER"

    def shoot(
        self,
        start: datetime = NOON,
        *,
        files: int = 1,
        seconds: int = 4,
        fence: int = 1,
        epoch: Epoch | None = None,
    ) -> Batch:
        """A run of stored files, as rows that nobody recorded yet."""
        written = self.spool(start, files=files, seconds=seconds, fence=fence, epoch=epoch)
        for file, _ in written:
            self.volume.store(file)
        return _one_batch([batch for _, batch in written])

    def spool(
        self,
        start: datetime = NOON,
        *,
        files: int = 1,
        seconds: int = 4,
        fence: int = 1,
        epoch: Epoch | None = None,
    ) -> list[tuple[SpoolFile, Batch]]:
        """The files still in the spool and locked, each with its rows."""
        epoch = epoch or self.epoch
        run = RunId(new_run_id(started_us=to_us(start), fence=fence))
        fragmenter = fmp4.Fragmenter(PARAMS, wall_us=lambda dts_90k: to_us(start) + dts_90k * 100 // 9)
        written: list[tuple[SpoolFile, Batch]] = []
        previous: bytes | None = None
        for seq in range(files):
            file, batch = self._file(run, seq, start, seconds, (fence, epoch), (fragmenter, previous))
            previous = batch.segments[0].sha256
            written.append((file, batch))
        return written

    def _file(
        self,
        run: RunId,
        seq: int,
        run_start: datetime,
        seconds: int,
        lease: tuple[int, Epoch],
        state: tuple[fmp4.Fragmenter, bytes | None],
    ) -> tuple[SpoolFile, Batch]:
        fence, epoch = lease
        fragmenter, previous = state
        first = seq * seconds * _FRAMES_A_SECOND
        start = run_start + timedelta(seconds=seq * seconds)
        head = fmp4.head(
            PARAMS,
            fmp4.SegmentHead(
                camera=self.camera,
                run=run,
                seq=seq,
                fence=fence,
                agency=self.agency,
                start_us=to_us(start),
                base_90k=first * _FRAME_90K,
                run_start_us=to_us(run_start),
                epoch=epoch.id,
                epoch_at_us=to_us(epoch.at),
                epoch_step_us=epoch.step // timedelta(microseconds=1),
                node=epoch.node,
                prev_sha256=previous,
            ),
        )
        fragments: list[fmp4.Fragment] = []
        for number in range(first, first + seconds * _FRAMES_A_SECOND):
            at = number * _FRAME_90K
            picture = number.to_bytes(4, "big") * (40 if number % 10 == 0 else 4)
            data = len(picture).to_bytes(4, "big") + picture
            fragments += fragmenter.push(Sample("video", at, at, number % 10 == 0, data))
        fragments += fragmenter.flush()
        name = object_name(agency=self.agency, camera=self.camera, run=run, seq=seq, started=start)
        file = self.volume.create(name)
        content = head + b"".join(fragment.data for fragment in fragments)
        file.write(content)
        segment = Segment(
            camera_id=self.camera,
            run_id=run,
            seq=seq,
            start=start,
            end=start + timedelta(seconds=seconds),
            size_bytes=len(content),
            sha256=hashlib.sha256(content).digest(),
            prev_sha256=previous,
            volume=self.volume.id,
            object_name=name,
            fragments=encode_index(
                len(head),
                first * _FRAME_90K,
                [FragmentEntry(len(one.data), one.duration_90k, one.key_bytes) for one in fragments],
            ),
        )
        return file, Batch((self._run(run, run_start, fence, epoch),), (segment,), (), (epoch,))

    def _run(self, run: RunId, start: datetime, fence: int, epoch: Epoch) -> Run:
        return Run(
            id=run,
            camera_id=self.camera,
            fence=fence,
            epoch=epoch.id,
            codec="h264",
            codecs=codecs.codecs_string(PARAMS),
            width=1920,
            height=1080,
            rate=None,
            init=fmp4.init_segment(PARAMS),
            started_at=start,
        )


def _one_batch(batches: list[Batch]) -> Batch:
    return Batch(batches[0].runs, tuple(one for batch in batches for one in batch.segments), (), batches[0].epochs)


@pytest.fixture
def volume(tmp_path: Path) -> Volume:
    return Volume("default", tmp_path / "volume")


@pytest.fixture
def film(volume: Volume) -> Film:
    return Film(volume)


@pytest.fixture
def other_film(volume: Volume) -> Film:
    return Film(volume)
