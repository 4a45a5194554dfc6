"""Cooperative time slicing: long computations yield to the event loop and pause garbage collection; batches.

A thread would hold the interpreter lock for 5 ms at each system call of the event loop instead.
"""

import asyncio
import gc
from collections.abc import Awaitable, Callable, Generator, Iterable, Sequence
from contextvars import ContextVar
from itertools import islice
from time import perf_counter
from typing import ClassVar, Generic, Self, TypeVar

MAX_TIME_SLICE_S = 0.005
SHORT_PART = 1 / 16  # of a time slice
MAX_COLLECTION_PAUSE_S = 60.0
STEPS_BETWEEN_CHECKS = 32  # of a computation: reading the clock takes longer than the smallest step
MAX_BATCH_ROWS = 1_000  # of a statement: its documents and arrays are encoded without a pause

T = TypeVar("T")
U = TypeVar("U")


class CollectionPause:
    """Pause of the garbage collector, which takes some 100 ms to traverse what a long computation allocates.

    Reference counts free nearly everything; reference cycles wait until the last computation has ended, or
    for a minute.
    """

    _paused = 0
    _began = 0.0

    def __init__(self) -> None:
        self._is_begun = False

    def begin(self) -> None:
        """Pause the collector, unless this has been called already."""
        if self._is_begun:
            return
        self._is_begun = True
        CollectionPause._paused += 1
        if CollectionPause._paused == 1:
            gc.disable()
            CollectionPause._began = perf_counter()

    def end(self) -> None:
        """Resume the collector, unless other computations still need the pause."""
        if not self._is_begun:
            return
        CollectionPause._paused -= 1
        if not CollectionPause._paused or perf_counter() - CollectionPause._began > MAX_COLLECTION_PAUSE_S:
            gc.enable()


_pause: ContextVar[CollectionPause | None] = ContextVar("collection_pause", default=None)


class collection_paused_if_long:  # noqa: N801  used as a function
    """Context manager that pauses the garbage collector from the end of the first time slice to its exit."""

    __slots__ = ("_pause", "_token")

    def __enter__(self) -> None:
        self._pause = CollectionPause()
        self._token = _pause.set(self._pause)

    def __exit__(self, *_: object) -> None:
        _pause.reset(self._token)
        self._pause.end()


class TimeSlice:
    """Time that a computation may take before it yields; concurrent computations share it."""

    __slots__ = ("_checked_at", "_ends_at", "_lasts_s")
    _interrupted: ClassVar[int] = 0

    def __init__(self, lasts_s: float = MAX_TIME_SLICE_S) -> None:
        self._checked_at = perf_counter()
        self._lasts_s = lasts_s
        self._ends_at = self._checked_at + lasts_s

    async def pause(self) -> None:
        """Yield to the event loop if the slice is over, and begin another."""
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
        """Pause; return the number of steps to take next: `steps`, or twice as many if those were short."""
        now = perf_counter()
        took_s, self._checked_at = now - self._checked_at, now
        await self.pause()
        return min(steps * 2, MAX_BATCH_ROWS) if took_s < MAX_TIME_SLICE_S * SHORT_PART else steps


async def complete(steps: Generator[object, None, T]) -> T:
    """Run a generator that yields after each step, in time slices; return its result."""
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
    """Return the items of a lazy iterable as a list, computed in time slices."""
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
    """Return the function's result for each item, computed in time slices."""
    if len(items) < STEPS_BETWEEN_CHECKS:
        return [of(item) for item in items]
    return await collect(map(of, items))


async def mapped_one_by_one(of: Callable[[U], Awaitable[T]], items: Iterable[U]) -> list[T]:
    """Return the asynchronous function's result for each item in turn, computed in time slices."""
    time_slice, found = TimeSlice(), []
    for item in items:
        found.append(await of(item))
        await time_slice.pause()
    return found


class Batches(Generic[T]):
    """Asynchronous iterator over batches of at most `MAX_BATCH_ROWS` items, computed in time slices.

    The processing of a batch counts towards the slice. It is no asynchronous generator, as the event loop
    has to track each of those.
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
