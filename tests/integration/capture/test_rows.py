"""Rows that the database will not take: those that are wrong are named and left out, the others wait for it."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import uuid4

import pytest
from sqlalchemy import text

from cctv.base.faults import Cause
from cctv.base.ids import CameraId
from cctv.base.span import Span
from cctv.infra.database import Database
from cctv.infra.disks import Journal
from cctv.recording import archive
from cctv.recording.archive import Batch, Gap
from cctv.recording.capture import metrics
from cctv.recording.capture.rows import Rows
from cctv.recording.capture.writing.books import Books
from cctv.recording.capture.writing.notebook import Notebook

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
S = timedelta(seconds=1)
CAMERA = CameraId(uuid4())


def gap(start: datetime = NOON, seconds: int = 1) -> Gap:
    return Gap(id=uuid4(), camera_id=CAMERA, start=start, end=start + seconds * S, cause=Cause.DISK)


@pytest.fixture
async def notebook(tmp_path: Path) -> AsyncIterator[Notebook]:
    one = Notebook(Journal(tmp_path / "recorder-0.journal"))
    one.start()
    yield one
    one.close()


async def gaps(database: Database) -> list[Gap]:
    async with database.read() as tx:
        return (await archive.timeline(tx, [CAMERA], Span(NOON - 3600 * S, NOON + 3600 * S)))[CAMERA].gaps


async def test_a_row_that_the_database_refuses_is_left_out(database: Database, notebook: Notebook) -> None:
    first, last = gap(), gap(NOON + 10 * S)
    backwards = replace(gap(NOON + 5 * S), end=NOON)
    not_a_text = replace(gap(NOON + 7 * S), detail={"reason": "a camera's words\0"})
    for one in (first, backwards, not_a_text, last):
        notebook.note(Batch(gaps=(one,)))
    notebook.stop()
    before = metrics.rejected._value.get()
    rows = Rows(database=database, notebook=notebook, books=Books(notebook))
    assert await rows.flush()
    assert (len(notebook), metrics.rejected._value.get() - before) == (0, 2)
    assert [one.id for one in await gaps(database)] == [first.id, last.id]


async def test_what_another_version_wrote_stops_nobody(database: Database, tmp_path: Path) -> None:
    """An older program that finds a newer one's journal goes on with what it understands."""
    journal = Journal(tmp_path / "recorder-0.journal")
    known = gap()
    for entry in ({"format": 2}, archive.batch_to_entry(Batch(gaps=(known,))), {"format": 1, "runs": [{}]}):
        journal.append(entry)
    journal.sync()
    notebook = Notebook(journal)
    notebook.start()
    notebook.stop()
    before = metrics.rejected._value.get()
    assert await Rows(database=database, notebook=notebook, books=Books(notebook)).flush()
    notebook.close()
    assert (len(notebook), metrics.rejected._value.get() - before) == (0, 2)
    assert [one.id for one in await gaps(database)] == [known.id]


AWAY = "ALTER TABLE recording_gaps RENAME TO gaps_elsewhere"
BACK = "ALTER TABLE gaps_elsewhere RENAME TO recording_gaps"
DAMAGED = """
    CREATE FUNCTION damaged() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN RAISE EXCEPTION 'page 7 is damaged' USING ERRCODE = 'index_corrupted'; END $$
"""
FELT = "CREATE TRIGGER damaged BEFORE INSERT ON recording_gaps EXECUTE FUNCTION damaged()"
MENDED = "DROP TRIGGER damaged ON recording_gaps"


@pytest.mark.parametrize(("ill", "well"), [([AWAY], BACK), ([DAMAGED, FELT], MENDED)])
async def test_rows_wait_while_the_database_is_unwell(
    database: Database, notebook: Notebook, ill: list[str], well: str
) -> None:
    async def command(*words: str) -> None:
        async with database.write() as tx:
            for one in words:
                await tx.execute(text(one))

    kept = gap()
    notebook.note(Batch(gaps=(kept,)))
    notebook.stop()
    rows = Rows(database=database, notebook=notebook, books=Books(notebook))
    await command(*ill)
    assert not await rows.flush()
    assert len(notebook) == 1
    await command(well)
    assert await rows.flush()
    assert [one.id for one in await gaps(database)] == [kept.id]
