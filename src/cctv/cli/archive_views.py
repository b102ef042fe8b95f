"""How reports, rebuilds and locks look in a terminal. Results go to stdout, progress to stderr."""

import contextlib
import json
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table
from rich.text import Text

from cctv.cli.printing import console
from cctv.recording.archive import Finding, Lock, Rebuilt, Report

_MOST_SHOWN = 50
_TELL_EVERY_S = 10.0
_INVARIANTS = {
    1: "every row has its object",
    2: "every object is known",
    3: "the plan is recorded or a gap says why",
    4: "time has no overlap and only moves forward",
}

Tell = Callable[[int, int, int], None]


def print_json(value: Any) -> None:
    """For scripts: one document."""
    sys.stdout.write(json.dumps(value, ensure_ascii=False, indent=1) + "\n")


@contextlib.contextmanager
def progress(doing: str, counted: str) -> Iterator[Tell]:
    """A bar on a terminal; without one a line every ten seconds."""
    if not sys.stderr.isatty():
        yield _lines(doing, counted)
        return
    columns = (TextColumn("{task.description}"), BarColumn(), TextColumn("{task.fields[said]}"))
    with Progress(*columns, TimeRemainingColumn(), console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(doing, total=None, said="")

        def tell(done: int, total: int, count: int) -> None:
            bar.update(task, completed=done, total=total, said=f"{done}/{total} camera days, {count} {counted}")

        yield tell


def show_report(report: Report) -> None:
    """Which invariants hold, what was looked at, and what is wrong."""
    told, out, seen = report.to_dict(), console(), report.seen
    for number, words in _INVARIANTS.items():
        holds = told["invariants"][str(number)]
        out.print(
            Text("ok    " if holds else "BROKEN", style="green" if holds else "bold red"), f"{number} {words}"
        )
    hashed = f", {seen.hashed} hashes" if seen.hashed else ""
    elsewhere = f", {seen.elsewhere} rows on volumes elsewhere" if seen.elsewhere else ""
    out.print(
        f"{seen.segments} segments, {seen.objects} objects, {seen.bytes / 1e9:.2f} GB{hashed}{elsewhere}, "
        f"{report.spooled} in the spool; {report.seconds:.1f} s"
    )
    if report.findings:
        out.print(_findings(report.findings[:_MOST_SHOWN]))
        more = len(report.findings) - _MOST_SHOWN
        out.print(f"{len(report.findings)} findings" + (f", {more} more with --json" if more > 0 else ""))


def show_rebuilt(done: Rebuilt, *, as_json: bool) -> None:
    """What was added and what could not be read."""
    if as_json:
        unreadable = [{"volume": v, "object": name, "words": why} for v, name, why in done.unreadable]
        facts = {"segments": done.segments, "bytes": done.bytes, "salvaged": done.salvaged, "gaps": done.gaps}
        print_json(facts | {"unreadable": unreadable})
        return
    out = console()
    out.print(
        f"{done.segments} segments added ({done.bytes / 1e9:.2f} GB), {done.salvaged} salvaged from the spool, "
        f"{done.gaps} gaps derived."
    )
    for volume, name, why in done.unreadable[:_MOST_SHOWN]:
        out.print(f"not read: {volume}/{name}: {why}")


def show_lock(lock: Lock, camera: str, recorded_s: float, *, as_json: bool) -> None:
    """The lock as it was understood."""
    if as_json:
        print_json(_lock(lock, camera) | {"recorded_seconds": recorded_s})
        return
    console().print(
        f"Locked {camera}, {_time(lock.span.start)} to {_time(lock.span.end)}, for case {lock.case_ref}; "
        f"{recorded_s:.0f} s of it are recorded at present.\nRelease it with: cctv archive unlock {lock.id}"
    )


def show_locks(locks: Sequence[tuple[Lock, str]], *, as_json: bool) -> None:
    """A table of locks."""
    if as_json:
        print_json([_lock(lock, camera) for lock, camera in locks])
        return
    table = Table("lock", "camera", "from", "to", "case", "by", "until", box=None, pad_edge=False)
    for lock, camera in locks:
        until = _time(lock.until) if lock.until else "released"
        times = (_time(lock.span.start), _time(lock.span.end))
        table.add_row(str(lock.id), Text(camera), *times, Text(lock.case_ref), Text(lock.by), until)
    out = console()
    out.print(table)
    out.print("1 lock" if len(locks) == 1 else f"{len(locks)} locks")


def _findings(findings: Sequence[Finding]) -> Table:
    table = Table("finding", "where", "what", box=None, pad_edge=False)
    for one in findings:
        table.add_row(one.kind.value, Text(_where(one)), Text(one.words))
    return table


def _where(finding: Finding) -> str:
    if finding.object_name is not None:
        return f"{finding.volume}/{finding.object_name}"
    if finding.span is None:
        return str(finding.camera)
    return f"{finding.camera} {_time(finding.span.start)} + {finding.span.seconds:.1f} s"


def _lock(lock: Lock, camera: str) -> dict[str, Any]:
    return {
        "id": str(lock.id),
        "camera": str(lock.camera_id),
        "camera_name": camera,
        "from": lock.span.start.isoformat(),
        "to": lock.span.end.isoformat(),
        "case_ref": lock.case_ref,
        "by": lock.by,
        "until": lock.until.isoformat() if lock.until else None,
    }


def _lines(doing: str, counted: str) -> Tell:
    last_s = time.monotonic()

    def tell(done: int, total: int, count: int) -> None:
        nonlocal last_s
        if time.monotonic() - last_s >= _TELL_EVERY_S:
            last_s = time.monotonic()
            sys.stderr.write(f"{doing}: {done} of {total} camera days, {count} {counted}\n")

    return tell


def _time(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M:%S}Z"
