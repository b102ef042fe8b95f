"""``cctv archive``: check the archive, make the catalogue anew, keep footage as evidence."""

import asyncio
import getpass
import os
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, TypeVar
from uuid import UUID

import typer

from cctv.base.errors import InvalidInput
from cctv.base.span import Span
from cctv.cli import archive_views
from cctv.recording.archive import SETTLE_S, Depth
from cctv.services.archive_desk import Desk, open_desk
from cctv.services.settings import ServeSettings

app = typer.Typer(add_completion=False, rich_markup_mode="markdown", no_args_is_help=True)

T = TypeVar("T")
_FINDINGS = 1

Data = Annotated[Path | None, typer.Option("--data", help="The system's data folder [CCTV_DATA, ./cctv-data].")]
Volumes = Annotated[
    list[str] | None,
    typer.Option(
        "--volume", metavar="ID=PLACE", help="A volume's folder, or s3://BUCKET; repeatable. Else: all of ours."
    ),
]
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON document.")]
By = Annotated[str | None, typer.Option("--by", help="Who does it, for the record. Not given: your user name.")]


@app.callback()
def archive() -> None:
    """Check the archive, make the catalogue anew, keep footage as evidence.

    The archive is two things that must agree: the store (files, `AGENCY/CAMERA/YYYY/MM/DD/RUN-SEQ.mp4`) and the
    catalogue (rows in PostgreSQL). The files suffice to make the catalogue anew.

    The database is that of CCTV_DATABASE_URL, else of the system that runs on the data folder.

    Exit codes: 0 done or healthy; 1 finished with findings; 2 could not, nothing was changed.
    """


@app.command()
def check(
    hashes: Annotated[
        bool, typer.Option("--hashes", help="Also read every byte and compare hashes; as slow as the disk.")
    ] = False,
    since: Annotated[
        str | None, typer.Option("--since", metavar="DAY", help="Only from this UTC day on, as 2026-03-01.")
    ] = None,
    settle_s: Annotated[
        float, typer.Option("--settle", metavar="SECONDS", help="Wait before doubtful things are looked at again.")
    ] = SETTLE_S,
    as_json: AsJson = False,
    data: Data = None,
    volume: Volumes = None,
) -> None:
    """Prove that store, catalogue, plan and timelines agree. Changes nothing; may run at any time.

    What is checked:

    1. every row of the catalogue has an object of that size (and, with `--hashes`, of that hash);

    2. every object is in the catalogue, in the spool, or in the list of things to delete;

    3. every second that was planned is recorded or lies in a gap with a cause;

    4. inside a clock epoch a camera's time has no overlap and only moves forward, and timelines show just that.

    While cameras are recorded, files and rows arrive one after the other. So what looks wrong is looked at again
    after a few seconds, and only what is still wrong is said. A camera that nobody has taken over yet shows as
    `plan_open`, until the next recorder writes the gap.

    Example: `cctv archive check --hashes --since 2026-03-01 --json > report.json`
    """
    depth = Depth(hashes=hashes, since=_day(since), settle_s=settle_s)
    with archive_views.progress("checking", "findings") as tell:
        report = _at_desk(data, volume, lambda desk: desk.check(depth, tell))
    if as_json:
        archive_views.print_json(report.to_dict())
    else:
        archive_views.show_report(report)
    raise typer.Exit(0 if report.healthy else _FINDINGS)


@app.command()
def rebuild(as_json: AsJson = False, data: Data = None, volume: Volumes = None) -> None:
    """Make the catalogue anew from the files alone, or add what it lacks.

    For a lost or restored database: start the system with an empty one (`cctv serve`), then run this. Runs,
    segments, their indexes and hashes, spans and clock epochs come back as they were. Files that a dead recorder
    left in the spool are salvaged first. Nothing is deleted, and what is known already stays, so it may be run
    again and beside recorders.

    What no file knows does not come back: cameras, the plan, evidence locks, a run's nominal frame rate and why it
    ended. Holes between recordings become gaps with the cause that the neighbours suggest (`node`, `clock`,
    `restart`, else `camera`), marked `derived`. **Set evidence locks again before retention runs.**

    Every file is read once, for its hash: count on the speed of the disk.
    """
    with archive_views.progress("rebuilding", "segments added") as tell:
        done = _at_desk(data, volume, lambda desk: desk.rebuild(tell))
    archive_views.show_rebuilt(done, as_json=as_json)
    raise typer.Exit(_FINDINGS if done.unreadable else 0)


