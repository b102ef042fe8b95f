"""``cctv prometheus``: how Prometheus gets at the metrics."""

from pathlib import Path
from typing import Annotated

import typer

from cctv.services.scraping import scrape_config
from cctv.services.settings import ServeSettings

app = typer.Typer(add_completion=False, rich_markup_mode="markdown")


@app.command()
def prometheus(
    data: Annotated[
        Path | None, typer.Option(help="The data folder of the system [CCTV_DATA, ./cctv-data].")
    ] = None,
) -> None:
    """Print the configuration with which Prometheus scrapes the system that runs on the data folder.

    One job a service, one target a process, with the credential in keys/metrics.token, and over TLS where
    CCTV_SERVICE_TLS_CERTIFICATE, _KEY and _CA are given. Prometheus must be able to read that file.

        cctv prometheus > prometheus.yml
    """
    typer.echo(scrape_config(ServeSettings.from_options(data=data)), nl=False)
