"""Ending tasks for certain.

A cancellation is lost when what a task waits for comes in the same moment: ``asyncio.wait_for`` before Python 3.12
returns the result and forgets it, and our database driver waits by that. A recorder of 500 cameras lost one at
nearly every stop, and then never ended. So who ends a task says so again until it has ended.
"""

import asyncio
from collections.abc import Coroutine, Iterable
from typing import Any

_AGAIN_S = 0.5


async def end(tasks: Iterable["asyncio.Task[Any]"], *, within_s: float | None = None) -> set["asyncio.Task[Any]"]:
    """Cancel tasks until they have ended; those that have not after ``within_s`` (``None``: no limit)."""
    pending = {task for task in tasks if not task.done()}
    until_s = None if within_s is None else asyncio.get_running_loop().time() + within_s
    while pending:
        left_s = _AGAIN_S if until_s is None else min(_AGAIN_S, until_s - asyncio.get_running_loop().time())
        if left_s <= 0:
            break
        for task in pending:
            task.cancel()
        _, pending = await asyncio.wait(pending, timeout=left_s)
    return pending


async def together(*loops: Coroutine[Any, Any, None]) -> None:
    """Run loops beside each other until we are cancelled or one of them ends; then all are ended.

    The fault of the first that failed is raised.
    """
    tasks = [asyncio.create_task(loop) for loop in loops]
    try:
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        await finish(end(tasks))
    for task in done:
        await task


async def finish(work: Coroutine[Any, Any, Any]) -> None:
    """Do all of ``work``, however often we are cancelled meanwhile; a cancellation is passed on afterwards."""
    task = asyncio.create_task(work)
    cancelled: asyncio.CancelledError | None = None
    while not task.done():
        try:
            await asyncio.shield(task)
        except asyncio.CancelledError as fault:
            if task.cancelled():
                raise
            cancelled = fault
    if cancelled is not None:
        raise cancelled
    await task
