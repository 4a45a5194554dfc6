"""Cancellation with a known outcome: whoever is cancelled knows either what was done, or that nothing was."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

T = TypeVar("T")


async def result_or_cancelled(work: Coroutine[Any, Any, T], may_cancel: Callable[[], bool]) -> T:
    """Run the work in a task of its own, and return its result even if the caller is cancelled meanwhile.

    A caller that is cancelled cancels the work where that is still possible, and waits for its end in any
    case. Where the work ends well, its result is returned, and `Task.cancelling` still tells of the request.

    Raises:
        CancelledError: the work was cancelled.
    """
    task = asyncio.create_task(work)
    try:
        return await asyncio.shield(task)
    except asyncio.CancelledError:
        return await ended(task, may_cancel)


async def ended(future: asyncio.Future[T], may_cancel: Callable[[], bool] = lambda: False) -> T:
    """Wait for the end, however often the caller is cancelled; return the result."""
    while not future.done():
        if may_cancel():
            future.cancel()
        try:
            await asyncio.wait({future})
        except asyncio.CancelledError:
            continue
    return future.result()


def cancelled_meanwhile() -> bool:
    """Whether the current task was asked to end, and went on for the sake of a result."""
    task = asyncio.current_task()
    return task is not None and task.cancelling() > 0
