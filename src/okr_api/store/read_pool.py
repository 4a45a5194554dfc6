"""Readers: the connections that questions are answered by, taken and given back thousands of times a second.

A pool that resets what comes back and shields that from being cancelled costs a fifth of a small answer.
Nothing that is read changes a connection, so what comes back sound is at once there for the next. However
many one token or one organisation asks for, some are left to others.
"""

import asyncio
from collections.abc import Awaitable, Callable
from uuid import UUID

import asyncpg

from okr_api.okr.errors import Busy

from .fair_semaphore import FairSemaphore
from .read_limit import LimitedConnection

READER_TIMEOUT_S = 10.0
MAX_READERS = 12
MAX_READERS_PER_ORGANIZATION = 10
MAX_READERS_PER_TOKEN = 8
Connect = Callable[[], Awaitable[LimitedConnection]]
# The driver rejects a value that it cannot encode after it has announced the statement: the server then waits
# inside a transaction that the driver knows nothing of.
OUT_OF_STEP = (asyncpg.DataError, asyncpg.InvalidTransactionStateError)
UNSOUND = (OSError, TimeoutError, asyncpg.InterfaceError, *OUT_OF_STEP)


class ReadPool:
    """At most so many connections, opened when they are first needed; organisations and tokens take turns."""

    def __init__(self, connect: Connect) -> None:
        self._connect = connect
        self.places = FairSemaphore(MAX_READERS, MAX_READERS_PER_ORGANIZATION, MAX_READERS_PER_TOKEN)
        self._holders: dict[LimitedConnection, tuple[UUID, UUID]] = {}
        self._idle: list[LimitedConnection] = []

    async def take(self, organization_id: UUID, token_id: UUID | None) -> LimitedConnection:
        """A connection, to be given back. What is read for a whole organisation is read for no token.

        Raises: `Busy` when none is free in time.
        """
        key = (organization_id, organization_id if token_id is None else token_id)
        if not self.places.try_acquire(*key):
            await self._wait(key)
        try:
            connection = await self._sound()
        except BaseException:
            self.places.release(*key)
            raise
        self._holders[connection] = key
        return connection

    async def _sound(self) -> LimitedConnection:
        while self._idle:
            connection = self._idle.pop()
            if not connection.is_closed():
                return connection
        return await self._connect()

    async def _wait(self, key: tuple[UUID, UUID]) -> None:
        try:
            async with asyncio.timeout(READER_TIMEOUT_S):
                await self.places.acquire(*key)
        except TimeoutError:
            raise Busy("Too many reads are going on; try again") from None

    def give_back(self, connection: LimitedConnection, fault: BaseException | None = None) -> None:
        """Takes a connection back; one that may be in the middle of something is not used again."""
        broken = fault is not None and (not isinstance(fault, Exception) or isinstance(fault, UNSOUND))
        if broken or connection.is_closed() or connection.is_in_transaction():
            connection.terminate()
        else:
            self._idle.append(connection)
        self.places.release(*self._holders.pop(connection))

    async def close(self) -> None:
        """Closes what is idle; nobody may hold any other."""
        while self._idle:
            await self._idle.pop().close()
