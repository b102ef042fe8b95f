"""Whether a database has the schema that this program was written for. Cheap: every service asks as it starts."""

from pathlib import Path

import psycopg
from psycopg import errors

from cctv.base.errors import Conflict, Unavailable

VERSIONS = Path(__file__).parent / "versions"


class SchemaUnknown(Conflict):
    """The database's schema is not the one that this program knows."""

    code = "schema_unknown"
    message_ar = "مخطط قاعدة البيانات ليس هو الذي يعرفه هذا البرنامج."


class DatabaseAway(Unavailable):
    """The database does not answer."""

    code = "database_unavailable"
    message_ar = "قاعدة البيانات لا تستجيب."


def revisions() -> list[str]:
    """Our revisions, oldest first. A revision's file is ``rNNNN_words.py``, its id ``NNNN``."""
    return sorted(path.name[1:5] for path in VERSIONS.glob("r[0-9][0-9][0-9][0-9]_*.py"))


def check_schema(url: str) -> None:
    """Raise :class:`SchemaUnknown` (with what to do) unless the database at ``url`` has our newest revision."""
    found, ours = _revision_of(url), revisions()
    if found == ours[-1]:
        return
    if found is None:
        words = "the database is empty: run 'cctv migrate'"
    elif found in ours:
        words = f"the database has schema {found}, this program needs {ours[-1]}: run 'cctv migrate'"
    else:
        raise made_elsewhere(found)
    raise SchemaUnknown(words, found=found, known=ours[-1])


def made_elsewhere(found: str) -> SchemaUnknown:
    """The error for a revision that is none of ours."""
    newest = revisions()[-1]
    return SchemaUnknown(
        f"the database has schema {found}, made by another version; this program knows up to {newest}",
        found=found,
        known=newest,
    )


def _revision_of(url: str) -> str | None:
    try:
        with psycopg.connect(url, connect_timeout=5) as connection:
            row = connection.execute("SELECT version_num FROM alembic_version").fetchone()
    except errors.UndefinedTable:
        return None
    except psycopg.OperationalError as fault:
        raise DatabaseAway(f"the database does not answer: {fault}".strip()) from fault
    return None if row is None else str(row[0])
