"""``cctv serve``: the system, or one service of it."""

from pathlib import Path
from typing import Annotated

import typer

from cctv.services.serving import serve_one, serve_system
from cctv.services.settings import ServeSettings
from cctv.services.table import SERVICES

app = typer.Typer(add_completion=False, rich_markup_mode="markdown")

_NAMES = ", ".join(service.name for service in SERVICES)


@app.command(no_args_is_help=False)
def serve(
    service: Annotated[
        str | None, typer.Argument(help=f"One service, in the foreground: {_NAMES}. Without it: the whole system.")
    ] = None,
    data: Annotated[
        Path | None, typer.Option(help="Folder of everything that is kept [CCTV_DATA, ./cctv-data].")
    ] = None,
    port: Annotated[
        int | None,
        typer.Option(min=0, max=65_535, help="The gateway's port, or that of the one service. 0: any free one."),
    ] = None,
    index: Annotated[
        int,
        typer.Option(
            min=0,
            max=99,
            help="Which process of the service on this machine; its port is the table's + 100 x INDEX.",
        ),
    ] = 0,
) -> None:
    """Run RTA CCTV until it is told to stop (Ctrl-C or SIGTERM), then end in order within ten seconds.

    Without SERVICE, everything: PostgreSQL and Valkey (unless CCTV_DATABASE_URL and CCTV_VALKEY_URL name
    yours), migrations, recorders, all services and the gateway, each started again when it dies. Where a port
    of the table is taken, a free one is used; run/services.json in the data folder lists processes and ports.

    With CCTV_OBJECT_STORE=s3://BUCKET (and CCTV_OBJECT_STORE_ENDPOINT, MINIO_ROOT_USER, MINIO_ROOT_PASSWORD)
    closed recordings go into that store, and this machine's volume is the spool in front of it.

    With SERVICE, that one alone, as containers run it; the addresses must be given then.

    Logs are JSON lines on standard output (LOG_LEVEL=debug|info|warning, LOG_FORMAT=console for people).
    CCTV_RECORDERS is the number of recorder processes (2).
    """
    settings = ServeSettings.from_options(data=data, gateway_port=port)
    if service is None:
        raise typer.Exit(serve_system(settings))
    raise typer.Exit(serve_one(service, index=index, port=port, settings=settings))
