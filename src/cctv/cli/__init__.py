"""The command line: a file a group of commands, no logic of its own."""

from cctv.cli.app import main

__all__ = ["main"]
