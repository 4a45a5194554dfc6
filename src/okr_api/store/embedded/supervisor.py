"""Supervisor of the embedded PostgreSQL: restart it if it ends while the service runs."""

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from time import monotonic

from okr_api.store.embedded.server import EmbeddedPostgres

SUPERVISION_INTERVAL_S = 0.5
MIN_RESTART_DELAY_S = 0.5
MAX_RESTART_DELAY_S = 30.0
STABLE_AFTER_S = 60.0  # a server that has run for longer resets the restart delay

log = logging.getLogger(__name__)


@asynccontextmanager
async def supervised(server: EmbeddedPostgres) -> AsyncIterator[None]:
    """Keep the server running for as long as the context lasts.

    Every process may do so: they take turns, and the second one finds the server running. The context waits
    for a start in progress, so that none continues when the last process stops the server.
    """
    is_over = asyncio.Event()
    task = asyncio.create_task(_supervise(server, is_over))
    try:
        yield
    finally:
        is_over.set()
        await asyncio.wait({task})


async def _supervise(server: EmbeddedPostgres, is_over: asyncio.Event) -> None:
    delay_s, started_at = MIN_RESTART_DELAY_S, monotonic()
    while not await _ended_within(is_over, SUPERVISION_INTERVAL_S):
        if server.is_running():
            continue
        if monotonic() - started_at > STABLE_AFTER_S:
            delay_s = MIN_RESTART_DELAY_S
        log.warning("The embedded PostgreSQL has ended; it is started again")
        started_at = monotonic()
        try:
            await asyncio.to_thread(server.ensure_running)
        except Exception as fault:  # noqa: BLE001  every failure is retried
            log.error("The embedded PostgreSQL does not start; again in %g seconds: %s", delay_s, fault)
        else:
            log.warning("The embedded PostgreSQL runs again after %.1f seconds", monotonic() - started_at)
        if await _ended_within(is_over, delay_s):
            return
        delay_s = min(2 * delay_s, MAX_RESTART_DELAY_S)


async def _ended_within(is_over: asyncio.Event, seconds: float) -> bool:
    """Wait at most so many seconds for the event; return whether it is set."""
    try:
        async with asyncio.timeout(seconds):
            await is_over.wait()
    except TimeoutError:
        return False
    return True
