"""Tasks of mutations: with an idempotency key they continue when their request is cancelled, up to 120 s."""

import asyncio
import logging
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar
from uuid import UUID

from okr_api.okr.errors import Refused
from okr_api.pubsub.notifier import ChangeNotifier

from .cancellation import ended

MAX_BACKGROUND_S = 120.0

T = TypeVar("T")
Key = tuple[UUID, str, str]  # organization id, owner of the idempotency key, key
log = logging.getLogger(__name__)


class StillUnderWay(Exception):
    """The mutation continues in the background; a retry with its idempotency key returns its result."""


class BackgroundMutations:
    """Mutations that continue without a caller, each a transaction that locks its organisation."""

    def __init__(self, notifier: ChangeNotifier) -> None:
        self.notifier = notifier
        self._tasks: dict[Key, asyncio.Task[Any]] = {}

    async def wait_for(self, key: Key) -> None:
        """Wait until no mutation with the key is running in the background.

        Raises:
            StillUnderWay: the caller was cancelled before that.
        """
        task = self._tasks.get(key)
        if task is None:
            return
        try:
            await asyncio.wait({task})
        except asyncio.CancelledError:
            raise StillUnderWay from None

    async def result(
        self,
        key: Key | None,
        work: Coroutine[Any, Any, T],
        *,
        has_begun: Callable[[], bool],
        may_cancel: Callable[[], bool],
    ) -> T:
        """Run the work in its own task and return its result.

        If the caller is cancelled, work that has a key and has begun continues in the background. Other work
        is cancelled if that is still possible, and awaited: if it succeeds, its result is returned, and
        `Task.cancelling` still shows the cancellation.

        Raises:
            StillUnderWay: the caller was cancelled, and the work continues.
            CancelledError: the work was cancelled.
        """
        task = asyncio.create_task(work)
        try:
            return await asyncio.shield(task)
        except asyncio.CancelledError:
            if key and has_begun() and may_cancel() and not task.done():
                self._leave(key, task, may_cancel)
                raise StillUnderWay from None
            return await ended(task, may_cancel)

    def _leave(self, key: Key, task: asyncio.Task[Any], may_cancel: Callable[[], bool]) -> None:
        """Let the work continue; cancel it after `MAX_BACKGROUND_S` unless it is committing by then."""
        timer = asyncio.get_running_loop().call_later(
            MAX_BACKGROUND_S, lambda: may_cancel() and task.cancel()
        )

        def has_ended(_: asyncio.Task[Any]) -> None:
            timer.cancel()
            del self._tasks[key]
            self._tell(key, task)

        self._tasks[key] = task
        task.add_done_callback(has_ended)

    def _tell(self, key: Key, task: asyncio.Task[Any]) -> None:
        """Notify subscribers of the change; log an unexpected error, which no caller receives."""
        if task.cancelled():
            log.warning("A background mutation of organisation %s was cancelled and rolled back", key[0])
        elif fault := task.exception():
            if not isinstance(fault, Refused):
                log.error("A background mutation of organisation %s failed", key[0], exc_info=fault)
        elif not task.result().replayed:
            self.notifier.moved(key[0], task.result().seq, by=())

    async def close(self) -> None:
        """Cancel the mutations that are running; they are rolled back."""
        tasks = list(self._tasks.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
