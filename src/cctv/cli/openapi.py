"""``cctv openapi``: one description of what all services answer."""

import typer

from cctv.services.api_description import api_description

app = typer.Typer(add_completion=False, rich_markup_mode="markdown")


@app.command()
def openapi() -> None:
    """Print the OpenAPI description of the whole API as JSON: what the dashboard's client is made from.

    Nothing is started and no database is needed.
    """
    typer.echo(api_description())
