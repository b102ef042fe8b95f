"""``cctv audit``: prove that nothing of the audit was changed."""

import asyncio
import json
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from cctv.access.audit import Report
from cctv.services.audit_desk import verify_audit
from cctv.services.settings import ServeSettings

app = typer.Typer(add_completion=False, rich_markup_mode="markdown", no_args_is_help=True)

_FINDINGS = 1


@app.callback()
def audit() -> None:
    """Prove that nothing of the audit was changed.

    Exit codes: 0 all is as it was written; 1 finished with findings; 2 could not.
    """


@app.command()
def verify(
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON document.")] = False,
    anchors: Annotated[
        Path | None, typer.Option("--anchors", help="A folder of anchors that was kept elsewhere. Else: our own.")
    ] = None,
    data: Annotated[Path | None, typer.Option("--data", help="The data folder [CCTV_DATA, ./cctv-data].")] = None,
) -> None:
    """Make every link of the chain anew and compare; finds entries changed, removed, inserted, or an end cut off.

    It needs the keys of the data folder, and may run at any time.
    """
    report = asyncio.run(verify_audit(ServeSettings.from_options(data=data), anchors=anchors))
    typer.echo(json.dumps(asdict(report), ensure_ascii=False) if as_json else _words(report))
    raise typer.Exit(_FINDINGS if report.findings else 0)


def _words(report: Report) -> str:
    lines = [f"{report.entries} entries, {report.anchors} anchors"]
    lines += [
        f"{finding.kind}: {finding.words}"
        + (f" (place {finding.seq})" if finding.seq else "")
        + (f" (entry {finding.entry_id})" if finding.entry_id else "")
        for finding in report.findings
    ]
    return "\n".join(lines if report.findings else [*lines, "all is as it was written"])
