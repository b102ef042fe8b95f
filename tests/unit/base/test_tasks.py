"""Tasks end though they lose cancellations, and what must be done is done though it is cancelled."""

import asyncio

import pytest

from cctv.base.tasks import end, finish, together


async def deaf(losses: int) -> None:
    """Loses so many cancellations, as a wait does whose result comes in the same moment."""
    while True:
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            if losses == 0:
                raise
            losses -= 1


async def failing() -> None:
    raise ZeroDivisionError


async def test_a_task_that_loses_cancellations_ends() -> None:
    task = asyncio.create_task(deaf(2))
    await asyncio.sleep(0)
    assert await end([task]) == set()
    assert task.cancelled()


async def test_a_task_that_never_ends_is_named_after_a_while() -> None:
    task = asyncio.create_task(deaf(1000))
    await asyncio.sleep(0)
    assert await end([task], within_s=0.1) == {task}
    while not task.done():
        task.cancel()
        await asyncio.sleep(0)


async def test_loops_beside_each_other_end_with_the_first_that_fails_and_with_us() -> None:
    with pytest.raises(ZeroDivisionError):
        await together(deaf(1), failing())
    task = asyncio.create_task(together(deaf(1), deaf(0)))
    await asyncio.sleep(0.01)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


async def test_what_must_be_finished_is_though_it_is_cancelled_twice() -> None:
    begun, go, done = asyncio.Event(), asyncio.Event(), []

    async def work() -> None:
        begun.set()
        await go.wait()
        done.append("all")

    task = asyncio.create_task(finish(work()))
    await begun.wait()
    for _ in range(2):
        task.cancel()
        await asyncio.sleep(0)
    assert not task.done()
    go.set()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert done == ["all"]
