"""The archive's tables. The migration creates them by hand (partitions, roles); a test compares both.

No foreign keys lead out of here: recordings outlive their cameras' registration, and ``archive rebuild`` fills
these tables from the store alone. Segments have none to runs either: attaching a day must not lock the runs.
"""

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    DateTime,
    Float,
    Index,
    Integer,
    Interval,
    LargeBinary,
    PrimaryKeyConstraint,
    Table,
    Text,
    UniqueConstraint,
    Uuid,
    func,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB

from cctv.infra.database import metadata

_TIME = DateTime(timezone=True)

recording_runs = Table(
    "recording_runs",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("camera_id", Uuid, nullable=False),
    Column("fence", BigInteger, nullable=False),
    Column("epoch", Uuid, nullable=False),
    Column("codec", Text, nullable=False),
    Column("codecs", Text, nullable=False),
    Column("width", Integer, nullable=False),
    Column("height", Integer, nullable=False),
    Column("rate", Float),
    Column("init", LargeBinary, nullable=False),
    Column("started_at", _TIME, nullable=False),
    Column("ended_at", _TIME),
    Column("end_cause", Text),
    Index("idx_recording_runs_camera", "camera_id", "fence", "started_at"),
)

video_segments = Table(
    "video_segments",
    metadata,
    Column("camera_id", Uuid, nullable=False),
    Column("start_time", _TIME, nullable=False),
    Column("end_time", _TIME, nullable=False),
    Column("run_id", Uuid, nullable=False),
    Column("seq", Integer, nullable=False),
    Column("bytes", BigInteger, nullable=False),
    Column("sha256", LargeBinary, nullable=False),
    Column("prev_sha256", LargeBinary),
    Column("volume", Text, nullable=False),
    Column("object_name", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("fragments", LargeBinary, nullable=False),
    UniqueConstraint("run_id", "seq", "start_time", name="video_segments_key"),
    CheckConstraint("end_time >= start_time", name="video_segments_forward"),
    CheckConstraint(
        "state IN ('stored', 'spooled', 'duplicate', 'missing', 'corrupt', 'to_delete')",
        name="video_segments_state",
    ),
    Index("idx_segments_camera_time", "camera_id", "start_time", postgresql_include=["end_time", "run_id"]),
    Index("idx_segments_volume_time", "volume", "start_time"),
    Index("idx_segments_to_delete", "volume", "start_time", postgresql_where=text("state = 'to_delete'")),
    postgresql_partition_by="RANGE (start_time)",
)

# Cut at UTC midnight: a row is never longer than a day, so a window is one tight range of the primary key, and
# since `end_time` is in no index, growing the newest row is a heap-only update.
recording_spans = Table(
    "recording_spans",
    metadata,
    Column("camera_id", Uuid, nullable=False),
    Column("start_time", _TIME, nullable=False),
    Column("end_time", _TIME, nullable=False),
    Column("fence", BigInteger, nullable=False),
    Column("epoch", Uuid, nullable=False),
    # True: was recorded and has been deleted since, by retention or for space.
    Column("freed", Boolean, nullable=False),
    PrimaryKeyConstraint("camera_id", "start_time", "fence", "epoch", "freed", name="recording_spans_pkey"),
    CheckConstraint("end_time > start_time", name="recording_spans_forward"),
    postgresql_with={"fillfactor": "70"},
)

recording_gaps = Table(
    "recording_gaps",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("camera_id", Uuid, nullable=False),
    Column("start_time", _TIME, nullable=False),
    Column("end_time", _TIME),
    Column("cause", Text, nullable=False),
    Column("detail", JSONB, nullable=False, server_default=text("'{}'::jsonb")),
    CheckConstraint("end_time >= start_time", name="recording_gaps_forward"),
    Index("idx_recording_gaps_camera_start", "camera_id", "start_time"),
    Index("idx_recording_gaps_camera_end", "camera_id", "end_time", postgresql_include=["start_time"]),
)

clock_epochs = Table(
    "clock_epochs",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("node", Text, nullable=False),
    Column("at", _TIME, nullable=False),
    Column("step", Interval, nullable=False),
)

evidence_locks = Table(
    "evidence_locks",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("camera_id", Uuid, nullable=False),
    Column("from_time", _TIME, nullable=False),
    Column("to_time", _TIME, nullable=False),
    Column("case_ref", Text, nullable=False),
    Column("by", Text, nullable=False),
    Column("until", _TIME),
    Column("created_at", _TIME, nullable=False, server_default=func.now()),
    Column("released_at", _TIME),
    Column("released_by", Text),
    CheckConstraint("to_time > from_time", name="evidence_locks_forward"),
    Index("idx_evidence_locks_camera", "camera_id", "to_time", postgresql_where=text("released_at IS NULL")),
)

volumes = Table(
    "volumes",
    metadata,
    Column("id", Text, primary_key=True),
    Column("address", Text, nullable=False),
    Column("state", Text, nullable=False, server_default="active"),
    Column("capacity_bytes", BigInteger),
    Column("policy", JSONB, nullable=False, server_default=text("'{}'::jsonb")),
    Column("created_at", _TIME, nullable=False, server_default=func.now()),
    CheckConstraint("id ~ '^[a-z0-9][a-z0-9_-]{0,31}$'", name="volumes_id"),
    CheckConstraint("state IN ('active', 'read_only', 'failing', 'retired')", name="volumes_state"),
)
