"""Cancellation with a known outcome: whoever is cancelled knows either what was done, or that nothing was."""

import asyncio
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")


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
