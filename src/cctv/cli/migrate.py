"""``cctv migrate``: the schema alone, for machines whose services run one by one."""

import typer

from cctv.services.serving import migrate_database
from cctv.services.settings import ServeSettings

app = typer.Typer(add_completion=False, rich_markup_mode="markdown")


@app.command()
def migrate() -> None:
    """Bring the database at CCTV_OWNER_URL (or CCTV_DATABASE_URL) to this version's schema.

    Safe at any time and from several machines at once: one does it, the others wait. A database of a newer
    version is left alone (exit code 2). `cctv serve` does the same by itself before anything else starts.
    """
    typer.echo(f"The schema is {migrate_database(ServeSettings())}.")