@app.command()
def lock(
    camera: Annotated[str, typer.Argument(help="Id, the beginning of an id, or the name; removed ones too.")],
    start: Annotated[str, typer.Option("--from", help="Beginning, as 2026-03-01T12:00 (local) or …T08:00Z.")],
    end: Annotated[str, typer.Option("--to", help="End.")],
    case: Annotated[str, typer.Option("--case", help="The case that it is kept for.")],
    until: Annotated[str | None, typer.Option("--until", help="The lock ends then. Else: by unlock.")] = None,
    by: By = None,
    as_json: AsJson = False,
    data: Data = None,
) -> None:
    """Keep footage: nothing deletes it until it is unlocked, not age and not a full disk.

    The time may lie ahead. Times without a zone are this machine's; what was understood is printed in UTC.

    Example: `cctv archive lock "Deira gate 4" --from 2026-03-01T12:00 --to 2026-03-01T12:30 --case 2026/117`
    """
    span = _span(start, end)
    ends = None if until is None else _moment(until)
    made, known, recorded_s = _at_catalogue(
        data, lambda desk: desk.lock(camera, span, case_ref=case, by=by or _who(), until=ends)
    )
    archive_views.show_lock(made, known.name, recorded_s, as_json=as_json)


@app.command()
def unlock(
    lock_id: Annotated[str, typer.Argument(metavar="LOCK", help="The lock's id, as `locks` shows it.")],
    by: By = None,
    data: Data = None,
) -> None:
    """Release a lock. That it was, and who released it, stays on record."""
    try:
        wanted = UUID(lock_id)
    except ValueError:
        raise InvalidInput(f"{lock_id} is no lock's id; see cctv archive locks") from None
    released = _at_catalogue(data, lambda desk: desk.unlock(wanted, by=by or _who()))
    typer.echo(f"Released the lock of case {released.case_ref}.")


@app.command()
def locks(as_json: AsJson = False, data: Data = None) -> None:
    """List the locks that hold."""
    archive_views.show_locks(_at_catalogue(data, lambda desk: desk.locks()), as_json=as_json)


def _who() -> str:
    """Who is at the console; a container may know its user by number alone."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return f"uid {os.getuid()}"


def _at_desk(data: Path | None, volume: list[str] | None, act: Callable[[Desk], Awaitable[T]]) -> T:
    """Run ``act`` with the volumes given, or the data folder's own."""
    return asyncio.run(_act(data, dict(_volume(one) for one in volume) if volume else None, act))


def _at_catalogue(data: Path | None, act: Callable[[Desk], Awaitable[T]]) -> T:
    """Run ``act`` on the catalogue alone; no files are needed."""
    return asyncio.run(_act(data, {}, act))


async def _act(data: Path | None, folders: dict[str, str] | None, act: Callable[[Desk], Awaitable[T]]) -> T:
    async with open_desk(ServeSettings.from_options(data=data), folders) as desk:
        return await act(desk)


def _volume(text: str) -> tuple[str, str]:
    name, is_there, folder = text.partition("=")
    if not is_there or not name or not folder:
        raise InvalidInput(f"--volume {text}: give ID=FOLDER, as default=/mnt/video, or ID=s3://BUCKET")
    return name, folder


def _day(text: str | None) -> datetime | None:
    if text is None:
        return None
    try:
        return datetime.strptime(text, "%Y-%m-%d").replace(tzinfo=UTC)
    except ValueError:
        raise InvalidInput(f"{text} is no day; give it as 2026-03-01") from None


def _span(start: str, end: str) -> Span:
    first, last = _moment(start), _moment(end)
    if last <= first:
        raise InvalidInput("--to must be later than --from")
    return Span(first, last)


def _moment(text: str) -> datetime:
    try:
        return datetime.fromisoformat(text).astimezone(UTC)
    except ValueError:
        raise InvalidInput(f"{text} is no time; give it as 2026-03-01T12:00 or 2026-03-01T08:00Z") from None
