"""Sharing: what many followers would read alike at the same moment is read once for all of them."""

import asyncio
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Hashable
from time import monotonic
from typing import Any

SHARED_FOR_S = 1.0
MOST_SHARED = 1_000


class Shared:
    """Answers by key, each made once and kept for a second; whoever comes meanwhile waits for it."""

    def __init__(self) -> None:
        self._answers: OrderedDict[Hashable, tuple[float, asyncio.Task[Any]]] = OrderedDict()
        self.made = 0

    async def get(self, key: Hashable, make: Callable[[], Awaitable[Any]]) -> Any:
        """The answer under the key. Nobody may change it: others hold the same one."""
        known = self._answers.get(key)
        if known is None or known[0] < monotonic():
            self.made += 1
            task = asyncio.ensure_future(_made(make))
            self._answers[key] = known = (monotonic() + SHARED_FOR_S, task)
            self._answers.move_to_end(key)
            if len(self._answers) > MOST_SHARED:
                self._answers.popitem(last=False)
        return await asyncio.shield(known[1])


async def _made(make: Callable[[], Awaitable[Any]]) -> Any:
    return await make()
