"""Puts the commands together. Each group is imported only when it is called, so that ``cctv --help`` is quick."""

import sys
from difflib import get_close_matches
from importlib import import_module
from importlib.metadata import version

import typer

from cctv.base.errors import CctvError

DONE, COULD_NOT, INTERRUPTED = 0, 2, 130

_COMMANDS = {
    "demo": ("cctv.cli.demo", "everything on this machine, with four simulated cameras"),
    "serve": ("cctv.cli.serve", "run all services, or one of them"),
    "camera": ("cctv.cli.camera", "add, list, show, change, probe and import cameras"),
    "user": ("cctv.cli.user", "add, list, recover and disable users; the break-glass account"),
    "archive": ("cctv.cli.archive", "check the archive, make the catalogue anew"),
    "keys": ("cctv.cli.keys", "replace the key that seals camera passwords"),
    "audit": ("cctv.cli.audit", "prove that nothing of the audit was changed"),
    "prometheus": ("cctv.cli.prometheus", "print how Prometheus scrapes the running system"),
    "settings": ("cctv.cli.settings", "what can be set, and what is set now"),
    "migrate": ("cctv.cli.migrate", "bring a database's schema to this version"),
    "openapi": ("cctv.cli.openapi", "print the description of the whole API"),
}

_HELP = """Usage: cctv COMMAND [OPTIONS]      (cctv COMMAND --help tells more)

Records the cameras of a city round the clock and plays them back.

  To see it at once      cctv demo
  To run it for good     cctv serve           then open http://127.0.0.1:3000
  To add a camera        cctv camera add --help

Commands:
{commands}

Everything is kept below one data folder: ./cctv-data, unless --data or CCTV_DATA says otherwise. With
CCTV_DATABASE_URL and CCTV_VALKEY_URL your own PostgreSQL and Valkey are used; without them they are started
from Python wheels. Any variable may be given as NAME_FILE, the path of a file that holds the value.

Exit codes: 0 done or healthy; 1 finished with findings; 2 could not (one line says why, nothing was changed)."""


def main() -> None:
    """Run the command line; what we cannot do is one line and exit code 2."""
    name, *words = sys.argv[1:] or ["--help"]
    if name in ("--help", "-h", "help"):
        _end(DONE, _help())
    if name in ("--version", "version"):
        _end(DONE, f"RTA CCTV {version('rta-cctv')}")
    if name not in _COMMANDS:
        near = get_close_matches(name, _COMMANDS, n=1)
        _end(COULD_NOT, f"cctv: there is no command {name}" + (f"; did you mean {near[0]}?" if near else ""))
    _run(name, words)


def _run(name: str, words: list[str]) -> None:
    app: typer.Typer = import_module(_COMMANDS[name][0]).app
    try:
        app(words, prog_name=f"cctv {name}")
    except CctvError as fault:
        _end(COULD_NOT, f"cctv: {' '.join(fault.message.split())}")
    except OSError as fault:  # the machine refuses: no room, no right, no such folder
        _end(COULD_NOT, f"cctv: {fault}")
    except KeyboardInterrupt:
        _end(INTERRUPTED)


def _help() -> str:
    return _HELP.format(commands="\n".join(f"  {name:<11}{words}" for name, (_, words) in _COMMANDS.items()))


def _end(code: int, words: str = "") -> None:
    if words:
        typer.echo(words, err=code != DONE)
    sys.exit(code)
