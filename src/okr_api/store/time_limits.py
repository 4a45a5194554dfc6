"""Time limits that PostgreSQL keeps for every connection, and the refusal that each of them becomes.

The server ends the transaction of a process that is frozen or cut off, so that no organisation stays locked.
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
MIGRATION_LOCK_TIMEOUT_S = 600  # includes waiting for another process that migrates
MIGRATION_STATEMENT_TIMEOUT_S = 3_600
DRIVER_MARGIN_S = 5  # the server ends a statement first; the driver's limit is for a server that is gone
KEEPALIVE_IDLE_S = 30
KEEPALIVE_INTERVAL_S = 10
MAX_KEEPALIVE_PROBES = 3

# Over a Unix socket PostgreSQL ignores them.
KEEPALIVES = {
    "tcp_keepalives_idle": str(KEEPALIVE_IDLE_S),
    "tcp_keepalives_interval": str(KEEPALIVE_INTERVAL_S),
    "tcp_keepalives_count": str(MAX_KEEPALIVE_PROBES),
}
_IDLE_TRANSACTION = "set local idle_in_transaction_session_timeout to '{}s'"
# For the rest of a command's transaction, once it has computed everything: it may be frozen with a lock.
SHORT_IDLE_TRANSACTION = _IDLE_TRANSACTION.format(IDLE_TRANSACTION_TIMEOUT_S)
LONG_IDLE_TRANSACTION = _IDLE_TRANSACTION.format(PLANNING_IDLE_TRANSACTION_TIMEOUT_S)
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class TimeLimits:
    """How long a connection may wait for a lock, run a statement, and be idle inside a transaction."""

    lock_s: float
    statement_s: float
    idle_transaction_s: float
    query_statement_s: float | None = None  # of a connection that answers queries, where that is less

    @property
    def for_queries(self) -> "TimeLimits":
        """Return the limits of the connections that answer queries."""
        return replace(self, statement_s=self.query_statement_s or self.statement_s)

    @property
    def driver_s(self) -> float:
        """Return the driver's limit of a statement, in seconds."""
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
# Imports, exports, verify and recount compute for long between their statements, and run large ones.
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
    """Return the refusal for one of the errors in `LIMIT_REACHED`."""
    if isinstance(fault, asyncpg.LockNotAvailableError):
        return Busy(
            "Another change of this organisation has been going on for too long. Nothing was done; try again"
        )
    return Busy("The database did not get it done in time. Nothing was done; try again")


@contextmanager
def timeouts_refused() -> Iterator[None]:
    """Raise `Busy` for an error by which PostgreSQL says that a limit was reached: it has rolled back."""
    try:
        yield
    except LIMIT_REACHED as fault:
        raise busy_for(fault) from fault


async def run_to_completion(limit_s: float, work: Coroutine[Any, Any, T]) -> T:
    """Return what the work returns, without waiting for its end when time is over.

    A connection to a server that no longer answers is not given back before its own limit: whoever needs an
    answer does not wait for that.

    Raises: `Busy` when it has not ended in time; it is cancelled then.
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
