"""A catalogue with millions of segments, as recording leaves it: rows of all cameras interleaved in time.

Each camera has a run a day of 60 s segments with a key frame every two seconds, and two gaps a day.
"""

import random
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import psycopg

from cctv.base.clock import to_us
from cctv.base.ids import CameraId, new_run_id
from cctv.media.mp4.index import FragmentEntry, encode_index

MINUTES = 24 * 60
MISSING = (400, 401, 900)
"""Minutes of each day that were not recorded."""

_ROWS = """
    INSERT INTO video_segments
        (camera_id, start_time, end_time, run_id, seq, bytes, sha256, volume, object_name, state, fragments)
    SELECT c.camera, %(day)s::timestamptz + make_interval(secs => m * 60 + c.n %% 60),
           %(day)s::timestamptz + make_interval(secs => m * 60 + 60 + c.n %% 60), c.run, m, 15000000,
           sha256(convert_to(c.camera::text || m, 'UTF8')), 'default',
           'METRO/' || c.camera || to_char(%(day)s::timestamptz, '/YYYY/MM/DD/')
               || replace(c.run::text, '-', '') || '-' || lpad(m::text, 6, '0') || '.mp4',
           'stored', (%(indexes)s::bytea[])[1 + (m + c.n) %% 16]
    FROM generate_series(0, 1439) AS m
    CROSS JOIN unnest(%(cameras)s::uuid[], %(runs)s::uuid[]) WITH ORDINALITY AS c (camera, run, n)
    WHERE m <> ALL(%(missing)s) AND m * 60 + 60 + c.n %% 60 <= 86400
    ORDER BY 2
"""
_RUNS = """
    INSERT INTO recording_runs (id, camera_id, fence, epoch, codec, codecs, width, height, rate, init, started_at)
    SELECT run, camera, 1, %(epoch)s, 'h264', 'avc1.640028', 1920, 1080, 25, '\\x00', %(day)s
    FROM unnest(%(cameras)s::uuid[], %(runs)s::uuid[]) AS c (camera, run)
"""
_SPANS = """
    INSERT INTO recording_spans (camera_id, start_time, end_time, fence, epoch, freed)
    SELECT camera, %(day)s::timestamptz + make_interval(mins => part[1]),
           %(day)s::timestamptz + make_interval(mins => part[2]), 1, %(epoch)s, false
    FROM unnest(%(cameras)s::uuid[]) AS camera,
         (VALUES (ARRAY[0, 400]), (ARRAY[402, 900]), (ARRAY[901, 1440])) AS p (part)
"""
_GAPS = """
    INSERT INTO recording_gaps (id, camera_id, start_time, end_time, cause)
    SELECT gen_random_uuid(), camera, %(day)s::timestamptz + make_interval(mins => part[1]),
           %(day)s::timestamptz + make_interval(mins => part[2]), 'network'
    FROM unnest(%(cameras)s::uuid[]) AS camera, (VALUES (ARRAY[400, 402]), (ARRAY[900, 901])) AS p (part)
"""


@dataclass(frozen=True)
class Loaded:
    """Which cameras there are, from when to when, and how many segments."""

    cameras: list[CameraId]
    start: datetime
    days: int
    segments: int


def load(url: str, *, cameras: int, days: int) -> Loaded:
    """Fill an empty catalogue at ``url``; some 20,000 rows a second."""
    dice = random.Random(7)
    indexes = [_index(dice) for _ in range(16)]
    ids = [CameraId(uuid4()) for _ in range(cameras)]
    start = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0) - timedelta(days=days)
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("SET synchronous_commit = off")
        connection.execute("SET timezone = 'UTC'")
        for number in range(days):
            day = start + timedelta(days=number)
            values = {
                "day": day,
                "cameras": ids,
                "runs": [new_run_id(started_us=to_us(day), fence=1) for _ in ids],
                "indexes": indexes,
                "missing": list(MISSING),
                "epoch": UUID(int=1),
            }
            connection.execute("SELECT ensure_segment_partition(%(day)s::date)", values)
            for statement in (_RUNS, _ROWS, _SPANS, _GAPS):
                connection.execute(statement, values)
        connection.execute("VACUUM ANALYZE")
        found = connection.execute("SELECT count(*) FROM video_segments").fetchone()
    assert found is not None
    return Loaded(ids, start, days, found[0])


def _index(dice: random.Random) -> bytes:
    entries = [
        FragmentEntry(dice.randint(200_000, 300_000), 90_000, 0 if second % 2 else dice.randint(40_000, 90_000))
        for second in range(60)
    ]
    return encode_index(1200, dice.randrange(1 << 33), entries)
