"""The command `cctv-simulator`: reads like a manual, does nothing by itself."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Annotated, NoReturn

import typer

from cctv_simulator import footage, renditions
from cctv_simulator.auth import SCHEMES, Guard
from cctv_simulator.faults import FAULTS
from cctv_simulator.kinds import NAMES, SIZES, Kind, UnknownKind, parse_kind
from cctv_simulator.serve import Plan, run
from cctv_simulator.simulator import Options

KINDS_HELP = (
    "\n\nKinds of cameras, written NAME[-SIZE][-fpsN][-gopSECONDS][@KBIT][+SOUND]:\n\n"
    + "".join(f"* `{name}`: {text}\n\n" for name, text in NAMES.items())
    + f"Sizes: {', '.join(SIZES)} (360p if not said). Sound: +aac, +pcmu, +pcma. "
    "Examples: h264-high-1080p@2000+aac, h265-720p, timecode, h264-main-gop4."
)
app = typer.Typer(
    name="cctv-simulator",
    help="Simulated cameras: real RTSP with real footage, and faults on command.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode="markdown",
)
Cache = Annotated[Path | None, typer.Option(help="Where film and renditions are kept [default: $CCTV_CACHE, else "
                                            "~/.cache/rta-cctv].", show_default=False)]  # fmt: skip
Film = Annotated[Path | None, typer.Option(help="A film of your own instead of bikes.mp4.", exists=True)]
Kinds = Annotated[str, typer.Option(help="Kinds, separated by commas; cameras take them in turn.")]


@app.command(help="Serve cameras until SIGTERM or Ctrl-C." + KINDS_HELP)
def serve(  # noqa: PLR0913  typer reads the options from the signature
    *,
    cameras: Annotated[int, typer.Option(help="How many cameras to start with.")] = 4,
    kinds: Kinds = "h264-main",
    sub: Annotated[str, typer.Option(help="The kind of every camera's second stream.")] = "sub",
    host: Annotated[str, typer.Option(help="The address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="The RTSP port; 0 takes a free one.")] = 0,
    own_ports: Annotated[bool, typer.Option("--own-ports", help="A port of its own for each camera.")] = False,
    control_port: Annotated[int, typer.Option(help="The port of the control interface; 0 takes a free one.")] = 0,
    user: Annotated[str | None, typer.Option(help="The user that may look; none: everybody may.",
                                             envvar="CCTV_SIMULATOR_USER")] = None,
    password: Annotated[str, typer.Option(help="That user's password.", envvar="CCTV_SIMULATOR_PASSWORD")] = "",
    auth: Annotated[str, typer.Option(help=f"What is asked for, in that order: {', '.join(SCHEMES)}.")] = "digest",
    session_s: Annotated[int, typer.Option(help="Sessions end after so many silent seconds.")] = 60,
    film: Annotated[Path | None, typer.Option("--footage", help="A film of your own, not bikes.mp4.")] = None,
    cache: Cache = None,
    ready_file: Annotated[Path | None, typer.Option(help="Where to write ports and addresses (JSON).")] = None,
    end_with_stdin: Annotated[bool, typer.Option("--end-with-stdin", help="End when stdin closes.")] = False,
) -> None:  # fmt: skip
    """Start cameras."""
    guard = Guard(user, password, _schemes(auth)) if user is not None else None
    options = Options(cache or footage.cache_folder(), film, host, port, own_ports=own_ports, session_s=session_s)
    wanted = _kinds(kinds)
    plan = Plan(
        options=options,
        guard=guard,
        kinds=[wanted[number % len(wanted)] for number in range(cameras)],
        sub=_kinds(sub)[0],
        control_port=control_port,
        ready_file=ready_file,
        end_with_stdin=end_with_stdin,
    )
    try:
        run(plan)
    except (footage.NoFootage, OSError) as error:
        _cannot(str(error))


@app.command(name="footage", help="Fetch the film and make the renditions of kinds beforehand." + KINDS_HELP)
def prepare(
    *,
    kinds: Kinds = "h264-main,sub",
    film: Annotated[
        Path | None, typer.Option("--footage", help="A film of your own instead of bikes.mp4.")
    ] = None,
    cache: Cache = None,
) -> None:
    """Prepare what `serve` needs, so that it starts at once."""
    folder = cache or footage.cache_folder()
    try:
        source = footage.film(folder, film)
        typer.echo(f"film: {source}")
        for kind in _kinds(kinds):
            if not kind.live:
                made = renditions.video(folder, source, kind)
                rate = sum(len(unit.data) for unit in made.units) * 8 / renditions.LOOP_S / 1e6
                typer.echo(f"{kind.video_name}: {len(made.units)} pictures, {rate:.2f} Mbit/s")
            if kind.audio:
                renditions.audio(folder, kind.audio)
    except (footage.NoFootage, OSError) as error:
        _cannot(str(error))


@app.command(name="faults")
def list_faults(*, as_json: Annotated[bool, typer.Option("--json", help="As JSON.")] = False) -> None:
    """List the faults that a running camera can be given over the control interface.

    For example:
    curl -X POST 'http://127.0.0.1:PORT/cameras/1/faults/slow_answers?stream=main' -d '{"seconds": 3}',
    and curl -X DELETE 'http://127.0.0.1:PORT/cameras/1/faults' to end all of them.
    """
    if as_json:
        typer.echo(json.dumps({fault.name: [fault.row, fault.text, fault.values] for fault in FAULTS.values()}))
        return
    for fault in FAULTS.values():
        values = ", ".join(f"{name}={value:g}" if isinstance(value, float) else f"{name}={value}"
                           for name, value in fault.values.items())  # fmt: skip
        once = " (once)" if fault.instant else ""
        typer.echo(f"{fault.name}{f' [{values}]' if values else ''}{once}\n    {fault.row}: {fault.text}")


def _kinds(text: str) -> list[Kind]:
    try:
        return [parse_kind(one) for one in text.split(",")]
    except UnknownKind as error:
        _cannot(str(error))


def _schemes(text: str) -> tuple[str, ...]:
    chosen = tuple(one.strip() for one in text.split(","))
    if not set(chosen) <= set(SCHEMES):
        _cannot(f"--auth {text}: it knows {', '.join(SCHEMES)}")
    return chosen


def _cannot(why: str) -> NoReturn:
    typer.echo(f"cctv-simulator: {why}", err=True)
    raise typer.Exit(2)


def main() -> None:
    """The entry point of the command."""
    app(prog_name="cctv-simulator" if sys.argv else None)
