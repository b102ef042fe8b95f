"""The audit: whatever is done to its rows shows, and what is looked for in it is found."""

import csv
import io
import json
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from cctv.access.audit import Anchors, Audit, AuditFull, Entry, Sealer, store, verify
from cctv.access.audit.model import FIRST_LINK, START, Kept, Link, Written, next_link, prove
from cctv.access.audit.writing import MOST_WAITING
from cctv.base.actor import Actor
from cctv.base.clock import ManualClock, SystemClock
from cctv.infra.database import Database
from cctv.infra.keys import Keyring

COLUMNS = "actor_id, actor_name, actor_kind, service, action, thing_kind, thing_id, result"
INSERTED = (
    f"INSERT INTO audit_entries (at, {COLUMNS})"
    " VALUES (now() - interval '2 hours', 'x', 'x', 'person', 's', 'a.b', 't', 'i', 'done')"
)
COPIED = (
    f"INSERT INTO audit_entries (at, {COLUMNS}, seconds, detail, mac)"
    f" SELECT {{at}}, {COLUMNS}, seconds, detail, {{mac}} FROM audit_entries WHERE thing_id = 'c5'"
)
NOW_US = 1_795_000_000_000_000
SOMEBODY = Actor("0192f0c1-7d2e-8a3b-9c4d-5e6f708192a3", name="سالم", session="s1", address="192.0.2.7")


def audit_of(database: Database, keyring: Keyring) -> Audit:
    return Audit(database, service="test", sign=keyring.sign, clock=SystemClock())


class Book:
    """An audit with some entries, sealed and anchored."""

    def __init__(self, database: Database, keyring: Keyring, folder: Path) -> None:
        self.database = database
        self.keyring = keyring
        self.anchors = Anchors(folder, sign=keyring.sign)
        self.clock = ManualClock(NOW_US)
        self.audit = audit_of(database, keyring)
        self.sealer = Sealer(database, sign=keyring.sign, anchors=self.anchors, clock=self.clock)

    async def write(self, count: int) -> None:
        for number in range(count):
            await self.audit.now(
                Entry(
                    actor=SOMEBODY,
                    action="camera.change",
                    thing_kind="camera",
                    thing_id=f"c{number}",
                    seconds=number / 3,
                    detail={"name": "=cmd|'/c calc'!A1", "at": datetime.now(UTC), "n": number, "list": ["b", 1]},
                )
            )
        await self.sealer.seal(everything=True)

    async def found(self) -> list[str]:
        report = await verify(self.database, sign=self.keyring.sign, anchors=self.anchors.read())
        return sorted({finding.kind for finding in report.findings})

    async def tamper(self, statement: str) -> None:
        async with self.database.write() as tx:
            assert (await tx.execute(text(statement))).rowcount


@pytest.fixture
async def book(database: Database, keyring: Keyring, tmp_path: Path) -> Book:
    one = Book(database, keyring, tmp_path / "audit")
    await one.write(8)
    assert await one.found() == []
    return one


@pytest.mark.parametrize(
    ("done", "shows"),
    [
        ("UPDATE audit_entries SET actor_name = 'somebody else' WHERE thing_id = 'c3'", ["changed"]),
        ("UPDATE audit_entries SET at = at - interval '1 microsecond' WHERE thing_id = 'c0'", ["changed"]),
        ("UPDATE audit_entries SET seconds = 0.33333333333333337 WHERE thing_id = 'c1'", ["changed"]),
        ("UPDATE audit_entries SET detail = detail - 'n' WHERE thing_id = 'c7'", ["changed"]),
        ("DELETE FROM audit_entries WHERE thing_id = 'c4'", ["removed"]),
        ("DELETE FROM audit_chain WHERE seq = 4", ["removed"]),
        (INSERTED, ["inserted"]),
        ("UPDATE audit_chain SET link = '\\x00' WHERE seq = 8", ["changed"]),
        ("UPDATE audit_chain SET entry_id = entry_id + 1000 WHERE seq = 5", ["inserted_or_removed"]),
        ("DELETE FROM audit_chain WHERE seq > 6", ["cut"]),
    ],
)
async def test_whatever_is_done_to_a_row_is_found(book: Book, done: str, shows: list[str]) -> None:
    await book.tamper(done)
    found = await book.found()
    if shows == ["inserted_or_removed"]:
        assert "removed" in found
    else:
        assert set(shows) <= set(found), found


