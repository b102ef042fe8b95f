"""Files of cameras as people have them: spreadsheets, exports, and rubbish."""

import contextlib
import csv
import io
import json
import time
import unicodedata
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cctv.cameras.registry import export
from cctv.cameras.registry.errors import ImportUnreadable
from cctv.cameras.registry.import_row import Vocabulary, read_row
from cctv.cameras.registry.import_text import MAX_BYTES, MAX_ROWS, SYNONYMS, parse_file
from cctv.cameras.registry.model import FIRST_AGENCIES, MAX_TEXT, name_key
from cctv.cameras.registry.settle import clean_text, name_problems

WORDS = Vocabulary.of(list(FIRST_AGENCIES), [])


def rows_of(text: str) -> list[dict[str, Any]]:
    return [row.values for row in parse_file(text.encode()).rows]


@pytest.mark.parametrize("separator", [",", ";", "\t"])
@pytest.mark.parametrize("mark", ["", "\ufeff"])
@pytest.mark.parametrize("line_end", ["\n", "\r\n"])
def test_the_separator_is_found_out(separator: str, mark: str, line_end: str) -> None:
    lines = [["name", "agency", "main_url"], ["Gate; 1, left", "METRO", "rtsp://h/1"]]
    text = io.StringIO(newline="")
    csv.writer(text, delimiter=separator, lineterminator=line_end).writerows(lines)
    assert rows_of(mark + text.getvalue()) == [
        {"name": "Gate; 1, left", "agency": "METRO", "main_url": "rtsp://h/1"}
    ]


def test_the_spreadsheets_own_separator_line() -> None:
    parsed = parse_file(b"sep=;\r\nname;main_url\r\na;rtsp://h/1\r\n")
    assert [(row.number, row.values) for row in parsed.rows] == [(3, {"name": "a", "main_url": "rtsp://h/1"})]


def test_arabic_and_other_names_of_columns() -> None:
    assert rows_of("الاسم,الجهة,RTSP URL,Latitude,Arabic-Name\nبوابة,METRO,rtsp://h/1,25.2,اسم\n") == [  # noqa: RUF001
        {"name": "بوابة", "agency": "METRO", "main_url": "rtsp://h/1", "lat": "25.2", "name_ar": "اسم"}
    ]


def test_no_name_of_a_column_means_two_things() -> None:
    synonyms = [synonym for names in SYNONYMS.values() for synonym in names]
    assert len(synonyms) == len(set(synonyms))


def test_row_numbers_are_lines_of_the_file() -> None:
    parsed = parse_file(b'name,main_url\n\na,rtsp://h/1\n"b\nc",rtsp://h/2\n,,\nd,rtsp://h/3,x\n')
    assert [row.number for row in parsed.rows] == [3, 5, 7]
    assert parsed.rows[2].wrong_length == (3, 2)


def test_what_nobody_understood_is_said() -> None:
    assert parse_file(b"id,name,main_url,rack,colour\n1,a,rtsp://h/1,2,red\n").unknown_columns == [
        "rack",
        "colour",
    ]
    assert parse_file(b'[{"name": "a", "rack": 2}]').unknown_columns == ["rack"]


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\xff\xfe\x00n",
        b"name\xff",
        b"hello",
        b"rack,colour\n1,2\n",
        b"name,main_url\n",
        b"name,url,main_url\na,b,c\n",
        b"{}",
        b"[]",
        b'{"cameras": 5}',
        b"5",
        b'"text"',
        b"[1,",
        b"[NaN]",
        b"[" * 100_000,
        b'{"cameras":' * 50_000,
        b"x" * (MAX_BYTES + 1),
        b"name\n" + b"a\n" * (MAX_ROWS + 1),
        b"[" + b"{}," * MAX_ROWS + b"{}]",
        b'name,main_url\n"' + b"x" * 200_000,
        ("name" + "," * 300 + "\na\n").encode(),
    ],
)
def test_what_is_no_list_of_cameras(content: bytes) -> None:
    with pytest.raises(ImportUnreadable):
        parse_file(content)


def test_json_flat_and_nested() -> None:
    nested = {
        "name": "a",
        "agency": "BUS",
        "main": {"url": "rtsp://h/1", "transport": "udp"},
        "sub": None,
        "place": {"lat": 1, "lon": 2.5, "text": "here"},
        "credentials": {"username": "u", "password": "p"},
        "enabled": False,
    }
    flat = {
        "name": "a",
        "agency": "BUS",
        "main_url": "rtsp://h/1",
        "main_transport": "udp",
        "sub_url": None,
        "lat": 1,
        "lon": 2.5,
        "place": "here",
        "username": "u",
        "password": "p",
        "enabled": False,
    }
    for entry in (nested, flat):
        for whole in ([entry], {"cameras": [entry]}):
            raw = parse_file(json.dumps(whole).encode()).rows[0]
            assert read_row(raw, WORDS).given == {name: value for name, value in flat.items() if value is not None}


@pytest.mark.parametrize(
    ("column", "cell", "expected"),
    [
        ("agency", "Dubai Police", "DUBAI_POLICE"),
        ("agency", "dubai_police", "DUBAI_POLICE"),
        ("agency", "المترو", "METRO"),
        ("enabled", "نعم", True),
        ("enabled", "No", False),
        ("enabled", 1, True),
        ("lat", "25,2048", 25.2048),
        ("lat", "٢٥.٥", 25.5),  # noqa: RUF001
        ("mode", "ON", "continuous"),
        ("audio", "AAC", "aac"),
        ("name", "'=SUM(A1)", "=SUM(A1)"),
        ("password", " '=x ", " '=x "),
    ],
)
def test_words_of_tables(column: str, cell: object, expected: object) -> None:
    raw = parse_file(json.dumps([{column: cell}]).encode()).rows[0]
    read = read_row(raw, WORDS)
    assert (read.given[column], read.problems) == (expected, [])


