"""The database: where a connection for an organisation comes from, and nowhere else."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from typing import Any
from uuid import UUID

import asyncpg
import orjson
import uuid_utils

from .disk_space import DiskSpace
from .readers import OUT_OF_STEP, Readers
from .rows import Postgres

MOST_WRITERS = 8
MOST_READERS = 12
STATEMENT_TIMEOUT_S = 60
STATEMENTS_KEPT = 500
OLDEST_SERVER = 16
IN_ARRAYS = ("text", "timestamptz", "float8", "uuid")  # what the tables' arrays are of
JSONB_VERSION = b"\x01"
SETTINGS = {
    "application_name": "okr-api",
    "timezone": "UTC",
    "jit": "off",
}
# What is asked while writing names the rows it wants, by keys that have an index. Planning it anew took half
# of PostgreSQL's work for a check-in. A plan made once may have been made of empty tables, where reading them
# whole looks cheapest, and would stay; so the planner is offered nothing but looking rows up one by one.
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
    """The database is older than PostgreSQL 16."""


def check_server_version(connection: Postgres) -> None:
    """Raise `ServerIsTooOld` for a server that the tables and statements are not written for."""
    version = connection.get_server_version().major
    if version < OLDEST_SERVER:
        raise ServerIsTooOld(f"PostgreSQL {OLDEST_SERVER} or newer is needed; this is {version}")


def new_id() -> UUID:
    """A UUIDv7: ids grow with time, so that the order of ids is the order of creation."""
    return UUID(int=uuid_utils.uuid7().int)


async def _prepare(connection: asyncpg.Connection) -> None:
    """Documents come and go as Python objects; in binary, so that whole rows can be read as values."""
    await connection.set_type_codec(
        "jsonb",
        schema="pg_catalog",
        format="binary",
        encoder=lambda value: JSONB_VERSION + orjson.dumps(value),
        decoder=lambda data: orjson.loads(data[len(JSONB_VERSION) :]),
    )


async def _prepare_to_read(connection: asyncpg.Connection) -> None:
    """Ids come as their 32 digits, which is how they are written for clients; they go as either.

    Arrays are looked up once: the driver does so for columns, and not for what lies inside of records.
    """
    await _prepare(connection)
    await connection.set_type_codec(
        "uuid",
        schema="pg_catalog",
        format="binary",
        encoder=lambda id: id.bytes if isinstance(id, UUID) else bytes.fromhex(id),
        decoder=bytes.hex,
    )
    await connection.fetchrow(f"select {', '.join(f'null::{kind}[]' for kind in IN_ARRAYS)}")


async def connect_to_read(dsn: str, **options: Any) -> asyncpg.Connection:
    """Return a new connection for readers, which is closed where preparing it fails or is cancelled."""
    connection: asyncpg.Connection = await asyncpg.connect(dsn, **options)
    try:
        await _prepare_to_read(connection)
    except BaseException:
        connection.terminate()
        raise
    return connection


async def _leave_as_it_is(connection: object) -> None:
    """Nothing that is done here changes a connection's settings, so nothing needs to be reset."""
    del connection


class Database:
    """Connections to one PostgreSQL: a pool to write by, and readers to answer questions by."""

    def __init__(self, pool: asyncpg.Pool, readers: Readers, dsn: str) -> None:
        self.pool = pool
        self.readers = readers
        self.dsn = dsn
        self.disk_space = DiskSpace()

    @classmethod
    @asynccontextmanager
    async def open(cls, dsn: str, *, most_connections: int = MOST_WRITERS) -> AsyncIterator["Database"]:
        """The database for as long as the context lasts.

        *Refuses*: a server older than PostgreSQL 16 (`ServerIsTooOld`).
        """
        options: dict[str, Any] = {
            "statement_cache_size": STATEMENTS_KEPT,
            "command_timeout": STATEMENT_TIMEOUT_S,
            "server_settings": SETTINGS,
        }

        readers = Readers(partial(connect_to_read, dsn, **options), MOST_READERS)
        async with asyncpg.create_pool(
            dsn,
            min_size=1,
            max_size=most_connections,
            init=_prepare,
            reset=_leave_as_it_is,
            **options | {"server_settings": SETTINGS | PLANNED_ONCE},
        ) as pool:
            async with pool.acquire() as connection:
                check_server_version(connection)
            try:
                yield cls(pool, readers, dsn)
            finally:
                await readers.close()

    @asynccontextmanager
    async def of(self, organization_id: UUID) -> AsyncIterator[Postgres]:
        """A connection for work inside one organisation: the one place that hands them out.

        Row-level security will be switched on here, for `organization_id`.
        """
        del organization_id
        async with self.across() as connection:
            yield connection

    @asynccontextmanager
    async def writing(self, organization_id: UUID, *, planned_anew: bool = False) -> AsyncIterator[Postgres]:
        """A connection inside a transaction that commits when the context ends well.

        What is large, and looks at whole tables, is better `planned_anew` for what it looks at.
        """
        async with self.of(organization_id) as connection, connection.transaction():
            if planned_anew:
                await connection.execute(PLANNED_ANEW)
            yield connection

    @asynccontextmanager
    async def snapshot(self, organization_id: UUID) -> AsyncIterator[Postgres]:
        """A connection on which every statement sees the same instant, and none can write."""
        async with (
            self.of(organization_id) as connection,
            connection.transaction(isolation="repeatable_read", readonly=True),
        ):
            yield connection

    async def take_reader(self, organization_id: UUID) -> Postgres:
        """A connection for questions inside one organisation, on which ids are their digits; give it back.

        Row-level security will be switched on here as well.
        """
        del organization_id
        return await self.readers.take()

    def give_back(self, connection: Postgres, fault: BaseException | None = None) -> None:
        """Takes a reader's connection back, with what went wrong while it was used."""
        self.readers.give_back(connection, fault)

    @asynccontextmanager
    async def reading(self, organization_id: UUID) -> AsyncIterator[Postgres]:
        """Such a connection for as long as the context lasts."""
        connection = await self.take_reader(organization_id)
        try:
            yield connection
        except BaseException as fault:
            self.give_back(connection, fault)
            raise
        self.give_back(connection)

    @asynccontextmanager
    async def reading_snapshot(self, organization_id: UUID) -> AsyncIterator[Postgres]:
        """The same, on which every statement sees the same instant."""
        async with (
            self.reading(organization_id) as connection,
            connection.transaction(isolation="repeatable_read", readonly=True),
        ):
            yield connection

    @asynccontextmanager
    async def across(self) -> AsyncIterator[Postgres]:
        """A connection outside every organisation: for tokens, listening and the list of organisations."""
        async with self.pool.acquire() as connection:
            try:
                yield connection
            except OUT_OF_STEP:
                connection.terminate()
                raise

    async def has_room(self) -> bool:
        """Whether there is room on the disk of the database, as far as the latest probe knows."""
        if not self.disk_space.is_known():
            async with self.across() as connection:
                await self.disk_space.probe(connection)
        return self.disk_space.is_left()

    async def answers(self) -> bool:
        """Whether the database can be asked right now."""
        async with self.across() as connection:
            return bool(await connection.fetchval("select true"))
