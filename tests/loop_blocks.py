"""Measure how long callbacks and task steps block the event loop of a server in this process.

    with loop_blocks() as blocks:
        await client.ask("{ seq }")
    assert blocks.longest.seconds < 0.05, blocks.longest

Every callback and every step of a task is measured by the CPU time of its thread, so a busy machine does not
lengthen it. Tasks of the tests and their clients are left out. `least_step` measures a computation in steps
without a loop.
"""

import gc
from asyncio import Task, events
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from time import thread_time
from typing import Any, TypeVar

from okr_api.scoring.steps import Steps

T = TypeVar("T")

MAX_BLOCK_S = 0.05
ATTEMPTS = 5


@dataclass(frozen=True, order=True)
class Block:
    """A callback or a step of a task: its CPU time and its description."""

    seconds: float
    what: str = ""


@dataclass
class Blocks:
    """The blocks of at least a millisecond, in order."""

    found: list[Block] = field(default_factory=list)

    @property
    def longest(self) -> Block:
        """Return the longest block; one of 0 s if none took a millisecond."""
        return max(self.found, default=Block(0.0))


def freeze_what_exists() -> None:
    """Exclude the objects of earlier tests from collections, as a server excludes those that it starts with.

    This process holds those of thousands of tests: one collection of them all takes longer than `MAX_BLOCK_S`.
    """
    gc.collect()
    gc.freeze()


@contextmanager
def loop_blocks() -> Iterator[Blocks]:
    """Measure what this thread's event loop runs, for as long as the context lasts."""
    freeze_what_exists()
    blocks = Blocks()
    run = events.Handle._run

    def measured(handle: events.Handle) -> None:
        begun = thread_time()
        run(handle)
        took = thread_time() - begun
        if took >= 0.001 and not _is_of_tests(handle):
            blocks.found.append(Block(took, repr(handle)))

    events.Handle._run = measured  # type: ignore[method-assign, assignment]
    try:
        yield blocks
    finally:
        events.Handle._run = run  # type: ignore[method-assign]


async def least_block(ask: Callable[[], Awaitable[Any]], enough: float = MAX_BLOCK_S) -> Block:
    """Return an operation's longest block: the least of up to five attempts, until one takes less than `enough`."""
    least = Block(float("inf"))
    for _ in range(ATTEMPTS):
        with loop_blocks() as blocks:
            await ask()
        least = min(least, blocks.longest)
        if least.seconds < enough:
            break
    return least


def finished(steps: Steps[T], on_step: Callable[[float], None] = lambda seconds: None) -> T:
    """Run a computation to its end; tell the CPU time of each step."""
    while True:
        begun = thread_time()
        try:
            next(steps)
        except StopIteration as end:
            result: T = end.value
            return result
        finally:
            on_step(thread_time() - begun)


def least_step(compute: Callable[[], Steps[T]]) -> tuple[T, Block]:
    """Return what a computation in steps returns, and its longest step: the least of five attempts."""
    least, results = Block(float("inf")), []
    for _ in range(ATTEMPTS):
        freeze_what_exists()
        steps: list[float] = []
        results.append(finished(compute(), steps.append))
        least = min(least, Block(max(steps)))
    return results[0], least


def _is_of_tests(handle: events.Handle) -> bool:
    """Return whether a handle steps a task that a test or its client started."""
    task = getattr(handle._callback, "__self__", None)  # type: ignore[attr-defined]
    if not isinstance(task, Task):
        return False
    code = getattr(task.get_coro(), "cr_code", None)
    return code is not None and ("/tests/" in code.co_filename or "pytest_asyncio" in code.co_filename)
