"""Batch single-row reads: keys requested while a query runs share the next query.

The first key is read alone, at once. Keys requested meanwhile wait for that query and are then read together,
by one query that begins after the last of them was requested: each sees what it would have seen alone, and
many cost little more than one.
"""

import asyncio
from collections.abc import Awaitable, Callable, Hashable, Mapping, Sequence
from contextvars import Context
from typing import Generic, TypeVar

MAX_BATCHED_KEYS = 100
T = TypeVar("T")
Read = Callable[[Sequence[str]], Awaitable[Mapping[str, T]]]


class RowBatcher(Generic[T]):
    """Batcher of single-row reads by kind: reads have the same kind if one statement can serve them all."""

    def __init__(self) -> None:
        self._waiting: dict[Hashable, list[tuple[str, asyncio.Future[T | None]]]] = {}
        self._running: set[asyncio.Task[None]] = set()

    async def row(self, kind: Hashable, key: str, read: Read[T]) -> T | None:
        """Return the row of a key, or None; `read` returns the rows of many keys."""
        waiting = self._waiting.get(kind)
        if waiting is not None:
            place: asyncio.Future[T | None] = asyncio.get_running_loop().create_future()
            waiting.append((key, place))
            return await place
        self._waiting[kind] = []
        try:
            return (await read([key])).get(key)
        finally:
            if self._waiting[kind]:
                task = asyncio.create_task(self._answer(kind, read), context=Context())  # of no single caller
                self._running.add(task)
                task.add_done_callback(self._running.discard)
            else:
                del self._waiting[kind]

    async def _answer(self, kind: Hashable, read: Read[T]) -> None:
        """Run batched queries until no read is waiting."""
        while waiting := self._waiting[kind]:
            self._waiting[kind], taken = waiting[MAX_BATCHED_KEYS:], waiting[:MAX_BATCHED_KEYS]
            try:
                found = await read(list({key for key, _ in taken}))
            except Exception as fault:  # noqa: BLE001  every exception is raised in the waiting callers
                for _, place in taken:
                    if not place.done():
                        place.set_exception(fault)
            else:
                for key, place in taken:
                    if not place.done():
                        place.set_result(found.get(key))
        del self._waiting[kind]
