"""Whoever ends the system while it starts is heard, whatever it does at that moment."""

import contextlib
import os
import signal
import subprocess
import sys

import pytest

from cctv.services.system import Interrupts

_INTERRUPTED_IN_A_HOOK = """
import os, signal, time
from cctv.services.process import Lifeline, fork

signal.signal(signal.SIGINT, signal.default_int_handler)  # started in the background it is ignored
os.register_at_fork(after_in_parent=lambda: os.kill(os.getpid(), signal.SIGINT))
try:
    fork(lambda: time.sleep(60), name="sleeper", lifeline=Lifeline(), log=None)
except KeyboardInterrupt:
    print(os.waitstatus_to_exitcode(os.wait()[1]))
"""


def test_an_interrupt_in_a_hook_of_a_fork_is_not_lost() -> None:
    """Python prints what a hook raises and goes on; the child that nobody knows is ended."""
    done = subprocess.run(
        [sys.executable, "-c", _INTERRUPTED_IN_A_HOOK], capture_output=True, text=True, check=True, timeout=30
    )
    assert done.stdout.strip() == str(-signal.SIGKILL)
    assert done.stderr == ""


def test_an_interrupt_that_somebody_swallowed_is_said_again() -> None:
    interrupts = Interrupts()
    with interrupts.heard():
        interrupts.check()
        with contextlib.suppress(KeyboardInterrupt):
            os.kill(os.getpid(), signal.SIGTERM)
        with pytest.raises(KeyboardInterrupt):
            interrupts.check()
        interrupts.ignore()
        interrupts.check()
        os.kill(os.getpid(), signal.SIGINT)
