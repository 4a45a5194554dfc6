"""Asyncio helpers: await a future to its end though cancelled, and tell whether that has happened."""

import asyncio
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")


async def ended(future: asyncio.Future[T], may_cancel: Callable[[], bool] = lambda: False) -> T:
    """Wait for the future even if cancelled, cancel it while `may_cancel` allows, and return its result."""
    while not future.done():
        if may_cancel():
            future.cancel()
        try:
            await asyncio.wait({future})
        except asyncio.CancelledError:
            continue
    return future.result()


def cancelled_meanwhile() -> bool:
    """Return whether the current task was cancelled and continued for the sake of a result."""
    task = asyncio.current_task()
    return task is not None and task.cancelling() > 0
