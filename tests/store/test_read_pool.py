"""Connections after a fault: one that is out of step with the server is closed, not reused."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from datetime import UTC, datetime, timedelta, timezone
from urllib.parse import parse_qs, urlsplit
from uuid import UUID

import asyncpg
import pytest

from okr_api.store.bulk_write import Postgres
from okr_api.store.connection_options import connect_to_read
from okr_api.store.database import Database

ANYBODY = UUID(int=0)
BEYOND_THE_CALENDAR = datetime(1, 1, 1, tzinfo=timezone(timedelta(hours=1)))


def reading(database: Database) -> AbstractAsyncContextManager[Postgres]:
    """Take a reader's connection."""
    return database.reading(ANYBODY)


def pooled(database: Database) -> AbstractAsyncContextManager[Postgres]:
    """Take a connection of the pool, for one organisation."""
    return database.of(ANYBODY)


def across(database: Database) -> AbstractAsyncContextManager[Postgres]:
    """Take a connection of the pool, for no organisation."""
    return database.across()


@pytest.mark.parametrize("taken", (reading, pooled, across))
async def test_after_a_value_that_cannot_be_sent_a_transaction_can_begin(taken, database: Database):  # type: ignore[no-untyped-def]
    for _ in range(3):
        with pytest.raises(asyncpg.DataError):
            async with taken(database) as connection:
                await connection.fetch("select $1::timestamptz", BEYOND_THE_CALENDAR)
        async with database.reading_snapshot(ANYBODY) as connection:
            assert await connection.fetchval("select $1::timestamptz", datetime(2026, 1, 1, tzinfo=UTC))
        async with database.snapshot(ANYBODY) as connection:
            assert await connection.fetchval("select true")
        async with database.writing(ANYBODY) as connection:
            assert await connection.fetchval("select true")


TYPES_LOOKED_UP = b"pg_type"
PATIENCE_S = 10


class StallingProxy:
    """A proxy to the database that stalls a connection when it looks up types, once it is connected."""

    def __init__(self, database_url: str) -> None:
        self.parts = urlsplit(database_url)
        self.stalled = asyncio.Event()
        self.client_has_closed = asyncio.Event()

    async def forward(self, client: asyncio.StreamReader, to_client: asyncio.StreamWriter) -> None:
        """Forward one connection to the database and back."""
        query = parse_qs(self.parts.query)
        if "host" in query:
            path = f"{query['host'][0]}/.s.PGSQL.{query['port'][0]}"
            server, to_server = await asyncio.open_unix_connection(path)
        else:
            server, to_server = await asyncio.open_connection(self.parts.hostname, self.parts.port)
        back = asyncio.create_task(_copy(server, to_client))
        while sent := await client.read(2**16):
            if TYPES_LOOKED_UP in sent:
                self.stalled.set()
            if not self.stalled.is_set():
                to_server.write(sent)
        self.client_has_closed.set()
        for writer in (to_server, to_client):
            writer.close()
        await back

    @asynccontextmanager
    async def running(self) -> AsyncIterator[str]:
        """Run the proxy; yield the URL of the database through it."""
        async with await asyncio.start_server(self.forward, "127.0.0.1", 0) as listener:
            user = self.parts.netloc.rpartition("@")[0]
            port = listener.sockets[0].getsockname()[1]
            yield f"postgresql://{user}@127.0.0.1:{port}{self.parts.path}?sslmode=disable"


async def _copy(source: asyncio.StreamReader, target: asyncio.StreamWriter) -> None:
    while sent := await source.read(2**16):
        target.write(sent)


async def test_a_connection_is_closed_when_whoever_opens_it_runs_out_of_time(database_url: str):
    proxy = StallingProxy(database_url)
    async with proxy.running() as url, asyncio.timeout(PATIENCE_S):
        opening = asyncio.create_task(connect_to_read(url))
        await proxy.stalled.wait()
        opening.cancel()
        with pytest.raises(asyncio.CancelledError):
            await opening
        await proxy.client_has_closed.wait()
