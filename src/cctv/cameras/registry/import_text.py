"""From the bytes of a file to rows with our field names: CSV as spreadsheets write it, or JSON.

CSV is UTF-8 with or without a byte order mark, separated by comma, semicolon or tab (found out from the header; a
first line `sep=;` is heeded). JSON is an array of cameras, or an object whose `cameras` is one; an entry is flat
like a CSV row or nested as the API gives it. Column names are those of :data:`SYNONYMS`, in any case; spaces,
dashes and dots count as underscores.
"""

import csv
import io
import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal

from cctv.cameras.registry.errors import ImportUnreadable
from cctv.cameras.registry.model import MAX_TEXT, normal

MAX_BYTES = 5 * 1024 * 1024
MAX_ROWS = 5_000
MAX_COLUMNS = 200

Format = Literal["csv", "json"]

SYNONYMS: dict[str, tuple[str, ...]] = {
    "name": ("name", "camera", "camera_name", "title", "الاسم", "اسم_الكاميرا"),
    "name_ar": ("name_ar", "arabic_name", "name_arabic", "الاسم_العربي", "الاسم_بالعربية"),
    "agency": ("agency", "agency_code", "source", "owner", "الجهة"),
    "group": ("group", "group_id", "camera_group", "المجموعة"),
    "place": ("place", "place_text", "location", "site", "المكان", "الموقع"),
    "lat": ("lat", "latitude", "place_lat", "خط_العرض"),
    "lon": ("lon", "lng", "long", "longitude", "place_lon", "خط_الطول"),
    "main_url": ("main_url", "main", "url", "rtsp", "rtsp_url", "stream", "stream_url", "main_stream", "الرابط"),
    "main_transport": ("main_transport", "transport"),
    "sub_url": ("sub_url", "sub", "sub_stream", "substream", "second_url", "الرابط_الفرعي"),
    "sub_transport": ("sub_transport",),
    "username": ("username", "user", "user_name", "login", "credentials_username", "اسم_المستخدم"),
    "password": ("password", "pass", "pwd", "credentials_password", "كلمة_المرور"),
    "mode": ("mode", "recording", "recording_mode", "وضع_التسجيل"),
    "audio": ("audio", "sound", "الصوت"),
    "enabled": ("enabled", "active", "مفعلة"),
}
"""Our field, and the names that a column of it may have."""

_FIELDS = {synonym: field for field, synonyms in SYNONYMS.items() for synonym in synonyms}
# Columns of our own exports that say nothing new on the way in.
_PASSED_OVER = frozenset(
    {"id", "version", "created_at", "updated_at", "removed_at", "recorded", "has_credentials", "status"}
)
_NESTED = frozenset({"place", "main", "sub", "credentials"})


@dataclass(frozen=True, slots=True)
class RawRow:
    """A row as it stood in the file. `number` counts from 1: lines of a CSV, entries of JSON."""

    number: int
    values: dict[str, Any]
    wrong_length: tuple[int, int] | None = None
    """Values found and expected, when they differ."""


@dataclass(frozen=True, slots=True)
class ParsedFile:
    """All rows, and the columns that nobody understood."""

    rows: list[RawRow]
    unknown_columns: list[str]


def parse_file(content: bytes, form: Format | None = None) -> ParsedFile:
    """The rows of a file; the form is found out when it is not given. :class:`ImportUnreadable` for the whole."""
    if len(content) > MAX_BYTES:
        raise ImportUnreadable(
            f"The file is larger than {MAX_BYTES // 1024 // 1024} MiB; split it.",
            arabic=f"الملف أكبر من {MAX_BYTES // 1024 // 1024} ميبيبايت؛ قسّمه.",
        )
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as fault:
        raise ImportUnreadable(
            f"The file is not UTF-8 (byte {fault.start}); save it as CSV UTF-8.",
            arabic=f"ليس الملف بترميز UTF-8 (البايت {fault.start})؛ احفظه بصيغة CSV UTF-8.",
        ) from None
    if form is None:
        form = "json" if text.lstrip()[:1] in ("{", "[") else "csv"
    parsed = ParsedFile([], [])
    if text.strip():
        parsed = _parse_json(text) if form == "json" else _parse_csv(text)
    if not parsed.rows:
        raise ImportUnreadable("The file holds no cameras.", arabic="لا توجد كاميرات في الملف.")
    return parsed


