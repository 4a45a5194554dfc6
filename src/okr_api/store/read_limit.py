"""Read limits: run the SQL statements of a query within a time and a number of bytes, and measure them.

asyncpg buffers all rows of a statement before it returns any, so their size cannot be checked afterwards: if
more arrives than the limit, the connection is aborted and replaced by a new one.
"""

import asyncio
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import asyncpg

from okr_api.okr.errors import Refused, TooMany

from .prepared_statements import Connection
from .time_limits import QUERY_STATEMENT_TIMEOUT_S, timeouts_refused
from .work_meter import SharedClock, WorkMeter

MAX_READ_BYTES = 32 * 1024 * 1024
LEFT_AFTER_CUT_BYTES = 64 * 1024  # on the next connection, to read the feed position of what has been read
LOST = (asyncpg.PostgresConnectionError, asyncpg.InterfaceError, OSError)


class ReadLimit(asyncio.Protocol):
    """Protocol between a connection's transport and asyncpg that counts the received bytes."""

    def __init__(self, connection: Any) -> None:
        self.transport = connection._transport  # noqa: SLF001  asyncpg has no public access to it
        driver = connection._protocol  # noqa: SLF001
        self._receive = driver.data_received
        self.connection_lost = driver.connection_lost  # type: ignore[method-assign]
        self.pause_writing = driver.pause_writing  # type: ignore[method-assign]
        self.resume_writing = driver.resume_writing  # type: ignore[method-assign]
        self.eof_received = driver.eof_received  # type: ignore[method-assign]
        self.left = MAX_READ_BYTES
        self.transport.set_protocol(self)

    @property
    def is_exceeded(self) -> bool:
        """Return whether more bytes have arrived than the limit."""
        return self.left < 0

    def renew(self, *, after_cut: bool = False) -> None:
        """Reset the limit for another operation, or for one that continues after an abort."""
        self.left = LEFT_AFTER_CUT_BYTES if after_cut else MAX_READ_BYTES

    def data_received(self, data: bytes) -> None:
        """Pass the bytes to asyncpg, or abort the connection if they exceed the limit."""
        self.left -= len(data)
        if self.left >= 0:
            self._receive(data)
        else:
            self.transport.abort()


class LimitedConnection(Connection):
    """Connection with a limit on the bytes that an operation reads."""

    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        self.read_limit = ReadLimit(self)


@contextmanager
def reads_refused(connection: LimitedConnection) -> Iterator[None]:
    """Raise `TooMany` in place of the connection error if the read limit aborted the connection."""
    try:
        yield
    except LOST:
        if not connection.read_limit.is_exceeded:
            raise
        raise TooMany(
            f"One operation reads at most {MAX_READ_BYTES // 1024**2} MiB from the database: ask for smaller "
            "pages, or for fewer long texts at a time"
        ) from None


@contextmanager
def ended_if_cut(connection: LimitedConnection) -> Iterator[None]:
    """Suppress the connection error of a transaction whose connection the read limit aborted."""
    try:
        yield
    except LOST:
        if not connection.read_limit.is_exceeded:
            raise


class StatementOutOfTime(Refused):
    """Raised when a SQL statement of a query takes too long; it ends the query."""

    @classmethod
    def code(cls) -> str:
        """Return the code of an operation that ran out of time, which this is to clients."""
        return "OUT_OF_TIME"


def _out_of_time() -> StatementOutOfTime:
    return StatementOutOfTime(
        f"The database needed more than {QUERY_STATEMENT_TIMEOUT_S} seconds for a part of this. "
        "Ask for less: a shorter filter, no totalCount, no order"
    )


async def run_statement(
    connection: LimitedConnection,
    statement: str,
    arguments: Sequence[Any],
    clock: SharedClock,
    work: WorkMeter,
) -> list[Any]:
    """Return the rows of a statement; add its share of the elapsed time to the work.

    Raises:
        StatementOutOfTime: the statement takes more than five seconds.
        TooMany: the operation reads too much.
    """
    mark = clock.begin()
    try:
        rows: list[Any] = await connection.fetch(statement, *arguments)
    except asyncpg.QueryCanceledError as fault:
        raise _out_of_time() from fault
    except Exception:
        with timeouts_refused(), reads_refused(connection):
            raise
    finally:
        work.statements_s += clock.end(mark)
    return rows
