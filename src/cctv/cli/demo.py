"""``cctv demo``: everything on this machine, to look at or to be checked."""

from pathlib import Path
from typing import Annotated

import typer

from cctv.services.demo import check_demo, run_demo
from cctv.services.settings import ServeSettings

app = typer.Typer(add_completion=False, rich_markup_mode="markdown")


@app.command()
def demo(
    data: Annotated[
        Path | None, typer.Option(help="Folder of everything that is kept [CCTV_DATA, ./cctv-data].")
    ] = None,
    port: Annotated[
        int | None,
        typer.Option(min=0, max=65_535, help="The gateway's port [3000, or a free one]. 0: any free one."),
    ] = None,
    check: Annotated[
        int | None, typer.Option(metavar="SECONDS", min=10, help="Check the main job instead, and give a verdict.")
    ] = None,
) -> None:
    """Start RTA CCTV with four simulated cameras that are recorded at once, and say where to look.

    Everything runs on this machine and on its loopback interface only. The cameras show real traffic: 1080p
    H.264 with sound, H.264 with B-frames, H.265 with sound, and one with a clock and a time code in the picture.
    Ctrl-C ends everything in order; the data folder keeps what was recorded, and the next start goes on with it.
    Logs are in its folder `logs`, processes and ports in `run/services.json`.

    With `--check SECONDS` nobody needs to look. It records that long with all cameras and two recorders, kills one
    recorder half-way (`kill -9`), reads timeline, playback and stills back through the gateway, checks the
    archive's invariants and prints one JSON object on standard output; progress goes to standard error. Without
    `--data` it works in a temporary folder.

    Exit codes: 0 all is well; 1 something is off (`findings` says what: less than 95 % recorded, a gap without a
    cause, no picture, …); 2 the check could not be made.
    """
    settings = ServeSettings.from_options(data=data, gateway_port=port)
    raise typer.Exit(run_demo(settings) if check is None else check_demo(settings, seconds=check))
