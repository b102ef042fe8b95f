"""What is typed on the server itself: the first account, recovery, the last resort, new keys."""

import re
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg.conninfo import conninfo_to_dict
from typer.testing import CliRunner

from cctv.base.errors import NotFound
from cctv.cli import keys, user
from cctv.infra.embedded import EmbeddedValkey
from cctv.infra.keys import Keyring, KeysMissing
from cctv.services.first_start import first_start
from cctv.services.settings import ServeSettings


class Console:
    """Types `cctv user …` and `cctv keys …` beside a database, with the key files of a data folder."""

    def __init__(self, data: Path) -> None:
        self.data = data

    def __call__(self, *words: str) -> str:
        group, *more = words
        app = {"user": user.app, "keys": keys.app}[group]
        done = CliRunner().invoke(app, [*more, "--data", str(self.data)])
        if done.exception is not None:
            raise done.exception
        return done.output


@pytest.fixture
def console(database_url: str, valkey: EmbeddedValkey, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Console:
    Keyring.load(tmp_path / "keys", make=True)
    monkeypatch.setenv("CCTV_DATABASE_URL", database_url)
    monkeypatch.setenv("CCTV_VALKEY_URL", valkey.url)
    return Console(tmp_path)


def test_who_lost_every_password_gets_in_again(console: Console, database_url: str) -> None:
    said = console("user", "recover")
    assert "administrator" in said
    assert re.search(r"(?:[A-Za-z2-9]{5}-){3}[A-Za-z2-9]{5}", said)
    file = console.data / "keys" / "administrator.password"
    assert file.stat().st_mode & 0o777 == 0o600
    with pytest.raises(NotFound, match="there is no user called mariam"):
        console("user", "recover", "mariam")
    assert "Seal both" in console("user", "break-glass")
    strange = "a [/name] in [red]brackets"
    console("user", "add", "brackets", "--full-name", strange)
    listed = console("user", "list")
    assert "sealed" in listed
    assert strange in listed, "a name is text, not markup, and is not cut where no terminal is"
    with psycopg.connect(database_url) as connection:
        acts = connection.execute(
            "SELECT actor_id, action FROM audit_entries WHERE action LIKE 'user.%' ORDER BY id"
        ).fetchall()
        roles = connection.execute("SELECT count(*) FROM access_grants WHERE role = 'administrator'").fetchone()
    assert acts == [("local", act) for act in ("user.add", "user.recover", "user.add", "user.add")]
    assert roles == (2,)


def test_a_start_says_whether_the_audit_is_protected(
    console: Console, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[dict[str, Any]] = []
    monkeypatch.setattr("cctv.services.first_start.log.warning", lambda event, **more: told.append({event: more}))
    first_start(ServeSettings.from_options(data=console.data))
    assert ["CCTV_OWNER_URL" in one["audit_not_protected"]["words"] for one in told] == [True]
    with psycopg.connect(database_url, autocommit=True) as connection:
        connection.execute("ALTER ROLE cctv_app LOGIN PASSWORD 'of-this-test'")
    at = conninfo_to_dict(database_url)
    as_service = f"postgresql://cctv_app:of-this-test@{at['host']}:{at['port']}/{at['dbname']}"
    monkeypatch.setenv("CCTV_DATABASE_URL", as_service)
    first_start(ServeSettings.from_options(data=console.data))
    assert len(told) == 1, "who signs in as cctv_app hears nothing"


def test_a_new_key_seals_everything_anew(console: Console, database_url: str) -> None:
    assert "key 2" in console("keys", "rotate")
    assert sorted(path.name for path in (console.data / "keys").glob("sealing-*")) == [
        "sealing-1.key",
        "sealing-2.key",
    ]
    assert all(path.stat().st_mode & 0o777 == 0o600 for path in (console.data / "keys").glob("*.key"))
    with psycopg.connect(database_url) as connection:
        row = connection.execute("SELECT detail FROM audit_entries WHERE action = 'keys.rotate'").fetchone()
    assert row == ({"key": 2, "cameras": 0, "authenticators": 0},)


def test_without_the_key_files_nothing_is_done(console: Console) -> None:
    for path in (console.data / "keys").iterdir():
        path.unlink()
    with pytest.raises(KeysMissing, match="holds no keys"):
        console("user", "list")