@pytest.mark.parametrize(
    "forged",
    [
        INSERTED,
        INSERTED.replace("- interval '2 hours'", ""),
        INSERTED.replace("- interval '2 hours'", "+ interval '20 years'"),
        INSERTED.replace(", result)", ", result, mac)").replace(
            "'done')", "'done', decode(repeat('0a', 48), 'hex'))"
        ),
        COPIED.format(at="at", mac="NULL"),
        COPIED.format(at="at", mac="mac || '\\x00'::bytea"),
        COPIED.format(at="at", mac="substr(mac, 1, 32)"),
        COPIED.format(at="at + interval '1 microsecond'", mac="set_byte(mac, 0, get_byte(mac, 0) # 1)"),
    ],
)
async def test_a_row_inserted_while_the_sealer_runs_is_found(book: Book, forged: str) -> None:
    await book.tamper(forged)
    await book.sealer.seal()
    await book.write(3)  # with a full look after it
    assert await book.found() == ["inserted"]
    report = await verify(book.database, sign=book.keyring.sign, anchors=book.anchors.read())
    assert (report.entries, len(report.findings)) == (11, 1), "what is ours is chained as if nothing were there"


async def test_an_entry_changed_before_it_is_sealed_is_found(book: Book) -> None:
    await book.audit.now(Entry(actor=SOMEBODY, action="a.b", thing_kind="t", thing_id="new"))
    await book.tamper("UPDATE audit_entries SET thing_id = 'other' WHERE thing_id = 'new'")
    await book.write(1)
    assert await book.found() == ["inserted"]


async def test_a_row_cannot_be_copied_with_its_proof(book: Book) -> None:
    with pytest.raises(IntegrityError, match="idx_audit_entries_mac"):
        await book.tamper(COPIED.format(at="at", mac="mac"))


async def test_a_proof_taken_off_a_sealed_row_to_copy_it_shows(book: Book) -> None:
    async with book.database.write() as tx:
        mac = (await tx.execute(text("SELECT mac FROM audit_entries WHERE thing_id = 'c5'"))).scalar_one()
        await tx.execute(text("UPDATE audit_entries SET mac = NULL WHERE thing_id = 'c5'"))
        await tx.execute(text(COPIED.format(at="at", mac=":mac")), {"mac": mac})
    await book.sealer.seal()
    assert "changed" in await book.found()


