"""Connections after a fault: one that is out of step with the server is closed, not used again."""

from contextlib import AbstractAsyncContextManager
from datetime import UTC, datetime, timedelta, timezone
from uuid import UUID

import asyncpg
import pytest

from okr_api.store.database import Database
from okr_api.store.rows import Postgres

ANYBODY = UUID(int=0)
BEYOND_THE_CALENDAR = datetime(1, 1, 1, tzinfo=timezone(timedelta(hours=1)))


def reading(database: Database) -> AbstractAsyncContextManager[Postgres]:
    """A reader's connection."""
    return database.reading(ANYBODY)


def pooled(database: Database) -> AbstractAsyncContextManager[Postgres]:
    """A connection of the pool, for one organisation."""
    return database.of(ANYBODY)


def across(database: Database) -> AbstractAsyncContextManager[Postgres]:
    """A connection of the pool, for none."""
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
