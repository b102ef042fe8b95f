"""Tables of identity; the migration's text is beside the schema's history, and a test compares both."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    DateTime,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    Table,
    Text,
    Uuid,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY

from cctv.infra.database import metadata

_EMPTY = text("'{}'")
_NOTHING = text("''")
_FALSE = text("false")
_WHEN = DateTime(timezone=True)

users = Table(
    "users",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("name", Text, nullable=False),
    Column("name_key", Text, nullable=False),
    Column("full_name", Text, nullable=False, server_default=_NOTHING),
    Column("full_name_ar", Text, nullable=False, server_default=_NOTHING),
    Column("employee_number", Text, nullable=False, server_default=_NOTHING),
    Column("agency", Text, ForeignKey("agencies.code", name="users_agency_fkey")),
    Column("issuer", Text),
    Column("subject", Text),
    Column("password", Text),
    Column("one_time", Boolean, nullable=False, server_default=_FALSE),
    Column("totp", LargeBinary),
    Column("totp_on", Boolean, nullable=False, server_default=_FALSE),
    Column("totp_step", BigInteger, nullable=False, server_default=text("0")),
    Column("break_glass", Boolean, nullable=False, server_default=_FALSE),
    Column("claims", ARRAY(Text), nullable=False, server_default=_EMPTY),
    Column("told_groups", ARRAY(Text), nullable=False, server_default=_EMPTY),
    Column("camera_sources", ARRAY(Text), nullable=False, server_default=_EMPTY),
    Column("valid_from", _WHEN, nullable=False),
    Column("told_at", _WHEN),
    Column("disabled_at", _WHEN),
    Column("created_at", _WHEN, nullable=False),
    Column("signed_in_at", _WHEN),
    Column("version", Integer, nullable=False, server_default=text("1")),
    CheckConstraint("(issuer IS NULL) = (subject IS NULL)", name="users_provider"),
    CheckConstraint("char_length(name) BETWEEN 1 AND 200", name="users_name"),
    Index("users_name_key", "name_key", unique=True),
    Index("users_subject_key", "issuer", "subject", unique=True),
)


def _owner(constraint: str) -> ForeignKey:
    return ForeignKey("users.id", name=constraint, ondelete="CASCADE")


sessions = Table(
    "sessions",
    metadata,
    Column("id", LargeBinary, primary_key=True),
    Column("user_id", Uuid, _owner("sessions_user_id_fkey"), nullable=False),
    Column("method", Text, nullable=False),
    Column("pending", Text),
    Column("created_at", _WHEN, nullable=False),
    Column("seen_at", _WHEN, nullable=False),
    Column("expires_at", _WHEN, nullable=False),
    Column("address", Text, nullable=False, server_default=_NOTHING),
    Column("agent", Text, nullable=False, server_default=_NOTHING),
    CheckConstraint("pending IN ('password', 'totp')", name="sessions_pending"),
    Index("idx_sessions_user", "user_id"),
    Index("idx_sessions_expires", "expires_at"),
)

api_keys = Table(
    "api_keys",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("user_id", Uuid, _owner("api_keys_user_id_fkey"), nullable=False),
    Column("name", Text, nullable=False),
    Column("prefix", Text, nullable=False),
    Column("secret", LargeBinary, nullable=False),
    Column("scopes", ARRAY(Text), nullable=False),
    Column("created_at", _WHEN, nullable=False),
    Column("expires_at", _WHEN, nullable=False),
    Column("used_at", _WHEN),
    Column("revoked_at", _WHEN),
    CheckConstraint("char_length(name) BETWEEN 1 AND 200", name="api_keys_name"),
    Index("api_keys_prefix_key", "prefix", unique=True),
    Index("idx_api_keys_user", "user_id"),
)

recovery_codes = Table(
    "recovery_codes",
    metadata,
    Column("user_id", Uuid, _owner("recovery_codes_user_id_fkey"), primary_key=True),
    Column("code", LargeBinary, primary_key=True),
    Column("used_at", _WHEN),
)

permission_names = Table(
    "permission_names",
    metadata,
    Column("theirs", Text, primary_key=True),
    Column("ours", ARRAY(Text), nullable=False),
)

iam_notices = Table(
    "iam_notices",
    metadata,
    Column("id", Text, primary_key=True),
    Column("seen_at", _WHEN, nullable=False),
    Index("idx_iam_notices_seen", "seen_at"),
)
