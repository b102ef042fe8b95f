"""All settings of all rooms, for ``cctv settings`` and for the document that is made from it."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from cctv.access.identity.settings import IdentitySettings
from cctv.cameras.drivers.settings import ProbeSettings
from cctv.infra.objects import ObjectStoreSettings
from cctv.infra.settings import SettingNotValid, Settings
from cctv.infra.telemetry import LogSettings
from cctv.recording.capture.settings import CaptureSettings
from cctv.recording.retention.settings import RetentionSettings
from cctv.services.settings import ConsoleSettings, ServeSettings
from cctv.viewing.feed.settings import FeedSettings
from cctv.viewing.playback.settings import PlaybackSettings

SETTINGS: dict[str, type[Settings]] = {
    "The whole system": ServeSettings,
    "Signing in": IdentitySettings,
    "Probing cameras": ProbeSettings,
    "Recording": CaptureSettings,
    "Playback": PlaybackSettings,
    "Live view": FeedSettings,
    "Storage": RetentionSettings,
    "Object store": ObjectStoreSettings,
    "Logs": LogSettings,
    "The command line": ConsoleSettings,
}


def check_settings() -> None:
    """Read all that services read: better :class:`SettingNotValid` at the start than one that never starts."""
    for group in SETTINGS.values():
        if group is not ConsoleSettings:
            group()


@dataclass(frozen=True, slots=True)
class Setting:
    """One setting: its environment variable, default as text, what it means, and its value now."""

    name: str
    default: str
    meaning: str
    value: str


def settings_of(group: type[Settings], *, with_values: bool) -> Iterator[Setting]:
    """The settings of a room; values of addresses are shown without their passwords."""
    values = _values(group) if with_values else {}
    for field, facts in group.model_fields.items():
        default = "" if facts.default is None else str(facts.default)
        yield Setting(group.variable(field), default, facts.description or "", str(values.get(field, "")))


def markdown() -> str:
    """The document of all settings."""
    lines = [
        "# Settings",
        "",
        "Made by `cctv settings --markdown`; a test compares. Each `NAME` may be given as `NAME_FILE`: the path",
        "of a file that holds the value. Times are in seconds, sizes in bytes, where the name says nothing else.",
    ]
    for title, group in SETTINGS.items():
        lines += ["", f"## {title}", "", *_table(settings_of(group, with_values=False))]
    return "\n".join([*lines, ""])


def _table(rows: Iterator[Setting]) -> list[str]:
    cells = [f"| `{row.name}` | {_code(row.default)} | {row.meaning} |" for row in rows]
    return ["| variable | default | meaning |", "|---|---|---|", *cells]


def _code(text: str) -> str:
    return f"`{text}`" if text else ""


def _values(group: type[Settings]) -> dict[str, Any]:
    try:
        return group().model_dump()
    except SettingNotValid as fault:
        return {field: f"not valid: {said}" for field, said in fault.detail["wrong"].items()}
