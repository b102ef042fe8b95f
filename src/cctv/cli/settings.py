"""``cctv settings``: what can be set, and what is set now."""

from typing import Annotated

import typer
from rich.table import Table

from cctv.cli.printing import console
from cctv.infra.telemetry import clean
from cctv.services.settings_list import SETTINGS, markdown, settings_of

app = typer.Typer(add_completion=False, rich_markup_mode="markdown")


@app.command()
def settings(
    as_markdown: Annotated[
        bool, typer.Option("--markdown", help="Print the document docs/settings.md instead.")
    ] = False,
) -> None:
    """Show every setting with its environment variable, its meaning, and its value in this environment.

    Passwords inside addresses are not shown. Any NAME may also be given as NAME_FILE, the path of a file that
    holds the value.
    """
    if as_markdown:
        typer.echo(markdown(), nl=False)
        return
    out = console()
    for title, group in SETTINGS.items():
        table = Table("variable", "now", "meaning", title=title, title_justify="left", box=None)
        for one in settings_of(group, with_values=True):
            table.add_row(one.name, clean(one.value), one.meaning)
        out.print(table)
