"""Time slicing: a long computation gives others their turn on the event loop every few milliseconds.

It is cooperative: a thread would take the interpreter for 5 ms at each of the loop's system calls.
"""

import asyncio
import gc
from collections.abc import Callable, Generator, Iterable, Sequence
from contextvars import ContextVar
from itertools import islice
from time import perf_counter
from typing import ClassVar, Generic, Self, TypeVar

MAX_TIME_SLICE_S = 0.005
SHORT_PART = 1 / 16  # of a time slice
MAX_COLLECTION_PAUSE_S = 60.0
STEPS_BETWEEN_CHECKS = 32  # of a computation: looking at the clock takes longer than the smallest of them
MAX_BATCH_ROWS = 1_000  # of a statement: its documents and arrays are encoded in one piece

T = TypeVar("T")
U = TypeVar("U")


class CollectionPause:
    """Keeps the garbage collector from walking all that a long computation makes, some 100 ms each time.

    Reference counts free nearly everything; cycles wait until the last of the computations has ended, or for
    a minute.
    """

    _paused = 0
    _began = 0.0

    def __init__(self) -> None:
        self._is_begun = False

    def begin(self) -> None:
        """Pause the collector, unless that has been done."""
        if self._is_begun:
            return
        self._is_begun = True
        CollectionPause._paused += 1
        if CollectionPause._paused == 1:
            gc.disable()
            CollectionPause._began = perf_counter()

    def end(self) -> None:
        """Let the collector go on, unless other computations need the pause."""
        if not self._is_begun:
            return
        CollectionPause._paused -= 1
        if not CollectionPause._paused or perf_counter() - CollectionPause._began > MAX_COLLECTION_PAUSE_S:
            gc.enable()


_pause: ContextVar[CollectionPause | None] = ContextVar("collection_pause", default=None)


class collection_paused_if_long:  # noqa: N801  used as a function
    """Pause the garbage collector from the first time slice that is over until the context is left."""

    __slots__ = ("_pause", "_token")

    def __enter__(self) -> None:
        self._pause = CollectionPause()
        self._token = _pause.set(self._pause)

    def __exit__(self, *_: object) -> None:
        _pause.reset(self._token)
        self._pause.end()


class TimeSlice:
    """The time that a computation takes before others have their turn; those that run together share it."""

    __slots__ = ("_checked_at", "_ends_at", "_lasts_s")
    _interrupted: ClassVar[int] = 0

    def __init__(self, lasts_s: float = MAX_TIME_SLICE_S) -> None:
        self._checked_at = perf_counter()
        self._lasts_s = lasts_s
        self._ends_at = self._checked_at + lasts_s

    async def pause(self) -> None:
        """Let others have their turn if the slice is over, and begin another."""
        if perf_counter() < self._ends_at:
            return
        if pause := _pause.get():
            pause.begin()
        TimeSlice._interrupted += 1
        try:
            await asyncio.sleep(0)
        finally:
            self._ends_at = perf_counter() + self._lasts_s / TimeSlice._interrupted
            TimeSlice._interrupted -= 1

    async def pause_and_adapt(self, steps: int) -> int:
        """Pause; return how many steps to take next after so many: more, where these took next to no time."""
        now = perf_counter()
        took_s, self._checked_at = now - self._checked_at, now
        await self.pause()
        return min(steps * 2, MAX_BATCH_ROWS) if took_s < MAX_TIME_SLICE_S * SHORT_PART else steps


async def complete(steps: Generator[object, None, T]) -> T:
    """Run a computation that yields after each of its steps, in time slices; return what it returns."""
    time_slice: TimeSlice | None = None
    while True:
        try:
            for _ in range(STEPS_BETWEEN_CHECKS):
                next(steps)
        except StopIteration as end:
            result: T = end.value
            return result
        time_slice = time_slice or TimeSlice()
        await time_slice.pause()


async def collect(items: Iterable[T]) -> list[T]:
    """Return what an iterator computes item by item, in time slices."""
    if isinstance(items, list) and len(items) <= STEPS_BETWEEN_CHECKS:
        return list(items)
    remaining = iter(items)
    found = list(islice(remaining, STEPS_BETWEEN_CHECKS))
    if len(found) < STEPS_BETWEEN_CHECKS:
        return found
    time_slice, steps = TimeSlice(), STEPS_BETWEEN_CHECKS
    while more := list(islice(remaining, steps)):
        found += more
        steps = await time_slice.pause_and_adapt(steps)
    return found


async def mapped(of: Callable[[U], T], items: Sequence[U]) -> list[T]:
    """Return what a function makes of each item, in time slices."""
    if len(items) < STEPS_BETWEEN_CHECKS:
        return [of(item) for item in items]
    return await collect(map(of, items))


class Batches(Generic[T]):
    """What an iterator computes, in time slices and in batches of what a statement takes.

    What is done with a batch counts towards the slice. No asynchronous generator: the loop keeps account of
    each of those.
    """

    __slots__ = ("_remaining", "_short", "_time_slice")

    def __init__(self, items: Iterable[T]) -> None:
        self._short = items if isinstance(items, list) and len(items) <= STEPS_BETWEEN_CHECKS else None
        self._remaining = iter(items if self._short is None else ())
        self._time_slice: TimeSlice | None = None

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> list[T]:
        if self._short is not None:
            short, self._short = self._short, []
            if not short:
                raise StopAsyncIteration
            return short
        if self._time_slice:
            await self._time_slice.pause()
        batch = await collect(islice(self._remaining, MAX_BATCH_ROWS))
        if not batch:
            raise StopAsyncIteration
        if len(batch) == MAX_BATCH_ROWS:
            self._time_slice = self._time_slice or TimeSlice()
        return batch
