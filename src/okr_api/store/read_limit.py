"""A limit on what one operation reads from the database: counted in bytes as they arrive.

The driver keeps all rows of a statement before it hands any of them over. So it is not asked how large they
are: where more arrives than may be read, the connection is cut, and a new one takes its place.
"""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import asyncpg

from okr_api.okr.errors import TooMany

from .prepared_statements import Connection

MAX_READ_BYTES = 32 * 1024 * 1024
LEFT_AFTER_CUT_BYTES = 64 * 1024  # on the next connection, to learn at which position the rest is true
LOST = (asyncpg.PostgresConnectionError, asyncpg.InterfaceError, OSError)


class ReadLimit(asyncio.Protocol):
    """Stands between a connection's transport and the driver, and counts what comes in."""

    def __init__(self, connection: Any) -> None:
        self.transport = connection._transport  # noqa: SLF001  the driver offers no other way to it
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
        """Whether more has come than may be read."""
        return self.left < 0

    def renew(self, *, after_cut: bool = False) -> None:
        """Let another operation read, or one go on whose connection has been cut."""
        self.left = LEFT_AFTER_CUT_BYTES if after_cut else MAX_READ_BYTES

    def data_received(self, data: bytes) -> None:
        """Hand on what has come, or cut the connection."""
        self.left -= len(data)
        if self.left >= 0:
            self._receive(data)
        else:
            self.transport.abort()


class LimitedConnection(Connection):
    """A connection with a limit on what an operation reads by it."""

    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        self.read_limit = ReadLimit(self)


@contextmanager
def reads_refused(connection: LimitedConnection) -> Iterator[None]:
    """Tell why a connection is lost, where it has been cut.

    Raises:
        TooMany: more was read by it than may be.
    """
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
    """Take a transaction as ended whose connection has been cut."""
    try:
        yield
    except LOST:
        if not connection.read_limit.is_exceeded:
            raise
