"""Readers: the connections that questions are answered by, taken and given back thousands of times a second.

A pool that resets what comes back and shields that from being cancelled costs a fifth of a small answer.
Nothing that is read changes a connection, so what comes back sound is at once there for the next.
"""

import asyncio
from collections.abc import Awaitable, Callable

import asyncpg

from okr_api.okr.errors import Busy

from .rows import Postgres

READER_TIMEOUT_S = 10.0
Connect = Callable[[], Awaitable[Postgres]]
# The driver rejects a value that it cannot encode after it has announced the statement: the server then waits
# inside a transaction that the driver knows nothing of.
OUT_OF_STEP = (asyncpg.DataError, asyncpg.InvalidTransactionStateError)
UNSOUND = (OSError, TimeoutError, asyncpg.InterfaceError, *OUT_OF_STEP)


class Readers:
    """At most so many connections, opened when they are first needed; whoever comes then, waits."""

    def __init__(self, connect: Connect, most: int) -> None:
        self._connect = connect
        self._places = asyncio.Semaphore(most)
        self._idle: list[Postgres] = []

    async def take(self) -> Postgres:
        """A connection, to be given back.

        Raises: `Busy` when none is free in time.
        """
        await self._take_place()
        try:
            while self._idle:
                connection = self._idle.pop()
                if not connection.is_closed():
                    return connection
            return await self._connect()
        except BaseException:
            self._places.release()
            raise

    async def _take_place(self) -> None:
        if not self._places.locked():
            await self._places.acquire()
            return
        try:
            async with asyncio.timeout(READER_TIMEOUT_S):
                await self._places.acquire()
        except TimeoutError:
            raise Busy("Too many reads are going on; try again") from None

    def give_back(self, connection: Postgres, fault: BaseException | None = None) -> None:
        """Takes a connection back; one that may be in the middle of something is not used again."""
        broken = fault is not None and (not isinstance(fault, Exception) or isinstance(fault, UNSOUND))
        if broken or connection.is_closed() or connection.is_in_transaction():
            connection.terminate()
        else:
            self._idle.append(connection)
        self._places.release()

    async def close(self) -> None:
        """Closes what is idle; nobody may hold any other."""
        while self._idle:
            await self._idle.pop().close()