async def test_forged_rows_do_not_hold_up_the_others(book: Book, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(store, "AT_ONCE", 3)
    told: list[dict[str, Any]] = []
    monkeypatch.setattr(
        "cctv.access.audit.sealing.log.warning", lambda event, **more: told.append({"event": event, **more})
    )
    for _ in range(7):
        await book.tamper(INSERTED.replace("- interval '2 hours'", ""))
    for _ in range(2):
        await book.write(4)
        while await book.sealer.seal():
            pass
    report = await verify(book.database, sign=book.keyring.sign, anchors=book.anchors.read())
    assert (report.entries, [one.kind for one in report.findings]) == (16, ["inserted"] * 7)
    assert [one["event"] for one in told] == ["audit_row_not_ours"], "said once, not each second"


async def test_rows_of_before_there_were_proofs_stay_good_and_none_comes_after(book: Book) -> None:
    """As an older version leaves the audit: rows without proofs, the last of them without a link, too."""
    async with book.database.write() as tx:
        await tx.execute(text("DELETE FROM audit_chain"))
        await tx.execute(text("UPDATE audit_entries SET mac = NULL"))
        last, links = START, []
        async for page in store.unsealed(tx):
            for row in page[:-1]:
                last = next_link(last, row, book.keyring.sign)
                links.append(last)
        await store.add_links(tx, links)
    (folder := book.anchors._folder).joinpath("head.json").unlink()
    (folder / "anchors.jsonl").unlink()
    assert await book.found() == []
    await book.write(1)
    assert await book.found() == []
    assert (await verify(book.database, sign=book.keyring.sign, anchors=[])).entries == 9
    await book.tamper(INSERTED)
    await book.write(1)
    assert await book.found() == ["inserted"]


async def test_what_the_database_gives_back_is_what_was_proved(book: Book) -> None:
    strange = {
        "zebra": {"b": 1, "a": [True, None, {"y": 1, "x": 2}], "ä": "سالم \u2028 \ud800 \0 end", "": ""},
        "float": 0.1 + 0.2,
        "big": 2**80,
        "minus": -0.0,
        "at": datetime(2026, 11, 27, 2, 3, 4, 5, tzinfo=timezone(timedelta(hours=4))),
        "set": {"b", "a"},
        "1": 1,
        "uuid": UUID(int=7),
    }
    for seconds in (None, 0.1 + 0.2, 1e22, 1e-300, -0.0, 5, 1 / 3):
        await book.audit.now(
            Entry(
                actor=Actor("x", name="\ud800"),
                action="a.b",
                thing_kind="t",
                camera=UUID(int=3),
                seconds=seconds,
                detail=strange,
            )
        )
    await book.sealer.seal()
    report = await verify(book.database, sign=book.keyring.sign, anchors=book.anchors.read())
    assert (report.entries, report.findings) == (15, [])


async def test_an_end_that_was_cut_off_with_its_links_shows_by_the_head(book: Book) -> None:
    async with book.database.write() as tx:
        await tx.execute(text("DELETE FROM audit_entries WHERE thing_id IN ('c6', 'c7')"))
        await tx.execute(text("DELETE FROM audit_chain WHERE seq > 6"))
    assert await book.found() == ["cut"]


async def test_two_entries_swapped_show(book: Book) -> None:
    await book.tamper(
        "UPDATE audit_chain SET entry_id = CASE seq WHEN 2 THEN -1 ELSE entry_id END WHERE seq IN (2)"
    )
    assert "removed" in await book.found()


async def test_an_anchor_that_was_changed_is_not_believed(book: Book, tmp_path: Path) -> None:
    head = tmp_path / "audit" / "head.json"
    said = json.loads(head.read_text())
    head.write_text(json.dumps(said | {"seq": 3}) + "\n")
    assert await book.found() == ["anchor"]


async def test_a_chain_of_other_keys_does_not_fit(book: Book, tmp_path: Path) -> None:
    other = Keyring.load(tmp_path / "other", make=True)
    report = await verify(book.database, sign=other.sign, anchors=[])
    assert {finding.kind for finding in report.findings} == {"changed"}
    assert report.entries == 8


async def test_the_chain_goes_on_and_is_anchored_each_day(book: Book) -> None:
    for _ in range(3):
        book.clock.advance(86_400_000_000)
        await book.write(2)
    days = [anchor for anchor in book.anchors.read() if anchor.words.startswith("anchors")]
    assert [anchor.seq for anchor in days] == [8, 10, 12, 14]
    assert await book.found() == []


async def test_two_sealers_make_one_chain(book: Book) -> None:
    import asyncio

    other = Sealer(book.database, sign=book.keyring.sign, anchors=book.anchors, clock=book.clock)
    for number in range(5):
        await book.audit.now(*[Entry(actor=SOMEBODY, action="a.b", thing_kind="t", thing_id=str(number))] * 20)
        await asyncio.gather(book.sealer.seal(), other.seal())
    while await other.seal(everything=True):
        pass
    assert await book.found() == []


async def test_an_entry_and_what_it_tells_of_are_both_there_or_neither(book: Book) -> None:
    with pytest.raises(ZeroDivisionError):
        async with book.database.write() as tx:
            await book.audit.note(tx, Entry(actor=SOMEBODY, action="never.done", thing_kind="t"))
            raise ZeroDivisionError
    async with book.database.read() as tx:
        query = text("SELECT count(*) FROM audit_entries WHERE action = 'never.done'")
        assert (await tx.execute(query)).scalar_one() == 0


async def test_a_full_queue_refuses_instead_of_forgetting(database: Database, keyring: Keyring) -> None:
    audit = audit_of(database, keyring)
    for _ in range(MOST_WAITING):
        audit.soon(Entry(actor=SOMEBODY, action="a.b", thing_kind="t"))
    with pytest.raises(AuditFull):
        audit.soon(Entry(actor=SOMEBODY, action="a.b", thing_kind="t"))


async def test_of_what_anybody_can_bring_about_one_of_a_kind_in_ten_seconds_is_kept(
    database: Database, keyring: Keyring
) -> None:
    audit = audit_of(database, keyring)
    refused = Entry(actor=SOMEBODY, action="a.b", thing_kind="t", result="refused", detail={"why": "x"})
    for now_s in (0.0, 1.0, 9.9, 10.0, 11.0, 30.0, 40.0):
        audit.seldom(refused, kind="one", now_s=now_s)
    audit.seldom(refused, kind="another", now_s=40.0)
    await audit.flush()
    async with database.read() as tx:
        rows = (await tx.execute(text("SELECT detail FROM audit_entries ORDER BY id"))).scalars().all()
    assert rows == [
        {"why": "x"},
        {"why": "x", "left_out": 2},
        {"why": "x", "left_out": 1},
        {"why": "x"},
        {"why": "x"},
    ]


async def test_kinds_are_not_remembered_without_end(database: Database, keyring: Keyring) -> None:
    audit = audit_of(database, keyring)
    refused = Entry(actor=SOMEBODY, action="a.b", thing_kind="t", result="refused")
    for number in range(5001):
        audit.seldom(refused, kind=number, now_s=number / 1000)
    assert len(audit._kinds) == 5000
    assert 0 not in audit._kinds
    assert 1 in audit._kinds, "only the oldest is forgotten"


async def test_an_auditor_searches_and_takes_away(book: Book, street: Any, user_with: Any) -> None:
    street.come_as(await user_with("auditor"))
    api = street.client("go-api")
    found = (await api.get("/api/v1/audit", params={"actor": "سالم", "action": "camera", "limit": 3})).json()
    assert [one["thing_id"] for one in found["items"]] == ["c7", "c6", "c5"]
    page = {"before": found["next"], "limit": 500, "address": "192.0.2.7"}
    rest = (await api.get("/api/v1/audit", params=page)).json()
    assert [one["thing_id"] for one in rest["items"]] == ["c4", "c3", "c2", "c1", "c0"]
    assert rest["next"] is None
    answer = await api.get("/api/v1/audit/export", params={"action": "camera.change"})
    rows = list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"))))
    assert len(rows) == 8
    assert rows[0]["actor_name"] == "سالم"
    again = (await api.get("/api/v1/audit", params={"action": "audit.export"})).json()["items"]
    assert [one["result"] for one in again] == ["done"]


async def test_people_read_names(book: Book, street: Any, user_with: Any) -> None:
    somebody = await user_with()
    await book.audit.now(
        Entry(actor=SOMEBODY, action="live.watch", thing_kind="camera", camera=street.own, seconds=4.5),
        Entry(actor=SOMEBODY, action="user.disable", thing_kind="user", thing_id=somebody.id),
    )
    street.come_as(await user_with("auditor"))  # who may see no camera
    api = street.client("go-api")
    user, camera = (await api.get("/api/v1/audit", params={"limit": 2})).json()["items"]
    assert (user["thing_name"], user["camera_name"]) == (somebody.name, None)
    assert (camera["camera_name"], camera["thing_name"]) == ("Gate", None)
    (watched,) = (await api.get("/api/v1/audit/watched", params={"action": "live"})).json()["items"]
    assert (watched["camera_name"], watched["seconds"]) == ("Gate", 4.5)
    answer = await api.get("/api/v1/audit/export", params={"action": "live.watch"})
    (row,) = csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig")))
    assert row["camera_name"] == "Gate"


async def test_no_cell_of_an_export_is_a_formula(book: Book, street: Any, user_with: Any) -> None:
    for name in ("=1+1", "+1", "-1", "@SUM(A1)", "\t=1", " =1", "\u3000=1"):
        await book.audit.now(Entry(actor=Actor("x", name=name), action="formula.try", thing_kind="t"))
    street.come_as(await user_with("auditor"))
    answer = await street.client("go-api").get("/api/v1/audit/export", params={"action": "formula"})
    rows = list(csv.reader(io.StringIO(answer.content.decode("utf-8-sig"))))[1:]
    assert len(rows) == 7
    assert not [cell for row in rows for cell in row if cell.strip("\u3000 ").startswith(tuple("=+-@\t\r"))]


def test_a_link_and_a_proof_depend_on_every_field(keyring: Keyring) -> None:
    base: dict[str, Any] = {
        name: "x" for name in Kept.__slots__ if name not in ("id", "at", "camera_id", "seconds", "detail")
    }
    entry = Kept(**base, id=1, at=datetime.now(UTC), camera_id=None, seconds=1.5, detail={"a": 1})
    before, proof = Link(0, 0, FIRST_LINK), prove(entry, keyring.sign)
    link = next_link(before, Written(entry, None), keyring.sign)
    assert next_link(before, Written(entry, b"a proof"), keyring.sign).link != link.link
    for name in Kept.__slots__:
        value = getattr(entry, name)
        other: Any = {
            "id": 2,
            "at": entry.at + timedelta(microseconds=1),
            "camera_id": UUID(int=1),
            "seconds": 1.25,
            "detail": {"a": 2},
        }.get(name, f"{value}x")
        fields = {each: getattr(entry, each) for each in Kept.__slots__} | {name: other}
        changed = Kept(**fields)
        assert next_link(before, Written(changed, None), keyring.sign).link != link.link, name
        assert Written(changed, proof).is_ours(keyring.sign) is (name == "id"), name
