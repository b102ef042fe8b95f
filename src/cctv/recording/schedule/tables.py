"""What should be recorded, as rows: appended at each change, never rewritten."""

from sqlalchemy import CheckConstraint, Column, DateTime, Index, PrimaryKeyConstraint, Table, Text, Uuid, text

from cctv.infra.database import metadata

recording_plan = Table(
    "recording_plan",
    metadata,
    Column("camera_id", Uuid, nullable=False),
    Column("from_time", DateTime(timezone=True), nullable=False),
    # Null while it holds.
    Column("to_time", DateTime(timezone=True)),
    # `continuous` now; what else may order a recording comes with its own word.
    Column("why", Text, nullable=False),
    PrimaryKeyConstraint("camera_id", "from_time", name="recording_plan_pkey"),
    CheckConstraint("to_time >= from_time", name="recording_plan_forward"),
    Index("recording_plan_open", "camera_id", unique=True, postgresql_where=text("to_time IS NULL")),
)
