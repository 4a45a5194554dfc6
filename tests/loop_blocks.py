"""Measure how long callbacks and task steps block the event loop of a server in this process.

    with loop_blocks() as blocks:
        await client.ask("{ seq }")
    assert blocks.longest.seconds < 0.05, blocks.longest

Every callback and every step of a task is measured by the CPU time of its thread, so a busy machine does not
lengthen it. Tasks of the tests and their clients are left out. Garbage is collected before: a server excludes what
it starts with from collections, but what earlier tests have left here would be traversed meanwhile.
"""

import gc
from asyncio import Task, events
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from time import thread_time
from typing import Any

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


@contextmanager
def loop_blocks() -> Iterator[Blocks]:
    """Measure what this thread's event loop runs, for as long as the context lasts."""
    gc.collect()
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


async def least_block(ask: Callable[[], Awaitable[Any]]) -> Block:
    """Return an operation's longest block: the least of up to five attempts, until one is short enough."""
    least = Block(float("inf"))
    for _ in range(ATTEMPTS):
        with loop_blocks() as blocks:
            await ask()
        least = min(least, blocks.longest)
        if least.seconds < MAX_BLOCK_S:
            break
    return least


def _is_of_tests(handle: events.Handle) -> bool:
    """Return whether a handle steps a task that a test or its client started."""
    task = getattr(handle._callback, "__self__", None)  # type: ignore[attr-defined]
    if not isinstance(task, Task):
        return False
    code = getattr(task.get_coro(), "cr_code", None)
    return code is not None and ("/tests/" in code.co_filename or "pytest_asyncio" in code.co_filename)
