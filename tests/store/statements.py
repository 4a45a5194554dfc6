"""Record the statements that are sent to PostgreSQL."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import asyncpg

from okr_api.pubsub.notifier import ChangeNotifier
from okr_api.store.database import Database


@asynccontextmanager
async def one_connection(url: str) -> AsyncIterator[tuple[Database, ChangeNotifier, list[str]]]:
    """Open a database with one connection; yield it, a stopped notifier, and the statements sent since."""
    sent: list[str] = []

    def note(query: asyncpg.connection.LoggedQuery) -> None:
        sent.append(" ".join(query.query.split()))

    async with Database.open(url, most_connections=1) as database:
        async with database.pool.acquire() as connection:
            connection.add_query_logger(note)
        yield database, ChangeNotifier(database), sent
