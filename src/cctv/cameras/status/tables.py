"""The state of each camera now, what it was before, and who reported it.

`camera_status` has one row a camera, written when something changes. That a recorder which reported is still
there is one row of `camera_status_reporters`, renewed every few seconds, not a write to each of its cameras.
"""

from sqlalchemy import BigInteger, Column, DateTime, ForeignKey, Identity, Index, Table, Text, Uuid, text
from sqlalchemy.dialects.postgresql import JSONB

from cctv.infra.database import metadata

camera_status = Table(
    "camera_status",
    metadata,
    Column(
        "camera_id",
        Uuid,
        ForeignKey("cameras.id", name="camera_status_camera_id_fkey", ondelete="CASCADE"),
        primary_key=True,
    ),
    Column("state", Text, nullable=False),
    Column("cause", Text),
    Column("fault", Text),
    Column("since", DateTime(timezone=True), nullable=False),
    Column("details", JSONB, nullable=False, server_default=text("'{}'::jsonb")),
    # What flows at present: codec, width, height, fps, bit_rate; null when nothing does.
    Column("stream", JSONB),
    # Who said so, under which fencing number of its lease: a recorder that lost the camera cannot speak for it.
    Column("reporter", Text, nullable=False),
    Column("fence", BigInteger, nullable=False, server_default=text("0")),
    Column("reported_at", DateTime(timezone=True), nullable=False),
)

camera_status_history = Table(
    "camera_status_history",
    metadata,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column(
        "camera_id",
        Uuid,
        ForeignKey("cameras.id", name="camera_status_history_camera_id_fkey", ondelete="CASCADE"),
        nullable=False,
    ),
    Column("state", Text, nullable=False),
    Column("cause", Text),
    Column("fault", Text),
    Column("since", DateTime(timezone=True), nullable=False),
    Column("details", JSONB, nullable=False, server_default=text("'{}'::jsonb")),
    Column("reporter", Text, nullable=False),
    Index("idx_camera_status_history_camera", "camera_id", "id"),
)

camera_status_reporters = Table(
    "camera_status_reporters",
    metadata,
    Column("reporter", Text, primary_key=True),
    Column("seen_at", DateTime(timezone=True), nullable=False),
)
