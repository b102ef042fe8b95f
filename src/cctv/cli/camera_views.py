"""How cameras, probes and imports look in a terminal."""

import json
import sys
from typing import Any

from rich.table import Table
from rich.text import Text

from cctv.cli.printing import console

_COLOURS = {
    "online": "green",
    "degraded": "yellow",
    "connecting": "cyan",
    "off": "dim",
}


def print_json(value: Any) -> None:
    """For scripts: one document, as the API gives it."""
    sys.stdout.write(json.dumps(value, ensure_ascii=False, indent=1) + "\n")


def show_list(cameras: list[dict[str, Any]], total: int) -> None:
    """A table of cameras, and how many there are in all."""
    table = Table("id", "name", "agency", "state", "why", "main stream", box=None, pad_edge=False)
    for camera in cameras:
        status = camera["status"]
        table.add_row(
            camera["id"][:8],
            Text(camera["name"]),
            camera["agency"],
            _state(status),
            Text(status["reason"]),
            Text(camera["main"]["url"]),
        )
    out = console()
    out.print(table)
    out.print("1 camera" if total == 1 else f"{total} cameras")


def show_camera(camera: dict[str, Any]) -> None:
    """Everything about one camera but its user and password."""
    place, sub, status = camera["place"], camera["sub"], camera.get("status")
    rows: list[tuple[str, Text | str]] = [
        ("id", camera["id"]),
        ("name", camera["name"]),
        ("name (ar)", camera["name_ar"]),
        ("agency", camera["agency"]),
        ("place", place["text"]),
        ("position", f"{place['lat']}, {place['lon']}" if place["lat"] is not None else ""),
        ("main", f"{camera['main']['url']} ({camera['main']['transport']})"),
        ("sub", f"{sub['url']} ({sub['transport']})" if sub else ""),
        ("sign-in", "sealed" if camera["has_credentials"] else "none"),
        ("recorded", _recorded(camera)),
        ("audio", camera["audio"]),
        ("version", str(camera["version"])),
    ]
    if status is not None:
        rows += [("state", _state(status)), ("why", status["reason"]), ("since", status["since"])]
        rows += [("stream", _stream(status["stream"]))] if status["stream"] else []
    _print_rows([(name, value) for name, value in rows if value])


def show_probe(found: dict[str, Any]) -> None:
    """What a probe saw, and what to change in the camera."""
    if found["failure"]:
        failure = found["failure"]
        rows = [("no video", failure["message"]), ("what to do", failure["advice"])]
        _print_rows([*rows, ("it says", failure["words"])] if failure["words"] else rows)
        return
    seen = found["stream"]
    gop = f"{seen['gop_s']:.1f} s between key frames" if seen["gop_s"] is not None else "one key frame seen"
    _print_rows(
        [
            ("video", f"{seen['codec']} {seen['profile']} {seen['level']} ({seen['codecs']})"),
            ("picture", f"{seen['width']}x{seen['height']}, {seen['fps']:.1f} frames a second"),
            ("rate", f"{seen['bit_rate'] / 1e6:.2f} Mbit/s, {gop}"),
            ("B-frames", "yes" if seen["b_frames"] else "no"),
            ("sound", seen["audio"] or "none"),
        ]
    )
    for warning in found["warnings"]:
        console().print(Text(f"! {warning['message']}\n  {warning['advice']}"))


def show_import(report: dict[str, Any]) -> None:
    """Counts, then each row that was not simply taken."""
    out = console()
    would = "would be " if report["dry_run"] else ""
    counts = [f"{report[what]} {what}" for what in ("added", "updated", "unchanged", "skipped", "bad")]
    out.print(f"{report['rows']} rows {would}read: {', '.join(counts)}" if not would else _would(report))
    if report["unknown_columns"]:
        out.print(Text(f"columns not understood, left out: {', '.join(report['unknown_columns'])}"))
    for row in report["results"]:
        for problem in row["problems"]:
            where = f"row {row['row']} {row['outcome']}, {problem['field']}"
            out.print(Text(f"{where} [{problem['code']}]: {problem['message']} {problem['hint']}"))


def _would(report: dict[str, Any]) -> str:
    counts = ", ".join(f"{report[what]} {what}" for what in ("added", "updated", "unchanged", "skipped", "bad"))
    return f"{report['rows']} rows; an import would give: {counts}. Nothing was changed."


def _print_rows(rows: list[tuple[str, Any]]) -> None:
    table = Table(box=None, show_header=False, pad_edge=False)
    for name, value in rows:
        table.add_row(Text(name, style="dim"), value if isinstance(value, Text) else Text(str(value)))
    console().print(table)


def _state(status: dict[str, Any]) -> Text:
    word = status["state"] if status["fresh"] else f"{status['state']}?"
    return Text(word, style=_COLOURS.get(status["state"], "red") if status["fresh"] else "dim")


def _stream(stream: dict[str, Any]) -> str:
    rate = f", {stream['bit_rate'] / 1e6:.2f} Mbit/s" if stream["bit_rate"] else ""
    fps = f", {stream['fps']:.1f} fps" if stream["fps"] else ""
    return f"{stream['codec']} {stream['width']}x{stream['height']}{fps}{rate}"


def _recorded(camera: dict[str, Any]) -> str:
    if camera["removed_at"]:
        return f"no, removed at {camera['removed_at']}"
    if not camera["enabled"]:
        return "no, the camera is switched off"
    return "continuously" if camera["recorded"] else "no"
