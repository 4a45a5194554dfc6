"""Batched lookup with a cache: keys that are requested while a query runs share the next query."""

import asyncio
from collections.abc import Callable, Collection, Coroutine, Hashable, Mapping
from time import monotonic
from typing import Any, Generic, TypeVar

from okr_api.okr.errors import Busy
from okr_api.store.time_limits import run_to_completion

TOKEN_CACHE_TTL_S = 2.0
AUTHENTICATION_TIMEOUT_S = 4.0
MAX_CACHED_TOKENS = 10_000

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


class CachedLookup(Generic[K, V]):
    """Values by key, which `load` returns for many keys; unknown keys are cached as None.

    Any number of concurrent lookups takes one connection.
    """

    def __init__(self, load: Callable[[Collection[K]], Coroutine[Any, Any, Mapping[K, V]]]) -> None:
        self.load = load
        self.known: dict[K, tuple[float, V | None]] = {}
        self._wanted: dict[K, asyncio.Future[V | None]] = {}
        self._looking_up: asyncio.Task[None] | None = None

    async def find(self, wanted: Collection[K]) -> dict[K, V | None]:
        """Look up values that are not cached.

        Raises:
            Busy: the database does not respond in time.
        """
        new = asyncio.get_running_loop().create_future
        waiting = {key: self._wanted.get(key) or self._wanted.setdefault(key, new()) for key in wanted}
        if self._looking_up is None:
            self._looking_up = asyncio.create_task(self._look_up())
        try:
            async with asyncio.timeout(AUTHENTICATION_TIMEOUT_S):
                return {key: await asyncio.shield(future) for key, future in waiting.items()}
        except TimeoutError:
            message = f"The database has not answered within {AUTHENTICATION_TIMEOUT_S:g} seconds; try again"
            raise Busy(message) from None

    async def _look_up(self) -> None:
        """Run batched lookups until no key is waiting, and cache the results."""
        try:
            while self._wanted:
                wanted, self._wanted = self._wanted, {}
                try:
                    found = await run_to_completion(AUTHENTICATION_TIMEOUT_S, self.load(wanted))
                except Exception as fault:  # noqa: BLE001  passed on to the waiting callers
                    for waiting in wanted.values():
                        waiting.set_exception(fault)
                        waiting.exception()  # mark as retrieved: every waiting caller may be gone
                    continue
                if len(self.known) + len(wanted) > MAX_CACHED_TOKENS:
                    self.known.clear()
                until = monotonic() + TOKEN_CACHE_TTL_S
                for key, waiting in wanted.items():
                    value = found.get(key)
                    self.known[key] = (until, value)
                    waiting.set_result(value)
        finally:
            self._looking_up = None
