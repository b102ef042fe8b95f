"""Importing: good rows are kept, bad rows are named, nothing twice, nothing secret comes back."""

import json
from typing import Any

import httpx
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from cctv.cameras import registry
from cctv.cameras.registry.import_text import SYNONYMS
from cctv.infra.database import Database
from cctv.infra.keys import Keyring

CSV = """name;name_ar;agency;main_url;username;password;lat;lon;mode;rack
Gate 1;بوابة ١;METRO;rtsp://10.0.0.1/1;viewer;hunter2;25.2;55.3;;r1
Gate 2;;metro;rtsp://viewer:hunter2@10.0.0.2/1;;;;;off;r1
Gate 3;;NOBODY;rtsp://10.0.0.3/1;;;;;;r1
;;BUS;http://10.0.0.4/1;;;;;;r1
Gate 5;;BUS;rtsp://10.0.0.5/1;;;91;;;r1
gate  1;;METRO;rtsp://10.0.0.6/1;;;;;;r1
Gate 7;;BUS;rtsp://10.0.0.1/1;;;;;;r1
Gate 8;;BUS;rtsp://10.0.0.8/1;;;;;;r1;more
"""  # noqa: RUF001


async def load(api: httpx.AsyncClient, content: str | bytes, query: str = "", **more: Any) -> dict[str, Any]:
    answer = await api.post(f"/cameras/import?{query}", content=content, **more)
    assert answer.status_code == 200, answer.text
    assert "hunter2" not in answer.text
    report: dict[str, Any] = answer.json()
    return report


def codes(report: dict[str, Any]) -> dict[int, set[tuple[str, str]]]:
    return {
        row["row"]: {(problem["field"], problem["code"]) for problem in row["problems"]}
        for row in report["results"]
        if row["problems"]
    }


BAD = {
    4: {("agency", "agency_unknown")},
    5: {("name", "name_missing"), ("main.url", "url_scheme")},
    6: {("place.lat", "lat_range"), ("place.lon", "place_half")},
    7: {("row", "row_same")},
    8: {("row", "row_same")},
    9: {("row", "row_columns")},
}


async def test_good_rows_are_kept_and_bad_ones_are_named(
    api: httpx.AsyncClient, database: Database, keyring: Keyring
) -> None:
    preview = await load(api, CSV, "dry_run=true")
    assert (preview["dry_run"], preview["rows"], preview["added"], preview["bad"]) == (True, 8, 2, 6)
    assert (await api.get("/cameras")).json()["total"] == 0, "a dry run keeps nothing"
    report = await load(api, CSV)
    assert codes(report) == codes(preview) == BAD
    assert (report["added"], report["bad"], report["unknown_columns"]) == (2, 6, ["rack"])
    assert all(problem["hint_ar"] for row in report["results"] for problem in row["problems"])
    async with database.read() as tx:
        one, two = await registry.list_cameras(tx)
    assert (one.name, one.name_ar, one.agency, one.place.lat) == ("Gate 1", "بوابة ١", "METRO", 25.2)  # noqa: RUF001
    assert (two.agency, two.mode) == ("METRO", registry.Mode.OFF)
    assert registry.stream_url(one, keyring) == "rtsp://viewer:hunter2@10.0.0.1/1"
    assert registry.stream_url(two, keyring) == "rtsp://viewer:hunter2@10.0.0.2/1"


@pytest.mark.parametrize("existing", ["skip", "update"])
async def test_the_same_file_again_changes_nothing(api: httpx.AsyncClient, existing: str) -> None:
    await load(api, CSV)
    before = (await api.get("/cameras")).json()["items"]
    again = await load(api, CSV, f"existing={existing}")
    assert (again["added"], again["updated"], again["bad"]) == (0, 0, 6)
    assert again["skipped" if existing == "skip" else "unchanged"] == 2
    after = (await api.get("/cameras")).json()["items"]
    assert [(one["id"], one["version"]) for one in after] == [(one["id"], one["version"]) for one in before]
    if existing == "skip":
        skipped = next(row for row in again["results"] if row["outcome"] == "skipped")
        assert skipped["problems"][0]["code"] == "duplicate_url"
        assert skipped["camera"] == before[0]["id"]


