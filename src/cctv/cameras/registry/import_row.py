"""From a row of a file to the fields of a draft: the words and numbers that people write in tables."""

import math
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from cctv.cameras.registry.import_text import RawRow
from cctv.cameras.registry.model import MAX_TEXT, Agency, Group, name_key
from cctv.cameras.registry.problems import Problem

_YES = frozenset({"true", "yes", "y", "1", "on", "x", "نعم"})
_NO = frozenset({"false", "no", "n", "0", "off", "لا"})
_MODES = {"continuous": "continuous", "on": "continuous", "always": "continuous", "off": "off", "none": "off"}
_FORMULA_STARTS = ("'=", "'+", "'-", "'@")
_PLACE_FIELDS = {"lat": "place.lat", "lon": "place.lon", "place": "place.text"}


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """What the words of a file may mean."""

    agencies: dict[str, str]
    groups: dict[str, UUID]

    @classmethod
    def of(cls, agencies: list[Agency], groups: list[Group]) -> "Vocabulary":
        """Agencies by code and both names; groups by id and both names."""
        codes = {
            name_key(word): agency.code for agency in agencies for word in (agency.name, agency.name_ar) if word
        }
        codes |= {name_key(agency.code): agency.code for agency in agencies}
        ids = {name_key(word): group.id for group in groups for word in (group.name, group.name_ar) if word}
        return cls(codes, ids | {str(group.id): group.id for group in groups})


@dataclass(frozen=True, slots=True)
class ReadRow:
    """The fields of a draft that a row gives (empty cells give none), and what could not be read."""

    number: int
    given: dict[str, Any] = field(repr=False)
    problems: list[Problem]

    @property
    def name(self) -> str:
        return shown(str(self.given.get("name", "")))


def shown(text: str) -> str:
    """Text of a file as a report may repeat it: short, and every character one that can be written."""
    return "".join(char if char.isprintable() else "\ufffd" for char in text[:200])


def read_row(raw: RawRow, words: Vocabulary) -> ReadRow:
    """What the row says, in the draft's terms."""
    given: dict[str, Any] = {}
    problems: list[Problem] = []
    if raw.wrong_length is not None:
        found, expected = raw.wrong_length
        problems.append(Problem("row", "row_columns", {"found": found, "expected": expected}))
    for name, value in raw.values.items():
        if value is None or (isinstance(value, str) and not value.strip()):
            continue
        read = _read_value(name, value, words)
        if isinstance(read, Problem):
            problems.append(read)
        else:
            given["group_id" if name == "group" else name] = read
    return ReadRow(raw.number, given, problems)


def _read_value(name: str, value: Any, words: Vocabulary) -> Any | Problem:
    if isinstance(value, str) and len(value) > MAX_TEXT and not name.endswith("_url"):  # those say it themselves
        return Problem(_PLACE_FIELDS.get(name, name), "text_too_long", {"limit": MAX_TEXT})
    if name in ("lat", "lon"):
        return _number(name, value)
    if name == "enabled":
        return _flag(value)
    if isinstance(value, bool) or not isinstance(value, str | int):
        return Problem(_PLACE_FIELDS.get(name, name), "type", {"expected": "text"})
    text = str(value)
    if name not in ("username", "password"):
        text = text.strip()
        if text.startswith(_FORMULA_STARTS):  # our own export keeps spreadsheets from running names as formulas
            text = text[1:]
    if name == "agency":
        return words.agencies.get(name_key(text.replace("_", " "))) or words.agencies.get(name_key(text), text)
    if name == "group":
        return words.groups.get(name_key(text)) or Problem("group_id", "group_unknown")
    if name == "mode":
        return _MODES.get(text.lower(), text)
    return text.lower() if name in ("audio", "main_transport", "sub_transport") else text


def _number(name: str, value: Any) -> float | Problem:
    wrong = Problem(_PLACE_FIELDS[name], f"{name}_range")
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return wrong
    try:
        number = float(value.strip().replace(",", ".") if isinstance(value, str) else value)
    except (ValueError, OverflowError):
        return wrong
    return number if math.isfinite(number) else wrong


def _flag(value: Any) -> bool | Problem:
    if isinstance(value, bool):
        return value
    word = str(value).strip().casefold() if isinstance(value, str | int) else ""
    if word in _YES or word in _NO:
        return word in _YES
    return Problem("enabled", "choice", {"allowed": "yes, no"})
