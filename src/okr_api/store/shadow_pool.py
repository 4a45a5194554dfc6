"""Pool of connections with shadow tables, each filled for one read-only transaction at a time."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any
from uuid import UUID

import asyncpg

from okr_api.okr.errors import Busy

from .connection_options import IN_ARRAYS, prepare
from .fair_semaphore import FairSemaphore
from .read_limit import LimitedConnection
from .read_pool import UNSOUND
from .shadow_tables import SCHEMA, past_tables, simulated_tables
from .time_limits import LIMIT_REACHED, busy_for

MAX_SHADOW_CONNECTIONS = 2
MAX_SHADOWS_PER_ORGANIZATION = 2
MAX_SHADOWS_PER_TOKEN = 1
SHADOW_TIMEOUT_S = 10.0  # of waiting for a connection
# Nothing but their own connection can vacuum temporary tables: one that lives for weeks would keep PostgreSQL
# from freezing transaction ids.
SHADOW_TTL_S = 600
# What was rolled back stays in the files of the tables. Emptying those takes longer than a new connection.
MAX_SHADOW_USES = 20
MAX_SHADOW_ROWS = 20_000

Connect = Callable[[], Awaitable["ShadowConnection"]]


class ShadowConnection(LimitedConnection):
    """Connection whose statements read shadow tables; `schema` has the real ones.

    What fills the tables counts `rows_written`. While rows are loaded and saved, ids are read as `UUID`, as
    the store's loaders want them; once they `are_read`, as hex digits.
    """

    schema = ""
    are_read = is_expired = False
    uses = rows_written = 0

    @property
    def is_worn_out(self) -> bool:
        """Return whether it has been used for long enough."""
        return self.is_expired or self.uses >= MAX_SHADOW_USES or self.rows_written >= MAX_SHADOW_ROWS

    def decode_id(self, data: bytes) -> UUID | str:
        """Return an id in the form that is wanted at present."""
        return data.hex() if self.are_read else UUID(bytes=data)


async def connect_shadows(
    dsn: str, create: Callable[[str], str], options: dict[str, Any]
) -> ShadowConnection:
    """Return a new connection on which the shadow tables have been created.

    `options` are those of asyncpg, and `on_statement` as `Database.open` has it.
    """
    options = dict(options)
    on_statement = options.pop("on_statement", None)
    connection: ShadowConnection = await asyncpg.connect(
        dsn, **options | {"connection_class": ShadowConnection}
    )
    try:
        await prepare(connection, on_statement=on_statement)
        await connection.set_type_codec(
            "uuid",
            schema="pg_catalog",
            format="binary",
            encoder=lambda id: id.bytes if isinstance(id, UUID) else bytes.fromhex(id),
            decoder=connection.decode_id,
        )
        await connection.fetchrow(f"select {', '.join(f'null::{kind}[]' for kind in IN_ARRAYS)}")
        connection.schema = await connection.fetchval(SCHEMA)
        await connection.execute(create(connection.schema))
    except BaseException:
        connection.terminate()
        raise
    return connection


@asynccontextmanager
async def _rolled_back(connection: ShadowConnection) -> AsyncIterator[None]:
    """Begin a transaction, which is rolled back in any case."""
    transaction = connection.transaction(isolation="repeatable_read", readonly=True)
    await transaction.start()
    try:
        yield
    finally:
        await transaction.rollback()


class ShadowPool:
    """Pool of connections with shadow tables, opened on demand; organisations and tokens take turns."""

    def __init__(self, connect: Connect) -> None:
        self._connect = connect
        self._places = FairSemaphore(
            MAX_SHADOW_CONNECTIONS, MAX_SHADOWS_PER_ORGANIZATION, MAX_SHADOWS_PER_TOKEN
        )
        self._idle: list[ShadowConnection] = []

    @asynccontextmanager
    async def transaction(self, organization_id: UUID, token_id: UUID) -> AsyncIterator[ShadowConnection]:
        """Begin a transaction in which nothing but the empty shadow tables can be written.

        PostgreSQL rejects writes to any other table in it. It is rolled back at its end.

        Raises:
            Busy: no connection is free in time, or a time limit of PostgreSQL was reached.
        """
        try:
            async with asyncio.timeout(SHADOW_TIMEOUT_S):
                await self._places.acquire(organization_id, token_id)
        except TimeoutError:
            raise Busy("Too many reads of the past or simulations are going on; try again") from None
        try:
            connection = await self._sound()
            connection.are_read = False
            connection.uses += 1
            connection.read_limit.renew()
            is_sound = False
            try:
                async with _rolled_back(connection):
                    yield connection
                is_sound = True
            except LIMIT_REACHED as fault:
                raise busy_for(fault) from fault
            except Exception as fault:
                is_sound = not isinstance(fault, UNSOUND)
                raise
            finally:
                self._give_back(connection, is_sound=is_sound)
        finally:
            self._places.release(organization_id, token_id)

    async def _sound(self) -> ShadowConnection:
        while self._idle:
            connection = self._idle.pop()
            if not connection.is_closed():
                return connection
        connection = await self._connect()
        asyncio.get_running_loop().call_later(SHADOW_TTL_S, self._expire, connection)
        return connection

    def _expire(self, connection: ShadowConnection) -> None:
        """Close a connection that has lived long enough, now or after its transaction."""
        connection.is_expired = True
        if connection in self._idle:
            self._idle.remove(connection)
            connection.terminate()

    def _give_back(self, connection: ShadowConnection, *, is_sound: bool) -> None:
        """Keep a connection for the next transaction, or close it: worn out, or in an unknown state."""
        is_sound = is_sound and not connection.is_worn_out
        if is_sound and not connection.is_closed() and not connection.is_in_transaction():
            self._idle.append(connection)
        else:
            connection.terminate()

    async def close(self) -> None:
        """Close the idle connections; no other may be in use."""
        while self._idle:
            await self._idle.pop().close()


@dataclass(frozen=True)
class ShadowPools:
    """Pools of connections with shadow tables: for reads of the past, and for simulations."""

    past: ShadowPool
    simulations: ShadowPool

    @classmethod
    def of(cls, dsn: str, options: dict[str, Any]) -> "ShadowPools":
        """Return the pools, without a connection yet."""
        return cls(
            ShadowPool(partial(connect_shadows, dsn, past_tables, options)),
            ShadowPool(partial(connect_shadows, dsn, simulated_tables, options)),
        )

    async def close(self) -> None:
        """Close the idle connections of each."""
        await self.past.close()
        await self.simulations.close()