async def test_update_changes_what_the_row_fills_and_nothing_else(
    api: httpx.AsyncClient, database: Database, keyring: Keyring
) -> None:
    await load(api, CSV)
    report = await load(
        api, "name,agency,place,mode\nGate 1,METRO,Al Rigga,\nGate 2,METRO,,on\n", "existing=update"
    )
    assert (report["updated"], report["bad"]) == (2, 0)
    async with database.read() as tx:
        one, two = await registry.list_cameras(tx)
    assert (one.place.text, one.place.lat, one.mode) == ("Al Rigga", 25.2, registry.Mode.CONTINUOUS)
    assert registry.stream_url(one, keyring) == "rtsp://viewer:hunter2@10.0.0.1/1"
    assert two.mode is registry.Mode.CONTINUOUS
    renamed = await load(api, "name,agency,url\nGate one,METRO,rtsp://10.0.0.1/1\n", "existing=update")
    assert renamed["updated"] == 1, "the address says which camera it is"
    stolen = await load(api, "name,agency,url\nGate one,METRO,rtsp://evil.example/1\n", "existing=update")
    assert codes(stolen) == {2: {("credentials", "credentials_needed")}}


async def test_what_was_exported_is_imported_without_a_change(api: httpx.AsyncClient) -> None:
    await load(api, CSV)
    await load(api, '[{"name": "=1+1", "agency": "BUS", "url": "rtsp://h/password=hunter2&channel=1"}]')
    for form in ("csv", "json"):
        exported = await api.get(f"/cameras/export?format={form}")
        assert "hunter2" not in exported.text
        assert "viewer" not in exported.text
        for existing, outcome in (("skip", "skipped"), ("update", "unchanged")):
            again = await load(api, exported.content, f"existing={existing}")
            assert again[outcome] == 3, again
            assert again["unknown_columns"] == []
    assert "'=1+1" in (await api.get("/cameras/export")).text, "no spreadsheet runs a name as a formula"


async def test_channels_of_one_recorder_differ_in_what_is_hidden(api: httpx.AsyncClient) -> None:
    rows = "".join(f"ch {n},BUS,rtsp://h/user=a_password=hunter2_channel={n}\n" for n in range(3))
    assert (await load(api, "name,agency,url\n" + rows))["added"] == 3
    assert (await load(api, "name,agency,url\n" + rows))["skipped"] == 3


async def test_a_form_with_a_file(api: httpx.AsyncClient) -> None:
    answer = await api.post("/cameras/import", files={"file": ("cameras.csv", CSV.encode(), "text/csv")})
    assert (answer.status_code, answer.json()["added"]) == (200, 2)
    for bad in (
        await api.post("/cameras/import", files={"file": ("x", b"\xff")}),
        await api.post("/cameras/import", content=b"x", headers={"Content-Type": "multipart/form-data"}),
        await api.post(
            "/cameras/import", content=b"x", headers={"Content-Type": "multipart/form-data; boundary=b"}
        ),
        await api.post("/cameras/import", content=b"y" * (6 * 1024 * 1024)),
        await api.post("/cameras/import"),
    ):
        assert (bad.status_code, bad.json()["code"]) == (422, "import_unreadable")


async def test_thousands_of_rows(api: httpx.AsyncClient) -> None:
    rows = "".join(f"camera {n},METRO,rtsp://10.1.{n // 250}.{n % 250 + 1}/1\n" for n in range(2000))
    report = await load(api, "name,agency,url\n" + rows)
    assert (report["added"], report["bad"]) == (2000, 0)


_any_text = st.text(st.characters(exclude_categories=()), max_size=30)  # halves of surrogate pairs, too
_value = st.none() | st.booleans() | st.integers() | st.floats() | _any_text | st.lists(_any_text, max_size=2)
_column = st.sampled_from([name for names in SYNONYMS.values() for name in names] + ["credentials"]) | _any_text
_entry = st.dictionaries(_column, _value, max_size=10).map(
    lambda entry: {"name": "x", "agency": "METRO", "url": "rtsp://h/1"} | entry
)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@example(entries=[{"name": "\ud800", "agency": "\udfff", "url": "\ud800", "rack\ud800": 1, "group": "\ud800"}])
@example(
    entries=[
        {"name": "x", "agency": "METRO", "url": "rtsp://h/\ud800", "username": "\ud800", "password": "\ud800"}
    ]
)
@given(entries=st.lists(_entry, min_size=1, max_size=6))
async def test_no_row_breaks_the_import(api: httpx.AsyncClient, entries: list[dict[str, Any]]) -> None:
    answer = await api.post("/cameras/import?existing=update", content=json.dumps(entries).encode())
    assert answer.status_code in (200, 422), answer.text
    if answer.status_code == 200:
        report = answer.json()
        assert report["rows"] == len(entries) == len(report["results"])
        for row in report["results"]:
            assert bool(row["problems"]) == (row["outcome"] == "bad")
