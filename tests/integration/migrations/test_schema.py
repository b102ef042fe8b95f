"""The migrated database and the rooms' tables.py say the same; who may do what; strange schemas are refused."""

import threading
from collections.abc import Iterator
from itertools import count
from pathlib import Path
from typing import Any

import psycopg
import pytest
from alembic.config import Config
from alembic.script import ScriptDirectory
from psycopg import errors, sql
from psycopg.conninfo import conninfo_to_dict, make_conninfo
from sqlalchemy import create_engine

from cctv.infra.database import metadata
from cctv.infra.embedded import EmbeddedPostgres
from cctv.services.migrations import known, run

ROOT = Path(known.__file__).parents[2]
_numbers = count(1)

# What PostgreSQL itself says of a schema, in an order that does not depend on who made it.
_COLUMNS = """
    SELECT c.relname, a.attname, format_type(a.atttypid, a.atttypmod), a.attnotnull,
           regexp_replace(coalesce(pg_get_expr(d.adbin, d.adrelid), ''), '::text|::jsonb', '', 'g'), a.attidentity
    FROM pg_attribute AS a JOIN pg_class AS c ON c.oid = a.attrelid
    LEFT JOIN pg_attrdef AS d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
    WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p') AND NOT c.relispartition
      AND a.attnum > 0 AND NOT a.attisdropped AND c.relname <> 'alembic_version'
    ORDER BY 1, 2
"""
_CONSTRAINTS = """
    SELECT c.relname, n.conname, pg_get_constraintdef(n.oid)
    FROM pg_constraint AS n JOIN pg_class AS c ON c.oid = n.conrelid
    WHERE c.relnamespace = 'public'::regnamespace AND NOT c.relispartition AND n.contype <> 'n'
      AND c.relname <> 'alembic_version'
    ORDER BY 1, 2
"""
_INDEXES = """
    SELECT c.relname, pg_get_indexdef(i.indexrelid)
    FROM pg_index AS i JOIN pg_class AS c ON c.oid = i.indrelid
    WHERE c.relnamespace = 'public'::regnamespace AND NOT c.relispartition AND c.relname <> 'alembic_version'
    ORDER BY 1, 2
"""
_TABLES = """
    SELECT c.relname, c.relkind, coalesce(pg_get_partkeydef(c.oid), ''), coalesce(c.reloptions, '{}')
    FROM pg_class AS c
    WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p') AND NOT c.relispartition
      AND c.relname <> 'alembic_version'
    ORDER BY 1
"""


