"""The registry's tables: agencies, groups of cameras, cameras.

The migration also inserts `model.FIRST_AGENCIES`. Nothing here is ever deleted by the services: a camera that is
taken out keeps its row (`removed_at`), because its recordings go on existing.
"""

from sqlalchemy import (
    Boolean,
    CheckConstraint,
    Column,
    DateTime,
    Double,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    Table,
    Text,
    Uuid,
    func,
    text,
)

from cctv.infra.database import metadata

agencies = Table(
    "agencies",
    metadata,
    Column("code", Text, primary_key=True),
    Column("name", Text, nullable=False),
    Column("name_ar", Text, nullable=False, server_default=""),
    # Whether its footage is shown for a case only; written and read by `access`.
    Column("purpose_required", Boolean, nullable=False, server_default=text("false")),
    CheckConstraint("code ~ '^[A-Z0-9][A-Z0-9_-]{0,31}$'", name="agencies_code"),
)

camera_groups = Table(
    "camera_groups",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("name", Text, nullable=False, unique=True),
    Column("name_ar", Text, nullable=False, server_default=""),
    Column("created_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
)

cameras = Table(
    "cameras",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("name", Text, nullable=False),
    Column("name_ar", Text, nullable=False, server_default=""),
    # The name as it is compared: compatibility form, case folded, spaces collapsed (model.name_key).
    Column("name_key", Text, nullable=False),
    Column("agency", Text, ForeignKey("agencies.code", name="cameras_agency_fkey"), nullable=False),
    Column("group_id", Uuid, ForeignKey("camera_groups.id", name="cameras_group_id_fkey", ondelete="SET NULL")),
    Column("lat", Double),
    Column("lon", Double),
    Column("place", Text, nullable=False, server_default=""),
    # Addresses never hold a user or a password: those are sealed in `credentials`.
    Column("main_url", Text, nullable=False),
    Column("main_transport", Text, nullable=False, server_default="tcp"),
    Column("sub_url", Text),
    Column("sub_transport", Text, nullable=False, server_default="tcp"),
    Column("credentials", LargeBinary),
    Column("mode", Text, nullable=False, server_default="continuous"),
    Column("audio", Text, nullable=False, server_default="keep"),
    Column("enabled", Boolean, nullable=False, server_default=text("true")),
    # When "is to be recorded" (enabled, mode, not removed) last changed: the time of the plan's row.
    Column("mode_since", DateTime(timezone=True), nullable=False),
    Column("created_at", DateTime(timezone=True), nullable=False),
    Column("updated_at", DateTime(timezone=True), nullable=False),
    Column("removed_at", DateTime(timezone=True)),
    Column("version", Integer, nullable=False, server_default=text("1")),
    CheckConstraint("mode IN ('continuous', 'off')", name="cameras_mode"),
    CheckConstraint("audio IN ('off', 'keep', 'aac')", name="cameras_audio"),
    CheckConstraint(
        "main_transport IN ('tcp', 'udp') AND sub_transport IN ('tcp', 'udp')", name="cameras_transport"
    ),
    CheckConstraint("char_length(name) BETWEEN 1 AND 200", name="cameras_name"),
    Index(
        "cameras_agency_name_key",
        "agency",
        "name_key",
        unique=True,
        postgresql_where=text("removed_at IS NULL"),
    ),
    Index("idx_cameras_main_url", "main_url"),
)
