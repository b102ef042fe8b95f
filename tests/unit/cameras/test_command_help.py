"""The manual of `cctv camera`: every command and option explains itself."""

import pytest
import typer
from typer.testing import CliRunner

from cctv.cli.camera import app

COMMANDS = ("add", "list", "show", "change", "remove", "restore", "probe", "import", "export", "agencies")


def test_the_manual_names_every_command_and_the_exit_codes() -> None:
    said = CliRunner().invoke(app, ["--help"], terminal_width=200).stdout
    assert all(command in said for command in COMMANDS)
    assert "Exit codes" in said


@pytest.mark.parametrize("name", COMMANDS)
def test_every_option_is_explained(name: str) -> None:
    group = typer.main.get_command(app)
    command = group.commands[name]  # type: ignore[attr-defined]
    assert command.help
    silent = [one.name for one in command.params if not getattr(one, "help", None) and one.name != "help"]
    assert silent == []
