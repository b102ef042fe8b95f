"""When the provider said what is kept of its user: nothing that it said earlier takes its place."""

from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Unknown for users that are there already: the next token of theirs says it."""
    op.execute("ALTER TABLE users ADD COLUMN told_at timestamptz")