@pytest.mark.parametrize(
    ("column", "cell", "code"),
    [
        ("lat", "north", "lat_range"),
        ("lon", True, "lon_range"),
        ("lon", "1e999", "lon_range"),
        ("enabled", "perhaps", "choice"),
        ("enabled", [1], "choice"),
        ("name", {"en": "x"}, "type"),
        ("main_url", ["rtsp://h"], "type"),
        ("group", "nowhere", "group_unknown"),
        ("password", True, "type"),
    ],
)
def test_cells_that_cannot_be_read(column: str, cell: object, code: str) -> None:
    raw = parse_file(json.dumps([{column: cell}]).encode()).rows[0]
    assert [problem.code for problem in read_row(raw, WORDS).problems] == [code]


def test_a_row_never_shows_its_password() -> None:
    raw = parse_file(b"name,main_url,password\na,rtsp://h/1,hunter2\n").rows[0]
    assert "hunter2" not in repr(read_row(raw, WORDS))


@given(st.binary(max_size=300))
def test_any_bytes_are_rows_or_refused(content: bytes) -> None:
    with contextlib.suppress(ImportUnreadable):
        for raw in parse_file(content).rows:
            read_row(raw, WORDS)


_json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=10), inner, max_size=4),
    max_leaves=10,
)
_columns = st.sampled_from(
    [name for names in SYNONYMS.values() for name in names] + ["place", "main", "credentials"]
)


@given(st.lists(st.dictionaries(_columns, _json, max_size=8) | _json, max_size=5))
def test_any_json_is_rows_or_refused(entries: list[Any]) -> None:
    try:
        parsed = parse_file(json.dumps(entries).encode())
    except ImportUnreadable:
        return
    for raw in parsed.rows:
        for problem in read_row(raw, WORDS).problems:
            assert problem.message_ar


_cells = st.text(st.characters(codec="utf-8", exclude_categories=["Cc"]), max_size=12)


@given(st.lists(st.tuples(_cells, _cells, _cells), min_size=1, max_size=5), st.sampled_from(",;\t"))
def test_what_a_spreadsheet_writes_is_read_back(rows: list[tuple[str, str, str]], separator: str) -> None:
    text = io.StringIO(newline="")
    writer = csv.writer(text, delimiter=separator)
    writer.writerow(["name", "place", "password"])
    writer.writerows(rows)
    wanted = [row for row in rows if any(cell.strip() for cell in row)]
    try:
        found = rows_of(text.getvalue())
    except ImportUnreadable:
        assert not wanted
    else:
        assert [tuple(row.values()) for row in found] == wanted


def test_the_export_has_only_columns_that_the_import_knows() -> None:
    header = ",".join(export.COLUMNS)
    assert parse_file(f"{header}\na\n".encode()).unknown_columns == []


@pytest.mark.parametrize(
    ("content", "form"),
    [(b"", "csv"), (b"\xef\xbb\xbf", "json"), (b" \r\n\n", None), (b"name,agency,url\n", "csv")],
)
def test_a_file_without_anything_holds_no_cameras(content: bytes, form: Any) -> None:
    with pytest.raises(ImportUnreadable, match="holds no cameras"):
        parse_file(content, form)


HEAP = "\u0301\u0323" * 20_000
"""Marks that must be sorted: normalising them takes a second, and no other thread runs meanwhile."""


def test_heaps_of_marks_are_refused_before_they_are_sorted(monkeypatch: pytest.MonkeyPatch) -> None:
    longest = 0
    normalize = unicodedata.normalize

    def watched(form: Any, text: str) -> str:
        nonlocal longest
        longest = max(longest, len(text))
        return normalize(form, text)

    monkeypatch.setattr(unicodedata, "normalize", watched)
    cameras = json.dumps([{"name": HEAP, "agency": HEAP, "group": HEAP, "place": HEAP, "main_url": HEAP}])
    [raw] = parse_file(cameras.encode()).rows
    row = read_row(raw, WORDS)
    assert {(one.field, one.code) for one in row.problems} == {
        (field, "text_too_long") for field in ("name", "agency", "group", "place.text")
    }
    for content in (f"name,main_url,{HEAP}\na,rtsp://h/1,x\n", json.dumps([{"name": "a", HEAP: 1}])):
        with pytest.raises(ImportUnreadable, match=f"longer than {MAX_TEXT} characters"):
            parse_file(content.encode())
    assert clean_text(HEAP) == HEAP
    assert name_key(HEAP)
    assert [one.code for one in name_problems("name", HEAP)] == ["text_too_long"]
    assert longest <= MAX_TEXT


def test_a_file_full_of_heaps_costs_no_more_than_its_size() -> None:
    heap = HEAP[:1990]
    rows = [{"name": f"{number}{heap}", "place": heap, f"{number}{heap}": 1} for number in range(400)]
    began = time.thread_time()
    for raw in parse_file(json.dumps(rows, ensure_ascii=False).encode()).rows:
        name = read_row(raw, WORDS).given["name"]
        assert name_key(name)
        assert [one.code for one in name_problems("name", name)] == ["text_too_long", "text_marks"]
    assert time.thread_time() - began < 1.5, "was 5 s; what is linear needs 0.2 s"


def test_letters_with_all_their_marks_are_names() -> None:
    for name in ("\u0628\u064e\u0651\u0648\u0651\u0627\u0628\u0629", "Vi\u1ec7t Nam", "e\u0301" * 150):
        assert name_problems("name", name) == []
    assert clean_text("e\u0301") == "\u00e9"
    assert name_key("\uff27ate") == "gate"
