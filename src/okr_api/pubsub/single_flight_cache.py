"""Sharing: what many followers would read alike at the same moment is read once for all of them."""

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
    """Answers by key, each made once and kept for a second; callers that come meanwhile wait for it.

    Those that have expired go by a timer, failures at once. One that is too large is shared only by those who
    wait for it.
    """

    def __init__(self) -> None:
        self._answers: OrderedDict[Hashable, _Answer] = OrderedDict()
        self._timer: asyncio.TimerHandle | None = None
        self.made = 0
        self.bytes = 0

    def __len__(self) -> int:
        """Return how many answers are kept, or being made."""
        return len(self._answers)

    async def get(self, key: Hashable, make: Callable[[], Awaitable[Any]]) -> Any:
        """The answer under the key. Nobody may change it: others hold the same one."""
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
        """Weigh an answer that has been made, and keep it where it is not too large."""
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
    """Return about how many bytes a value takes with all that it holds, counting no further than `most`."""
    total, waiting = 0, [value]
    while waiting and total <= most:
        one = waiting.pop()
        total += getsizeof(one)
        if isinstance(one, Mapping):
            waiting.extend(one.values())
        elif isinstance(one, list | tuple | set | frozenset):
            waiting.extend(one)
    return total
