"""The audit's tables: what happened, and the chain that proves that nothing of it was changed since.

Services may insert and read, nothing else; the database itself sees to that. `r0003_access.sql` is their text, and
`r0005_proofs.py` what was added.
"""

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    DateTime,
    Double,
    Identity,
    Index,
    LargeBinary,
    Table,
    Text,
    UniqueConstraint,
    Uuid,
    func,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB

from cctv.infra.database import metadata

audit_entries = Table(
    "audit_entries",
    metadata,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("at", DateTime(timezone=True), nullable=False, server_default=func.clock_timestamp()),
    Column("actor_id", Text, nullable=False),
    Column("actor_name", Text, nullable=False),
    Column("actor_kind", Text, nullable=False),
    Column("session", Text),
    Column("address", Text),
    Column("request_id", Text),
    Column("service", Text, nullable=False),
    Column("action", Text, nullable=False),
    Column("thing_kind", Text, nullable=False),
    Column("thing_id", Text, nullable=False),
    Column("camera_id", Uuid),
    Column("agency", Text),
    Column("result", Text, nullable=False),
    Column("case_ref", Text),
    Column("reason", Text),
    Column("seconds", Double),
    Column("detail", JSONB, nullable=False, server_default=text("'{}'")),
    Column("mac", LargeBinary),
    CheckConstraint("result IN ('done', 'refused', 'failed', 'began')", name="audit_entries_result"),
)
Index("idx_audit_entries_at", audit_entries.c.at.desc(), audit_entries.c.id.desc())
Index("idx_audit_entries_actor", audit_entries.c.actor_id, audit_entries.c.at.desc())
Index(
    "idx_audit_entries_camera",
    audit_entries.c.camera_id,
    audit_entries.c.at.desc(),
    postgresql_where=text("camera_id IS NOT NULL"),
)
Index("idx_audit_entries_mac", audit_entries.c.mac, unique=True, postgresql_where=text("mac IS NOT NULL"))

audit_chain = Table(
    "audit_chain",
    metadata,
    Column("seq", BigInteger, primary_key=True, autoincrement=False),
    Column("entry_id", BigInteger, nullable=False),
    Column("link", LargeBinary, nullable=False),
    UniqueConstraint("entry_id", name="audit_chain_entry_id_key"),
)