@pytest.fixture
def empty_url(postgres: EmbeddedPostgres) -> Iterator[str]:
    """A database without anything."""
    name = f"empty_{next(_numbers)}"
    with psycopg.connect(postgres.url, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")
    yield postgres.url_of(name)
    with psycopg.connect(postgres.url, autocommit=True) as connection:
        connection.execute(f"DROP DATABASE {name} WITH (FORCE)")


def said(url: str, query: str) -> list[tuple[Any, ...]]:
    with psycopg.connect(url) as connection:
        return connection.execute(query).fetchall()


def import_all_tables() -> None:
    """Every tables.py, wherever it is."""
    from importlib import import_module

    for path in sorted(ROOT.rglob("tables.py")):
        import_module("cctv." + ".".join(path.relative_to(ROOT).with_suffix("").parts))


@pytest.mark.parametrize(
    "query", [_TABLES, _COLUMNS, _CONSTRAINTS, _INDEXES], ids=["tables", "columns", "constraints", "indexes"]
)
def test_tables_py_and_migrations_never_differ(database_url: str, empty_url: str, query: str) -> None:
    import_all_tables()
    engine = create_engine(empty_url.replace("postgresql://", "postgresql+psycopg://", 1))
    metadata.create_all(engine)
    engine.dispose()
    assert said(database_url, query) == said(empty_url, query)


def test_file_names_are_the_revisions() -> None:
    config = Config()
    config.set_main_option("script_location", str(known.VERSIONS.parent))
    scripts = ScriptDirectory.from_config(config)
    assert [scripts.get_current_head()] == known.revisions()[-1:]
    assert sorted(script.revision for script in scripts.walk_revisions()) == known.revisions()


def test_many_may_migrate_at_once(empty_url: str) -> None:
    ended: list[str] = []
    threads = [threading.Thread(target=lambda: ended.append(run.upgrade(empty_url))) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert ended == known.revisions()[-1:] * 3


def test_empty_old_and_strange_schemas_are_refused(empty_url: str) -> None:
    with pytest.raises(known.SchemaUnknown, match="run 'cctv migrate'"):
        known.check_schema(empty_url)
    run.upgrade(empty_url)
    known.check_schema(empty_url)
    with psycopg.connect(empty_url) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    for refusing in (known.check_schema, run.upgrade):
        with pytest.raises(known.SchemaUnknown, match="another version"):
            refusing(empty_url)
    assert said(empty_url, "SELECT version_num FROM alembic_version") == [("9999",)]


def test_a_database_that_is_away_is_said() -> None:
    for asking in (known.check_schema, run.upgrade):
        with pytest.raises(known.DatabaseAway):
            asking("postgresql://cctv:x@127.0.0.1:1/cctv")


@pytest.fixture
def app(postgres: EmbeddedPostgres, empty_url: str) -> Iterator[psycopg.Connection]:
    """Signed in as services are."""
    run.upgrade(empty_url, app_password="of this test")
    address = make_conninfo(empty_url, user="cctv_app", password="of this test")
    with psycopg.connect(address, autocommit=True) as connection:
        yield connection


def test_a_start_as_services_sign_in_is_enough_where_nothing_is_to_be_migrated(
    app: psycopg.Connection, empty_url: str
) -> None:
    parts = conninfo_to_dict(empty_url)
    url = f"postgresql://cctv_app:of%20this%20test@{parts['host']}:{parts['port']}/{parts['dbname']}"
    assert run.upgrade(url) == known.revisions()[-1]


@pytest.mark.parametrize(
    "statement",
    [
        "TRUNCATE video_segments",
        "DROP TABLE recording_gaps",
        "ALTER TABLE cameras ADD COLUMN x int",
        "CREATE TABLE mine ()",
        "CREATE INDEX ON cameras (name)",
        "DELETE FROM alembic_version",
        "ALTER ROLE cctv_app SUPERUSER",
        "DROP FUNCTION ensure_segment_partition(date)",
    ],
)
def test_services_cannot_change_tables(app: psycopg.Connection, statement: str) -> None:
    with pytest.raises((errors.InsufficientPrivilege, errors.InvalidTableDefinition)):
        app.execute(sql.SQL(statement))


def test_services_read_write_and_make_days(app: psycopg.Connection) -> None:
    for table, *_ in said_by(app, _TABLES):
        app.execute(sql.SQL("SELECT * FROM {}").format(sql.Identifier(table)))
        if not table.startswith("audit_"):
            app.execute(sql.SQL("DELETE FROM {} WHERE false").format(sql.Identifier(table)))
    assert app.execute("SELECT ensure_segment_partition('2001-02-03')").fetchone() == (True,)
    assert app.execute("SELECT ensure_segment_partition('2001-02-03')").fetchone() == (False,)
    assert app.execute("SELECT drop_empty_segment_partition('2001-02-03')").fetchone() == (True,)
    assert app.execute("SELECT drop_empty_segment_partition('2001-02-03')").fetchone() == (False,)


@pytest.mark.parametrize("table", ["audit_entries", "audit_chain"])
@pytest.mark.parametrize(
    "statement", ["UPDATE {0} SET {1} = {1}", "DELETE FROM {0}", "TRUNCATE {0}", "ALTER TABLE {0} DROP COLUMN {1}"]
)
def test_services_cannot_change_the_audit(app: psycopg.Connection, table: str, statement: str) -> None:
    app.execute(sql.SQL("SELECT * FROM {}").format(sql.Identifier(table)))
    column = "action" if table == "audit_entries" else "link"
    with pytest.raises(errors.InsufficientPrivilege):
        app.execute(sql.SQL(statement).format(sql.Identifier(table), sql.Identifier(column)))


def said_by(connection: psycopg.Connection, query: str) -> list[tuple[Any, ...]]:
    return connection.execute(query).fetchall()


def test_a_day_that_holds_something_or_is_in_use_is_not_dropped(app: psycopg.Connection, empty_url: str) -> None:
    app.execute("SELECT ensure_segment_partition('2001-02-03')")
    app.execute(
        "INSERT INTO video_segments VALUES (gen_random_uuid(), '2001-02-03 12:00Z', '2001-02-03 12:01Z',"
        " gen_random_uuid(), 0, 1, '', null, 'default', 'x', 'stored', '')"
    )
    assert app.execute("SELECT drop_empty_segment_partition('2001-02-03')").fetchone() == (False,)
    app.execute("DELETE FROM video_segments")
    with psycopg.connect(empty_url) as reader:
        reader.execute("SELECT count(*) FROM video_segments")  # its transaction stays open
        assert app.execute("SELECT drop_empty_segment_partition('2001-02-03')").fetchone() == (False,)
    assert app.execute("SELECT drop_empty_segment_partition('2001-02-03')").fetchone() == (True,)


def test_statistics_of_statements_are_there(app: psycopg.Connection, empty_url: str) -> None:
    assert said(empty_url, "SELECT count(*) >= 0 FROM pg_stat_statements") == [(True,)]
