"""Documents agree with the code: settings, links, and the words of faults."""

import re
from pathlib import Path

import pytest

from cctv.base.faults import FAULTS, Cause, Fault
from cctv.services.settings_list import SETTINGS, markdown, settings_of
from cctv_simulator import faults as simulated

ROOT = Path(__file__).resolve().parents[2]
DOCUMENTS = list(ROOT.glob("*.md")) + sorted((ROOT / "docs").rglob("*.md"))
LINK = re.compile(r"\]\((?!https?://|#|mailto:)([^)#\s]+)")


def test_the_document_of_settings_is_the_one_the_code_makes() -> None:
    assert (ROOT / "docs" / "settings.md").read_text(encoding="utf-8") == markdown(), (
        "run: .venv/bin/cctv settings --markdown > docs/settings.md"
    )


def test_every_setting_says_what_it_means() -> None:
    for group in SETTINGS.values():
        for one in settings_of(group, with_values=False):
            assert one.meaning.endswith("."), f"{one.name} has no description"


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_links_lead_somewhere(path: Path) -> None:
    for target in LINK.findall(path.read_text(encoding="utf-8")):
        assert (path.parent / target).exists(), f"{path.relative_to(ROOT)} links to {target}"


def test_the_table_of_faults_is_whole() -> None:
    assert {row.fault for row in FAULTS} == set(Fault)
    assert {row.cause for row in FAULTS if row.cause} == set(Cause)


def test_simulated_faults_are_in_the_table() -> None:
    """The simulator is a stranger to the product: what it can do must be what the table knows, in its words."""
    table = (ROOT / "docs" / "faults.md").read_text(encoding="utf-8")
    for fault in simulated.FAULTS.values():
        assert fault.row in table, f"docs/faults.md does not know {fault.row!r} of {fault.name}"
    for row in FAULTS:
        assert f"`{row.fault}`" in table
