"""Time limits that PostgreSQL enforces on connections (service, commands, migrations), reported as `Busy`.

The server ends the transaction of a process that is frozen or disconnected, so no organisation stays locked.
"""

import asyncio
from collections.abc import Coroutine, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any, TypeVar

import asyncpg

from okr_api.okr.errors import Busy

LOCK_TIMEOUT_S = 5
STATEMENT_TIMEOUT_S = 25
QUERY_STATEMENT_TIMEOUT_S = 5
IDLE_TRANSACTION_TIMEOUT_S = 30
COMMAND_LOCK_TIMEOUT_S = 60
COMMAND_STATEMENT_TIMEOUT_S = 900
COMMAND_IDLE_TRANSACTION_TIMEOUT_S = 600
PLANNING_IDLE_TRANSACTION_TIMEOUT_S = 3_600  # holds no lock
MIGRATION_LOCK_TIMEOUT_S = 600  # includes waiting for another migrating process
MIGRATION_STATEMENT_TIMEOUT_S = 3_600
DRIVER_MARGIN_S = 5  # the server ends a statement first; the driver's limit is for a lost server
KEEPALIVE_IDLE_S = 30
KEEPALIVE_INTERVAL_S = 10
MAX_KEEPALIVE_PROBES = 3

# PostgreSQL ignores them on Unix sockets.
KEEPALIVES = {
    "tcp_keepalives_idle": str(KEEPALIVE_IDLE_S),
    "tcp_keepalives_interval": str(KEEPALIVE_INTERVAL_S),
    "tcp_keepalives_count": str(MAX_KEEPALIVE_PROBES),
}
_IDLE_TRANSACTION = "set local idle_in_transaction_session_timeout to '{}s'"
# For the rest of a command's transaction, once all is computed: a frozen process would keep its lock.
SHORT_IDLE_TRANSACTION = _IDLE_TRANSACTION.format(IDLE_TRANSACTION_TIMEOUT_S)
LONG_IDLE_TRANSACTION = _IDLE_TRANSACTION.format(PLANNING_IDLE_TRANSACTION_TIMEOUT_S)
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class TimeLimits:
    """Limits of a connection, in seconds: waiting for a lock, a statement, being idle in a transaction."""

    lock_s: float
    statement_s: float
    idle_transaction_s: float
    query_statement_s: float | None = None  # replaces `statement_s` on connections for queries

    @property
    def for_queries(self) -> "TimeLimits":
        """Return the limits of connections for queries."""
        return replace(self, statement_s=self.query_statement_s or self.statement_s)

    @property
    def driver_s(self) -> float:
        """Return asyncpg's limit of a statement, in seconds."""
        return self.statement_s + DRIVER_MARGIN_S

    def settings(self) -> dict[str, str]:
        """Return the limits as settings of a PostgreSQL session, keepalives included."""
        limits = {
            "lock_timeout": self.lock_s,
            "statement_timeout": self.statement_s,
            "idle_in_transaction_session_timeout": self.idle_transaction_s,
        }
        return {name: f"{int(seconds * 1000)}ms" for name, seconds in limits.items()} | KEEPALIVES


SERVICE = TimeLimits(
    LOCK_TIMEOUT_S, STATEMENT_TIMEOUT_S, IDLE_TRANSACTION_TIMEOUT_S, QUERY_STATEMENT_TIMEOUT_S
)
# Imports, exports, verify and recount run large statements and compute for a long time between them.
COMMAND = TimeLimits(COMMAND_LOCK_TIMEOUT_S, COMMAND_STATEMENT_TIMEOUT_S, COMMAND_IDLE_TRANSACTION_TIMEOUT_S)
MIGRATION = TimeLimits(
    MIGRATION_LOCK_TIMEOUT_S, MIGRATION_STATEMENT_TIMEOUT_S, COMMAND_IDLE_TRANSACTION_TIMEOUT_S
)


LIMIT_REACHED = (
    asyncpg.LockNotAvailableError,
    asyncpg.QueryCanceledError,
    asyncpg.IdleInTransactionSessionTimeoutError,
)


def busy_for(fault: BaseException) -> Busy:
    """Return the `Busy` error for one of the errors in `LIMIT_REACHED`."""
    if isinstance(fault, asyncpg.LockNotAvailableError):
        return Busy(
            "Another change of this organisation has been going on for too long. Nothing was done; try again"
        )
    return Busy("The database took too long. Nothing was done; try again")


@contextmanager
def timeouts_refused() -> Iterator[None]:
    """Raise `Busy` if PostgreSQL has reached a time limit; it has rolled back then."""
    try:
        yield
    except LIMIT_REACHED as fault:
        raise busy_for(fault) from fault


async def run_to_completion(limit_s: float, work: Coroutine[Any, Any, T]) -> T:
    """Return the result of `work`; on timeout cancel it, without waiting until it has ended.

    A connection to a server that does not respond is released only after its own limit, which the caller
    does not wait for.

    Raises:
        Busy: the work has not ended within `limit_s`.
    """
    task = asyncio.create_task(work)
    try:
        await asyncio.wait({task}, timeout=limit_s)
    finally:
        if not task.done():
            task.cancel()
            task.add_done_callback(lambda ended: ended.cancelled() or ended.exception())
    if not task.done():
        raise Busy(f"The database has not answered within {limit_s:g} seconds; try again")
    return task.result()
