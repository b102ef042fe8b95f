"""How commands print for people."""

import sys

from rich.console import Console

_WIDE = 200


def console() -> Console:
    """Standard output; not cut to 80 columns when it goes to a file or a pipe. Names are text, never markup."""
    return Console(width=None if sys.stdout.isatty() else _WIDE, highlight=False, markup=False)
