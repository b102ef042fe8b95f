"""What Alembic runs: our revisions over the connection that :mod:`.run` hands in. There is no offline mode."""

from alembic import context

context.configure(connection=context.config.attributes["connection"])
with context.begin_transaction():
    context.run_migrations()
