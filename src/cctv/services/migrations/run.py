"""Brings a database up to date. Any number of processes may try at once: one does it, the others wait."""

from pathlib import Path

import psycopg
from alembic import command
from alembic.config import Config
from psycopg import sql
from sqlalchemy import create_engine

from cctv.services.migrations.known import DatabaseAway, SchemaUnknown, check_schema, made_elsewhere, revisions

__all__ = ["DatabaseAway", "SchemaUnknown", "check_schema", "holds_nothing", "upgrade"]

_LOCK = 0x63637476_6D696772  # "cctvmigr"


def upgrade(url: str, *, app_password: str | None = None) -> str:
    """Run the revisions that are missing, as the owner of the database, and return the revision it has then.

    With ``app_password`` the role ``cctv_app``, as which services sign in, gets this password. Raises
    :class:`SchemaUnknown` for a database of a newer program, and changes nothing then.
    """
    try:
        with psycopg.connect(url, autocommit=True, connect_timeout=10) as guard:
            guard.execute("SELECT pg_advisory_lock(%s)", (_LOCK,))  # released when this connection closes
            _refuse_newer(guard)
            _run(url)
            if app_password is not None:
                _let_in(guard, app_password)
    except psycopg.OperationalError as fault:
        raise DatabaseAway(f"the database does not answer: {fault}".strip()) from fault
    check_schema(url)
    return revisions()[-1]


def holds_nothing(url: str) -> bool:
    """Whether nobody has used the database yet: no user, no camera, no entry of the audit; so no key, either."""
    with psycopg.connect(url, connect_timeout=10) as connection:
        row = connection.execute(
            "SELECT EXISTS (SELECT FROM users) OR EXISTS (SELECT FROM cameras)"
            " OR EXISTS (SELECT FROM audit_entries)"
        ).fetchone()
    return row == (False,)


def _refuse_newer(connection: psycopg.Connection) -> None:
    if connection.execute("SELECT to_regclass('public.alembic_version')").fetchone() == (None,):
        return
    row = connection.execute("SELECT version_num FROM alembic_version").fetchone()
    if row is not None and row[0] not in revisions():
        raise made_elsewhere(row[0])


def _run(url: str) -> None:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent).replace("%", "%%"))
    engine = create_engine(url.replace("postgresql://", "postgresql+psycopg://", 1))
    try:
        with engine.begin() as connection:
            config.attributes["connection"] = connection
            command.upgrade(config, "head")
    finally:
        engine.dispose()


def _let_in(connection: psycopg.Connection, password: str) -> None:
    connection.execute(sql.SQL("ALTER ROLE cctv_app LOGIN PASSWORD {}").format(sql.Literal(password)))
