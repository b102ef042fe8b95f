"""What proves that an entry of the audit was written by us: the sealer chains no other."""

from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    """Entries of before have none; those that have no link yet are chained before the first entry with one."""
    op.execute("ALTER TABLE audit_entries ADD COLUMN mac bytea")
    op.execute("CREATE UNIQUE INDEX idx_audit_entries_mac ON audit_entries (mac) WHERE (mac IS NOT NULL)")
