"""Database: a connection pool for each kind of work (writes, queries, feeds …), and transactions."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from functools import partial
from uuid import UUID

import asyncpg
import uuid_utils

from okr_api.okr.errors import Busy

from .bulk_write import Postgres
from .connection_options import StatementLogger, connect_to_read, options_of, prepare, skip_reset
from .disk_space import DiskSpace
from .prepared_statements import MAX_WRITE_PREPARED_BYTES
from .read_limit import LimitedConnection, ended_if_cut
from .read_pool import OUT_OF_STEP, ReadPool
from .shadow_pool import ShadowPools
from .time_limits import LIMIT_REACHED, SERVICE, TimeLimits, busy_for
from .work_meter import SharedClock
from .write_queue import WriteQueue

MAX_WRITERS = 8
MAX_LOOKUP_CONNECTIONS = 2
MAX_FEED_CONNECTIONS = 2
MAX_JOB_CONNECTIONS = 6  # for each of three jobs at a time: one holds its lock, the other works
CONNECTION_TIMEOUT_S = 10.0  # longer than a lock timeout: connection holders that wait for a lock end first
MIN_SERVER_VERSION = 16
# Writes select rows by indexed keys; planning their statements each time took half of PostgreSQL's work for a
# check-in. A generic plan may have been made while tables were empty, when a sequential scan looked cheapest,
# and would stay; so the planner is left with index lookups only.
PLANNED_ONCE = {
    "plan_cache_mode": "force_generic_plan",
    "enable_seqscan": "off",
    "enable_hashjoin": "off",
    "enable_mergejoin": "off",
    "enable_material": "off",
}
PLANNED_ANEW = "; ".join(
    f"set local {name} to {'force_custom_plan' if name == 'plan_cache_mode' else 'on'}"
    for name in PLANNED_ONCE
)


class ServerIsTooOld(Exception):
    """Raised if the server is older than PostgreSQL 16."""


def check_server_version(connection: Postgres) -> None:
    """Raise `ServerIsTooOld` if the server is older than `MIN_SERVER_VERSION`."""
    version = connection.get_server_version().major
    if version < MIN_SERVER_VERSION:
        raise ServerIsTooOld(f"PostgreSQL {MIN_SERVER_VERSION} or newer is needed; this is {version}")


def new_id() -> UUID:
    """Return a UUIDv7: ids grow with time, so that the order of ids is the order of creation."""
    return UUID(int=uuid_utils.uuid7().int)


class Database:
    """Connections to one PostgreSQL, in a pool for each kind of work, which cannot exhaust the others.

    `pool` is for writes, `lookups` for authentication and health, `feed_pool` for feeds, `readers` for
    queries, `job_pool` for background jobs, `shadows` for reads of the past and simulations.
    """

    def __init__(
        self, dsn: str, readers: ReadPool, pools: Sequence[asyncpg.Pool], shadows: ShadowPools
    ) -> None:
        self.dsn = dsn
        self.readers = readers
        self.shadows = shadows
        self.pool, self.lookups, self.feed_pool, self.job_pool = pools
        self.write_queue = WriteQueue()
        self.disk_space = DiskSpace()
        self.statement_clock = SharedClock()

    @classmethod
    @asynccontextmanager
    async def open(
        cls,
        dsn: str,
        *,
        most_connections: int = MAX_WRITERS,
        limits: TimeLimits = SERVICE,
        on_statement: StatementLogger | None = None,
    ) -> AsyncIterator["Database"]:
        """Open the database; close all connections when the context ends.

        `on_statement` is called with each SQL statement that has ended.

        Raises:
            ServerIsTooOld: the server is older than PostgreSQL 16.
        """
        options = options_of(limits) | {"max_cacheable_statement_size": MAX_WRITE_PREPARED_BYTES}

        def pool(least: int, most: int) -> asyncpg.Pool:
            settings = options["server_settings"] | PLANNED_ONCE
            return asyncpg.create_pool(
                dsn,
                min_size=least,
                max_size=min(most, most_connections),
                init=partial(prepare, on_statement=on_statement),
                reset=skip_reset,
                **options | {"server_settings": settings},
            )

        read_options = options_of(limits.for_queries) | {"on_statement": on_statement}
        readers = ReadPool(partial(connect_to_read, dsn, **read_options))
        shadows = ShadowPools.of(dsn, read_options)
        async with AsyncExitStack() as stack:
            writers = await stack.enter_async_context(pool(1, most_connections))
            async with writers.acquire() as connection:
                check_server_version(connection)
            others = [
                await stack.enter_async_context(pool(0, most))
                for most in (MAX_LOOKUP_CONNECTIONS, MAX_FEED_CONNECTIONS, MAX_JOB_CONNECTIONS)
            ]
            stack.push_async_callback(readers.close)
            stack.push_async_callback(shadows.close)
            yield cls(dsn, readers, (writers, *others), shadows)

    @asynccontextmanager
    async def _taken(self, pool: asyncpg.Pool) -> AsyncIterator[Postgres]:
        """Acquire a connection from a pool for as long as the context lasts.

        Raises:
            Busy: no connection is free in time, or a time limit of PostgreSQL was reached.
        """
        try:
            async with asyncio.timeout(CONNECTION_TIMEOUT_S):
                connection = await pool.acquire()
        except TimeoutError:
            raise Busy(
                "No connection to the database was free in time. Nothing was done; try again"
            ) from None
        try:
            yield connection
        except LIMIT_REACHED as fault:
            raise busy_for(fault) from fault
        except OUT_OF_STEP:
            connection.terminate()
            raise
        finally:
            await pool.release(connection)

    def of(self, organization_id: UUID) -> AbstractAsyncContextManager[Postgres]:
        """Acquire a connection for short reads inside one organisation, such as those of its feed.

        Row-level security will be switched on here, for `organization_id`.
        """
        del organization_id
        return self._taken(self.feed_pool)

    @asynccontextmanager
    async def writing(self, organization_id: UUID, *, planned_anew: bool = False) -> AsyncIterator[Postgres]:
        """Begin a transaction, which commits if the context ends without an exception.

        Writes of one organisation wait for each other before they take a connection. Large operations that
        read whole tables should be `planned_anew`, with plans for their own parameters.

        Raises:
            Busy: its turn, a connection or a lock does not come in time; nothing was done.
        """
        async with (
            self.write_queue.turn(organization_id),
            self._taken(self.pool) as connection,
            connection.transaction(),
        ):
            if planned_anew:
                await connection.execute(PLANNED_ANEW)
            yield connection

    @asynccontextmanager
    async def writing_across(self) -> AsyncIterator[Postgres]:
        """Begin a transaction outside every organisation, to create one."""
        async with self._taken(self.pool) as connection, connection.transaction():
            yield connection

    @asynccontextmanager
    async def snapshot(self, organization_id: UUID, *, for_job: bool = False) -> AsyncIterator[Postgres]:
        """Begin a read-only transaction in which all statements see the same snapshot."""
        del organization_id
        async with (
            self._taken(self.job_pool if for_job else self.pool) as connection,
            connection.transaction(isolation="repeatable_read", readonly=True),
        ):
            yield connection

    async def take_reader(self, organization_id: UUID, token_id: UUID | None = None) -> LimitedConnection:
        """Return a read connection for one organisation, with ids as hex digits; give it back after use.

        Row-level security will be switched on here as well.
        """
        return await self.readers.take(organization_id, token_id)

    def give_back(self, connection: LimitedConnection, fault: BaseException | None = None) -> None:
        """Return a read connection to its pool, with the exception that ended its use, if any."""
        self.readers.give_back(connection, fault)

    @asynccontextmanager
    async def reading(
        self, organization_id: UUID, token_id: UUID | None = None
    ) -> AsyncIterator[LimitedConnection]:
        """Take a read connection for as long as the context lasts."""
        connection = await self.take_reader(organization_id, token_id)
        connection.read_limit.renew()
        try:
            yield connection
        except BaseException as fault:
            self.give_back(connection, fault)
            raise
        self.give_back(connection)

    @asynccontextmanager
    async def reading_snapshot(
        self, organization_id: UUID, token_id: UUID | None = None
    ) -> AsyncIterator[LimitedConnection]:
        """Take a read connection in a transaction in which all statements see the same snapshot."""
        async with self.reading(organization_id, token_id) as connection:
            with ended_if_cut(connection):
                async with connection.transaction(isolation="repeatable_read", readonly=True):
                    yield connection

    def across(self) -> AbstractAsyncContextManager[Postgres]:
        """Acquire a connection outside every organisation: for tokens, health and listing organisations."""
        return self._taken(self.lookups)

    def following(self) -> AbstractAsyncContextManager[Postgres]:
        """Acquire a connection for the heads and notifications of all feeds."""
        return self._taken(self.feed_pool)

    def for_jobs(self) -> AbstractAsyncContextManager[Postgres]:
        """Acquire a connection for background jobs."""
        return self._taken(self.job_pool)

    async def has_room(self) -> bool:
        """Return whether the latest probe found room on the database's disk; probe again if it is old."""
        if not self.disk_space.is_known():
            async with self.across() as connection:
                await self.disk_space.probe(connection)
        return self.disk_space.is_left()

    async def answers(self) -> bool:
        """Return True if the database executes a statement; raises if it cannot be reached."""
        async with self.across() as connection:
            return bool(await connection.fetchval("select true"))
