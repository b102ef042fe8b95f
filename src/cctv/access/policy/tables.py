"""The policy's tables: roles, and who was granted which on which cameras. `r0003_access.sql` is their text.

Users, agencies, groups and cameras are other rooms'; only their keys are named here.
"""

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    DateTime,
    ForeignKey,
    Index,
    Table,
    Text,
    UniqueConstraint,
    Uuid,
    func,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY

from cctv.infra.database import metadata

roles = Table(
    "roles",
    metadata,
    Column("code", Text, primary_key=True),
    Column("name", Text, nullable=False),
    Column("name_ar", Text, nullable=False, server_default=""),
    Column("permissions", ARRAY(Text), nullable=False),
    Column("look_back_s", BigInteger),
    Column("built_in", Boolean, nullable=False, server_default=text("false")),
    CheckConstraint("code ~ '^[a-z][a-z0-9_-]{0,39}$'", name="roles_code"),
    CheckConstraint("look_back_s > 0", name="roles_look_back"),
)

access_grants = Table(
    "access_grants",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("user_id", Uuid, ForeignKey("users.id", name="access_grants_user_id_fkey", ondelete="CASCADE")),
    Column("told_group", Text),
    Column("role", Text, ForeignKey("roles.code", name="access_grants_role_fkey"), nullable=False),
    Column("agency", Text, ForeignKey("agencies.code", name="access_grants_agency_fkey")),
    Column(
        "group_id",
        Uuid,
        ForeignKey("camera_groups.id", name="access_grants_group_id_fkey", ondelete="CASCADE"),
    ),
    Column("camera_id", Uuid, ForeignKey("cameras.id", name="access_grants_camera_id_fkey", ondelete="CASCADE")),
    Column("until", DateTime(timezone=True)),
    Column("granted_by", Text, nullable=False),
    Column("granted_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
    CheckConstraint("(user_id IS NULL) <> (told_group IS NULL)", name="access_grants_who"),
    CheckConstraint("num_nonnulls(agency, group_id, camera_id) <= 1", name="access_grants_target"),
    UniqueConstraint(
        "user_id",
        "told_group",
        "role",
        "agency",
        "group_id",
        "camera_id",
        name="access_grants_once",
        postgresql_nulls_not_distinct=True,
    ),
    Index("idx_access_grants_group", "told_group", postgresql_where=text("told_group IS NOT NULL")),
)
