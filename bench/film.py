"""Recordings of real footage for benches, written by the recorder's own writer and catalogued by the archive."""

import hashlib
from datetime import datetime, timedelta
from uuid import UUID, uuid4

from bench.ground import Ground
from cctv.base.clock import from_us, to_us
from cctv.base.ids import CameraId, new_run_id, object_name
from cctv.infra.database import Database
from cctv.media.coding.codecs import codecs_string
from cctv.media.coding.nal import annexb_to_lengths, split_annexb
from cctv.media.coding.parameters import video_params
from cctv.media.model import Sample, TrackParams, VideoCodec
from cctv.media.mp4 import fmp4
from cctv.media.mp4.fmp4 import Fragment, Fragmenter, SegmentHead
from cctv.media.mp4.index import FragmentEntry, encode_index
from cctv.recording import archive
from cctv.recording.archive import Batch, Run, Segment
from cctv_simulator import footage, renditions
from cctv_simulator.kinds import parse_kind

SEGMENT_90K = 60 * 90_000


async def record_film(place: Ground, *, kind: str, start: datetime, minutes: int) -> CameraId:
    """A camera with ``minutes`` of ``kind`` of the simulator's film, looped, in files of a minute."""
    made = renditions.video(footage.cache_folder(), footage.film(footage.cache_folder()), parse_kind(kind))
    params = TrackParams(video_params(VideoCodec.H264, split_annexb(made.units[0].data)))
    start_us = to_us(start)
    run = Run(
        id=new_run_id(started_us=start_us, fence=1),
        camera_id=CameraId(uuid4()),
        fence=1,
        epoch=UUID(int=1),
        codec="h264",
        codecs=codecs_string(params),
        width=params.video.width,
        height=params.video.height,
        rate=params.video.fps,
        init=fmp4.init_segment(params),
        started_at=start,
    )
    fragmenter = Fragmenter(params, wall_us=lambda dts_90k: start_us + dts_90k * 100 // 9)
    segments: list[Segment] = []
    parts: list[Fragment] = []
    units = [(annexb_to_lengths(unit.data), unit) for unit in made.units]
    first_90k = made.units[0].dts
    for loop in range(minutes * SEGMENT_90K // made.duration + 1):
        shift = loop * made.duration - first_90k
        for data, unit in units:
            for one in fragmenter.push(Sample("video", unit.dts + shift, unit.pts + shift, unit.key, data)):
                if one.key_bytes and parts and one.dts_90k - parts[0].dts_90k >= SEGMENT_90K:
                    segments.append(_write(place, run, params, len(segments), parts))
                    parts = []
                parts.append(one)
    database = Database(place.database_url)
    async with database.write() as tx:
        await archive.record(tx, Batch(runs=(run,), segments=tuple(segments[:minutes])))
    await database.close()
    return run.camera_id


def _write(place: Ground, run: Run, params: TrackParams, seq: int, parts: list[Fragment]) -> Segment:
    start = from_us(parts[0].wall_us)
    head = fmp4.head(
        params,
        SegmentHead(
            camera=run.camera_id,
            run=run.id,
            seq=seq,
            fence=run.fence,
            agency="METRO",
            start_us=parts[0].wall_us,
            base_90k=parts[0].dts_90k,
            run_start_us=to_us(run.started_at),
        ),
    )
    content = head + b"".join(part.data for part in parts)
    name = object_name(agency="METRO", camera=run.camera_id, run=run.id, seq=seq, started=start)
    path = place.volume.archive_path(name)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    entries = [FragmentEntry(len(part.data), part.duration_90k, part.key_bytes) for part in parts]
    return Segment(
        camera_id=run.camera_id,
        run_id=run.id,
        seq=seq,
        start=start,
        end=start + timedelta(microseconds=sum(part.duration_90k for part in parts) * 100 // 9),
        size_bytes=len(content),
        sha256=hashlib.sha256(content).digest(),
        volume="default",
        object_name=name,
        fragments=encode_index(len(head), parts[0].dts_90k, entries),
    )