def _parse_csv(text: str) -> ParsedFile:
    rows = _csv_rows(text)
    header_number, header = next(rows, (0, []))
    if len(header) > MAX_COLUMNS:
        raise ImportUnreadable(
            f"The header has more than {MAX_COLUMNS} columns.",
            arabic=f"في سطر العناوين أكثر من {MAX_COLUMNS} عموداً.",
        )
    fields = [_FIELDS.get(_column_key(column)) for column in header]
    if "name" not in fields and "main_url" not in fields:
        raise ImportUnreadable(
            f"Line {header_number} is no header that we know; it needs at least name, agency, main_url.",
            arabic=f"السطر {header_number} ليس سطر عناوين معروفاً؛ يجب أن يضم على الأقل name و agency و main_url.",
        )
    twice = sorted({field for field in fields if field is not None and fields.count(field) > 1})
    if twice:
        raise ImportUnreadable(
            f"More than one column means {twice[0]}; leave one of them out.",
            arabic=f"أكثر من عمود يعني {twice[0]}؛ احذف أحدها.",
        )
    found: list[RawRow] = []
    for number, cells in rows:
        if len(found) >= MAX_ROWS:
            raise ImportUnreadable(
                f"The file has more than {MAX_ROWS} rows; split it.",
                arabic=f"في الملف أكثر من {MAX_ROWS} سطراً؛ قسّمه.",
            )
        values = {field: cell for field, cell in zip(fields, cells, strict=False) if field is not None}
        length = None if len(cells) == len(fields) else (len(cells), len(fields))
        found.append(RawRow(number, values, length))
    unknown = [
        column.strip()[:100]
        for column, field in zip(header, fields, strict=True)
        if field is None and column.strip() and _column_key(column) not in _PASSED_OVER
    ]
    return ParsedFile(found, unknown)


def _csv_rows(text: str) -> Iterator[tuple[int, list[str]]]:
    """Line number and cells of each row that is not empty; the number is that of the row's last line."""
    first, _, rest = text.partition("\n")
    skipped = 0
    if first.lower().startswith("sep=") and len(first.strip()) == 5:
        separator, text, skipped = first.strip()[4], rest, 1
    else:
        separator = max(",;\t", key=_outside_quotes(first).count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator)
    try:
        for cells in reader:
            if any(cell.strip() for cell in cells):
                yield reader.line_num + skipped, cells
    except csv.Error as fault:
        raise ImportUnreadable(
            f"Line {reader.line_num + skipped} is not CSV: {fault}.",
            arabic=f"السطر {reader.line_num + skipped} ليس CSV.",
        ) from None


def _outside_quotes(line: str) -> str:
    return "".join(line.split('"')[::2])


def _parse_json(text: str) -> ParsedFile:
    try:
        found = json.loads(text, parse_constant=_no_constant)
    except RecursionError:
        raise ImportUnreadable("The JSON is nested too deeply.", arabic="تداخل JSON عميق جداً.") from None
    except ValueError as fault:
        raise ImportUnreadable(f"The file is not JSON: {fault}.", arabic="ليس الملف JSON صالحاً.") from None
    entries = found.get("cameras", found.get("items")) if isinstance(found, dict) else found
    if not isinstance(entries, list):
        raise ImportUnreadable(
            'The JSON is neither a list of cameras nor {"cameras": [...]}.',
            arabic='ليس JSON قائمة كاميرات ولا {"cameras": [...]}.',
        )
    if len(entries) > MAX_ROWS:
        raise ImportUnreadable(
            f"The file has more than {MAX_ROWS} cameras; split it.",
            arabic=f"في الملف أكثر من {MAX_ROWS} كاميرا؛ قسّمه.",
        )
    unknown: dict[str, None] = {}
    rows = []
    for number, entry in enumerate(entries, start=1):
        values: dict[str, Any] = {}
        for key, value in _flattened(entry if isinstance(entry, dict) else {}):
            field = _FIELDS.get(_column_key(key))
            if field is not None:
                values.setdefault(field, value)
            elif _column_key(key) not in _PASSED_OVER and len(unknown) < MAX_COLUMNS:
                unknown[key[:100]] = None
        rows.append(RawRow(number, values))
    return ParsedFile(rows, list(unknown))


def _flattened(entry: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    """`{"main": {"url": u}}` as `main_url: u`, like the columns of a CSV."""
    for key, value in entry.items():
        if isinstance(value, dict) and key in _NESTED:
            yield from ((f"{key}_{inner}", inner_value) for inner, inner_value in value.items())
        else:
            yield key, value


def _column_key(column: str) -> str:
    if len(column) > MAX_TEXT:
        raise ImportUnreadable(
            f"The name of a column is longer than {MAX_TEXT} characters.",
            arabic=f"اسم أحد الأعمدة أطول من {MAX_TEXT} حرف.",
        )
    words = normal("NFKC", column).casefold().strip()
    return "_".join(words.replace("-", " ").replace(".", " ").replace("_", " ").split())


def _no_constant(name: str) -> None:
    raise ValueError(f"{name} is not a number")
