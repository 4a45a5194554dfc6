"""Single-flight cache: concurrent callers share a computation by key; results stay for a second."""

import asyncio
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Hashable, Mapping
from dataclasses import dataclass
from sys import getsizeof
from time import monotonic
from typing import Any

CACHE_TTL_S = 1.0
MAX_CACHED_RESULTS = 1_000
MAX_SHARED_BYTES = 16 * 1024 * 1024
MAX_SHARED_ANSWER_BYTES = 4 * 1024 * 1024


@dataclass(slots=True, eq=False)
class _Answer:
    until: float
    future: asyncio.Future[Any]
    bytes: int = 0


class SingleFlightCache:
    """Single-flight cache of results by key, with a TTL of `CACHE_TTL_S`; concurrent callers share a result.

    Expired results are removed by a timer, failures at once. A result that is too large is shared only by the
    callers that wait for it.
    """

    def __init__(self) -> None:
        self._answers: OrderedDict[Hashable, _Answer] = OrderedDict()
        self._timer: asyncio.TimerHandle | None = None
        self.made = 0
        self.bytes = 0

    def __len__(self) -> int:
        """Return how many results are cached or being computed."""
        return len(self._answers)

    async def get(self, key: Hashable, make: Callable[[], Awaitable[Any]]) -> Any:
        """Return the result of the key; callers must not change it, because they share it."""
        known = self._answers.get(key)
        if known is None or known.until < monotonic():
            known = self._make(key, make)
        return await asyncio.shield(known.future)

    def _make(self, key: Hashable, make: Callable[[], Awaitable[Any]]) -> _Answer:
        self.made += 1
        self._forget(key)
        answer = _Answer(monotonic() + CACHE_TTL_S, asyncio.ensure_future(_made(make)))
        answer.future.add_done_callback(lambda _: self._done(key, answer))
        self._answers[key] = answer
        while len(self._answers) > MAX_CACHED_RESULTS:
            self._forget(next(iter(self._answers)))
        if self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(CACHE_TTL_S, self._expire)
        return answer

    def _done(self, key: Hashable, answer: _Answer) -> None:
        """Cache a computed result with its size, unless it is too large or has failed."""
        failed = answer.future.cancelled() or answer.future.exception() is not None
        if self._answers.get(key) is not answer:
            return
        size = 0 if failed else size_of(answer.future.result(), MAX_SHARED_ANSWER_BYTES)
        if failed or size > MAX_SHARED_ANSWER_BYTES:
            self._forget(key)
            return
        answer.bytes = size
        self.bytes += size
        while self.bytes > MAX_SHARED_BYTES:
            self._forget(next(iter(self._answers)))

    def _forget(self, key: Hashable) -> None:
        forgotten = self._answers.pop(key, None)
        if forgotten is not None:
            self.bytes -= forgotten.bytes

    def _expire(self) -> None:
        now = monotonic()
        while self._answers and next(iter(self._answers.values())).until <= now:
            self._forget(next(iter(self._answers)))
        again = bool(self._answers)
        self._timer = asyncio.get_running_loop().call_later(CACHE_TTL_S, self._expire) if again else None


async def _made(make: Callable[[], Awaitable[Any]]) -> Any:
    return await make()


def size_of(value: Any, most: int) -> int:
    """Return the approximate bytes of a value with everything in it; stop counting beyond `most`."""
    total, waiting = 0, [value]
    while waiting and total <= most:
        one = waiting.pop()
        total += getsizeof(one)
        if isinstance(one, Mapping):
            waiting.extend(one.values())
        elif isinstance(one, list | tuple | set | frozenset):
            waiting.extend(one)
    return total
